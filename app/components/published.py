"""Published values that a store may hold."""

from collections.abc import Callable

import polars as pl
import streamlit as st

from app.cache import ask
from store import queries

SINCE = 3  # form of the store, from which on it holds published values


def published(question: Callable[..., pl.DataFrame]) -> pl.DataFrame | None:
    """The answer to a question of store.queries.reference; None from a store without any."""
    if int(ask(queries.store_info)["schema_version"]) < SINCE:
        return None
    found = ask(question)
    return None if found.is_empty() else found


def say_unpublished() -> None:
    """What to do where a reader asks for published values and the store has none."""
    st.info("This store has no published values. Build it anew with passband publish.")
