"""Scrolls the page by key, and back to the top of the work when another sample is shown."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

draw = st.components.v2.component(
    "passband.audit_scroll", js=(HERE / "audit_scroll.js").read_text()
)


def start_at_top(name: str) -> None:
    """Show the work from its top whenever `name` is another one.

    Listens to the events passband:down and passband:up, which scroll by most of a screen, and to
    passband:text, which enters the response.
    """
    draw(data={"name": name}, key="audit_scroll")
