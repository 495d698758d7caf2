"""Several models or prompts side by side in one row: `{"gpt-4": {"text": …, "correct": …}, …}`, or
columns `gpt-4_text`, `gpt-4_correct`, … Each arm becomes a run.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from store.importers.table_leaves import is_chat, is_message
from store.importers.table_names import (
    COMPLETION,
    COUNTS,
    DOUBTFUL,
    FIELDS,
    VERDICT,
    normal,
    place_in,
    words,
)

ARM = "arm"
RESULTS = f"{COMPLETION} {VERDICT}"

# Words before or after `correct` or `response` that tell kinds of verdict or text, and not arms.
KINDS = set(
    words(
        "model raw full final input output prompt question problem reference gold target is n num "
        "pred predicted strict flexible flex exact format overall majority maj any all first last "
        "best plus symbolic llm judge human python sandbox average mean avg max min total score "
        "test public private hidden extracted parsed original clean cleaned stripped formatted "
        "answer was has not expected true system user assistant count rate loose lenient math rule"
    )
)
ENDS = [
    "is_correct", "iscorrect", "correct", "passed", "acc", "completions", "completion",
    "responses", "response", "generations", "generation", "outputs", "output", "solutions",
    "solution", "texts", "text", "answers", "answer", "n_correct", "num_correct", "c", "n",
]  # fmt: skip
LAST = re.compile(rf"^(?P<arm>.+?)[_.\-: /](?P<name>{'|'.join(ENDS)})$", re.IGNORECASE)
FIRST = re.compile(rf"^(?P<name>{'|'.join(ENDS)})[_.\-: /](?P<arm>.+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Arms:
    """The arms of a row: of each, the keys of the record and what they are within the arm; the
    empty name is the value itself."""

    keys: Mapping[str, Mapping[str, str]]
    only: str | None = None

    def of(self, record: Mapping[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
        """The record once for each arm that it has, with what is the arm's under `arm`."""
        every = {key for keys in self.keys.values() for key in keys}
        shared = {name: value for name, value in record.items() if name not in every}
        for arm, keys in self.keys.items():
            if self.only not in (None, arm):
                continue
            found = {within: record[key] for key, within in keys.items() if key in record}
            if found:
                yield arm, {**shared, ARM: found.get("", found)}

    def __str__(self) -> str:
        if self.only is not None:
            return f"of the arms {', '.join(self.keys)} only {self.only}"
        names = ", ".join(self.keys)
        return (
            f"each of the arms {names} is a run (its model, or its prompt template where --model "
            "is given)"
        )


def arms_of(
    records: Sequence[Mapping[str, object]], wanted: str | None, only: str | None
) -> Arms | None:
    """The arms of these records. Raises ValueError where the user names one that is not there."""
    names = list(dict.fromkeys(name for record in records for name in record))
    if wanted is not None:
        found = dict(named_arm(arm, names) for arm in wanted.split(","))
    else:
        found = arms_as_keys(records, names) or arms_as_columns(names)
    if found and only not in (None, *found):
        raise ValueError(f"no arm {only}; there are {', '.join(found)}")
    return Arms(found, only) if found else None


def named_arm(arm: str, names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """An arm that the user names: a key of the record, or the columns that begin or end with it."""
    if arm in names:
        return arm, {arm: ""}
    found = {
        name: re.sub(rf"^{re.escape(arm)}[_.\-: /]|[_.\-: /]{re.escape(arm)}$", "", name)
        for name in names
    }
    keys = {name: within for name, within in found.items() if within != name}
    if not keys:
        raise ValueError(f"no arm {arm}: it is neither a column nor the beginning or end of one")
    return arm, keys


def arms_as_keys(
    records: Sequence[Mapping[str, object]], names: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Objects of one form, with a text or verdict in each, under names that are no usual ones."""
    forms: dict[frozenset[str], list[str]] = {}
    for name in names:
        values = [record[name] for record in records if record.get(name) is not None]
        if not values or usual(name) or name.isdecimal():
            continue
        inner = [form_of(value) for value in values[:20]]
        if inner[0] and any(place_in(RESULTS, (key,)) is not None for key in inner[0]):
            common = frozenset.intersection(*inner)
            forms.setdefault(common, []).append(name)
    found = max(forms.values(), key=len, default=[])
    return {name: {name: ""} for name in found} if len(found) > 1 else {}


def form_of(value: object) -> frozenset[str]:
    """The names in an object, or in every object of a list."""
    if is_message(value) or is_chat(value):
        return frozenset()
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value[:20]):
        return frozenset.intersection(*(frozenset(each) for each in value[:20]))
    return frozenset(value) if isinstance(value, dict) else frozenset()


def usual(name: str) -> bool:
    """Whether it is a name of something that we know."""
    every = f"{RESULTS} {DOUBTFUL} {' '.join(FIELDS.values())} metadata info extra doc config"
    return place_in(every, (name,)) is not None or normal(name) in KINDS


def arms_as_columns(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Columns that share an ending or beginning, with a text, verdict or count of each arm."""
    if any(place_in(COMPLETION, (name,)) is not None for name in names):
        return {}
    for pattern in (LAST, FIRST):
        found: dict[str, dict[str, str]] = {}
        for name in names:
            match = pattern.match(name)
            if match and not (set(re.split(r"[_.\-: /]", match["arm"].lower())) & KINDS):
                found.setdefault(match["arm"], {})[name] = match["name"]
        found = {arm: keys for arm, keys in found.items() if tells(keys.values())}
        alike = {frozenset(keys.values()) for keys in found.values()}
        if len(found) > 1 and len(alike) == 1:
            return found
    return {}


def tells(within: object) -> bool:
    """Whether a text, a verdict or a count is among these."""
    names = f"{RESULTS} {DOUBTFUL} {COUNTS['c']}"
    return any(place_in(names, (name,)) is not None for name in within)  # type: ignore[attr-defined]
