"""Curves of pass@k over k."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from app.charts.end_labels import with_end_labels
from app.charts.style import Style, laid_out, span, styles, translucent
from app.metrics.pass_at_k import log_spaced

HOVER = (
    "<b>%{text}</b><br>pass@%{customdata[1]} = %{y:.4f}"
    "<br>%{customdata[2]} problems, n = %{customdata[3]}<extra></extra>"
)


def pass_at_k_chart(
    curves: pl.DataFrame, labels: Mapping[str, str], roles: Mapping[str, str], log_k: bool = True
) -> go.Figure:
    """One line per run with its confidence band; gaps where pass@k is undefined.

    `curves` has the columns of app.analysis.pass_at_k.curves. Of many k about 120 are drawn, all
    as marks, since only marks can be clicked or selected by a box. customdata: run, k, problems, n.
    """
    figure = go.Figure()
    runs = curves["run"].unique(maintain_order=True).to_list()
    for run, style in styles(runs, roles).items():
        points = drawn(curves.filter(pl.col("run") == run))
        figure.add_traces([band(run, points, style), line(run, points, labels[run], style)])
    laid_out(figure, "pass@k", subtitle(curves), "k, samples per problem", "pass@k")
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    with_k_axis(figure, max(curves["k"].to_list(), default=1), log_k)
    return with_end_labels(figure)


def drawn(curve: pl.DataFrame) -> pl.DataFrame:
    """The rows of one run at about 120 values of k, evenly spaced on a log axis."""
    defined = curve.filter(pl.col("pass_at_k").is_not_nan())["k"]
    ends = [int(k) for k in (curve["k"].max(), defined.max()) if isinstance(k, int)]
    ks = {int(k) for end in ends for k in log_spaced(end)}
    return curve.sort("k").filter(
        pl.col("k").is_in(sorted(ks)) if curve.height > 120 else pl.lit(True)
    )


def line(run: str, points: pl.DataFrame, label: str, style: Style) -> go.Scatter:
    """The curve of one run."""
    return go.Scatter(
        x=points["k"].to_list(),
        y=gapped(points, "pass_at_k"),
        name=label,
        text=[label] * points.height,
        legendgroup=run,
        mode="lines+markers",
        line={"color": style.colour, "dash": style.dash, "width": 2.5},
        marker={"symbol": style.symbol, "size": mark_sizes(points)},
        customdata=[[run, row["k"], row["problems"], said_n(row)] for row in points.to_dicts()],
        hovertemplate=HOVER,
        connectgaps=False,
    )


def mark_sizes(points: pl.DataFrame) -> list[int]:
    """Marks stand out at about 24 values of k; in between they hide in the line, to be clicked."""
    stand_out = set(log_spaced(int(points["k"].max() or 1), 24))  # type: ignore[arg-type]
    return [6 if k in stand_out else 2 for k in points["k"]]


def band(run: str, points: pl.DataFrame, style: Style) -> go.Scatter:
    """The area between low and high."""
    known = points.filter(pl.col("low").is_not_nan())
    ks, back = known["k"].to_list(), known.reverse()
    return go.Scatter(
        x=ks + back["k"].to_list(),
        y=known["high"].to_list() + back["low"].to_list(),
        fill="toself",
        fillcolor=translucent(style.colour, 0.14),
        line={"width": 0},
        mode="lines",
        legendgroup=run,
        showlegend=False,
        hoverinfo="skip",
    )


def gapped(points: pl.DataFrame, column: str) -> list[float | None]:
    """The column with None where it is undefined, which Plotly draws as a gap."""
    return points[column].fill_nan(None).to_list()


def said_n(row: dict[str, int]) -> str:
    """n of a run's problems: one number, or the smallest and the largest."""
    return span([row["n_min"], row["n_max"]])


def subtitle(curves: pl.DataFrame) -> str:
    """How many problems and samples, and what the band is."""
    if curves.is_empty():
        return "no runs"
    n = span([*curves["n_min"].to_list(), *curves["n_max"].to_list()])
    said = f"{span(curves['problems'].to_list())} problems, n = {n} samples each"
    has_band = curves["low"].is_not_nan().any()
    return f"{said}; band: 95 %, bootstrap over problems" if has_band else said


def with_k_axis(figure: go.Figure, k_max: int, log_k: bool) -> None:
    """Ticks at powers of two on a log axis."""
    if not log_k:
        figure.update_xaxes(rangemode="tozero")
        return
    ticks = [2**power for power in range(k_max.bit_length())]
    figure.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{tick}" for tick in ticks])
