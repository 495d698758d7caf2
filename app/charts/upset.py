"""Sets of many runs: a bar per intersection over a matrix of dots, names and set sizes left."""

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.charts.style import GREY, Style, laid_out, plain
from app.charts.venn import number, problems
from app.charts.wrapping import shortened, top_margin, wrapped

BAR = "#888888"  # contrasts at least 3:1 with a light and a dark page
LABEL = 18  # characters of a run's name that fit at the left
ROOM = 1.5  # of the longest bar: so far reaches its axis, for the number beside it
UPRIGHT = 11  # so many columns have room for numbers that lie flat


def upset_chart(
    sizes: pl.DataFrame,
    totals: Sequence[float],
    labels: Sequence[str],
    looks: Sequence[Style],
    subtitle: str,
) -> go.Figure:
    """UpSet plot (Lex et al. 2014).

    `sizes`: region (a character per run, "1" where it solves), name, problems, percent: a column
    each, in this order. `totals`: what each run solves. Bars and dots have customdata [region].
    """
    figure = make_subplots(
        rows=2, cols=2, column_widths=[0.18, 0.82], row_heights=[0.55, 0.45],
        horizontal_spacing=0.04, vertical_spacing=0.03, shared_xaxes="columns",
        specs=[[None, {}], [{}, {}]],
    )  # fmt: skip
    figure.add_trace(intersections(sizes), row=1, col=2)
    figure.add_trace(set_sizes(totals, labels, looks), row=2, col=1)
    for trace in (links(sizes), absent_dots(sizes), dots(sizes, looks)):
        figure.add_trace(trace, row=2, col=2)
    lines = wrapped(subtitle)
    laid_out(figure, "Solvable problems", lines, "", "")
    set_axes(figure, labels, totals)
    figure.update_layout(
        height=340 + 26 * len(labels), margin={"t": top_margin(lines), "b": 44, "l": 12, "r": 12},
        showlegend=False, bargap=0.3, dragmode=False,
    )  # fmt: skip
    return figure


def intersections(sizes: pl.DataFrame) -> go.Bar:
    """The bars above the matrix."""
    rows = sizes.rows(named=True)
    return go.Bar(
        x=list(range(len(rows))),
        y=[row["problems"] for row in rows],
        text=[number(row["problems"]) for row in rows],
        textposition="outside",
        textangle=0 if len(rows) <= UPRIGHT else -90,
        cliponaxis=False,
        marker={"color": BAR},
        customdata=[[row["region"]] for row in rows],
        hovertext=[hover(row["name"], row["problems"], row["percent"]) for row in rows],
        hoverinfo="text",
    )


def hover(name: str, size: float, percent: float) -> str:
    """What a column is, in words."""
    return f"{plain(name)}: {problems(size)} ({percent:.1f} %)"


def set_sizes(totals: Sequence[float], labels: Sequence[str], looks: Sequence[Style]) -> go.Bar:
    """What each run solves, as bars that grow from the names."""
    return go.Bar(
        x=list(totals),
        y=list(range(len(labels))),
        orientation="h",
        text=[number(total) for total in totals],
        textposition="outside",
        constraintext="none",
        cliponaxis=False,
        marker={"color": [look.colour for look in looks]},
        hovertext=[
            f"{plain(label)} solves {problems(total)}"
            for label, total in zip(labels, totals, strict=True)
        ],
        hoverinfo="text",
    )


def dots(sizes: pl.DataFrame, looks: Sequence[Style]) -> go.Scatter:
    """A filled dot where the run solves the problems of the column."""
    filled = places(sizes, "1")
    return go.Scatter(
        x=[column for column, _, _ in filled],
        y=[run for _, run, _ in filled],
        mode="markers",
        marker={"size": 13, "color": [looks[run].colour for _, run, _ in filled]},
        unselected={"marker": {"opacity": 1}},
        customdata=[[region] for _, _, region in filled],
        hoverinfo="none",
    )


def absent_dots(sizes: pl.DataFrame) -> go.Scatter:
    """A faint dot where it does not."""
    empty = places(sizes, "0")
    return go.Scatter(
        x=[column for column, _, _ in empty],
        y=[run for _, run, _ in empty],
        mode="markers",
        marker={"size": 13, "color": GREY},
        unselected={"marker": {"opacity": 1}},
        customdata=[[region] for _, _, region in empty],
        hoverinfo="none",
    )


def places(sizes: pl.DataFrame, bit: str) -> list[tuple[int, int, str]]:
    """Column, run and region of each dot of one kind."""
    return [
        (column, run, region)
        for column, region in enumerate(sizes["region"])
        for run, own in enumerate(region)
        if own == bit
    ]


def links(sizes: pl.DataFrame) -> go.Scatter:
    """A line from the first filled dot of each column to its last."""
    x: list[int | None] = []
    y: list[int | None] = []
    for column, region in enumerate(sizes["region"]):
        if "1" in region:
            x += [column, column, None]
            y += [region.index("1"), region.rindex("1"), None]
    return go.Scatter(x=x, y=y, mode="lines", line={"color": BAR, "width": 3}, hoverinfo="skip")


def set_axes(figure: go.Figure, labels: Sequence[str], totals: Sequence[float]) -> None:
    """Runs from the top down, their names beside the set sizes."""
    rows = {"range": [len(labels) - 0.5, -0.5], "showgrid": False}
    figure.update_xaxes(showticklabels=False, showgrid=False, row=1, col=2)
    figure.update_xaxes(showticklabels=False, showgrid=False, row=2, col=2)
    figure.update_yaxes(title_text="problems", rangemode="tozero", row=1, col=2)
    figure.update_xaxes(
        range=[0, ROOM * max([1, *totals])], title_text="solved", showticklabels=False,
        showgrid=False, row=2, col=1,
    )  # fmt: skip
    figure.update_yaxes(showticklabels=False, **rows, row=2, col=2)
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=[shortened(label, LABEL) for label in labels],
        tickfont={"size": 12}, ticklabelstandoff=6, **rows, row=2, col=1,
    )  # fmt: skip
