"""Distributions of perplexity: boxes, violins or ECDFs of groups, one panel or one per problem."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from app.analysis.perplexity import Drawing
from app.charts.perplexity_groups import BESIDE, HOVER, Group, custom, groups, list_below, part
from app.charts.perplexity_panels import cells, finished, panelled, tick, ticked_above
from app.charts.style import CLEAR, translucent

TITLE = "Perplexity of completions"
HIGH = 8  # rows, of which the first is far from the axis at the bottom
ROW, ECDF = 62, 300  # pixels: the height of a group's row, and of a panel of ECDFs


def perplexity_chart(
    drawn: Drawing,
    labels: Mapping[str, str],
    roles: Mapping[str, str],
    violins: pl.DataFrame | None = None,
) -> go.Figure:
    """A Tukey box over all samples of each group PPL_scorer(Y_run), with points of some of them.

    `violins` (app.analysis.perplexity.densities) are drawn around narrower boxes. `labels` and
    `roles` know the runs. layout.meta tells the numbers of samples, of points drawn, of infinite
    perplexities, and of those above the axis. customdata: see perplexity_groups.CUSTOM.
    """
    shown = groups(drawn.boxes, labels, roles)
    figure = panelled(drawn, ROW * len(shown))
    for panel, row, column in cells(drawn):
        for place, group in enumerate(shown):
            if violins is not None:
                figure.add_trace(
                    violin(part(violins, group, panel=panel), place, group), row, column
                )
            figure.add_trace(
                dots(part(drawn.points, group, panel=panel), place, group), row, column
            )
            for numbers in part(drawn.boxes, group, panel=panel).to_dicts():
                figure.add_trace(
                    box(numbers, place, group, narrow=violins is not None), row, column
                )
    finished(figure, drawn, TITLE, line=BESIDE)
    figure.update_xaxes(showgrid=True)
    if len(shown) > HIGH:
        ticked_above(figure, drawn)
    figure.update_yaxes(
        tickvals=list(range(len(shown))),
        ticktext=[tick(group, drawn) for group in shown],
        range=[len(shown) - 0.5, -0.75],
        showgrid=False,
        automargin=True,
    )
    return figure.update_layout(showlegend=False)


def box(row: Mapping[str, float], place: int, group: Group, narrow: bool = False) -> go.Box:
    """The box from its five numbers, so that a million samples cost the browser nothing."""
    return go.Box(
        y=[place],
        orientation="h",
        q1=[row["q1"]],
        median=[row["median"]],
        q3=[row["q3"]],
        mean=[row["mean"]],
        lowerfence=[row["low"]],
        upperfence=[row["high"]],
        name=group.full,
        line={"color": group.look.colour, "width": 2 if narrow else 2.5},
        fillcolor=CLEAR,
        width=0.1 if narrow else 0.3,
        hoverinfo="x",
    )


def dots(points: pl.DataFrame, place: int, group: Group) -> go.Box:
    """The samples as points, above the box; each can be clicked."""
    return go.Box(
        x=points["perplexity"].to_list(),
        y=[place] * points.height,
        orientation="h",
        text=[group.full] * points.height,
        name=group.full,
        boxpoints="all",
        jitter=0.5,
        pointpos=-1.5,
        fillcolor=CLEAR,
        line={"color": CLEAR, "width": 0},
        marker={"color": group.look.colour, "symbol": group.look.symbol, "size": 4, "opacity": 0.4},
        customdata=custom(points),
        hovertemplate=HOVER,
        hoveron="points",
        width=0.3,
    )


def violin(outline: pl.DataFrame, place: int, group: Group) -> go.Scatter:
    """The density of a group on both sides of its row, as wide as the row has room below."""
    half = outline["width"] * 0.22
    return go.Scatter(
        x=[*outline["value"], *outline["value"].reverse()],
        y=[*(place + half), *(place - half).reverse()],
        mode="lines",
        fill="toself",
        line={"color": group.look.colour, "width": 1},
        fillcolor=translucent(group.look.colour, 0.18),
        hoverinfo="skip",
        name=group.full,
    )


def perplexity_ecdf_chart(
    drawn: Drawing, labels: Mapping[str, str], roles: Mapping[str, str]
) -> go.Figure:
    """The share of each group's samples at or below a perplexity, at the samples that are drawn.

    The share is of all samples of the group, infinite ones too, so a curve may end below 1.
    """
    shown = groups(drawn.boxes, labels, roles)
    figure = panelled(drawn, max(ECDF, 22 * len(shown)))
    for panel, row, column in cells(drawn):
        for group in shown:
            points = part(drawn.points, group, panel=panel).sort("perplexity", "share")
            first = panel == drawn.panels["panel"][0]
            figure.add_trace(steps(points, group, tick(group, drawn), first), row, column)
    finished(figure, drawn, TITLE, below=58 + 22 * len(shown))
    figure.update_yaxes(range=[0, 1.02])
    figure.update_yaxes(title_text="share of samples", col=1)
    return list_below(figure)


def steps(points: pl.DataFrame, group: Group, name: str, named: bool) -> go.Scatter:
    """One group's curve."""
    return go.Scatter(
        x=points["perplexity"].to_list(),
        y=points["share"].to_list(),
        mode="lines+markers",
        line={"color": group.look.colour, "dash": group.look.dash, "width": 2, "shape": "hv"},
        marker={"symbol": group.look.symbol, "size": 4, "opacity": 0.5},
        text=[group.full] * points.height,
        name=name.replace("<br>", ", "),
        legendgroup=group.full,
        showlegend=named,
        customdata=custom(points),
        hovertemplate=HOVER.replace("<extra>", "<br>share at or below %{y:.3f}<extra>"),
    )
