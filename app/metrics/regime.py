"""What training did to the low and to the high end of a pass@k curve."""

from typing import NamedTuple

DIMINISH, PLATEAU, SUSTAINED = "Diminish", "Plateau", "Sustained"
UNDECIDED, NONE = "undecided", "none"


class Change(NamedTuple):
    """A difference of pass@k with its band."""

    gap: float
    low: float
    high: float

    @property
    def rises(self) -> bool:
        """The whole band lies above 0."""
        return self.low > 0

    @property
    def falls(self) -> bool:
        """The whole band lies below 0."""
        return self.high < 0


def regime(at_1: Change, at_last: Change, since_earlier: Change | None = None) -> str:
    """The regime of ProRL (arXiv 2505.24864), told by bands and not by estimates.

    `at_1` and `at_last`: other − base at k = 1 and at the last common k. `since_earlier`: other −
    an earlier checkpoint of the same training, at the last common k.

    Diminish: pass@1 rises, pass@k falls. Where both rise, time decides between Plateau (the gain
    came early: since the earlier checkpoint certainly less than half of it was added) and Sustained
    (certainly something was added, and not certainly less than half). "none" where pass@1 falls,
    of which ProRL does not speak, and where both rise and no earlier checkpoint is known.
    "undecided" where a band that would decide holds 0 or is undefined.
    """
    if at_1.falls:
        return NONE
    if not at_1.rises or not (at_last.rises or at_last.falls):
        return UNDECIDED
    if at_last.falls:
        return DIMINISH
    return NONE if since_earlier is None else pace(at_last, since_earlier)


def pace(in_all: Change, since_earlier: Change) -> str:
    """Plateau, Sustained or undecided; see `regime`."""
    if since_earlier.high < in_all.gap / 2:
        return PLATEAU
    return SUSTAINED if since_earlier.rises else UNDECIDED
