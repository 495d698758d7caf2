"""Text of others inside our own Markdown."""

import re

import streamlit as st

# What Markdown, LaTeX, Streamlit's :colour[…] and HTML give a meaning to.
MEANINGFUL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!$|~:&@/^=])")
# What Markdown makes a link of even where it is escaped: an address after its scheme, www., a@b.c.
LINKED = re.compile(r"(?i)((?<=https):(?=//)|(?<=http):(?=//)|www(?=\.)|@(?=[\w-]+\.\w))")
JOINER = "\u2060"  # of no width


def escaped(text: str) -> str:
    """The text such that st.markdown shows it as it is, and no address in it as a link."""
    return MEANINGFUL.sub(r"\\\1", LINKED.sub(rf"\1{JOINER}", text))


def show_link(label: str, url: str) -> None:
    """A link to a page of ours."""
    st.markdown(f"[{escaped(label)}]({url})")
