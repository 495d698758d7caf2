"""Rewards of trainers as verdicts.

A reward of 1 is correct and one of 0 is not. Where right begins among other numbers is not known:
such a sample has no verdict and is counted, unless `--field threshold=…` says from which reward on
a sample is right. Where the first rewards of a file have other numbers, none of it is a verdict:
of rewards −1 and 1, those of 1 alone would make every sample right.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from store.importers.found import Bad, Unfit, Verdict, clean, outcome_of, said, shown
from store.importers.opening import Record, Source

LONGEST_DETAIL = 500
FIRST = 1000  # records by which it is told whether the rewards of a file are verdicts

Records = Callable[[Source], Iterator[Record | Bad]]
# The reward that is the verdict in a record, where one was chosen by its name.
RewardOf = Callable[[Mapping[str, object], str | None], object]


@dataclass(frozen=True)
class Judged:
    """The verdicts on a sample, and what is to be counted of it."""

    verdicts: tuple[Verdict, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Rewards:
    """How the rewards of a file are read; `tool` is what wrote it. They are `graded` where they
    are other numbers than 0 and 1, and no threshold is given."""

    tool: str
    threshold: float | None = None
    graded: bool = False

    @classmethod
    def of(cls, tool: str, source: Source) -> "Rewards":
        """With the threshold that was given. Raises ValueError where it is no number."""
        given = source.fields.get("threshold")
        try:
            threshold = None if given is None else float(given)
        except ValueError:
            threshold = math.nan
        if threshold is not None and math.isnan(threshold):
            raise ValueError(f"The threshold {given} is not a number: give --field threshold=0.5.")
        return cls(tool, threshold)

    def seen(
        self, source: Source, records: Records, reward: RewardOf, chosen: str | None
    ) -> "Rewards":
        """These, once the file's first rewards tell whether they are graded."""
        if self.threshold is not None:
            return self
        state = source.path.stat()
        version = (state.st_size, state.st_mtime_ns)
        return replace(self, graded=is_graded(source.path, version, chosen, records, reward))

    def judged(
        self,
        name: str,
        reward: object,
        answer: str | None = None,
        has_answer: bool = True,
        detail: str | None = None,
    ) -> Judged:
        """What the reward of this name says. Raises Unfit where it is no number."""
        value = number_of(reward, name)
        if value is None:
            return Judged(notes={f"samples without a verdict: they have no {name}": 1})
        if self.graded:
            return Judged(notes={GRADED.format(name=name): 1})
        if self.threshold is None and value not in (0, 1):
            return Judged(notes={OPEN.format(name=name): 1})
        bound = 1 if self.threshold is None else self.threshold
        outcome = outcome_of(value >= bound, has_answer)
        return Judged((Verdict(self.verifier(name), outcome, answer, detail),))

    def verifier(self, name: str) -> str:
        """What the verifier is called that judges by the reward of this name."""
        above = "" if self.threshold is None else f">={self.threshold:g}"
        return f"{self.tool}:{name}{above}"

    def failed(self, name: str, why: str) -> Judged:
        """A sample that could not be judged, or not be drawn to its end, for a fault outside it."""
        detail = clean(why)[:LONGEST_DETAIL]
        return Judged((Verdict(f"{self.tool}:{name}", "error", detail=detail),))


OPEN = (
    "samples without a verdict: their {name} is neither 0 nor 1, and no --field threshold=… says "
    "from where on it is right"
)
GRADED = (
    "samples without a verdict: {name} is not only 0 and 1 in this file, and no --field "
    "threshold=… says from where on it is right"
)


# A file is read from its beginning several times before it is imported.
@lru_cache(maxsize=64)
def is_graded(
    path: Path,
    version: tuple[int, int],  # noqa: ARG001 (of the file, for the cache)
    chosen: str | None,
    records: Records,
    reward: RewardOf,
) -> bool:
    """Whether one of the first rewards is a number other than 0 and 1."""
    for record in itertools.islice(records(Source(path)), FIRST):
        if isinstance(record, Bad):
            continue
        try:
            if number_of(reward(record[1], chosen), "") not in (None, 0, 1):
                return True
        except Unfit:
            continue
    return False


def number_of(value: object, name: str) -> float | None:
    """The reward; None where there is none. Raises Unfit where it is no number."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if not isinstance(value, bool | int | float):
        raise Unfit(name, f"is {shown(value)}, and must be a number")
    return float(value)


def detail_of(others: Mapping[str, object]) -> str | None:
    """What else is said of a sample, in one line."""
    parts = [f"{name} {text}" for name, value in others.items() if (text := said(value))]
    return "; ".join(parts)[:LONGEST_DETAIL] or None


def reference_of(value: object) -> str | None:
    """The right answer; a list of one is that one."""
    return said(value[0] if isinstance(value, list) and len(value) == 1 else value)
