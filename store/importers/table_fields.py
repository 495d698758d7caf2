"""What a user names with --field: where something stands, a constant (`subject==algebra`), or that
there is none of it (`correct=none`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from store.importers.table_leaves import Leaf, Path
from store.importers.table_names import CHOICES, FIELDS

NONE = "none"
POSITION = "position"
OTHERS = ("threshold", "verifier", "arm", "arms", "filter")  # are no columns
CONSTANT = (
    "subject", "level", "reference", "question", "finish_reason", "model", "benchmark",
    "prompt_template", "problem_id", "seed",
)  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What was named."""

    paths: dict[str, Path] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    none: frozenset[str] = frozenset()
    position: bool = False
    metadata: tuple[str, ...] = ()


def given_fields(fields: Mapping[str, str], leaves: Mapping[Path, Leaf]) -> Given:
    """The paths and constants. Raises ValueError for names that we or the file do not have."""
    known = (*FIELDS, *CHOICES)
    if wrong := [name for name in fields if name not in (*known, *OTHERS)]:
        raise ValueError(
            f"no field {wrong[0]} to be named: --field takes {', '.join(sorted(known))}"
        )
    columns = {name: value for name, value in fields.items() if name not in (*OTHERS, "metadata")}
    constants = {n: v[1:] for n, v in columns.items() if v.startswith("=") and n in CONSTANT}
    position = columns.get("problem_id") == POSITION and (POSITION,) not in leaves
    paths = {
        name: path_of(value, leaves)
        for name, value in columns.items()
        if name not in constants and value != NONE and not (position and name == "problem_id")
    }
    none = frozenset(name for name, value in columns.items() if value == NONE)
    wanted = tuple(each for each in fields.get("metadata", "").split(",") if each)
    return Given(paths, constants, none | ({"problem_id"} if position else set()), position, wanted)


def path_of(name: str, leaves: Mapping[Path, Leaf]) -> Path:
    """The path of this name. Raises ValueError where the first records do not have it."""
    for path in leaves:
        if path and name in (".".join(path), ".".join(path[1:]) if path[0] == "arm" else ""):
            return path
    names = list(dict.fromkeys(".".join(path) for path in leaves if path))
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    raise ValueError(f"no column `{name}`; there are {', '.join(names[:30])}{more}")
