"""Keeps the name that a reader chose in this browser. Nothing is seen of it."""

from pathlib import Path
from urllib.parse import quote

import streamlit as st

HERE = Path(__file__).parent

write = st.components.v2.component(
    "passband.reviewer_cookie", js=(HERE / "reviewer_cookie.js").read_text()
)


def keep_in_cookie(cookie: str, value: str) -> None:
    """Write a cookie that lasts a year; other sites' pages cannot send it here."""
    write(data={"cookie": cookie, "value": quote(value, safe="")}, key="reviewer_cookie")
