"""Two pass@k curves side by side."""

import numpy as np

from app.metrics.pass_at_k import Floats

DELTA_K = 256  # the k at which arXiv 2504.13837 compares


def crossover(base: Floats, other: Floats) -> int | None:
    """The first k from which the base never falls below the other run, up to the last known k.

    Curves over k = 1, 2, …, NaN beyond the n of a problem. None where the base is below at the
    last k at which both are defined, and where there is no such k.
    """
    shared = min(len(base), len(other))
    defined = np.isfinite(base[:shared]) & np.isfinite(other[:shared])
    below = (base[:shared] < other[:shared])[defined]
    if not len(below) or below[-1]:
        return None
    behind = np.flatnonzero(below)
    return int(behind[-1]) + 2 if len(behind) else 1


def sampling_efficiency_gap(base: Floats, other: Floats) -> float:
    """Δ_SE = pass@256(base) − pass@1(other): what one sample of the other run still lacks.

    In words in arXiv 2504.13837, sections 1 and 4.3; smaller is better. Undefined, NaN, where the
    base has fewer than 256 samples of a problem.
    """
    if len(base) < DELTA_K or not len(other):
        return float("nan")
    return float(base[DELTA_K - 1] - other[0])
