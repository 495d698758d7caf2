"""Any table of samples, by its usual names or by those that were given: JSONL, JSON, CSV, Parquet.

    passband import rollouts.jsonl --field problem_id=idx --field completion=ys --field correct=accs

A row is a sample, a problem with lists, a problem with a list of objects, or counts; arms stand in
keys, in columns or in a column `model`. The verdicts are those of the table; scores other than 0
and 1 are none unless a threshold is given.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from store.importers import texts
from store.importers.found import Bad, Found, Unfit
from store.importers.opening import Record, Source, understood
from store.importers.peek import Peek, peek
from store.importers.table_arms import Arms, arms_of
from store.importers.table_cells import Cells
from store.importers.table_columns import Plan
from store.importers.table_counts import Tally
from store.importers.table_names import PROBLEM, place_in
from store.importers.table_plan import TextsAlone, planned
from store.importers.table_records import Shape, first_records, records_of, shape_of
from store.importers.table_rows import Rows
from store.importers.table_runs import Runs


@dataclass(frozen=True)
class Table:
    """A file and how it is read."""

    kind: str
    shape: Shape
    plan: Plan
    arms: Arms | None
    cells: Cells

    def __str__(self) -> str:
        parts = [str(self.shape), str(self.arms or ""), str(self.plan)]
        return "; ".join(part for part in parts if part)


def recognises(peek: Peek) -> str | None:
    """A table with samples, and what of it is what.

    Raises ValueError where it is a table of which that cannot be told.
    """
    texts_alone = are_texts(peek)
    try:
        table = table_of(Source(peek.path, fields=peek.fields), peek)
    except TextsAlone:
        if texts_alone:
            return None
        raise
    if table is None:
        return None
    told = table.plan.at.keys()
    if texts_alone and "correct" not in told and not {"question", "reference"} <= told:
        return None
    return str(table)


def are_texts(peek: Peek) -> bool:
    """Whether these may be texts of problems that the study knows (texts.py). Solutions beside
    questions and answers are a benchmark's own."""
    answers = f"{PROBLEM['reference']} answer finalanswer"
    asked = any(place_in(answers, (name,)) is not None for name in peek.names)
    names = set(texts.TEXTS) - ({"solution"} if asked else set())
    known = texts.recognises(peek) is not None and peek.has_any(*names)
    return known and "completion" not in peek.fields


def table_of(source: Source, seen: Peek) -> Table | None:
    """How this file is read; None where it is nothing like a table of samples."""
    shape = shape_of(seen)
    if shape is None:
        return None
    found = first_records(source, seen.kind, shape)
    if not found:
        return None
    cells = Cells.of(found) if seen.kind == "csv" else Cells()
    found = [cells.lenient(record) for record in found]
    fields = dict(source.fields)
    try:
        arms = arms_of(found, fields.get("arms"), fields.get("arm"))
        if arms:
            found = [row for record in found for _, row in arms.of(record)]
        plan = planned(found, fields, cells.texts_only)
    except ValueError as error:
        raise type(error)(f"{source.path} has {error}.") from error
    return None if plan is None else Table(seen.kind, shape, plan, arms, cells)


def read(source: Source) -> Iterator[Found | Bad]:
    """What is in every record. Raises ValueError where the file is no table of samples."""
    table = table_of(source, peek(source.path))
    if table is None:
        raise ValueError(
            f"{source.path} has no samples by a usual name: say what is what with --field "
            "problem_id=… --field completion=… --field correct=…"
        )
    found = Reading(source, table).items()
    tallied = "completion" not in table.plan.at and "correct" in table.plan.at
    yield from Tally().summed(found) if tallied and table.plan.axis == 0 else found


class Reading:
    """One file being read."""

    def __init__(self, source: Source, table: Table) -> None:
        self.source, self.table = source, table
        plan, fields = table.plan, source.fields
        verifier = fields.get("verifier") or f"table:{'.'.join(plan.at.get('correct', ()))}"
        self.rows = Rows(
            plan, verifier.replace("arm.", ""), threshold(source), table.cells.texts_only
        )
        self.runs = Runs(plan, self.rows.get, source.path)
        self.number = -1

    def items(self) -> Iterator[Found | Bad]:
        """What each record tells."""
        records = records_of(self.source, self.table.kind, self.table.shape)
        return understood(self.numbered(records), self.record)

    def numbered(self, records: Iterator[Record | Bad]) -> Iterator[Record | Bad]:
        """The records, counted: a bad one is one too."""
        for record in records:
            self.number += 1
            yield record

    def record(self, where: str, record: dict[str, object]) -> list[Found]:
        """What one record tells, of each arm."""
        cells, arms = self.table.cells, self.table.arms
        row = cells.strict(record)
        if arms is None:
            return self.found(where, row, None)
        found = [found for arm, each in arms.of(row) for found in self.found(where, each, arm)]
        if not found:
            raise Unfit(next(iter(arms.keys)), "is missing, and so is every other arm")
        return found

    def found(self, where: str, row: dict[str, object], arm: str | None) -> list[Found]:
        """What one row tells."""
        only = self.source.fields.get("arm")
        facts = self.runs.facts(row, arm, self.source.given, only)
        return [] if facts is None else [self.rows.found(where, row, facts, self.number)]


def threshold(source: Source) -> float | None:
    """The threshold that was given. Raises ValueError where it is no number."""
    try:
        return float(source.fields["threshold"]) if "threshold" in source.fields else None
    except ValueError as error:
        given = source.fields["threshold"]
        raise ValueError(
            f"The threshold {given} is no number: give --field threshold=0.5."
        ) from error
