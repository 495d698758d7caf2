"""Confidence bands by resampling problems."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.metrics.pass_at_k import Floats

CHUNK = 250  # resamples at a time: their weights for 4,000 problems take 8 MB


class Band(NamedTuple):
    """Lower and upper limit for each column of the values."""

    low: Floats
    high: Floats


def bootstrap_band(
    values: Floats, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> Band:
    """Percentile interval of the mean over problems (rows), for each k (column).

    Problems are drawn anew with replacement and the (1 ± level) / 2 quantiles of the resampled
    means are the limits (Efron & Tibshirani 1993, ch. 13). It says how far the curve depends on
    which problems are in the benchmark. Samples are not resampled: near k = n that would lose the
    rare successes. The draws depend on the number of problems and the seed alone, so that runs
    over the same problems are resampled alike, and the band of a difference is that of the
    difference per problem. NaN where a problem is undefined, and where there is no problem.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, but is {level}.")
    if len(values) == 0:
        nothing = np.full(values.shape[1], np.nan)
        return Band(nothing, nothing)
    means = resampled_means(values, resamples, seed)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Band(low, high)


def resampled_means(values: Floats, resamples: int, seed: int) -> Floats:
    """Mean of each column over problems drawn with replacement; one row a resample."""
    random = np.random.default_rng(seed)
    sizes = [min(CHUNK, resamples - start) for start in range(0, resamples, CHUNK)]
    weights = (problem_weights(random, len(values), size) for size in sizes)
    return np.concatenate([chunk @ values for chunk in weights]) / len(values)


def problem_weights(random: np.random.Generator, problems: int, resamples: int) -> Floats:
    """How often each problem (column) is drawn in each resample (row): multinomial counts."""
    drawn: NDArray[np.int64] = random.integers(0, problems, size=(resamples, problems))
    drawn += problems * np.arange(resamples)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resamples * problems)
    return counts.reshape(resamples, problems).astype(np.float64)
