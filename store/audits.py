"""What reviewers say of chains of thought: `<study>/audits.sqlite`, to which rows are only added.

It is apart from the store, since it has to survive a rebuild, and in SQLite, since several people
write at once. A sample is named by its place and by the hash of its text: an audit of a text that
has since been replaced no longer counts.

A reviewer's verdict on a text is the row with the latest `at`; a judge model has one verdict a
round, and what a reviewer says as adjudicator is apart from what the same one says as a reader.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from store.audit_agreement import TEXT, agreement, judges, people
from store.audit_database import FILE, VERSION, opened, reading, writing
from store.audit_row import COLUMNS, KINDS, LABELS, WITHDRAWN, Audit, content_hash, fault, utc

__all__ = [
    "COLUMNS", "FILE", "KINDS", "LABELS", "TEXT", "VERSION", "WITHDRAWN", "Audit",
    "SupersededError", "Version",
    "agreed", "agreement", "by_reviewer", "content_hash", "history", "judges", "newest", "opened",
    "people", "record", "record_round", "since", "undo", "verdicts", "version",
]  # fmt: skip

# Whose verdict it is, and on what.
VERDICT = ("run", "problem_id", "sample", "content_hash", "reviewer", "kind", "round")
SUPERSEDED = (
    "You have said something else of this response since, perhaps in another window. Nothing was "
    "taken back: what you said last counts."
)


class SupersededError(ValueError):
    """What was to be undone does not count any more."""

    def __init__(self) -> None:
        super().__init__(SUPERSEDED)


class Version(NamedTuple):
    """Tells whether anything was added; equal values mean that the audits are the same."""

    last: int = 0  # the newest id: rows are only added
    file: int = 0  # its number in the file system
    modified: int = 0
    bytes: int = 0


def record(study: Path, audit: Audit) -> int:
    """Add one audit; returns its id. Raises ValueError where it cannot be right, or be written.

    Where the reviewer's verdict before it is not older (a clock was put back), its `at` is the next
    microsecond: what is recorded later is always what counts.
    """
    return record_round(study, audit, lambda _: True)


def record_round(study: Path, audit: Audit, holds: Callable[[Audit], bool]) -> int:
    """As `record`; with it, of this judge's other rounds on the text, those are withdrawn that do
    not hold any more. Either all of it is written, or nothing.
    """
    if reason := fault(audit):
        raise ValueError(reason)
    with writing(study) as connection:
        for other in other_rounds(connection, audit):
            if not holds(other):
                add_after_the_last(connection, withdrawn(other, audit.at))
        return add_after_the_last(connection, audit)


def undo(study: Path, audit_id: int, at: str) -> int | None:
    """Add what brings back the reviewer's verdict as it was before this row; returns the new id.

    That is a copy of the row before it, or a withdrawn one where there was none. None where there
    is no row with this id. Raises SupersededError where the row is not what counts any more.
    """
    with writing(study) as connection:
        undone = row_of(connection, audit_id)
        if undone is None:
            return None
        rows = same_verdict(connection, undone)
        if rows[-1][1]._replace(at=undone.at) != undone:  # nor a copy, which undoing left
            raise SupersededError
        before = [row for number, row in rows if (row.at, number) < (undone.at, audit_id)]
        back = before[-1]._replace(at=at) if before else withdrawn(undone, at)
        return add_after_the_last(connection, back)


def withdrawn(audit: Audit, at: str) -> Audit:
    """The row that says that this verdict does not count any more."""
    return audit._replace(at=at, label=WITHDRAWN, note="", span_start=None, span_end=None)


def add_after_the_last(connection: sqlite3.Connection, audit: Audit) -> int:
    """Insert a row that is newer than the reviewer's last one on this text."""
    at, rows = utc(audit.at), same_verdict(connection, audit)
    if rows and rows[-1][1].at >= at:
        at = following(rows[-1][1].at)
    return insert(connection, audit._replace(at=at))


def following(at: str) -> str:
    """The next microsecond. The same time where none can be written, since earlier versions took
    any text as a time: of two rows with one `at` the later one counts.
    """
    try:
        return max(at, (datetime.fromisoformat(at) + timedelta(microseconds=1)).isoformat())
    except (ValueError, OverflowError):
        return at


