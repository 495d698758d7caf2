"""What would settle a gap: how many more problems, or how many more samples of each."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, ndtri

from app.metrics.intervals import LIKE_THESE, gap_band, pass_at_k_values
from app.metrics.mixing import Mixing, mixing, spread_given_p
from app.metrics.pass_at_k import Floats, Integers

MOST = 64  # times the samples there are now
EXACT = 2048  # samples of a problem; beyond, the variance is taken to fall as 1 / n


class Settling(NamedTuple):
    """What would make the band of a gap as large as this one exclude zero."""

    problems: int | None  # in all, with as many samples of each; None: the gap is 0 or undefined
    samples: int | None  # per problem; None: not even MOST times as many, or undefined
    problems_now: int
    samples_now: int  # the smallest n
    gap: float  # other − base
    sampling_share: float  # part of the gap's variance that is due to sampling alone


def settling(
    base_n: Integers,
    base_c: Integers,
    other_n: Integers,
    other_c: Integers,
    k: int,
    level: float = 0.95,
) -> Settling:
    """The problems at which the band "problems like these" of the gap at k would exclude zero, and
    the samples per problem at which the band "these problems" would, were the gap to stay.

    Half widths fall with the square root of the number of problems. For samples, the variance at
    each n follows from the distribution of success probabilities that fits the counts.
    """
    runs, ks = ((base_n, base_c), (other_n, other_c)), np.array([k])
    base, other = (pass_at_k_values(n, c, ks)[:, 0] for n, c in runs)
    now = int(min(np.min(base_n, initial=1 << 30), np.min(other_n, initial=1 << 30)))
    gap = float((other - base).mean()) if len(base) else float("nan")
    if not len(base) or np.isnan(gap):
        return Settling(None, None, len(base), now if len(base) else 0, gap, float("nan"))
    fits = [mixing(np.asarray(n), np.asarray(c)) for n, c in runs]
    limits = gap_band(base_n, base_c, other_n, other_c, ks, LIKE_THESE, level)
    reach = gap - limits.low[0] if gap > 0 else limits.high[0] - gap
    spread = float((other - base).var())
    share = min(1.0, gap_variance(fits, now, k) * len(base) / spread) if spread else float("nan")
    z = float(ndtri((1 + level) / 2))
    return Settling(
        problems=problems_needed(len(base), gap, float(reach)),
        samples=samples_needed(lambda n: gap_variance(fits, n, k), max(now, k), gap, z),
        problems_now=len(base),
        samples_now=now,
        gap=gap,
        sampling_share=share,
    )


def problems_needed(problems: int, gap: float, reach: float) -> int | None:
    """So many problems that the band's limit towards zero, `reach` away now, comes to zero."""
    if abs(gap) < 1e-12:
        return None
    return max(1, int(np.ceil(problems * (reach / gap) ** 2)))


def samples_needed(
    variance: Callable[[int], float], samples: int, gap: float, z: float
) -> int | None:
    """The fewest, up to MOST times as many, at which z standard errors are below the gap."""

    def enough(n: int) -> bool:
        return z**2 * variance(n) < gap**2

    if enough(samples):
        return samples
    if not enough(MOST * samples):
        return None
    low, high = samples, MOST * samples
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def gap_variance(fits: list[Mixing], n: int, k: int) -> float:
    """Sampling variance of the gap at k with n samples of each problem."""
    exact = min(n, max(EXACT, 2 * k))
    sums = (
        fit.mass.sum(axis=0) @ spread_given_p(exact, fit.grid, np.array([k]), one_k).second
        for fit in fits
    )
    problems = float(fits[0].mass.sum())
    return float(sum(total[0] for total in sums)) / problems**2 * exact / n


def one_k(n: Integers, c: Integers, ks: Integers) -> Floats:
    """pass@k for one k through log-gamma: fast for large n, exact enough for a variance."""
    left = np.maximum(n - c, ks[0])
    log_missed = gammaln(left + 1) - gammaln(left - ks[0] + 1)
    log_all = gammaln(n + 1) - gammaln(n - ks[0] + 1)
    return np.where(n - c < ks[0], 1.0, -np.expm1(log_missed - log_all))[:, None]
