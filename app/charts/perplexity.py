"""Distributions of perplexity."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from app.analysis.perplexity import summary, thinned
from app.charts.style import CLEAR, Style, laid_out, rank, style

HOVER = "<b>%{text}</b><br>perplexity %{y:.4f}<br>problem %{customdata[2]}, sample %{customdata[3]}"


def perplexity_chart(
    samples: pl.DataFrame,
    labels: Mapping[str, str],
    roles: Mapping[str, str],
    most: int = 5000,
) -> go.Figure:
    """A Tukey box over all samples, and points of at most `most` of them, per scorer and run.

    `samples` has scorer, run, problem_id, sample and perplexity (app.analysis.perplexity.
    distribution). `labels` and `roles` know runs, and scorers (models) too: a group is named
    PPL_base(Y_rl) as in Fig. 6 of arXiv 2504.13837. layout.meta tells the numbers of samples,
    of points drawn, and of samples left out. customdata: scorer, run, problem_id, sample.
    """
    figure = go.Figure()
    boxes, points = summary(samples), thinned(samples, most)
    for row in sorted(boxes.to_dicts(), key=lambda row: rank(roles.get(row["run"], "reference"))):
        scorer, run = str(row["scorer"]), str(row["run"])
        name = group_name(labels.get(scorer, scorer), labels.get(run, run))
        chosen = points.filter((pl.col("scorer") == scorer) & (pl.col("run") == run))
        look = style(roles.get(run, "reference"), position(boxes, row))
        figure.add_traces([dots(chosen, name, look), box(row, name, look)])
    top = axis_top(boxes)
    above = samples.filter(pl.col("perplexity").is_finite() & (pl.col("perplexity") > top)).height
    said = subtitle(boxes, points, above)
    laid_out(figure, "Perplexity of completions", said, "", "perplexity")
    figure.update_layout(showlegend=False, meta=numbers(boxes, points) | {"above": above})
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(range=[1, top], rangemode="normal")
    return figure


def axis_top(boxes: pl.DataFrame) -> float:
    """Where the axis ends: above all whiskers, so that outliers do not flatten the boxes."""
    highest = boxes["high"].fill_nan(None).max()
    return 1 + 1.15 * (highest - 1) if isinstance(highest, float) and highest > 1 else 2.0


def group_name(scorer: str, run: str) -> str:
    """PPL with the scorer as subscript, of the samples Y of a run."""
    return f"PPL<sub>{scorer}</sub>(Y<sub>{run}</sub>)"


def position(boxes: pl.DataFrame, row: dict[str, object]) -> int:
    """Which of the groups of this run's samples it is, from 0."""
    scorers = boxes.filter(pl.col("run") == row["run"])["scorer"].to_list()
    return scorers.index(row["scorer"])


def box(row: dict[str, float], name: str, look: Style) -> go.Box:
    """The box from its five numbers, so that a million samples cost the browser nothing."""
    return go.Box(
        x=[name],
        q1=[row["q1"]],
        median=[row["median"]],
        q3=[row["q3"]],
        mean=[row["mean"]],
        lowerfence=[row["low"]],
        upperfence=[row["high"]],
        name=name,
        line={"color": look.colour, "width": 2.5},
        fillcolor=CLEAR,
        width=0.3,
        hoverinfo="y",
    )


def dots(points: pl.DataFrame, name: str, look: Style) -> go.Box:
    """The samples as points, left of the box; each can be clicked."""
    return go.Box(
        x=[name] * points.height,
        y=points["perplexity"].to_list(),
        text=[name] * points.height,
        name=name,
        boxpoints="all",
        jitter=0.5,
        pointpos=-1.4,
        fillcolor=CLEAR,
        line={"color": CLEAR, "width": 0},
        marker={"color": look.colour, "symbol": look.symbol, "size": 4, "opacity": 0.35},
        customdata=points.select("scorer", "run", "problem_id", "sample").rows(),
        hovertemplate=HOVER + "<extra></extra>",
        hoveron="points",
        width=0.3,
    )


def numbers(boxes: pl.DataFrame, points: pl.DataFrame) -> dict[str, int]:
    """What the caption has to say."""
    return {
        "samples": int(boxes["samples"].sum()),
        "drawn": points.height,
        "left_out": int(boxes["left_out"].sum()),
    }


def subtitle(boxes: pl.DataFrame, points: pl.DataFrame, above: int) -> str:
    """How many samples, how many of them are drawn, lie above the axis, have no perplexity."""
    counted = numbers(boxes, points)
    said = f"{counted['samples']:,} samples"
    if counted["drawn"] < counted["samples"]:
        said += f"; boxes over all, {counted['drawn']:,} drawn as points"
    if above:
        said += f"; {above:,} lie above the axis"
    if counted["left_out"]:
        said += f"; {counted['left_out']:,} without log-probabilities left out"
    return said
