"""The share of problems that reach an accuracy."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from app.charts.accuracy import names, problems_per_run, samples
from app.charts.style import Style, laid_out, styles
from app.charts.wrapping import legend_height, shortened, top_margin, wrapped

MOST = 4000  # marks of all runs together, which a browser draws at once
SEEN = 40  # up to so many marks of a run are seen; more would hide the line, and are clicked unseen
HOVER = (
    "<b>%{text}</b><br>accuracy ≥ %{customdata[1]}/%{customdata[2]} (%{x:.4f}):"
    " %{customdata[3]} of %{customdata[4]} problems (%{y:.1%})<extra></extra>"
)


def cumulative_chart(
    steps: pl.DataFrame, labels: Mapping[str, str], roles: Mapping[str, str]
) -> go.Figure:
    """Share of problems with accuracy ≥ a over a: exact steps, a mark at each.

    `steps` has the columns of app.analysis.accuracy.cumulative. customdata: run, c, n, count,
    problems.
    """
    figure = go.Figure()
    runs = steps["run"].unique(maintain_order=True).to_list()
    for run, style in styles(runs, roles).items():
        own = steps.filter(pl.col("run") == run)
        figure.add_trace(line(own, labels[run], style))
        figure.add_trace(marks(thinned(own, MOST // len(runs)), labels[run], style))
    said = wrapped(subtitle(steps))
    laid_out(figure, "Problems that reach an accuracy", said, "accuracy a", "")
    figure.update_yaxes(title_text="share with c / n ≥ a", range=[-0.02, 1.04], tickformat=".0%")
    figure.update_xaxes(range=[-0.02, 1.02], title_standoff=8)
    figure.update_layout(
        showlegend=True, height=440 + legend_height(names(figure)), margin_t=top_margin(said),
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
    )  # fmt: skip
    return figure


def line(steps: pl.DataFrame, label: str, style: Style) -> go.Scatter:
    """The steps: all problems at a = 0, the share of the next accuracy up to it, then none."""
    return go.Scatter(
        x=[0, *steps["accuracy"].to_list(), 1],
        y=[1, *steps["share"].to_list(), 0],
        mode="lines",
        line={"color": style.colour, "dash": style.dash, "width": 2, "shape": "vh"},
        name=shortened(label, 48),
        legendgroup=label,
        hoverinfo="skip",
    )


def marks(steps: pl.DataFrame, label: str, style: Style) -> go.Scatter:
    """A mark at each accuracy that occurs, which names the run and can be clicked."""
    return go.Scatter(
        x=steps["accuracy"].to_list(),
        y=steps["share"].to_list(),
        mode="markers",
        legendgroup=label,
        showlegend=False,
        text=[wrapped(label, 60)] * steps.height,
        marker={
            "color": style.colour,
            "symbol": style.symbol,
            "size": 7,
            "opacity": 1 if steps.height <= SEEN else 0,
        },
        selected={"marker": {"opacity": 1, "size": 11}},
        customdata=steps.select("run", "c", "n", "count", "problems").rows(),
        hovertemplate=HOVER,
    )


def thinned(steps: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most `most` of the rows at even distances; a line needs all of them, marks do not."""
    every = -(-steps.height // max(most, 1))
    return steps.gather_every(max(every, 1))


def subtitle(steps: pl.DataFrame) -> str:
    """How many problems and samples."""
    if steps.is_empty():
        return "no problem with samples"
    per_run = steps.unique("run")
    said = f"{problems_per_run(per_run)} per run, {samples(per_run)}"
    undefined = per_run["undefined"].sum()
    return f"{said}; {undefined:,} without samples left out" if undefined else said
