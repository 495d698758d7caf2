"""How often are all, or most, of k samples correct: pass^k, G-Pass@k and mG-Pass@k."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import hypergeom

from app.metrics.pass_at_k import Floats, Integers, checked, pass_at_k

# A product such as 0.1 · 30 is not exactly 3; tau is never known more finely than this.
TOLERANCE = 1e-9


def pass_hat_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """Probability that all of k samples are correct, C(c, k) / C(n, k); broadcast.

    Also called pass^k and reliability@k (Yao et al. 2024, arXiv 2406.12045). All are correct where
    none is wrong, so it is 1 − pass@k with right and wrong exchanged. NaN where k > n.
    """
    samples, correct, budget = checked(n, c, k)
    return 1.0 - pass_at_k(samples, samples - correct, budget)


def g_pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike, tau: float) -> Floats:
    """Probability that at least the share tau of k samples, and at least one, is correct.

    Σ_{j ≥ max(1, ⌈tau·k⌉)} C(c, j) C(n−c, k−j) / C(n, k) (Liu et al. 2025, arXiv 2412.13147). It
    is pass@k at tau = 0 and pass^k at tau = 1. NaN where k > n. n, c and k are broadcast.
    """
    samples, correct, budget = checked(n, c, k)
    return at_least(samples, correct, budget, np.maximum(share_of(budget, tau), 1))


def mg_pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """G-Pass@k averaged over the thresholds from one half to one; n, c and k are broadcast.

    (2/k) Σ_{i=⌈k/2⌉+1..k} G-Pass@k_{i/k} (Liu et al. 2025, arXiv 2412.13147). The sum is the mean
    of max(X − m, 0), X correct of k draws and m = ⌈k/2⌉; and j P(X = j) is kc/n times the
    probability of j − 1 in a population without one correct sample. 0 at k = 1; NaN where k > n.
    """
    samples, correct, budget = np.broadcast_arrays(*checked(n, c, k))
    half = (budget + 1) // 2
    above = at_least(samples, correct, budget, half + 1)
    rest = at_least(np.maximum(samples - 1, 0), np.maximum(correct - 1, 0), budget - 1, half)
    drawn = budget * correct / np.maximum(samples, 1)
    return np.where(budget == 1, above, 2 / budget * (drawn * rest - half * above))


def at_least(n: Integers, c: Integers, k: Integers, wanted: Integers) -> Floats:
    """P(X ≥ wanted), X correct of k drawn without replacement; NaN where k > n.

    Equal (n, c) give equal values, so that each distinct one is worked out once.
    """
    samples, correct, budget, least = np.broadcast_arrays(n, c, k, wanted)
    known = budget <= samples
    cases = np.stack([array[known] for array in (samples, correct, budget, least)], axis=1)
    values = np.full(samples.shape, np.nan)
    values[known] = distinct_tails(cases) if len(cases) else np.nan
    return values


def distinct_tails(cases: Integers) -> Floats:
    """P(X ≥ wanted) of each row n, c, k, wanted."""
    n, c, k, wanted = cases.T
    code = joined(joined(n, c), joined(k, wanted))
    _, first, row = np.unique(code, return_index=True, return_inverse=True)
    tails = hypergeom.sf(wanted[first] - 1, n[first], c[first], k[first])
    return np.asarray(tails)[row.ravel()]


def joined(first: Integers, second: Integers) -> Integers:
    """A number for each distinct pair, below the number of pairs."""
    code = first * (int(second.max()) + 1) + second
    return np.asarray(np.unique(code, return_inverse=True)[1].ravel(), dtype=np.int64)


def share_of(total: Integers, tau: float) -> Integers:
    """⌈tau · total⌉: the least whole number that is the share tau of the total.

    Raises ValueError where tau is not between 0 and 1.
    """
    if not 0 <= tau <= 1:
        raise ValueError(f"tau must lie between 0 and 1, but is {tau}.")
    return np.asarray(np.ceil(tau * total - TOLERANCE), dtype=np.int64)
