"""The area of a band, drawn behind its curve."""

import plotly.graph_objects as go
import polars as pl

from app.charts.style import translucent


def band_area(
    rows: pl.DataFrame, x: str, colour: str, group: str | None = None, alpha: float = 0.14
) -> go.Scatter:
    """The area between the columns low and high over the column x, where they are defined.

    It appears and goes with the curve of its legend group.
    """
    known = rows.filter(pl.col("low").is_not_nan())
    back = known.reverse()
    return go.Scatter(
        x=known[x].to_list() + back[x].to_list(),
        y=known["high"].to_list() + back["low"].to_list(),
        fill="toself",
        fillcolor=translucent(colour, alpha),
        line={"width": 0},
        mode="lines",
        legendgroup=group,
        showlegend=False,
        hoverinfo="skip",
    )
