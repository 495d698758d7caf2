"""Bayesian pass@k: what n and c say about the chance that one of k new samples is correct."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, ndtri

from app.metrics.pass_at_k import Floats, Integers, checked, mean_over_problems


class Posterior(NamedTuple):
    """Mean over problems, its standard deviation and the credible band, for each k."""

    mean: Floats
    deviation: Floats
    low: Floats
    high: Floats


def bayesian_pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """Posterior mean of 1 − (1 − p)^k with p ~ Beta(1 + c, 1 + n − c); n, c and k are broadcast.

    1 − B(a, b + k) / B(a, b) with a = 1 + c and b = 1 + n − c, from a uniform prior (Hariri et al.
    2025, arXiv 2510.04265). Defined for every k, but beyond n the prior says most of it; and it is
    not unbiased: it counts on a problem that was never solved. It is 1 − 1/(k + 1) at n = 0.
    """
    return -np.expm1(log_none_right(*checked(n, c, k)))


def bayesian_variance(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """Posterior variance of 1 − (1 − p)^k; see `bayesian_pass_at_k`."""
    samples, correct, budget = checked(n, c, k)
    once = log_none_right(samples, correct, budget)
    twice = log_none_right(samples, correct, 2 * budget)
    return np.asarray(np.exp(twice) * np.maximum(-np.expm1(2 * once - twice), 0.0))


def posterior(n: Integers, c: Integers, ks: Integers, level: float = 0.95) -> Posterior:
    """Of the mean over problems, which are independent: normal limits, kept within 0 and 1.

    n and c have one value for each problem. The standard deviation is √Σ Var / N (Hariri et al.
    2025). The problems are those of the benchmark: the band is not about others like them. NaN
    where there is no problem. Raises ValueError where level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, but is {level}.")
    pairs, row = np.unique(np.stack([n, c], axis=1), axis=0, return_inverse=True)
    samples, correct, row = pairs[:, :1], pairs[:, 1:], row.ravel()
    mean = mean_over_problems(bayesian_pass_at_k(samples, correct, ks)[row])
    variance = mean_over_problems(bayesian_variance(samples, correct, ks)[row])
    deviation = np.sqrt(variance / max(len(row), 1))
    reach = ndtri((1 + level) / 2) * deviation
    return Posterior(mean, deviation, np.maximum(mean - reach, 0), np.minimum(mean + reach, 1))


def log_none_right(n: Integers, c: Integers, k: Integers) -> Floats:
    """ln of the posterior mean of (1 − p)^k."""
    a, b = 1.0 + c, 1.0 + n - c
    return np.asarray(betaln(a, b + k) - betaln(a, b))
