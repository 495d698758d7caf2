"""The meaning of the numbers on a page, within reach."""

import streamlit as st

from app.components.text import escaped
from app.glossary import GLOSSARY


def show_definitions(*terms: str, label: str = "Definitions") -> None:
    """A button that opens one line and a source for each term; an unknown one is a KeyError."""
    with st.popover(label, type="tertiary"):
        for term in terms:
            meaning, source = GLOSSARY[term]
            said = f"**{escaped(term)}**: {escaped(meaning)}"
            st.markdown(f"{said} :gray[*{escaped(source)}*]")
