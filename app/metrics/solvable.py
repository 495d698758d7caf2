"""Which of two runs solves a problem: at least `threshold` correct among k samples."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest, hypergeom

from app.metrics.pass_at_k import Floats, checked, pass_at_k


class Regions(NamedTuple):
    """Numbers of problems that both runs solve, only one of them, or neither."""

    both: float
    only_base: float
    only_other: float
    neither: float


def solved_probability(n: ArrayLike, c: ArrayLike, k: ArrayLike, threshold: int = 1) -> Floats:
    """Probability of at least `threshold` correct among k of the n samples: hypergeometric.

    With threshold 1 it is pass@k. Undefined, NaN, where k > n.
    """
    if threshold < 1:
        raise ValueError(f"threshold must be at least 1, but is {threshold}.")
    if threshold == 1:
        return pass_at_k(n, c, k)
    samples, correct, budget = np.broadcast_arrays(*checked(n, c, k))
    drawn = np.minimum(budget, samples)
    tail = hypergeom.sf(threshold - 1, samples, correct, drawn)
    return np.where(budget <= samples, np.clip(tail, 0.0, 1.0), np.nan)


def expected_regions(base: Floats, other: Floats) -> Regions:
    """Expected number of problems in each region, given each problem's probability to be solved.

    Σ p q, Σ p (1 − q), Σ (1 − p) q, Σ (1 − p)(1 − q): the runs were sampled independently. They
    add up to the number of problems. NaN if any probability is.
    """
    parts = (base * other, base * (1 - other), (1 - base) * other, (1 - base) * (1 - other))
    return Regions(*(float(part.sum()) for part in parts))


def mcnemar_p(only_base: int, only_other: int) -> float:
    """Two-sided exact p-value of McNemar's test: are the discordant problems split evenly?

    Binomial test of only_base among only_base + only_other with probability 1/2 (McNemar 1947).
    It is 1 where no problem is discordant.
    """
    discordant = only_base + only_other
    return float(binomtest(only_base, discordant).pvalue) if discordant else 1.0
