"""How much of what the base solves another run keeps, and how much of what it solves is new."""

from typing import NamedTuple


class Support(NamedTuple):
    """Shares of problems; NaN where the denominator is 0."""

    srr: float
    ndr: float
    sds: float
    nscr: float


def support_dynamics(both: float, only_other: float, only_base: float) -> Support:
    """The four measures of support of arXiv 2507.14843, from numbers of problems.

    With P problems that both solve, E that only the other run does and S that only the base does:
    support retention rate SRR = P / (P + S), net discovery rate NDR = E / (P + E), support dynamic
    score SDS = 2 SRR NDR / (SRR + NDR), net support change rate NSCR = (E − S) / (P + E + S).
    Problems that neither solves are in none. Undefined, NaN, where the denominator is 0: SRR where
    the base solves nothing, NDR where the other run does not, SDS where either of these is
    undefined or both are 0, NSCR where nobody solves anything.
    """
    for name, size in (("both", both), ("only_other", only_other), ("only_base", only_base)):
        if size < 0:
            raise ValueError(f"{name} is a number of problems and cannot be {size}.")
    kept = share(both, both + only_base)
    new = share(only_other, both + only_other)
    change = share(only_other - only_base, both + only_other + only_base)
    return Support(kept, new, share(2 * kept * new, kept + new), change)


def share(part: float, whole: float) -> float:
    """part / whole; NaN where the whole is 0."""
    return part / whole if whole else float("nan")
