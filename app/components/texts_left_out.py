"""What a page says of a store that was handed over without its texts."""

import streamlit as st

from app.cache import ask
from store import queries

SAID = (
    "This store was handed over without its texts: there is no question, prompt or completion to "
    "read or to search, and each answer is a number, the same for equal ones. Counts, curves and "
    "perplexities are those of the whole."
)


def say_texts_left_out() -> None:
    """Nothing, where the texts are there."""
    if ask(queries.store_info).get("texts") == "none":
        st.info(SAID)
