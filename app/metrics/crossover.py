"""From which k on the base is no longer behind, and how sure that is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.metrics.intervals import Band
from app.metrics.pass_at_k import Floats, Integers

EQUAL = 1e-12  # means that differ by less differ by rounding


class Crossover(NamedTuple):
    """The crossover of two curves with the interval that the band of their gap allows."""

    k: int | None  # None: the base is behind at the last k
    low: int  # the last k where even there the base is surely behind
    high: int | None  # None: that the base stays behind is not excluded
    tie: bool  # the curves are equal at the last k
    last: int  # the largest k at which both are defined


def crossover(ks: Integers, base: Floats, other: Floats, band: Band) -> Crossover:
    """The first k from which the base never falls below the other run, up to the last shared k.

    `band` is that of other − base at ks. The crossover cannot come before the last k at which the
    whole band lies above zero, nor after the last k at which some of it does.
    """
    defined = np.isfinite(base) & np.isfinite(other)
    if not defined.any():
        raise ValueError("The two runs have no k in common at which both curves are defined.")
    shared, gap = np.asarray(ks)[defined], (other - base)[defined]
    low = after(band.low[defined] > EQUAL, shared)
    return Crossover(
        k=after(gap > EQUAL, shared),
        low=int(shared[-1]) if low is None else low,
        high=after(~(band.high[defined] <= EQUAL), shared),
        tie=bool(abs(gap[-1]) <= EQUAL),
        last=int(shared[-1]),
    )


def after(behind: NDArray[np.bool_], ks: Integers) -> int | None:
    """The k that follows the last one at which the base is behind; None where that is the last."""
    where = np.flatnonzero(behind)
    following = int(where[-1]) + 1 if len(where) else 0
    return int(ks[following]) if following < len(ks) else None
