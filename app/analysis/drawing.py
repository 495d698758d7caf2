"""What is worked out for the figure of curves: common k, the fold of its axis, and the gap Δ_SE."""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

MOST_TRACES = 200  # Plotly is slow beyond


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


def efficiency(points: pl.DataFrame, roles: Mapping[str, str]) -> Efficiency | None:
    """The smallest Δ_SE of the runs shown against the base; None without a base and another.

    Base pass@k_max − other's pass@1 (arXiv 2504.13837, section 4.3); of several bases the first.
    """
    known = points.filter(pl.col("value").is_not_nan()).sort("x")
    bases = [name for name in known["series"].unique(maintain_order=True) if roles[name] == "base"]
    firsts = known.filter(pl.col("x") == 1, ~pl.col("series").is_in(bases))
    if not bases or firsts.is_empty():
        return None
    top = known.filter(pl.col("series") == bases[0]).row(-1, named=True)
    best = firsts.sort("value").row(-1, named=True)
    gap = top["value"] - best["value"]
    return Efficiency(bases[0], best["series"], top["value"], best["value"], gap, top["x"])


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
