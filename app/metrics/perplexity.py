"""Perplexity of a sample under a model, and what describes many of them."""

import numpy as np
from numpy.typing import ArrayLike

from app.metrics.pass_at_k import Floats

FINE = 4096  # intervals in which values are counted before they are smoothed


def perplexity(sum_logprob: ArrayLike, n_tokens: ArrayLike) -> Floats:
    """exp(−(1/T) Σ_t ln P(y_t | x, y_<t)) over the T tokens of the completion, the prompt given.

    How surprising the model finds the completion, per token (arXiv 2504.13837, section 4.1); at
    least 1. Undefined, NaN, where T = 0 or a value is missing.
    """
    total = np.asarray(sum_logprob, dtype=np.float64)
    tokens = np.asarray(n_tokens, dtype=np.float64)
    known = np.where(tokens > 0, tokens, np.nan)
    with np.errstate(over="ignore"):  # a token of probability 0 makes it infinite
        return np.asarray(np.exp(-total / known))


def weighted_quantiles(values: ArrayLike, weights: ArrayLike, shares: ArrayLike) -> Floats:
    """Quantiles of values of which each counts with its weight > 0; NaN without any value.

    A value stands at the share of the weight below it and half of its own; between two values it
    is interpolated linearly. With equal weights this is Hazen's quantile (Hyndman & Fan's type 5),
    whose median is the usual one. An infinite value is larger than any other.
    """
    value, weight = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    wanted = np.atleast_1d(np.asarray(shares, np.float64))
    if not len(value):
        return np.full(len(wanted), np.nan)
    order = np.argsort(value, kind="stable")
    middle = np.cumsum(weight[order]) - weight[order] / 2
    return np.asarray(np.interp(wanted * weight.sum(), middle, value[order]))


def effective_size(weights: ArrayLike) -> float:
    """(Σw)² / Σw²: how many values of equal weight say as much (Kish 1965); 0 of none."""
    weight = np.asarray(weights, np.float64)
    return float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0


def density(values: ArrayLike, grid: ArrayLike, least: float = 1.0) -> Floats:
    """Gaussian kernel density of the finite values at each point of the grid; NaN without any.

    The bandwidth is Silverman's, 0.9 min(s, IQR / 1.34) N^(−1/5), as wide as 1 / 200 of the grid
    at least. Values cannot be below `least`: what the kernel puts there is mirrored. Values
    beyond the grid by five bandwidths do not matter to it and are counted in N only.
    """
    value, points = np.asarray(values, np.float64), np.asarray(grid, np.float64)
    known = value[np.isfinite(value)]
    if not len(known):
        return np.full(len(points), np.nan)
    width = max(silverman(known), (points[-1] - points[0]) / 200)
    inside = known[known <= points[-1] + 5 * width]
    counted, edges = np.histogram(np.concatenate([inside, 2 * least - inside]), FINE)
    away = (points[:, None] - (edges[:-1] + edges[1:]) / 2) / width
    kernel = np.exp(-(away**2) / 2) / (width * np.sqrt(2 * np.pi))
    return np.asarray(kernel @ counted / len(known))


def silverman(values: Floats) -> float:
    """Silverman's rule of thumb (1986, eq. 3.31); 0 where all values are the same."""
    quarter, three_quarters = np.percentile(values, [25, 75])
    spread = [values.std(ddof=1) if len(values) > 1 else 0.0, (three_quarters - quarter) / 1.34]
    smallest = min((x for x in spread if x > 0), default=0.0)
    return float(0.9 * smallest * len(values) ** -0.2)
