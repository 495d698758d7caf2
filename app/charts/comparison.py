"""The gap between two curves."""

import plotly.graph_objects as go
import polars as pl

from app.charts.pass_at_k import drawn, with_k_axis
from app.charts.style import GREY, laid_out, style, translucent

HOVER = (
    "k = %{x}<br>gap %{y:+.4f}"
    "<br>95 %: %{customdata[1]:+.4f} to %{customdata[2]:+.4f}<extra></extra>"
)


def gap_chart(
    gaps: pl.DataFrame, labels: tuple[str, str], crossover: int | None = None, log_k: bool = True
) -> go.Figure:
    """other − base over k with its paired band; above zero the other run is ahead.

    `gaps` has the columns of app.analysis.compare.comparison; `labels` are those of base and other.
    customdata: k, low, high.
    """
    points = drawn(gaps.rename({"gap": "pass_at_k"}))
    colour = style("rl", 0).colour
    figure = go.Figure([area(points, colour), line(points, colour)])
    title, problems = f"{labels[1]} − {labels[0]}", max(gaps["problems"].to_list(), default=0)
    said = f"{problems:,} problems; band: 95 %, paired bootstrap over problems"
    laid_out(figure, title, said, "k, samples per problem", "gap of pass@k")
    figure.update_yaxes(tickformat="+.0%")
    figure.add_hline(y=0, line={"color": GREY.replace("0.25", "0.9"), "width": 1.5})
    if crossover is not None:
        figure.add_vline(x=crossover, line={"dash": "dot", "width": 1.5, "color": "#888888"})
    with_k_axis(figure, max(gaps["k"].to_list(), default=1), log_k)
    return figure


def area(points: pl.DataFrame, colour: str) -> go.Scatter:
    """The area between low and high."""
    known = points.filter(pl.col("low").is_not_nan())
    back = known.reverse()
    return go.Scatter(
        x=known["k"].to_list() + back["k"].to_list(),
        y=known["high"].to_list() + back["low"].to_list(),
        fill="toself",
        fillcolor=translucent(colour, 0.14),
        line={"width": 0},
        mode="lines",
        showlegend=False,
        hoverinfo="skip",
    )


def line(points: pl.DataFrame, colour: str) -> go.Scatter:
    """The gap itself."""
    return go.Scatter(
        x=points["k"].to_list(),
        y=points["pass_at_k"].fill_nan(None).to_list(),
        mode="lines+markers",
        line={"color": colour, "width": 2.5},
        marker={"size": 5},
        customdata=points.select("k", "low", "high").fill_nan(None).rows(),
        hovertemplate=HOVER,
        showlegend=False,
    )
