"""Cover@τ: the problems that are solved with at least the accuracy τ."""

import numpy as np
from numpy.typing import ArrayLike

from app.metrics.pass_at_k import Floats, checked
from app.metrics.reliability import TOLERANCE


def cover_at_tau(n: ArrayLike, c: ArrayLike, tau: ArrayLike) -> Floats:
    """1 where c/n ≥ τ, else 0; NaN where n = 0. n, c and tau are broadcast.

    Its mean over problems is the share of problems with at least that accuracy (Dragoi et al. 2025,
    arXiv 2510.08325): 1 at τ = 0. Weighted with k(1−τ)^(k−1) it integrates to 1 − (1 − c/n)^k. The
    accuracy of n samples scatters about the true one, so it says less about a small n. Raises
    ValueError where tau is not between 0 and 1.
    """
    samples, correct, _ = checked(n, c, 1)
    share = np.asarray(tau, dtype=np.float64)
    if not ((share >= 0) & (share <= 1)).all():
        raise ValueError(f"tau must lie between 0 and 1, but is {share}.")
    reached = correct >= share * samples - TOLERANCE  # 3 of 10 reach 0.3
    return np.where(samples + 0 * share > 0, reached.astype(np.float64), np.nan)
