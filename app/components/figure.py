"""A Plotly figure whose marks can be clicked."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

# What the paper version of a figure needs; Plotly's own buttons are a distraction.
CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "svg"},
}


def show_figure(figure: go.Figure, key: str, alt: str) -> list[list[Any]]:
    """Draw the figure; return the customdata of the marks that the reader clicked."""
    event: Any = st.plotly_chart(
        figure,
        theme="streamlit",
        width="stretch",
        key=key,
        on_select="rerun",
        selection_mode="points",
        config=CONFIG,
        alt=alt,
    )
    marks = [point.get("customdata") for point in event.selection.points]
    return [list(mark.values()) if isinstance(mark, dict) else mark for mark in marks if mark]
