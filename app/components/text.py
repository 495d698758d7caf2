"""Text of others inside our own Markdown."""

import re

import streamlit as st

# What Markdown, LaTeX, Streamlit's :colour[…] and HTML give a meaning to.
MEANINGFUL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!$|~:&@/^=])")


def escaped(text: str) -> str:
    """The text such that st.markdown shows it as it is."""
    return MEANINGFUL.sub(r"\\\1", text)


def show_link(label: str, url: str) -> None:
    """A link to a page of ours."""
    st.markdown(f"[{escaped(label)}]({url})")
