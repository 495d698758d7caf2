"""Histograms of accuracy, each run in axes of its own."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.charts.accuracy import bars, each, outlines, subtitle, tallest, unseen, whole
from app.charts.style import laid_out, styles
from app.charts.wrapping import legend_height, shortened, top_margin, wrapped

PANEL = 150  # pixels
GAP = 44  # pixels between two lines of panels, for the names of runs
ABOVE, BELOW = 40, 76  # pixels for names of runs, and of bins
ACROSS = {1: 1, 2: 2, 3: 2, 4: 2}  # panels per line; three where there are more runs
NAMES = {1: 60, 2: 30, 3: 18}  # characters of a name above a panel


def accuracy_panels_chart(
    histogram: pl.DataFrame,
    labels: Mapping[str, str],
    roles: Mapping[str, str],
    published: pl.DataFrame | None = None,
) -> go.Figure:
    """One panel per run, all with the same scale of counts on the left; per cent on the right.

    Arguments and customdata as in app.charts.accuracy.accuracy_histogram_chart.
    """
    looks = styles(each(histogram), roles)
    across = ACROSS.get(len(looks), 3)
    titles = [panel_title(histogram, run, labels[run], NAMES[across]) for run in looks]
    figure = grid(len(looks), across, titles)
    highest, problems = tallest(histogram, published), histogram["problems"].n_unique()
    for place, (run, style) in enumerate(looks.items()):
        row, column = place // across + 1, place % across + 1
        own = histogram.filter(pl.col("run") == run).sort("bin_index")
        behind = [bar.update(showlegend=place == 0) for bar in outlines(published)]
        front = bars(own, labels[run], {"color": style.colour}).update(showlegend=False)
        for bar in [*behind, front]:
            figure.add_trace(bar, row=row, col=column)
        told = problems > 1 or column == across or place == len(looks) - 1
        add_axes(figure, highest, max(own["problems"].to_list()), (row, column), told)
    said = wrapped(subtitle(histogram))
    laid_out(figure, "Accuracy", said, "", "")
    arrange(figure, len(looks), across, top_margin(said))
    return figure


def panel_title(histogram: pl.DataFrame, run: str, label: str, most: int) -> str:
    """The run, and how many problems it has where runs differ in that."""
    if histogram["problems"].n_unique() == 1:
        return shortened(label, most)
    problems = histogram.filter(pl.col("run") == run)["problems"][0]
    return f"{shortened(label, most - 5)} ({problems:,})"


def grid(runs: int, across: int, titles: list[str]) -> go.Figure:
    """Empty panels, as many as there are runs."""
    down = lines(runs, across)
    cells = [{"secondary_y": True} if place < runs else None for place in range(down * across)]
    return make_subplots(
        down, across, shared_xaxes=True, subplot_titles=titles,
        horizontal_spacing=0.12 if across < 3 else 0.1,
        vertical_spacing=GAP / axes_height(down) if down > 1 else 0,
        specs=[cells[row * across : (row + 1) * across] for row in range(down)],
    )  # fmt: skip


def lines(runs: int, across: int) -> int:
    """Lines of panels."""
    return max(-(-runs // across), 1)


def axes_height(down: int) -> int:
    """Pixels from the top of the first line of panels to the bottom of the last."""
    return down * PANEL + (down - 1) * GAP


def add_axes(
    figure: go.Figure, highest: float, problems: int, place: tuple[int, int], told: bool
) -> None:
    """The axes of a panel: counts, named at the very left, and per cent where they are `told`."""
    row, column = place
    figure.add_trace(unseen(), row=row, col=column, secondary_y=True)
    figure.update_yaxes(
        range=[0, highest],
        dtick=whole(highest),
        showticklabels=column == 1,
        secondary_y=False,
        row=row,
        col=column,
    )
    figure.update_yaxes(
        range=[0, highest / max(problems, 1)], tickformat=".0%", showgrid=False, nticks=5,
        tickmode="auto", showticklabels=told, secondary_y=True, row=row, col=column,
    )  # fmt: skip


def arrange(figure: go.Figure, runs: int, across: int, top: int) -> None:
    """Sizes, and the names of the bins below the lowest panel of each column."""
    down = lines(runs, across)
    told = {trace.name for trace in figure.data if trace.showlegend}
    below = BELOW + legend_height(sorted(told))
    figure.update_layout(
        barmode="overlay", bargap=0.18, showlegend=True,
        height=axes_height(down) + top + ABOVE + below,
        margin={"t": top + ABOVE, "b": below, "r": 56},
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
    )  # fmt: skip
    figure.update_annotations(font_size=13)
    figure.update_xaxes(type="category", tickangle=-90, showgrid=False, tickfont_size=11)
    for place in range(max(runs - across, 0), runs):
        figure.update_xaxes(showticklabels=True, row=place // across + 1, col=place % across + 1)
    figure.update_yaxes(title_text="problems", col=1, secondary_y=False)
    figure.update_yaxes(tickfont_size=12)
