"""Perplexity of checkpoints' completions over training."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from app.analysis.perplexity_steps import Steps
from app.charts.perplexity_groups import head_room, list_below, shortened, wrapped
from app.charts.style import DASHES, Style, laid_out, plain, span, styles

HOVER = (
    "<b>%{text}</b>, step %{x}<br>perplexity %{y:.4f}<br>%{customdata[1]} problems,"
    " %{customdata[2]} samples each<extra></extra>"
)


def perplexity_steps_chart(
    found: Steps, scorer: str, labels: Mapping[str, str], not_scored: int = 0, outside: int = 0
) -> go.Figure:
    """A line per series of checkpoints: PPL_scorer(Y_step), the mean over problems of medians.

    `not_scored` and `outside` (of other lengths) are how many samples are not in it.
    customdata: run, problems, samples per problem.
    """
    figure = go.Figure()
    series = found.points.partition_by("series", maintain_order=True)
    for place, rows in enumerate(series):
        figure.add_trace(line(rows, look(place), labels))
    said = wrapped(subtitle(found, not_scored, outside))
    title = f"Perplexity under {plain(shortened(scorer, 22))} by training step"
    laid_out(figure, title, said, "training step", "perplexity")
    head_room(figure, said)
    below = 70 + 22 * len(series)
    height = figure.layout.margin.t + 320 + below
    figure.update_layout(margin={"b": below}, height=height, showlegend=True)
    figure.update_yaxes(rangemode="normal")
    return list_below(figure)


def look(place: int) -> Style:
    """The style of a series: a shade of trained models, and a dash that differs too."""
    names = [str(number) for number in range(place + 1)]
    found = styles(names, dict.fromkeys(names, "rl"))[str(place)]
    return found._replace(dash=DASHES[place % len(DASHES)])


def line(rows: pl.DataFrame, look: Style, labels: Mapping[str, str]) -> go.Scatter:
    """One series; an undefined or infinite mean is a gap."""
    value = pl.when(pl.col("perplexity").is_finite()).then("perplexity")
    names = rows["run"].replace_strict(labels).to_list()
    return go.Scatter(
        x=rows["step"].to_list(),
        y=rows.select(value)["perplexity"].to_list(),
        mode="lines+markers",
        line={"color": look.colour, "dash": look.dash, "width": 2.5},
        marker={"symbol": look.symbol, "size": 9},
        text=[plain(name) for name in names],
        customdata=[
            [row["run"], row["problems"], span([row["n_min"], row["n_max"]])]
            for row in rows.to_dicts()
        ],
        hovertemplate=HOVER,
        name=plain(shortened(rows["name"][0], 60)),
        connectgaps=False,
    )


def subtitle(found: Steps, not_scored: int, outside: int) -> str:
    """The rule, and what it rests on."""
    n = [*found.points["n_min"], *found.points["n_max"]]
    each = f"; n = {span(n)} samples of each" if n else ""
    infinite = int(found.points["perplexity"].is_infinite().sum())
    told = (
        (found.missing, "problems not scored in every run left out"),
        (infinite, "infinite"),
        (not_scored, "samples not scored"),
        (outside, "samples of other lengths left out"),
    )
    counted = "".join(f"; {count:,} {words}" for count, words in told if count)
    rule = "median of a problem's samples, then mean over problems"
    return f"{rule}: {found.problems:,} problems{each}{counted}"
