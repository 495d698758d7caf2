"""Two runs side by side: the gap of their curves, where they cross, what differs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from app.analysis import solvable
from app.analysis.outcomes import Discordance, discordance
from app.analysis.pairs import NOTHING, Interval, arrays, common_k, interval
from app.metrics.comparison import efficiency_gap_band, sampling_efficiency_gap
from app.metrics.crossover import Crossover, crossover
from app.metrics.intervals import (
    LIKE_THESE,
    Band,
    gap_band,
    pass_at_k_values,
)
from app.metrics.pass_at_k import mean_over_problems
from app.metrics.regime import Change, regime

EQUAL = 1e-12  # means of the same values in another order differ by rounding


class Comparison(NamedTuple):
    """Gap per k, and the figures that belong to the pair.

    `gaps`: k, base, other, gap (other − base), low, high, reliable, problems, undefined (problems
    with fewer than k samples in one of the runs). `crossover` is None where the base is behind at
    the last k; `crossing` has its interval, and is None where no k is defined.
    """

    gaps: pl.DataFrame
    crossover: int | None
    delta_se: float
    mcnemar_p: float
    left_out: int  # problems that only one of the two runs has
    crossing: Crossover | None
    efficiency: Interval  # Δ_SE
    k_max: int  # that of Δ_SE: the largest k at which the base is defined; 0 without one
    discordance: Discordance
    both: pl.DataFrame  # problem_id, base_n, base_c, other_n, other_c


def comparison(
    counts: pl.DataFrame,
    base: str,
    other: str,
    ks: Sequence[int] | None = None,
    kind: str = LIKE_THESE,
    level: float = 0.95,
    within: pl.DataFrame | None = None,
) -> Comparison:
    """Compare over the problems that both runs have; the band of the gap is paired.

    `ks` None means every k up to the largest n. The crossover looks at every k up to the smallest.
    McNemar's test is taken at that smallest n; where a problem has more samples it needs `within`
    (store.queries.correct_within at that k).
    """
    both, left_out = solvable.paired(counts, base, other)
    every = gaps(both, kind, level)
    crossing = crossing_of(every)
    efficiency, k_max = efficiency_of(both, kind, level)
    test = discordance(counts, base, other, common_k(both), within)
    return Comparison(
        at_budgets(every, both, ks),
        crossing.k if crossing else None,
        efficiency.value,
        test.p,
        left_out,
        crossing,
        efficiency,
        k_max,
        test,
        both,
    )


def gaps(both: pl.DataFrame, kind: str, level: float) -> pl.DataFrame:
    """One row per k up to the smallest n: both curves, their difference and its band."""
    base_n, base_c, other_n, other_c = arrays(both)
    ks = np.arange(1, common_k(both) + 1)
    limits = gap_band(base_n, base_c, other_n, other_c, ks, kind, level)
    base = mean_over_problems(pass_at_k_values(base_n, base_c, ks))
    other = mean_over_problems(pass_at_k_values(other_n, other_c, ks))
    gap = np.where(np.abs(other - base) < EQUAL, 0.0, other - base)
    return pl.DataFrame(
        {
            "k": ks, "base": base, "other": other, "gap": gap,
            "low": limits.low, "high": limits.high, "reliable": limits.reliable,
        }
    )  # fmt: skip


def at_budgets(every: pl.DataFrame, both: pl.DataFrame, ks: Sequence[int] | None) -> pl.DataFrame:
    """The rows at these ks, or at all up to the largest n; NaN beyond the smallest n."""
    fewest = both.select(pl.min_horizontal("base_n", "other_n")).to_series().to_numpy()
    most = int(both.select(pl.max_horizontal("base_n", "other_n").max()).item())
    wanted = np.arange(1, most + 1) if ks is None else np.unique(np.array(ks, dtype=np.int64))
    rows = pl.DataFrame({"k": wanted}).join(every, on="k", how="left", maintain_order="left")
    undefined = np.sort(fewest).searchsorted(wanted, side="left")
    return rows.with_columns(
        pl.col("base", "other", "gap", "low", "high").fill_null(NOTHING),
        pl.col("reliable").fill_null(True),
        problems=pl.lit(both.height, pl.Int64),
        undefined=pl.Series(undefined, dtype=pl.Int64),
    )


def crossing_of(every: pl.DataFrame) -> Crossover | None:
    """The crossover with the interval that the band of the gap allows."""
    if every.is_empty():
        return None
    limits = Band(*(every[name].to_numpy() for name in ("low", "high", "reliable")))
    base = every["base"].to_numpy()
    return crossover(every["k"].to_numpy(), base, base + every["gap"].to_numpy(), limits)


def efficiency_of(both: pl.DataFrame, kind: str, level: float) -> tuple[Interval, int]:
    """Δ_SE with its band, and the k at which it takes the base: the smallest n of the base."""
    base_n, base_c, other_n, other_c = arrays(both)
    k_max = int(base_n.min())
    if not k_max or not other_n.min():
        return Interval(NOTHING, NOTHING, NOTHING, True), k_max
    last, first = np.array([k_max]), np.array([1])
    top, start = pass_at_k_values(base_n, base_c, last), pass_at_k_values(other_n, other_c, first)
    means = mean_over_problems(top), mean_over_problems(start)
    limits = efficiency_gap_band((base_n, base_c), (other_n, other_c), k_max, kind, level)
    return interval(sampling_efficiency_gap(*means), limits), k_max


def change(gap_rows: pl.DataFrame, last: bool) -> Change:
    """The gap at k = 1, or at the last k at which it is defined."""
    defined = gap_rows.filter(pl.col("gap").is_not_nan()).sort("k")
    if defined.is_empty():
        return Change(NOTHING, NOTHING, NOTHING)
    return Change(*defined.select("gap", "low", "high").row(-1 if last else 0))


def trusted(gap_rows: pl.DataFrame, last: bool) -> Change:
    """As `change`; without limits where they cannot be relied on, so that they decide nothing."""
    limits = [
        pl.when("reliable").then(name).otherwise(NOTHING).alias(name) for name in ("low", "high")
    ]
    return change(gap_rows.with_columns(limits), last)


def regime_of(found: Comparison, since_earlier: Comparison | None = None) -> str:
    """The regime of the other run; `since_earlier` compares it with an earlier checkpoint."""
    since = None if since_earlier is None else change(since_earlier.gaps, last=True)
    return regime(trusted(found.gaps, last=False), trusted(found.gaps, last=True), since)
