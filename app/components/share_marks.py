"""The mark of a figure that was clicked, in the URL: what it leads to is part of what is seen."""

import hashlib
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any

import plotly.graph_objects as go
import streamlit as st

DIGITS = 8


def linked(
    figure: go.Figure, key: str, clicked: list[list[Any]], places: Sequence[int]
) -> list[list[Any]]:
    """The clicked marks, whose first is kept in the URL; where none was clicked, the URL's.

    `places` in a mark's customdata name it. A URL can only name marks that the figure has.
    """
    parameter, heard = f"{key}_mark", f"{key}_heard"
    if clicked:
        st.session_state[heard] = True
        if st.query_params.get(parameter) != name(clicked[0], places):
            st.query_params[parameter] = name(clicked[0], places)
        return clicked
    if st.session_state.get(heard):
        forget(parameter)
    wanted = st.query_params.get(parameter)
    found = [mark for mark in marks_of(figure, places) if wanted and name(mark, places) == wanted]
    if found:
        st.button(
            "Clear the mark that the link names", type="tertiary", key=f"{key}_forget",
            on_click=forget, args=(parameter,),
        )  # fmt: skip
    return found[:1]


def forget(parameter: str) -> None:
    """Take the mark out of the URL."""
    if parameter in st.query_params:
        del st.query_params[parameter]


def marks_of(figure: go.Figure, places: Sequence[int]) -> Iterator[list[Any]]:
    """The customdata of all marks that have what names them."""
    for trace in figure.data:
        for mark in trace.customdata if trace.customdata is not None else ():
            if len(mark) > max(places):
                yield list(mark)


def name(mark: Sequence[Any], places: Sequence[int]) -> str:
    """What a mark is called in the URL."""
    said = "\n".join(written(mark[place]) for place in places if place < len(mark))
    return hashlib.sha256(said.encode()).hexdigest()[:DIGITS]


def written(value: Any) -> str:
    """A value as text; the browser sends 16.0 as 16."""
    return f"{float(value):.12g}" if isinstance(value, Real) else str(value)
