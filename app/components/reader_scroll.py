"""Scrolls the reader by key, and back to the top of a pane when another sample is shown in it."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

draw = st.components.v2.component(
    "passband.reader_scroll", js=(HERE / "reader_scroll.js").read_text()
)


def start_at_top(name: str, block: str) -> None:
    """Show the block with this key from its top whenever `name` is another one.

    Listens to the events passband:down and passband:up, which scroll by most of a screen.
    """
    draw(data={"name": name, "block": block}, key="reader_scroll")
