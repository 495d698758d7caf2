"""Two pass@k curves side by side."""

import numpy as np

from app.metrics.pass_at_k import Floats


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
    """Δ_SE = pass@k_max(base) − pass@1(other): what one sample of the other run still lacks.

    k_max is the largest k at which the base is defined; the runs of arXiv 2504.13837, sections 1
    and 4.3, have 256. Smaller is better. NaN where either curve is defined nowhere.
    """
    defined = np.isfinite(base)
    if not defined.any() or not len(other):
        return float("nan")
    return float(base[defined][-1] - other[0])
