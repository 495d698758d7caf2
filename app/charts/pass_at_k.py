"""Curves of pass@k and other measures over k."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl

from app.charts.band import band_area
from app.charts.end_labels import shortened, with_end_labels
from app.charts.panels import (
    Arrow,
    Cell,
    Grid,
    panels,
    with_arrow,
    with_axis_titles,
    with_fold,
    with_legend,
    with_small_titles,
)
from app.charts.style import Style, laid_out, plain, said_problems, span, styles
from app.metrics.pass_at_k import log_spaced

BENEATH = "#8A8A8A"
LEGEND_NAME = 44  # characters


@dataclass(frozen=True)
class Look:
    """What is drawn and how: the measure's name, its band in words, and the axes."""

    measure: str = "pass@k"
    band: str = ""
    x: str = "k, samples per problem"
    log_x: bool = True
    shared: bool = False  # all panels on the same axes
    bare: frozenset[Cell] = frozenset()  # panels whose bands would hide one another: none is drawn
    ahead: bool = False  # curves go on as forecasts, which leave no room for names at their ends
    fold: tuple[tuple[float, float], tuple[float, float]] | None = None
    arrow: Arrow | None = None  # in a folded figure of one panel


def pass_at_k_chart(
    curves: pl.DataFrame, labels: Mapping[str, str], roles: Mapping[str, str], log_k: bool = True
) -> go.Figure:
    """One line per run with its confidence band; gaps where pass@k is undefined.

    `curves` has the columns of app.analysis.pass_at_k.curves. Of many k about 120 are drawn, all
    as marks, since only marks can be clicked or selected by a box. customdata: run, k, problems, n,
    row and column of the panel.
    """
    parts = [drawn(part) for part in curves.partition_by("run", maintain_order=True)]
    points = pl.concat([curves.clear(), *parts]).select(
        pl.col("run").replace_strict(dict(labels), return_dtype=pl.String).alias("series"),
        "run", "low", "high", "problems", "n_min", "n_max",
        x=pl.col("k").cast(pl.Float64), value="pass_at_k", row=pl.lit(""), column=pl.lit(""),
        reliable=pl.lit(True), solved=pl.lit(None, pl.Float64),
    )  # fmt: skip
    has_band = points["low"].is_not_nan().any()
    look = Look(log_x=log_k, band="95 %, problems like these" if has_band else "")
    return measure_chart(points, {labels[run]: role for run, role in roles.items()}, look)


def measure_chart(
    points: pl.DataFrame,
    roles: Mapping[str, str],
    look: Look,
    beneath: pl.DataFrame | None = None,
    forecasts: pl.DataFrame | None = None,
    common: Mapping[Cell, float] | None = None,
) -> go.Figure:
    """One line per series and panel with its band; gaps where the measure is undefined.

    `points`: row, column (of the panel), series, run, x, value, low, high, reliable, solved,
    problems, n_min, n_max. `roles` of the series. `beneath`: row, column, name, kind, x, value:
    drawn thin and grey. `forecasts`: as points, without a band, drawn dashed. `common`: k of each
    panel up to which its curves can be compared. customdata as in `pass_at_k_chart`.
    """
    cells = list(dict.fromkeys(points.select("row", "column").rows()))
    grid = Grid(cells, look.fold is not None)
    figure = panels(grid, look.shared)
    with_small_titles(figure)
    names = shortened(points["series"].unique(maintain_order=True).to_list(), LEGEND_NAME)
    add_beneath(figure, grid, beneath)
    named: set[str] = set()
    for series, style in styles(list(names), roles).items():
        own = points.filter(pl.col("series") == series)
        ahead = None if forecasts is None else forecasts.filter(pl.col("series") == series)
        for cell in dict.fromkeys(own.select("row", "column").rows()):
            part = own.filter(row=cell[0], column=cell[1])
            traces = [] if cell in look.bare else band_traces(part, style)
            traces.append(line(part, plain(names[series]), style, look, series not in named))
            traces += forecast_traces(ahead, cell, plain(names[series]), style)
            for row, column in grid.halves(cell):
                figure.add_traces(unnamed_after(traces, row == 1 or not look.fold), row, column)
            named.add(series)
    laid_out(figure, look.measure, subtitle(points, look), look.x, look.measure)
    return finished(figure, grid, look, common or {})


