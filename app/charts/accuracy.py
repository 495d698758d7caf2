"""Histograms of accuracy in one pair of axes: the runs beside or over each other."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from app.analysis.wording import amount
from app.charts.style import CLEAR, FONT, Style, laid_out, span, styles, translucent
from app.charts.wrapping import legend_height, shortened, top_margin, wrapped

HOVER = "<b>%{text}</b><br>accuracy %{x}: %{y} problems (%{customdata[2]:.1f} %)<extra></extra>"
PUBLISHED = (
    "<b>%{text}</b>, published<br>accuracy %{x}: %{customdata[0]} of %{customdata[1]} problems"
    " (%{customdata[2]:.1f} %)<extra></extra>"
)
WIDE = 0.9  # of the distance between two bins
FEW = 6  # problems, below which every one has a tick
OUTLINES = ("#888888", "#B0A040", "#7A6FB0", "#5FA3A3")


def accuracy_histogram_chart(
    histogram: pl.DataFrame,
    labels: Mapping[str, str],
    roles: Mapping[str, str],
    overlaid: bool = False,
    published: pl.DataFrame | None = None,
) -> go.Figure:
    """Bars of twelve bins per run, counts on the left and per cent on the right.

    `histogram` has the columns of app.analysis.accuracy.histogram, `published` those of
    app.analysis.published_histograms.laid_beneath. Where the runs have different numbers of
    problems there is no axis of per cent; hovering tells it. customdata: run, bin, percent.
    """
    figure = go.Figure(outlines(published))
    for run, style in styles(each(histogram), roles).items():
        own = histogram.filter(pl.col("run") == run).sort("bin_index")
        marker = outlined(style) if overlaid else filled(style)
        figure.add_trace(bars(own, labels[run], marker))
    said = wrapped(subtitle(histogram))
    laid_out(figure, "Accuracy", said, "accuracy, c / n of one problem", "problems")
    figure.update_xaxes(type="category", autotickangles=[0, -35], showgrid=False)
    figure.update_layout(
        barmode="overlay" if overlaid else "group", bargap=0.18, showlegend=True,
        margin_t=top_margin(said), height=430 + legend_height(names(figure)),
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
    )  # fmt: skip
    figure.update_xaxes(title_standoff=14)
    figure.update_yaxes(dtick=whole(tallest(histogram, published)))
    problems = histogram["problems"].unique().to_list()
    if len(problems) == 1 and problems[0]:
        add_percent_axis(figure, tallest(histogram, published), problems[0])
    return figure


def each(histogram: pl.DataFrame) -> list[str]:
    """The runs."""
    return histogram["run"].unique(maintain_order=True).to_list()


def names(figure: go.Figure) -> list[str]:
    """The entries of the legend."""
    return [trace.name for trace in figure.data if trace.name]


def bars(rows: pl.DataFrame, label: str, marker: dict[str, object]) -> go.Bar:
    """The twelve bars of one run."""
    return go.Bar(
        x=rows["bin"].to_list(),
        y=rows["count"].to_list(),
        name=shortened(label, 48),
        text=[wrapped(label, 60)] * rows.height,
        textposition="none",
        marker=marker,
        customdata=rows.select("run", "bin", "percent").rows(),
        hovertemplate=HOVER,
    )


def filled(style: Style) -> dict[str, object]:
    """A bar in the run's colour and pattern."""
    return {"color": style.colour, "pattern": {"shape": style.pattern}}


def outlined(style: Style) -> dict[str, object]:
    """A bar through which those behind it are seen."""
    line = {"color": style.colour, "width": 2}
    return {"color": translucent(style.colour, 0.22), "line": line}


def outlines(published: pl.DataFrame | None) -> list[go.Bar]:
    """Published histograms: outlined bars, behind those of the runs."""
    if published is None:
        return []
    return [
        published_bars(part, OUTLINES[place % len(OUTLINES)])
        for place, part in enumerate(published.partition_by("name", maintain_order=True))
    ]


def published_bars(part: pl.DataFrame, colour: str) -> go.Bar:
    """The twelve bars of one published histogram."""
    name = str(part["name"][0])
    return go.Bar(
        x=part["bin"].to_list(),
        y=part["height"].to_list(),
        name=f"published: {shortened(name, 34)}",
        offset=-WIDE / 2,  # which takes it out of the group: as wide as all runs together
        width=WIDE,
        text=[wrapped(name, 60)] * part.height,
        textposition="none",
        marker={"color": CLEAR, "line": {"color": colour, "width": 2}},
        customdata=part.select("count", "problems", "percent").rows(),
        hovertemplate=PUBLISHED,
        selectedpoints=[],
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )


def tallest(histogram: pl.DataFrame, published: pl.DataFrame | None) -> float:
    """Where the axis of counts ends: above all bars."""
    highest = histogram["count"].to_list()
    if published is not None:
        highest += published["height"].to_list()
    return 1.08 * max(highest, default=1)


def whole(highest: float) -> int | None:
    """The distance of ticks on an axis of few problems, which are whole; None: as Plotly likes."""
    return 1 if highest < FEW else None


def add_percent_axis(figure: go.Figure, highest: float, problems: int) -> None:
    """The same bars in per cent on the right; an axis needs a trace to be drawn."""
    figure.add_trace(unseen("y2"))
    figure.update_layout(
        yaxis_range=[0, highest],
        yaxis2={
            "range": [0, highest / problems], "overlaying": "y", "side": "right", "showgrid": False,
            "tickformat": ".0%", "tickfont": {"size": 13}, "tickmode": "auto",
            "title": {"text": "share of problems", "font": {"size": FONT}},
        },
        margin_r=72,
    )  # fmt: skip


def unseen(yaxis: str | None = None) -> go.Scatter:
    """A trace without marks."""
    return go.Scatter(x=["0"], y=[None], yaxis=yaxis, showlegend=False, hoverinfo="skip")


def subtitle(histogram: pl.DataFrame) -> str:
    """How many problems and samples, and how many problems have no accuracy."""
    known = histogram.filter(pl.col("problems") > 0)
    if known.is_empty():
        return "no problem with samples"
    said = f"{problems_per_run(histogram)} per run"
    undefined = histogram.unique("run")["undefined"].sum()
    left_out = f"; {undefined:,} without samples left out" if undefined else ""
    return f"{said}, {samples(known)}{left_out}"


def problems_per_run(rows: pl.DataFrame) -> str:
    """How many problems each run has, such as "1 problem" or "25–30 problems"."""
    numbers = rows["problems"].to_list()
    return amount(1, "problem") if max(numbers) == 1 else f"{span(numbers)} problems"


def samples(known: pl.DataFrame) -> str:
    """n, from the columns n_min and n_max."""
    return f"n = {span([*known['n_min'].to_list(), *known['n_max'].to_list()])} samples each"
