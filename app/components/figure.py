"""A Plotly figure whose marks can be clicked, and which can be saved with its numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from app.components.share_marks import linked

# What the paper version of a figure needs; Plotly's own buttons are a distraction.
CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "svg"},
}

HERE = Path(__file__).parent

draw_buttons = st.components.v2.component(
    "passband.saving",
    html=(HERE / "saving.html").read_text(),
    css=(HERE / "saving.css").read_text(),
    js=(HERE / "saving.js").read_text(),
)


def show_figure(
    figure: go.Figure,
    key: str,
    alt: str,
    data: pl.DataFrame | None = None,
    linked_by: Sequence[int] = (),
) -> list[list[Any]]:
    """Draw the figure; return the customdata of the marks that the reader clicked.

    `data` are the numbers behind it, which can be saved as CSV beside the picture as PNG or SVG.
    `alt` says in words what is drawn; `key` names the files. `linked_by`: the places in a mark's
    customdata by which links name it; none where what it leads to is in the URL anyway.
    """
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
    if data is not None:
        show_saving(data, key)
    marks = [point.get("customdata") for point in event.selection.points]
    clicked = [list(mark.values()) if isinstance(mark, dict) else mark for mark in marks if mark]
    return linked(figure, key, clicked, linked_by) if linked_by else clicked


def show_saving(data: pl.DataFrame, key: str) -> None:
    """One row of buttons that save the numbers, and the picture of the figure with this key."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.download_button(
            "CSV",
            data.write_csv(),
            f"{key}.csv",
            "text/csv",
            type="tertiary",
            key=f"{key}_csv",
            on_click="ignore",
            icon=":material/download:",
            help="The numbers behind this figure",
        )
        draw_buttons(data={"figure": key}, key=f"{key}_picture", width="content")