def finished(figure: go.Figure, grid: Grid, look: Look, common: Mapping[Cell, float]) -> go.Figure:
    """The figure with its axes, the lines at common k, and the names of the curves."""
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    xs = [trace.x[-1] for trace in figure.data if trace.hoverinfo != "skip" and len(trace.x)]
    for cell, k in common.items():
        for row, column in grid.halves(cell):
            line = {"dash": "dot", "width": 1.5, "color": BENEATH}
            figure.add_vline(x=k, line=line, row=row, col=column)
    many = 1 if grid.columns == 1 else 2
    with_k_axis(figure, int(max(xs, default=1)), look.log_x and look.x.startswith("k"), many)
    if look.fold:
        with_fold(figure, grid, *look.fold)
        if look.arrow and len(grid.cells) == 1:
            with_arrow(figure, look.arrow, *look.fold)
    if len(grid.cells) > 1 or look.fold:
        with_axis_titles(figure, grid, look.x.split(",")[0], look.measure)
    if len(grid.cells) <= 1 and not look.fold and not look.ahead:
        with_end_labels(figure)
    if figure.layout.showlegend is None:
        with_legend(figure, grid)
    return figure


def band_traces(points: pl.DataFrame, style: Style) -> list[go.Scatter]:
    """The band of one curve, and the edges of what is unreliable of it."""
    traces = []
    if points["low"].is_not_nan().any():
        traces.append(band_area(points, "x", style.colour, points["series"][0]))
    doubtful = points.filter(~pl.col("reliable") & pl.col("low").is_not_nan())
    return [*traces, edges(points, style)] if doubtful.height else traces


def forecast_traces(
    forecasts: pl.DataFrame | None, cell: Cell, name: str, style: Style
) -> list[go.Scatter]:
    """The dashed continuation of one curve, if there is one."""
    if forecasts is None:
        return []
    points = forecasts.filter(row=cell[0], column=cell[1])
    if points.is_empty():
        return []
    said = [
        f"<b>{name}</b><br>forecast at k = {row['x']:,.0f}: {row['value']:.4f}"
        f"<br>≈ {row['solved']:,.1f} of {said_problems([row['problems']])}"
        for row in points.to_dicts()
    ]
    return [
        go.Scatter(
            x=points["x"].to_list(), y=points["value"].to_list(), mode="lines", hovertext=said,
            hovertemplate="%{hovertext}<extra></extra>", showlegend=False,
            legendgroup=points["series"][0],
            line={"color": style.colour, "dash": "5px,5px", "width": 1.8},
        )
    ]  # fmt: skip


def unnamed_after(traces: list[go.Scatter], named: bool) -> list[go.Scatter]:
    """The traces; in the second half of a broken axis without an entry in the legend."""
    return traces if named else [go.Scatter(trace).update(showlegend=False) for trace in traces]


def add_beneath(figure: go.Figure, grid: Grid, beneath: pl.DataFrame | None) -> None:
    """Thin grey lines: dashed what was published, dotted what guessing would reach."""
    if beneath is None:
        return
    named: set[str] = set()
    for part in beneath.partition_by("row", "column", "name", maintain_order=True):
        row = part.row(0, named=True)
        name = plain(row["name"])
        trace = go.Scatter(
            x=part["x"].to_list(), y=part["value"].to_list(), name=name, mode="lines",
            line={"color": BENEATH, "width": 1.4, "dash": DASH_BENEATH[row["kind"]]},
            legendgroup=row["name"], showlegend=row["name"] not in named,
            hovertemplate=f"{name}<br>k = %{{x:,.0f}}: %{{y:.4f}}<extra></extra>",
        )  # fmt: skip
        for place in grid.halves((row["row"], row["column"])):
            figure.add_trace(trace, *place)
            trace = go.Scatter(trace).update(showlegend=False)
        named.add(row["name"])


DASH_BENEATH = {"published": "dash", "guessing": "dot"}