def insert(connection: sqlite3.Connection, audit: Audit) -> int:
    """Add one row as it is; returns its id."""
    statement = """
        INSERT INTO audits (at, run, problem_id, sample, content_hash, reviewer, label, note,
            span_start, span_end, kind, round, queue)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
    return int(connection.execute(statement, audit).lastrowid or 0)


def row_of(connection: sqlite3.Connection, audit_id: int) -> Audit | None:
    """The row with this id."""
    statement = """
        SELECT at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM audits
        WHERE id = ?
    """
    row = connection.execute(statement, (audit_id,)).fetchone()
    return Audit(*row) if row else None


def same_verdict(connection: sqlite3.Connection, audit: Audit) -> list[tuple[int, Audit]]:
    """The id and row of all that one reviewer has said of this text, in this kind and round; the
    one that counts is the last.
    """
    statement = """
        SELECT id, at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM audits
        WHERE run = :run AND problem_id = :problem_id AND sample = :sample
            AND content_hash = :content_hash AND reviewer = :reviewer AND kind = :kind
            AND round = :round
        ORDER BY at, id
    """
    found = connection.execute(statement, audit._asdict())
    return [(number, Audit(*row)) for number, *row in found]


def other_rounds(connection: sqlite3.Connection, audit: Audit) -> list[Audit]:
    """The verdicts that count of the same reviewer and kind on this text in other rounds."""
    statement = """
        SELECT at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM audits
        WHERE run = :run AND problem_id = :problem_id AND sample = :sample
            AND content_hash = :content_hash AND reviewer = :reviewer AND kind = :kind
            AND round <> :round
        ORDER BY at, id
    """
    found = [Audit(*row) for row in connection.execute(statement, audit._asdict())]
    latest = {row.round: row for row in found}
    return [row for row in latest.values() if row.label != WITHDRAWN]


def every(connection: sqlite3.Connection) -> list[Audit]:
    """All rows, without their ids, in the order in which they were added."""
    statement = """
        SELECT at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM audits
        ORDER BY id
    """
    return [Audit(*row) for row in connection.execute(statement)]


def version(study: Path) -> Version:
    """Of the audits as they are now. Where the file cannot be read, only its date and size tell."""
    try:
        found = (study / FILE).stat()
    except OSError:
        return Version()
    try:
        with reading(study) as connection:
            last = connection.execute("SELECT max(id) FROM audits").fetchone()[0] or 0
    except ValueError:
        last = 0
    return Version(last, found.st_ino, found.st_mtime_ns, found.st_size)


def newest(study: Path) -> pl.DataFrame:
    """Each reviewer's verdict on each text: `verdicts` of every row. Empty where nothing was
    audited yet. Raises ValueError where the file is no file of audits.
    """
    return verdicts(since(study, 0))


def verdicts(rows: pl.DataFrame) -> pl.DataFrame:
    """The newest of these rows per text (run, problem_id, sample, content_hash), reviewer, kind and
    round, unless it withdraws the verdict; with the columns of COLUMNS, in the order of their ids.
    """
    latest = rows.sort("at", "id").unique(VERDICT, keep="last")
    return latest.filter(pl.col("label") != WITHDRAWN).sort("id")


def history(study: Path, run: str, problem_id: str, sample: int) -> pl.DataFrame:
    """Every row about one sample, with the columns of COLUMNS; oldest first."""
    statement = """
        SELECT id, at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM audits
        WHERE run = ? AND problem_id = ? AND sample = ?
        ORDER BY at, id
    """
    return frame(study, statement, run, problem_id, sample)


def by_reviewer(study: Path, reviewer: str) -> pl.DataFrame:
    """Every row of one reviewer, with the columns of COLUMNS; oldest first."""
    statement = """
        SELECT id, at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM audits
        WHERE reviewer = ?
        ORDER BY at, id
    """
    return frame(study, statement, reviewer)


def since(study: Path, audit_id: int) -> pl.DataFrame:
    """The rows that were added after this one (0: all), with the columns of COLUMNS, by id."""
    statement = """
        SELECT id, at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM audits
        WHERE id > ?
        ORDER BY id
    """
    return frame(study, statement, audit_id)


def frame(study: Path, statement: str, *values: object) -> pl.DataFrame:
    """What a statement gives, with the columns of COLUMNS."""
    with reading(study) as connection:
        rows = connection.execute(statement, values).fetchall()
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def agreed(study: Path) -> pl.DataFrame:
    """What the people agree on: `agreement` of the newest audits."""
    return agreement(newest(study))
