"""Two runs over the same problems: who has more correct samples, and the gap of their curves."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from app.metrics.intervals import LIKE_THESE, Band, band, mean_band, pass_at_k_values
from app.metrics.pass_at_k import Floats, Integers, checked, mean_over_problems

Counts = tuple[Integers, Integers]  # n and c of the problems of one run


class Tally(NamedTuple):
    """Numbers of problems: the other run has the higher accuracy, the same, the lower one.

    `undefined` problems have no samples in one of the runs.
    """

    wins: int
    ties: int
    losses: int
    undefined: int


def accuracy_order(
    base_n: ArrayLike, base_c: ArrayLike, other_n: ArrayLike, other_c: ArrayLike
) -> Integers:
    """1, 0 or −1 per problem: the accuracy c / n of the other run is higher, equal or lower.

    Compared with integers, c₁ n₀ and c₀ n₁, so that 1/3 of 3 and 3/9 are a tie. 0 where a problem
    has no samples in one of the runs: `tally` counts such problems apart.
    """
    n_base, c_base, _ = checked(base_n, base_c, 1)
    n_other, c_other, _ = checked(other_n, other_c, 1)
    return np.sign(c_other * n_base - c_base * n_other)


def tally(base_n: ArrayLike, base_c: ArrayLike, other_n: ArrayLike, other_c: ArrayLike) -> Tally:
    """How often each outcome of `accuracy_order` occurs."""
    defined = (np.asarray(base_n) > 0) & (np.asarray(other_n) > 0)
    order = accuracy_order(base_n, base_c, other_n, other_c)[defined]
    wins, ties, losses = (int((order == sign).sum()) for sign in (1, 0, -1))
    return Tally(wins, ties, losses, int((~defined).sum()))


def sampling_efficiency_gap(base: Floats, other: Floats) -> float:
    """Δ_SE = pass@k_max(base) − pass@1(other): what one sample of the other run still lacks.

    k_max is the largest k at which the base is defined; the runs of arXiv 2504.13837, sections 1
    and 4.3, have 256. Smaller is better. NaN where either curve is defined nowhere.
    """
    defined = np.isfinite(base)
    if not defined.any() or not len(other):
        return float("nan")
    return float(base[defined][-1] - other[0])


def efficiency_gap_band(
    base: Counts, other: Counts, k: int, kind: str = LIKE_THESE, level: float = 0.95
) -> Band:
    """Band of one column of Δ_SE = pass@k(base) − pass@1(other), over the same problems.

    Where only the samples vary, those of the two runs do so independently.
    """
    last, first = np.array([k]), np.array([1])
    if kind == LIKE_THESE:
        gaps = pass_at_k_values(*base, last) - pass_at_k_values(*other, first)
        return mean_band(gaps, level, signed=True)
    top, start = (pass_at_k_values(*run, ks) for run, ks in ((base, last), (other, first)))
    limits = band(*base, last, kind, level), band(*other, first, kind, level)
    return independent_difference(
        mean_over_problems(top), limits[0], mean_over_problems(start), limits[1]
    )


def independent_difference(
    first: Floats, first_band: Band, second: Floats, second_band: Band
) -> Band:
    """Band of first − second, two independent estimates with bands of their own, column by column.

    The lower limit lies √((first − its low)² + (its high − second)²) below the difference, the
    upper one likewise (Newcombe 1998, method 10). For sampling noise, which is independent between
    runs.
    """
    below = np.hypot(first - first_band.low, second_band.high - second)
    above = np.hypot(first_band.high - first, second - second_band.low)
    gap = first - second
    return Band(gap - below, gap + above, first_band.reliable & second_band.reliable)
