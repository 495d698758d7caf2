"""Histograms of accuracy."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from app.charts.style import FONT, Style, laid_out, span, styles

HOVER = "<b>%{text}</b><br>accuracy %{x}: %{y} problems (%{customdata[2]:.1f} %)<extra></extra>"


def accuracy_histogram_chart(
    histogram: pl.DataFrame, labels: Mapping[str, str], roles: Mapping[str, str]
) -> go.Figure:
    """Grouped bars: twelve bins per run, counts on the left and per cent on the right.

    `histogram` has the columns of app.analysis.accuracy.histogram. Where the runs have different
    numbers of problems there is no axis of per cent; hovering tells it. customdata: run, bin,
    percent.
    """
    figure = go.Figure()
    runs = histogram["run"].unique(maintain_order=True).to_list()
    for run, style in styles(runs, roles).items():
        figure.add_trace(bars(histogram.filter(pl.col("run") == run), labels[run], style))
    laid_out(figure, "Accuracy", subtitle(histogram), "accuracy, c / n of one problem", "problems")
    figure.update_xaxes(type="category", tickangle=-35, showgrid=False)
    figure.update_layout(barmode="group", bargap=0.18, showlegend=True, legend_y=-0.42)
    problems = histogram["problems"].unique().to_list()
    if len(problems) == 1 and problems[0]:
        add_percent_axis(figure, histogram, problems[0])
    return figure


def bars(histogram: pl.DataFrame, label: str, style: Style) -> go.Bar:
    """The twelve bars of one run."""
    rows = histogram.sort("bin_index")
    return go.Bar(
        x=rows["bin"].to_list(),
        y=rows["count"].to_list(),
        name=label,
        text=[label] * rows.height,
        textposition="none",
        marker={"color": style.colour, "pattern": {"shape": style.pattern}},
        customdata=rows.select("run", "bin", "percent").rows(),
        hovertemplate=HOVER,
    )


def add_percent_axis(figure: go.Figure, histogram: pl.DataFrame, problems: int) -> None:
    """The same bars in per cent on the right; an axis needs a trace to be drawn."""
    highest = 1.08 * max(histogram["count"].to_list())
    figure.add_trace(go.Scatter(x=["0"], y=[None], yaxis="y2", showlegend=False, hoverinfo="skip"))
    figure.update_layout(
        yaxis_range=[0, highest],
        yaxis2={
            "range": [0, highest / problems], "overlaying": "y", "side": "right", "showgrid": False,
            "tickformat": ".0%", "tickfont": {"size": 13},
            "title": {"text": "share of problems", "font": {"size": FONT}},
        },
        margin_r=72,
    )  # fmt: skip


def subtitle(histogram: pl.DataFrame) -> str:
    """How many problems, and how many have no accuracy."""
    if histogram.is_empty():
        return "no runs"
    said = f"{span(histogram['problems'].to_list())} problems per run"
    undefined = histogram.unique("run")["undefined"].sum()
    return f"{said}; {undefined} without samples left out" if undefined else said
