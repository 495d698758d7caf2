"""Which runs solve a problem: at least `threshold` correct among k samples."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest, hypergeom

from app.metrics.pass_at_k import Floats, checked, pass_at_k, whole

AT_ONCE = 500  # problems: with twelve runs, 4,096 regions of so many take 16 MB


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


def expected_sizes(chances: Floats) -> Floats:
    """Expected number of problems in each of the 2^m regions of m runs, of all problems together.

    `chances[run, problem]`: probability that the run solves the problem. A region's chance is the
    product of p over the runs that solve and 1 − p over those that do not, since the runs were
    sampled independently. The bits of a region's number say who solves, the first run's is the
    highest: of two runs 0 is neither, 1 only the second, 2 only the first, 3 both. NaN if any
    chance is.
    """
    sizes = np.zeros(2 ** len(chances))
    for start in range(0, chances.shape[1], AT_ONCE):
        parts = np.ones((1, min(AT_ONCE, chances.shape[1] - start)))
        for chance in chances[:, start : start + AT_ONCE]:
            parts = np.stack([parts * (1 - chance), parts * chance], axis=1).reshape(
                -1, len(chance)
            )
        sizes += parts.sum(axis=1)
    return sizes


def upper_bound(n: ArrayLike, level: float = 0.95) -> Floats:
    """Upper confidence bound of p of a problem of which none of n samples is correct.

    1 − (1 − level)^(1/n), the p at which n failures have the probability 1 − level: the exact
    one-sided bound (Clopper & Pearson 1934). At 95 % it is near 3/n, the rule of three (Hanley &
    Lippman-Hand 1983), and below it. NaN where n is 0.
    """
    samples = whole(n, "n").astype(np.float64)
    with np.errstate(divide="ignore"):
        return np.where(samples > 0, -np.expm1(np.log1p(-level) / samples), np.nan)


def mcnemar_p(only_base: int, only_other: int) -> float:
    """Two-sided exact p-value of McNemar's test: are the discordant problems split evenly?

    Binomial test of only_base among only_base + only_other with probability 1/2 (McNemar 1947).
    It is 1 where no problem is discordant.
    """
    discordant = only_base + only_other
    return float(binomtest(only_base, discordant).pvalue) if discordant else 1.0
