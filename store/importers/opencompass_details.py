"""The verdicts in OpenCompass's results: `details`, by record or, after several runs of a dataset,
by problem with a list of each run's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from store.importers.found import Bad, Unfit, Verdict, flag_of, outcome_of, said, shown
from store.importers.opening import Source, json_items, json_pairs
from store.importers.peek import peek

VERIFIER, EXTRACTED = "opencompass", "opencompass:model_extract"
KEPT = (
    *("pred", "predictions", "answer", "references", "gold", "ref", "correct", "is_correct"),
    *("model_extract_predictions", "model_extract_correct", "example_abbr"),
)
Row = Mapping[str, object]


@dataclass(frozen=True)
class Details:
    """Rows by record; by problem, with lists, where a dataset was run several times."""

    rows: Mapping[int, Row] = field(default_factory=dict)
    by_problem: bool = False

    def of(self, number: int, size: int) -> tuple[tuple[Verdict, ...], str | None]:
        """Verdicts and reference of a record. Raises Unfit where a verdict is none."""
        row = self.rows.get(number % size if self.by_problem else number)
        if row is None:
            return (), None
        run = number // size if self.by_problem else 0
        pick = nth if self.by_problem else only
        told = {name: pick(value, run) for name, value in row.items()}
        return tuple(verdicts(told)), said(first(told, "references", "answer", "gold", "ref"))


def only(value: object, _: int) -> object:
    """Newer versions have a list of one item where a dataset was run once."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def nth(value: object, run: int) -> object:
    """What a list has for this run; what is no list is the same for all."""
    if not isinstance(value, list):
        return value
    if run >= len(value):
        raise Unfit("details", f"have {len(value)} runs, and the predictions more")
    return value[run]


def verdicts(row: Row) -> Iterator[Verdict]:
    """The verdict, and that on the answer which another model extracted."""
    pairs = (
        (VERIFIER, first(row, "correct", "is_correct"), first(row, "predictions", "pred")),
        (EXTRACTED, row.get("model_extract_correct"), row.get("model_extract_predictions")),
    )
    for verifier, correct, answer in pairs:
        if correct is None:
            continue
        found = said(answer)
        has_answer = answer is None or bool(found and found.strip())
        yield Verdict(verifier, outcome_of(flag_of(correct, "correct"), has_answer), found)


def first(row: Row, *names: str) -> object:
    """The first of these that the row has."""
    return next((row[name] for name in names if row.get(name) is not None), None)


def has_details(path: Path) -> bool:
    """Whether this is a file of results with details."""
    return isinstance(peek(path).first.get("details"), dict | list)


def details_in(path: Path) -> Details:
    """The verdicts of a file of results, without its texts."""
    if isinstance(peek(path).first.get("details"), list):
        rows = [row for row in json_items(Source(path), "details") if not isinstance(row, Bad)]
        kept = {number: only_kept(fields) for number, (_, fields) in enumerate(rows)}
        return Details(kept, any("example_abbr" in row for row in kept.values()))
    found: dict[int, Row] = {}
    for pair in json_pairs(Source(path), "details"):
        if isinstance(pair, Bad) or not pair[0].isdecimal():
            continue
        if not isinstance(pair[1], Mapping):
            raise ValueError(f"{path} has {shown(pair[1])} in details, and must have objects.")
        found[int(pair[0])] = only_kept(pair[1])
    several = any(len(v) > 1 for row in found.values() if isinstance(v := row.get("correct"), list))
    return Details(found, several)


def only_kept(row: Row) -> Row:
    """What a verdict is made of."""
    return {name: row[name] for name in KEPT if name in row}
