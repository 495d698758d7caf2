"""What guessing alone would reach: the null curve of pass@k."""

import numpy as np
from numpy.typing import ArrayLike

from app.metrics.pass_at_k import Floats, whole


def guess_at_k(accuracy: ArrayLike, k: ArrayLike) -> Floats:
    """1 − (1 − g)^k, the chance that one of k guesses is right; broadcast.

    g is the accuracy of answers given directly, without a chain of thought (Yue et al. 2025, arXiv
    2504.13837, App. C.2). Its mean over problems is the curve that chance alone reaches. NaN where
    g is. Raises ValueError where g is not between 0 and 1 or k is not a whole number from 1.
    """
    guess, budget = np.asarray(accuracy, dtype=np.float64), whole(k, "k")
    if (outside := (guess < 0) | (guess > 1)).any():
        raise ValueError(f"An accuracy must lie between 0 and 1, but is {guess[outside].flat[0]}.")
    if (budget < 1).any():
        raise ValueError(f"k must be at least 1, but is {budget.min()}.")
    with np.errstate(divide="ignore"):
        return np.asarray(0.0 - np.expm1(budget * np.log1p(-guess)))
