"""Where in records of any shape values stand: paths of names, through lists without being named.

`rollouts.text` is the texts of all rollouts of a record, a list; and so is `texts`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Path = tuple[str, ...]

DEEPEST = 6  # objects within objects
WIDEST, WIDEST_ROW = 80, 2000  # keys of an object, and of a record: more are ids, not names
LOOKED_AT = 8  # items of a list


class Missing:
    """What is not there, which is another thing than null."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = Missing()


@dataclass
class Leaf:
    """What stands at one path in the records that were looked at.

    `depths` is of each record how many lists it is in; `counted` how many values are text, number,
    bool and chat; `lengths` is of each record the length of the outermost list; `values` are some
    of the values, by record. A few may be damaged: what most are counts.
    """

    path: Path
    depths: dict[int, int] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)
    lengths: dict[int, int] = field(default_factory=dict)
    values: dict[int, list[object]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The path as it is shown and given."""
        return ".".join(self.path)

    @property
    def depth(self) -> int:
        """How many lists it is in."""
        return Counter(self.depths.values()).most_common(1)[0][0]

    @property
    def kinds(self) -> set[str]:
        """What the values are."""
        most = max(self.counted.values(), default=0)
        return {kind for kind, count in self.counted.items() if 10 * count > most}

    @property
    def all_values(self) -> list[object]:
        """Those of all records."""
        return [value for values in self.values.values() for value in values]


def leaves_of(records: Sequence[Mapping[str, object]], loose: bool = False) -> dict[Path, Leaf]:
    """Everything that stands in these records. `loose`: texts may spell numbers."""
    found: dict[Path, Leaf] = {}
    for number, record in enumerate(records):
        for path, value, depth, length in walk(record, (), 0, None):
            leaf = found.setdefault(path, Leaf(path))
            leaf.depths[number] = max(leaf.depths.get(number, 0), depth)
            if length is not None:
                leaf.lengths[number] = length
            if value is not MISSING:
                leaf.values.setdefault(number, []).append(value)
                leaf.counted.update(kinds_of(value, loose))
    return found


def walk(
    value: object, path: Path, depth: int, length: int | None
) -> Iterator[tuple[Path, object, int, int | None]]:
    """Every value, with its path, the lists that it is in, and the length of the outermost."""
    if is_chat(value):
        yield path, value, depth, length
    elif isinstance(value, Mapping):
        if is_message(value):
            yield path, value, depth, length
        if len(path) < DEEPEST and len(value) <= (WIDEST if path else WIDEST_ROW):
            for name, inner in value.items():
                yield from walk(inner, (*path, str(name)), depth, length)
    elif isinstance(value, list | tuple):
        if depth == DEEPEST:
            return
        length = len(value) if length is None else length
        yield path, MISSING, depth + 1, length
        for inner in value[:LOOKED_AT]:
            yield from walk(inner, path, depth + 1, length)
    else:
        yield path, value, depth, length


def kinds_of(value: object, loose: bool) -> set[str]:
    """What the value is; nothing, of null."""
    if isinstance(value, bool):
        return {"bool"}
    if isinstance(value, int | float):
        return {"number"}
    if isinstance(value, list | Mapping):
        return {"chat"}
    if isinstance(value, str):
        return {"text"} | (spelled_kinds(value) if loose else set())
    return set()


def spelled_kinds(text: str) -> set[str]:
    """What a text spells besides being one."""
    if text.strip().lower() in ("true", "false"):
        return {"bool"}
    try:
        float(text)
    except ValueError:
        return set()
    return {"number"}


def is_message(value: object) -> bool:
    """One message of a chat."""
    return isinstance(value, Mapping) and "role" in value and "content" in value


def is_chat(value: object) -> bool:
    """Messages with their roles."""
    return isinstance(value, list) and bool(value) and all(map(is_message, value[:LOOKED_AT]))


def value_at(value: object, path: Path) -> object:
    """What stands at the path; a list of them where the path goes through a list."""
    for place, name in enumerate(path):
        if isinstance(value, list):
            return [value_at(each, path[place:]) for each in value]
        if not isinstance(value, Mapping):
            return None if value is None else MISSING
        value = value.get(name, MISSING)
        if value is MISSING:
            return MISSING
    return value


def said_by(message: Mapping[str, object]) -> str | None:
    """The text of a message: its content, or the parts of it that are text."""
    content = message["content"]
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else None


def answer_of(chat: Sequence[Mapping[str, object]]) -> str | None:
    """What the model said last: its messages after the last of somebody else."""
    said: list[str] = []
    for message in reversed(chat):
        if message["role"] not in ("assistant", "model", "ai", "gpt"):
            break
        said.append(said_by(message) or "")
    return "\n".join(reversed(said)) if said else None


def asked_in(chat: Sequence[Mapping[str, object]]) -> str | None:
    """The last thing that the user said."""
    asked = [message for message in chat if message["role"] in ("user", "human")]
    return said_by(asked[-1]) if asked else None


def list_in(cell: str) -> list[object] | None:
    """The list that is written in a cell, as JSON or as Python writes it; None where none is."""
    import ast

    if not (cell.startswith("[") and cell.rstrip().endswith("]")):
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    return found if isinstance(found, list) else None
