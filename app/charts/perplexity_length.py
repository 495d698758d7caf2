"""Perplexity against the number of tokens."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from app.analysis.perplexity import Drawing
from app.charts.perplexity_groups import (
    HOVER,
    Group,
    custom,
    groups,
    head_room,
    list_below,
    part,
    wrapped,
)
from app.charts.perplexity_panels import numbers, subtitle, tick
from app.charts.style import laid_out, translucent

BIN_HOVER = (
    "<b>%{text}</b><br>median perplexity %{y:.4f} [%{customdata[0]:.4f}, %{customdata[1]:.4f}]"
    "<br>%{customdata[2]}–%{customdata[3]} tokens, n = %{customdata[4]}<extra></extra>"
)
AREAS = 6  # more than so many areas on one another cannot be told apart
SWAPPED = HOVER.replace("%{x:.4f}", "%{y:.4f}")


def perplexity_length_chart(
    drawn: Drawing, medians: pl.DataFrame, labels: Mapping[str, str], roles: Mapping[str, str]
) -> go.Figure:
    """Samples as points, and for each group its median in each bin of length, with its quartiles.

    `medians` is of app.analysis.perplexity_length. customdata of points: perplexity_groups.CUSTOM.
    """
    shown = groups(drawn.boxes, labels, roles)
    figure = go.Figure()
    for group in shown:
        figure.add_trace(dots(part(drawn.points, group), group))
    for group in shown:
        rows = part(medians, group).sort("bin")
        areas = [quartiles(rows, group)] if len(shown) <= AREAS else []
        figure.add_traces([*areas, line(rows, group, tick(group, drawn))])
    drawn_as = "medians and quartiles" if len(shown) <= AREAS else "medians"
    said = wrapped(f"{subtitle(drawn)}; {drawn_as} in bins of length")
    laid_out(figure, "Perplexity and length", said, "tokens of the sample", "perplexity")
    head_room(figure, said)
    below = 70 + 22 * len(shown)
    height = figure.layout.margin.t + max(340, 22 * len(shown)) + below
    figure.update_layout(margin={"b": below}, height=height, meta=numbers(drawn))
    figure.update_yaxes(range=[1, drawn.panels["top"].max()])
    return list_below(figure)


def dots(points: pl.DataFrame, group: Group) -> go.Scatter:
    """The samples; each can be clicked."""
    return go.Scatter(
        x=points["n_tokens"].to_list(),
        y=points["perplexity"].to_list(),
        mode="markers",
        marker={"color": group.look.colour, "symbol": group.look.symbol, "size": 4, "opacity": 0.3},
        text=[group.full] * points.height,
        customdata=custom(points),
        hovertemplate=SWAPPED,
        name=group.full,
        showlegend=False,
    )


def quartiles(rows: pl.DataFrame, group: Group) -> go.Scatter:
    """The quartiles in each bin as an area."""
    return go.Scatter(
        x=[*rows["tokens"], *rows["tokens"].reverse()],
        y=[*rows["q3"], *rows["q1"].reverse()],
        mode="lines",
        fill="toself",
        line={"width": 0, "color": group.look.colour},
        fillcolor=translucent(group.look.colour, 0.12),
        hoverinfo="skip",
        showlegend=False,
        name=group.full,
    )


def line(rows: pl.DataFrame, group: Group, name: str) -> go.Scatter:
    """The medians, each at the median length of its bin."""
    return go.Scatter(
        x=rows["tokens"].to_list(),
        y=rows["median"].to_list(),
        mode="lines+markers",
        line={"color": group.look.colour, "dash": group.look.dash, "width": 2.5},
        marker={"symbol": group.look.symbol, "size": 8},
        text=[group.full] * rows.height,
        customdata=rows.select("q1", "q3", "shortest", "longest", "samples").rows(),
        hovertemplate=BIN_HOVER,
        name=name.replace("<br>", ", "),
    )
