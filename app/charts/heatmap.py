"""Accuracy of each problem in each run."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.charts.style import laid_out
from app.charts.wrapping import shortened, top_margin, wrapped
from app.metrics.accuracy import BINS

# Viridis, which people with colour-blindness read as others do, without its darkest end; never and
# always stand apart from what is next to them.
COLOURS = (
    "#45317C", "#38568B", "#31698E", "#2A788E", "#25888D", "#20988A", "#27A883", "#34B679",
    "#55C467", "#79D051", "#A3DA37", "#FDE725",
)  # fmt: skip
LINE = 250  # problems side by side: more would be narrower than a pixel or two
NAMED = 20  # names of problems that fit below in a window of 900 pixels
PARTED = 60  # up to so many problems are parted by lines
BESIDE = 54  # characters of a subtitle beside the names of runs
HEIGHT = 16  # pixels of a run


def accuracy_heatmap_chart(
    cells: pl.DataFrame, labels: Mapping[str, str], said: str, axis: str
) -> go.Figure:
    """A row per run and a column per problem, in as many lines as the problems need.

    `cells` has the columns of app.analysis.accuracy.by_problem. Without samples there is a gap. A
    click means the problem in all runs. customdata: problem_id.
    """
    runs = cells["run"].unique(maintain_order=True).to_list()
    lines = [part for _, part in sorted(by_line(cells).items())]
    figure = make_subplots(max(len(lines), 1), 1, vertical_spacing=spacing(len(lines), len(runs)))
    for row, part in enumerate(lines, 1):
        figure.add_trace(colours(part, runs), row=row, col=1)
        figure.add_trace(targets(part, runs, labels), row=row, col=1)
    told = wrapped(said, BESIDE)
    laid_out(figure, "Accuracy by problem and run", told, "", "")
    figure.update_xaxes(showgrid=False, ticks="outside", ticklen=3, tickfont_size=12)
    figure.update_xaxes(title_text=shortened(axis, 44), row=max(len(lines), 1), title_standoff=12)
    figure.update_yaxes(
        showgrid=False, tickvals=list(range(len(runs))), range=[len(runs) - 0.5, -0.5],
        ticktext=[shortened(labels[run], 26) for run in runs], tickfont_size=12, fixedrange=True,
    )  # fmt: skip
    for row, part in enumerate(lines, 1):
        name_problems(figure, part, row)
    figure.update_layout(
        coloraxis=colour_axis(), hovermode="x", hoverdistance=-1, showlegend=False,
        height=height(lines, len(runs), told), margin={"t": top_margin(told), "r": 28},
    )  # fmt: skip
    return figure


def by_line(cells: pl.DataFrame) -> dict[tuple[object, ...], pl.DataFrame]:
    """The cells of each line."""
    first = min(cells["place"].to_list(), default=0)
    numbered = cells.with_columns(line=(pl.col("place") - first) // LINE)
    return numbered.partition_by("line", as_dict=True)


def colours(part: pl.DataFrame, runs: Sequence[str]) -> go.Heatmap:
    """The cells of one line."""
    return go.Heatmap(
        x=(part["place"] + 1).to_list(),
        y=part["run"].replace_strict({run: i for i, run in enumerate(runs)}).to_list(),
        z=part["bin_index"].to_list(),
        coloraxis="coloraxis",
        hoverinfo="skip",
        hoverongaps=False,
        ygap=1,
        xgap=1 if part["place"].n_unique() <= PARTED else 0,
    )


def targets(part: pl.DataFrame, runs: Sequence[str], labels: Mapping[str, str]) -> go.Scatter:
    """What is clicked: an invisible mark per problem, a line along the chosen one."""
    problems = part.group_by("place", "problem_id", maintain_order=True).agg(
        text=pl.struct("run", "c", "n")
    )
    return go.Scatter(
        x=(problems["place"] + 1).to_list(),
        y=[(len(runs) - 1) / 2] * problems.height,
        mode="markers",
        marker={
            "symbol": "line-ns-open", "size": HEIGHT * len(runs), "opacity": 0,
            "line": {"width": 2}, "color": "#E0303A",
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        customdata=[[name] for name in problems["problem_id"]],
        text=[
            hover(name, rows, labels) for name, rows in problems.select("problem_id", "text").rows()
        ],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )  # fmt: skip


def hover(name: str, rows: Sequence[dict[str, object]], labels: Mapping[str, str]) -> str:
    """The problem, and c of n in each run."""
    told = [
        f"{shortened(labels[str(row['run'])], 40)}: "
        + (f"{row['c']} of {row['n']}" if row["n"] else "no samples")
        for row in rows
    ]
    return "<br>".join([f"<b>problem {shortened(name, 50)}</b>", *told])


def name_problems(figure: go.Figure, part: pl.DataFrame, row: int) -> None:
    """The names of the problems, or of every second or third; of many only their places."""
    places = part.unique("place").sort("place")
    low, high = places["place"][0] + 0.5, places["place"][-1] + 1.5
    figure.update_xaxes(range=[low, max(high, low + 1)], row=row)
    if places.height <= PARTED:
        told = places.gather_every(-(-places.height // NAMED))
        figure.update_xaxes(
            tickvals=(told["place"] + 1).to_list(),
            ticktext=[shortened(name, 16) for name in told["problem_id"]],
            tickangle=-90,
            row=row,
        )


def colour_axis() -> dict[str, object]:
    """Twelve steps of colour, named as the bins."""
    steps = len(COLOURS)
    scale = [[edge / steps, colour] for i, colour in enumerate(COLOURS) for edge in (i, i + 1)]
    bar = {
        "tickvals": list(range(steps)), "ticktext": list(BINS), "tickfont": {"size": 11},
        "thickness": 14, "len": 0.9, "outlinewidth": 0, "orientation": "h",
        "yref": "container", "y": 0, "yanchor": "bottom",
    }  # fmt: skip
    return {"colorscale": scale, "cmin": -0.5, "cmax": steps - 0.5, "colorbar": bar}


def height(lines: Sequence[pl.DataFrame], runs: int, told: str) -> int:
    """Pixels: each run has a strip in each line; names below need room."""
    named = len(lines) == 1 and lines[0]["place"].n_unique() <= PARTED
    strips = max(len(lines), 1) * (max(runs, 2) * HEIGHT + 34)
    return top_margin(told) + strips + (130 if named else 40) + 120


def spacing(lines: int, runs: int) -> float:
    """The share of the height between two lines."""
    return 0.0 if lines < 2 else 34 / (lines * (max(runs, 2) * HEIGHT + 34))
