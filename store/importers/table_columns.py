"""The columns of a table as they are looked at: by name, and how they stand to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from store.importers.table_fields import Given, given_fields
from store.importers.table_leaves import Leaf, Path, leaves_of
from store.importers.table_names import OF_PROBLEM, OF_SAMPLE, PROBLEM, place_in

ARM = "arm"  # where the arm at hand stands in a record (table_arms.py)
SHORT = 200  # characters of a name
KINDS = {
    "sample": {"number"}, "n_tokens": {"number"}, "sum_logprob": {"number"}, "truncated": {"bool"},
    "token_logprobs": {"number"}, "token_ids": {"number"}, "tokens": {"text"},
    "temperature": {"number"}, "top_p": {"number"}, "max_tokens": {"number"}, "step": {"number"},
    "seed": {"number", "text"}, "problem_id": {"number", "text"}, "n": {"number"}, "c": {"number"},
    "question": {"text", "chat"}, "prompt": {"text", "chat"},
}  # fmt: skip


@dataclass
class Plan:
    """Where each of our fields stands. `axis` is the number of lists that a completion is in: 0, a
    row is a sample; 1, a row is a problem. `told` says what was chosen, for people."""

    at: dict[str, Path] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    axis: int = 0
    twins: tuple[Path, ...] = ()  # verdicts that say the same
    graded: bool = False  # the verdict may be a number between right and wrong
    position: bool = False  # the row's number is the problem
    metadata: tuple[str, ...] = ()
    told: list[str] = field(default_factory=list)

    @property
    def counted(self) -> bool:
        """Whether a row has n and c."""
        return "c" in self.at and "completion" not in self.at

    def __str__(self) -> str:
        return "; ".join(self.told)


class Columns:
    """What stands in the first records, and what has been chosen of it."""

    def __init__(
        self, records: Sequence[Mapping[str, object]], fields: Mapping[str, str], loose: bool
    ) -> None:
        self.records = records
        self.leaves = leaves_of(records, loose)
        self.given: Given = given_fields(fields, self.leaves)
        self.plan = Plan(dict(self.given.paths), dict(self.given.constants))
        self.taken = set(self.given.paths.values())
        self.threshold = "threshold" in fields

    def named(self, names: str, kinds: set[str] | None = None) -> list[Leaf]:
        """Leaves with one of these names, the most telling and shallowest first."""
        found = [
            (place, len(leaf.path), leaf)
            for leaf in self.leaves.values()
            if leaf.path
            and leaf.path not in self.taken
            and (place := place_in(names, leaf.path)) is not None
            and (kinds is None or leaf.kinds & kinds)
        ]
        return [leaf for *_, leaf in sorted(found, key=lambda each: each[:2])]

    def references(self) -> list[Leaf]:
        """What can be nothing but what the benchmark says is right."""
        return [leaf for leaf in self.named(PROBLEM["reference"]) if of_problem(leaf)]

    def take(self, name: str, leaf: Leaf) -> None:
        """Let this leaf be it."""
        self.plan.at[name] = leaf.path
        self.taken.add(leaf.path)

    def refused(self, name: str) -> bool:
        """Whether the user chose, or said that there is none."""
        return name in self.plan.at or name in self.plan.constants or name in self.given.none

    def listed(self, kinds: set[str]) -> str:
        """The names of what could be meant."""
        leaves = self.leaves.values()
        found = [tick(leaf.path) for leaf in leaves if leaf.path and leaf.kinds & kinds]
        return ", ".join(found[:12]) or "which there is none"


def tick(path: Path) -> str:
    """The path as it is shown."""
    return f"`{'.'.join(path[1:] if path[:1] == (ARM,) else path)}`"


def of_sample(leaf: Leaf, others: str = "") -> bool:
    """Whether it is not within what is said of the problem."""
    said = f"{OF_PROBLEM} {PROBLEM['question']} {PROBLEM['reference']} {PROBLEM['prompt']}"
    return not any(place_in(others or said, (part,)) is not None for part in leaf.path[:-1])


def of_problem(leaf: Leaf) -> bool:
    """Whether it is not within what is said of a sample."""
    return not any(place_in(OF_SAMPLE, (part,)) is not None for part in leaf.path[:-1])


def aligned(leaf: Leaf, other: Leaf, deeper: bool = False) -> bool:
    """Whether there is one for each of the other: in the same list, or in lists of one length."""
    if leaf.depth != other.depth + deeper:
        return False
    if other.depth == 0 or (leaf.path[:-1] and leaf.path[:-1] == other.path[:-1]):
        return True
    both = leaf.lengths.keys() & other.lengths.keys()
    same = sum(leaf.lengths[n] == other.lengths[n] for n in both)
    return bool(both) and 2 * same >= len(both)


def short(leaf: Leaf) -> bool:
    """Whether these are names or numbers, and no texts."""
    values = [value for value in leaf.all_values if isinstance(value, str)]
    return all(len(value) <= SHORT and "\n" not in value for value in values)
