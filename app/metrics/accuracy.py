"""Twelve bins of accuracy, c / n of one problem."""

import numpy as np
from numpy.typing import ArrayLike

from app.metrics.pass_at_k import Integers, checked

BINS = (
    "0", "(0,0.1]", "(0.1,0.2]", "(0.2,0.3]", "(0.3,0.4]", "(0.4,0.5]", "(0.5,0.6]", "(0.6,0.7]",
    "(0.7,0.8]", "(0.8,0.9]", "(0.9,1)", "1",
)  # fmt: skip


def accuracy_bin(n: ArrayLike, c: ArrayLike) -> Integers:
    """Index in `BINS` of each problem: 0 where c = 0, 11 where c = n, else ⌈10 c / n⌉.

    Never and always are bins of their own, as in Fig. 5 of arXiv 2504.13837. Computed with
    integers, so that no rounding moves a problem over an edge. Raises ValueError where n = 0: the
    accuracy is undefined.
    """
    samples, correct, _ = checked(n, c, 1)
    if (samples == 0).any():
        raise ValueError("accuracy is undefined for a problem without samples (n = 0).")
    bins = -(-10 * correct // np.maximum(samples, 1))
    return np.where(correct == samples, 11, bins)


def accuracy_histogram(n: ArrayLike, c: ArrayLike) -> Integers:
    """Number of problems in each of the twelve bins; definition as in `accuracy_bin`."""
    return np.bincount(accuracy_bin(n, c).ravel(), minlength=len(BINS))
