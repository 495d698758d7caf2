"""What is worked out for the figure of curves: common k, the fold of its axis, and the gap Δ_SE."""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

MOST_TRACES = 200  # Plotly is slow beyond
MOST_BANDS = 4  # in one panel; of more none can be told from the others
CELL = ["row", "column"]


class Fold(NamedTuple):
    """The two ranges that a broken axis shows, and leaves the rest out."""

    low: tuple[float, float]
    high: tuple[float, float]


class Efficiency(NamedTuple):
    """Δ_SE: how far a run's pass@1 is from the base's pass@k at its largest k."""

    base: str
    other: str
    top: float
    bottom: float
    gap: float
    k: float


def common_budgets(points: pl.DataFrame) -> pl.DataFrame:
    """row, column, k, differ: of each panel the smallest n of any problem of its runs, up to which
    all its curves are defined, and whether the runs' n differ at all.
    """
    return points.group_by("row", "column", maintain_order=True).agg(
        k=pl.col("n_min").min(), differ=pl.col("n_min").min() < pl.col("n_max").max()
    )


def up_to_common(points: pl.DataFrame) -> pl.DataFrame:
    """The points at which all curves of their panel are defined."""
    joined = points.join(common_budgets(points), on=["row", "column"], maintain_order="left")
    return joined.filter(pl.col("x") <= pl.col("k")).drop("k", "differ")


def folded(points: pl.DataFrame) -> Fold | None:
    """Ranges around the left and the right ends of the curves; None where they meet.

    Each with a quarter of its height, and at least 2 points, to spare.
    """
    ends = points.filter(pl.col("value").is_not_nan()).sort("x")
    per_curve = ends.group_by("row", "column", "series").agg(
        first=pl.col("value").first(), last=pl.col("value").last()
    )
    if per_curve.is_empty():
        return None
    low, high = around(per_curve["first"].to_list()), around(per_curve["last"].to_list())
    return Fold(low, high) if low[1] < high[0] else None


def around(values: list[float]) -> tuple[float, float]:
    """A range that holds the values, between 0 and 1.02."""
    least, most = min(values), max(values)
    spare = max(0.02, 0.25 * (most - least))
    return max(least - spare, 0.0), min(most + spare, 1.02)


def efficiency(
    points: pl.DataFrame, roles: Mapping[str, str], bases: Mapping[str, str]
) -> Efficiency | None:
    """The smallest Δ_SE of the runs shown, each against its own base; None without such a pair.

    Base pass@k_max − other's pass@1 (arXiv 2504.13837, section 4.3). `bases`: series → that of the
    model that it was trained from. Where a single base is shown, it is everybody's.
    """
    known = points.filter(pl.col("value").is_not_nan()).sort("x")
    shown = known["series"].unique(maintain_order=True).to_list()
    only = [name for name in shown if roles[name] == "base"]
    pairs = [
        (bases.get(name, only[0] if len(only) == 1 else ""), name)
        for name in shown
        if roles[name] != "base"
    ]
    found = [gap for pair in pairs if (gap := efficiency_gap(known, *pair))]
    return min(found, key=lambda one: one.gap, default=None)


def efficiency_gap(known: pl.DataFrame, base: str, other: str) -> Efficiency | None:
    """Δ_SE of one pair of series; None where one of the two values is not among the points."""
    tops, firsts = known.filter(series=base), known.filter(pl.col("x") == 1, series=other)
    if tops.is_empty() or firsts.is_empty():
        return None
    top, first = tops.row(-1, named=True), firsts.row(0, named=True)
    gap = top["value"] - first["value"]
    return Efficiency(base, other, top["value"], first["value"], gap, top["x"])


def few_enough(points: pl.DataFrame, bare: int = 1) -> pl.DataFrame:
    """The points without bands where with them there would be too many traces; then only of so
    many curves, the first ones, as can be drawn.

    A curve takes `bare` traces, and one with its band and the band's edges three times as many.
    """
    curves = points.select("row", "column", "series").unique(maintain_order=True)
    if 3 * bare * curves.height <= MOST_TRACES:
        return points
    nothing = pl.lit(float("nan"))
    kept = curves.head(MOST_TRACES // bare)
    shown = points.join(kept, on=["row", "column", "series"], how="semi", maintain_order="left")
    return shown.with_columns(low=nothing, high=nothing)


def curve_count(points: pl.DataFrame) -> int:
    """Curves in all panels."""
    return points.select("row", "column", "series").n_unique()


def bare_panels(points: pl.DataFrame) -> frozenset[tuple[str, str]]:
    """Row and column of the panels with so many curves that their bands would hide one another."""
    banded = points.filter(pl.col("low").is_not_nan())
    per_panel = banded.group_by(CELL).agg(curves=pl.col("series").n_unique())
    return frozenset(per_panel.filter(pl.col("curves") > MOST_BANDS).select(CELL).rows())


def tabled(points: pl.DataFrame) -> pl.DataFrame:
    """The points for a table, panel by panel in ascending k, where the measure is defined.

    k are the powers of two, the smallest n of each curve, and the last k at which each is defined:
    for all curves of the panel that are defined there.
    """
    known = points.filter(pl.col("value").is_not_nan())
    k = pl.col("x").cast(pl.Int64)
    last = pl.col("x") == pl.col("x").max().over([*CELL, "series"])
    wanted = known.filter(((k & (k - 1)) == 0) | (k == pl.col("n_min")) | last)
    places = wanted.select(*CELL, "x").unique()
    order = points.select(CELL).unique(maintain_order=True).with_row_index("panel")
    shown = known.join(places, on=[*CELL, "x"], how="semi", maintain_order="left")
    placed = shown.join(order, on=CELL, how="left", maintain_order="left")
    return placed.sort("panel", "x", maintain_order=True).drop("panel")
