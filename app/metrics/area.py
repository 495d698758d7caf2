"""Summaries of a curve up to a budget: the area under pass@1 … pass@k, and Geom@k."""

import numpy as np
from numpy.typing import ArrayLike

from app.metrics.pass_at_k import Floats, Integers, checked, pair_curves, pass_at_k
from app.metrics.reliability import pass_hat_k


def auc_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """Mean height of pass@1, …, pass@k by the trapezoid rule; n, c and k are broadcast.

    Σ_{j<k} (pass@j + pass@(j+1)) / 2 / (k − 1), linear in k, and pass@1 at k = 1 (Hu et al. 2026,
    arXiv 2601.08763). Between 0 and 1. Undefined, NaN, where k > n.
    """
    samples, correct, budget = np.broadcast_arrays(*checked(n, c, k))
    curves, row = pair_curves(samples.ravel(), correct.ravel(), int(budget.max(initial=1)))
    if curves.shape[1] == 0:
        return np.full(samples.shape, np.nan)
    column = np.minimum(budget.ravel(), curves.shape[1]) - 1
    values = running_area(curves)[row, column].reshape(samples.shape)
    return np.where(budget <= samples, values, np.nan)


def running_area(curves: Floats) -> Floats:
    """The area under each curve (row, over k = 1, 2, …) up to each k (column), divided by k − 1."""
    trapezoids = (curves[:, :-1] + curves[:, 1:]) / 2
    widths = np.arange(1, curves.shape[1])
    return np.hstack([curves[:, :1], np.cumsum(trapezoids, axis=1) / widths])


def auc_values(n: Integers, c: Integers, ks: Integers) -> Floats:
    """AUC@k of each problem (row) at each of the ks (column): a measure for a band."""
    return auc_at_k(n[:, None], c[:, None], ks[None, :])


def geom_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """√(pass@k · pass^k) per problem: solved at least once, and every time (scorio's Geom@k).

    n, c and k are broadcast. Undefined, NaN, where k > n.
    """
    return np.sqrt(pass_at_k(n, c, k) * pass_hat_k(n, c, k))
