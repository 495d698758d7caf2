"""pass@k of problems of which n samples were drawn and c of them are correct."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """Probability that at least one of k samples is correct; n, c and k are broadcast.

    1 − C(n−c, k) / C(n, k): the share of all k-subsets of the n samples that hold a correct one,
    which makes it an unbiased estimate (Chen et al. 2021, arXiv 2107.03374, eq. 1). It is c/n at
    k = 1 and 0 or 1 at k = n. Undefined, NaN, where k > n.
    """
    samples, correct, budget = np.broadcast_arrays(*checked(n, c, k))
    curves, row = pair_curves(samples.ravel(), correct.ravel(), int(budget.max(initial=1)))
    if curves.shape[1] == 0:
        return np.full(samples.shape, np.nan)
    column = np.minimum(budget.ravel(), curves.shape[1]) - 1
    values = curves[row, column].reshape(samples.shape)
    return np.where(budget <= samples, values, np.nan)


def pass_at_k_curve(n: ArrayLike, c: ArrayLike, k_max: int) -> Floats:
    """pass@k of every problem (row) for every k from 1 to k_max (column k − 1).

    Definition and undefined cases as in `pass_at_k`. The mean over rows is the curve of a run; it
    is NaN for a k that exceeds the n of any problem, because a mean over the other problems would
    be another quantity.
    """
    samples, correct, _ = checked(n, c, k_max)
    samples, correct = np.broadcast_arrays(np.atleast_1d(samples), correct)
    curves, row = pair_curves(samples, correct, k_max)
    values = np.full((len(row), k_max), np.nan)
    values[:, : curves.shape[1]] = curves[row]
    return values


def mean_over_problems(values: Floats) -> Floats:
    """Mean over rows; NaN for a column that is undefined for any problem, and for no problem."""
    if len(values) == 0:
        return np.full(values.shape[1:], np.nan)
    return np.asarray(values.mean(axis=0))


def pair_curves(n: Integers, c: Integers, k_max: int) -> tuple[Floats, Integers]:
    """Curves of the distinct (n, c) pairs, up to k_max or the largest n; and each problem's row.

    4,000 problems have a few hundred distinct pairs, and equal pairs have equal curves.
    """
    pairs, row = np.unique(np.stack([n, c], axis=1), axis=0, return_inverse=True)
    width = min(k_max, int(n.max(initial=0)))
    return distinct_curves(pairs[:, 0], pairs[:, 1], width), row.ravel()


def distinct_curves(n: Integers, c: Integers, k_max: int) -> Floats:
    """1 − Π_{j<k} (1 − c / (n − j)) for each k, through logarithms.

    The product equals C(n−c, k) / C(n, k). Relative error 2e-15 where log-gamma has 1e-7; c = 0
    gives exactly 0, and n − c < k exactly 1, because log1p(−1) = −∞.
    """
    left = n[:, None] - np.arange(k_max)
    share = np.minimum(c[:, None] / np.maximum(left, 1), 1.0)
    share[left <= c[:, None]] = 1.0
    with np.errstate(divide="ignore"):
        log_all_wrong = np.cumsum(np.log1p(-share), axis=1)
    return np.where(left > 0, 0.0 - np.expm1(log_all_wrong), np.nan)


def log_spaced(k_max: int, most: int = 120) -> Integers:
    """At most about `most` values of k from 1 to k_max, evenly spaced on a log axis, with every
    power of two. All of them where k_max allows.
    """
    if k_max <= most:
        return np.arange(1, k_max + 1)
    powers = 2 ** np.arange(int(np.log2(k_max)) + 1)
    spaced = np.geomspace(1, k_max, most).round().astype(np.int64)
    return np.union1d(powers, spaced)


def checked(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> tuple[Integers, Integers, Integers]:
    """The three as integers. Raises ValueError where 0 ≤ c ≤ n and k ≥ 1 do not hold."""
    samples, correct, budget = whole(n, "n"), whole(c, "c"), whole(k, "k")
    if (budget < 1).any():
        raise ValueError(f"k must be at least 1, but is {budget.min()}.")
    if (samples < 0).any() or (correct < 0).any():
        lowest = min(samples.min(), correct.min())
        raise ValueError(f"n and c cannot be negative, but one is {lowest}.")
    wrong = np.broadcast_arrays(samples, correct)
    if (excess := wrong[1] > wrong[0]).any():
        n_wrong, c_wrong = wrong[0][excess].flat[0], wrong[1][excess].flat[0]
        raise ValueError(f"c cannot exceed n, but c = {c_wrong} of n = {n_wrong} samples.")
    return samples, correct, budget


def whole(values: ArrayLike, name: str) -> Integers:
    """The values as integers. Raises ValueError for a value that is not a whole number."""
    array = np.asarray(values)
    fractional = array.dtype.kind == "f" and not np.array_equal(array, np.floor(array))
    if array.size and (array.dtype.kind not in "iuf" or fractional or np.isinf(array).any()):
        raise ValueError(f"{name} must be whole numbers, but is {array}.")
    return array.astype(np.int64)
