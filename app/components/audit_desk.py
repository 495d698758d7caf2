"""What stays the same while a reviewer works through a queue."""

from dataclasses import dataclass

from app.analysis.audit_work import Queue
from app.analysis.queues import random_order
from app.selection import Selection

HARD = "hard problems"
CLAIMS = "claims"
DISAGREEMENTS = "verifier disagreements"
RANDOM = "random"
SECOND = "second opinions"
ADJUDICATION = "adjudication"
QUEUES = (HARD, CLAIMS, DISAGREEMENTS, RANDOM, SECOND, ADJUDICATION)
BOTH = "both, mixed"
OUTCOMES = (BOTH, "correct", "incorrect")


@dataclass(frozen=True)
class Wanted:
    """Which queue, with the parameters that belong to it at their values and others as usual."""

    name: str = HARD
    below: int = 5  # per cent of accuracy, of hard problems
    few: int = 3  # correct samples of a run, of claims
    seed: int = 0  # of the random order
    outcome: str = BOTH  # of random samples
    size: int = 100  # random samples of each outcome
    blind: bool = True

    @property
    def through(self) -> str:
        """What an audit names the queue by; for random samples with the seed of their order."""
        return random_order(self.seed) if self.name == RANDOM else self.name


@dataclass(frozen=True)
class Desk:
    """A queue, who reads it, what does not count as read, and how runs are called."""

    selection: Selection
    wanted: Wanted
    queue: Queue
    reviewer: str
    outdated: frozenset[int]  # ids of verdicts on texts that have changed since
    labels: dict[str, str]

    @property
    def kind(self) -> str:
        """As what the reviewer judges here."""
        return "adjudicator" if self.wanted.name == ADJUDICATION else "person"
