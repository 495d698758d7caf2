"""Mean pass@k with its band, of a run alone and against its base, as columns of a frame."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from app.analysis.aligned import Counted
from app.metrics.comparison import efficiency_gap_band
from app.metrics.intervals import (
    LIKE_THESE,
    Band,
    band,
    gap_band,
    pass_at_k_values,
)
from app.metrics.pass_at_k import Floats, Integers, mean_over_problems

EQUAL = 1e-12  # means of the same values in another order differ by rounding
COLUMNS = {
    "k": pl.Int64, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "reliable": pl.Boolean,
}  # fmt: skip


def pass_curve(
    run: Counted, ks: Sequence[int], kind: str | None = LIKE_THESE, level: float = 0.95
) -> pl.DataFrame:
    """One row per k, columns as in COLUMNS; low and high are NaN where no kind of band is named."""
    budgets = np.array(ks, dtype=np.int64)
    values = mean_over_problems(pass_at_k_values(run.n, run.c, budgets))
    limits = band(run.n, run.c, budgets, kind, level) if kind and len(run.n) else None
    return columns(budgets, values, limits)


def gap_curve(
    base: Counted,
    other: Counted,
    ks: Sequence[int],
    kind: str | None = LIKE_THESE,
    level: float = 0.95,
) -> pl.DataFrame:
    """pass@k of other − base over the same problems, as `pass_curve` gives that of a run."""
    budgets = np.array(ks, dtype=np.int64)
    first, second = (
        mean_over_problems(pass_at_k_values(run.n, run.c, budgets)) for run in (base, other)
    )
    limits = None
    if kind and len(base.n):
        limits = gap_band(base.n, base.c, other.n, other.c, budgets, kind, level)
    return columns(budgets, settled(second - first), limits)


def efficiency_gap(
    base: Counted, other: Counted, k: int, kind: str | None = LIKE_THESE, level: float = 0.95
) -> pl.DataFrame:
    """Δ_SE = pass@k of the base − pass@1 of the other run (arXiv 2504.13837, section 4.3): one row.

    Smaller is better. NaN where k exceeds the n of a problem, and without problems.
    """
    last, first = np.array([k]), np.array([1])
    if not len(base.n) or k < 1:
        return columns(last, np.array([np.nan]), None)
    top, start = pass_at_k_values(base.n, base.c, last), pass_at_k_values(other.n, other.c, first)
    gap = mean_over_problems(top) - mean_over_problems(start)
    limits = None
    if kind:
        limits = efficiency_gap_band((base.n, base.c), (other.n, other.c), k, kind, level)
    return columns(last, settled(gap), limits)


def settled(gaps: Floats) -> Floats:
    """The gaps, with those that differ from 0 by rounding only as 0."""
    return np.where(np.abs(gaps) < EQUAL, 0.0, gaps)


def columns(ks: Integers, values: Floats, limits: Band | None) -> pl.DataFrame:
    """The rows; without limits low and high are NaN."""
    nothing = np.full(len(ks), np.nan)
    low, high, reliable = limits or (nothing, nothing, np.ones(len(ks), dtype=bool))
    return pl.DataFrame(
        {"k": ks, "value": values, "low": low, "high": high, "reliable": reliable}, schema=COLUMNS
    )


def verdict(low: float, high: float, value: float) -> str:
    """Who is ahead by a gap (other − base): "other", "base", "tie", or "undecided".

    Without a band the sign of the gap decides; a gap of exactly 0 without spread is a tie.
    """
    if np.isnan(value):
        return "undefined"
    low, high = (value, value) if np.isnan(low) else (low, high)
    if low > 0:
        return "other"
    if high < 0:
        return "base"
    return "tie" if low == high == 0 else "undecided"