def drawn(curve: pl.DataFrame) -> pl.DataFrame:
    """The rows of one run at about 120 values of k, evenly spaced on a log axis."""
    defined = curve.filter(pl.col("pass_at_k").is_not_nan())["k"]
    ends = [int(k) for k in (curve["k"].max(), defined.max()) if isinstance(k, int)]
    ks = {int(k) for end in ends for k in log_spaced(end)}
    return curve.sort("k").filter(
        pl.col("k").is_in(sorted(ks)) if curve.height > 120 else pl.lit(True)
    )


def line(points: pl.DataFrame, name: str, style: Style, look: Look, first: bool) -> go.Scatter:
    """The curve of one series in one panel."""
    rows = points.to_dicts()
    return go.Scatter(
        x=[whole(row["x"]) for row in rows],
        y=points["value"].fill_nan(None).to_list(),
        name=name,
        hovertext=[hover(row, look) for row in rows],
        legendgroup=rows[0]["series"],
        showlegend=None if first else False,
        mode="lines+markers",
        line={"color": style.colour, "dash": style.dash, "width": 2.5},
        marker={"symbol": style.symbol, "size": mark_sizes(points)},
        customdata=[
            [row["run"], whole(row["x"]), row["problems"], said_n(row), row["row"], row["column"]]
            for row in rows
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        connectgaps=False,
    )


def whole(x: float) -> int | float:
    """k as an integer; τ as it is."""
    return int(x) if x == int(x) and x >= 1 else x


def hover(row: dict[str, Any], look: Look) -> str:
    """What a mark says: the value, how many problems that is, n, and the band."""
    at = f"{row['x']:,g}" if row["x"] < 1 else f"{row['x']:,.0f}"
    name = look.measure
    for symbol in ("@k", "^k", "@τ"):
        name = name.replace(symbol, f"{symbol[0]}{at}")
    said = [f"<b>{plain(str(row['series']))}</b>", f"{name} = {row['value']:.4f}"]
    if row["solved"] is not None:
        said.append(
            f"≈ {row['solved']:,.1f} of {said_problems([row['problems']])}, n = {said_n(row)}"
        )
    if row["low"] == row["low"]:
        said.append(f"band {row['low']:.3f} to {row['high']:.3f}")
    if not row["reliable"]:
        said.append("(band not reliable here)")
    return "<br>".join(said)


def mark_sizes(points: pl.DataFrame) -> list[int]:
    """Marks stand out at about 24 values of k; in between they hide in the line, to be clicked."""
    stand_out = set(log_spaced(int(points["x"].max() or 1), 24))  # type: ignore[arg-type]
    return [6 if k in stand_out else 2 for k in points["x"]]


def edges(points: pl.DataFrame, style: Style) -> go.Scatter:
    """Dashed edges of the band where it is not reliable."""
    hidden = points.with_columns(
        pl.when(pl.col("reliable")).then(None).otherwise(pl.col(name).fill_nan(None)).alias(name)
        for name in ("low", "high")
    )
    xs = points["x"].to_list()
    return go.Scatter(
        x=[*xs, None, *xs], y=[*hidden["low"], None, *hidden["high"]], mode="lines",
        line={"color": style.colour, "width": 1.3, "dash": "3px,3px"}, connectgaps=False,
        legendgroup=points["series"][0], showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def said_n(row: Mapping[str, Any]) -> str:
    """n of a run's problems: one number, or the smallest and the largest."""
    return span([row["n_min"], row["n_max"]])


def subtitle(points: pl.DataFrame, look: Look) -> str:
    """How many problems and samples, and what the band is."""
    if points.is_empty():
        return "no runs"
    n = span([*points["n_min"].to_list(), *points["n_max"].to_list()])
    each = "sample" if n == "1" else "samples"
    said = f"{said_problems(points['problems'].to_list())}, n = {n} {each} each"
    return f"{said}; band: {look.band}" if look.band else said


def with_k_axis(figure: go.Figure, k_max: int, log_k: bool, every: int = 1) -> None:
    """Ticks at powers of two, or at every so many of them, on a log axis."""
    if not log_k:
        figure.update_xaxes(rangemode="tozero")
        return
    ticks = [2**power for power in range(0, k_max.bit_length(), every)]
    figure.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{tick}" for tick in ticks])
