"""Two runs side by side: the gap of their curves, where they cross, what differs."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from app.analysis.counting import by_run
from app.analysis.pass_at_k import problem_values, wanted
from app.analysis.solvable import paired
from app.metrics.bootstrap import bootstrap_band
from app.metrics.comparison import crossover, sampling_efficiency_gap
from app.metrics.pass_at_k import Floats, mean_over_problems
from app.metrics.solvable import mcnemar_p


class Comparison(NamedTuple):
    """Gap per k, and the figures that belong to the pair.

    `gaps`: k, base, other, gap (other − base), low, high, problems. `crossover` is None where the
    base is behind at the last k; `delta_se` and `mcnemar_p` are NaN where undefined.
    """

    gaps: pl.DataFrame
    crossover: int | None
    delta_se: float
    mcnemar_p: float
    left_out: int  # problems that only one of the two runs has


def comparison(
    counts: pl.DataFrame, base: str, other: str, ks: Sequence[int] | None = None
) -> Comparison:
    """Compare over the problems that both runs have; the band of the gap is paired.

    McNemar's test asks whether the problems solved by one run only are split evenly; it needs all
    problems of both runs to have the same n, and is taken at k = n.
    """
    both, left_out = paired(counts, base, other)
    runs = dict(by_run(counts.join(both.select("problem_id"), on="problem_id", how="semi")))
    sides = (runs[base], runs[other])
    curves = [mean_curve(side) for side in sides]
    return Comparison(
        gaps(*sides, ks),
        crossover(*curves),
        sampling_efficiency_gap(*curves),
        discordance(both),
        left_out,
    )


def mean_curve(counts: pl.DataFrame) -> Floats:
    """Mean pass@k for every k up to the largest n."""
    return mean_over_problems(problem_values(counts, wanted(None, counts)))


def gaps(base: pl.DataFrame, other: pl.DataFrame, ks: Sequence[int] | None) -> pl.DataFrame:
    """One row per k: both curves, their difference and its band."""
    k_values = wanted(ks, pl.concat([base, other]))
    first, second = problem_values(base, k_values), problem_values(other, k_values)
    band = bootstrap_band(second - first)
    return pl.DataFrame(
        {
            "k": k_values,
            "base": mean_over_problems(first),
            "other": mean_over_problems(second),
            "gap": mean_over_problems(second - first),
            "low": band.low,
            "high": band.high,
            "problems": len(first),
        }
    )


def discordance(both: pl.DataFrame) -> float:
    """p-value of McNemar's test at k = n; NaN where n differs between problems or runs."""
    samples = set(both["base_n"]) | set(both["other_n"])
    if len(samples) != 1 or samples == {0}:
        return float("nan")
    by_base, by_other = pl.col("base_c") > 0, pl.col("other_c") > 0
    only_base = both.filter(by_base & ~by_other).height
    only_other = both.filter(by_other & ~by_base).height
    return mcnemar_p(only_base, only_other)
