"""What reviewers say of chains of thought: `<study>/audits.sqlite`, to which rows are only added.

It is apart from the store, since it has to survive a rebuild, and in SQLite, since several people
write at once. A sample is named by its place and by the hash of its text: an audit of a text that
has since been replaced no longer counts.

A reviewer's verdict on a sample is the row with the latest `at`; a judge model has one verdict a
round, and what a reviewer says as adjudicator is apart from what the same one says as a reader.
"""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from store.audit_agreement import TEXT, agreement, judges, people
from store.audit_database import FILE, VERSION, opened, reading, writing
from store.audit_row import COLUMNS, KINDS, LABELS, WITHDRAWN, Audit, content_hash, fault, utc

__all__ = [
    "COLUMNS", "FILE", "KINDS", "LABELS", "TEXT", "VERSION", "WITHDRAWN", "Audit", "Version",
    "agreed", "agreement", "by_reviewer", "content_hash", "history", "judges", "newest", "opened",
    "people", "record", "since", "undo", "verdicts", "version",
]  # fmt: skip

VERDICT = ("run", "problem_id", "sample", "reviewer", "kind", "round")  # whose, and on what


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
    if reason := fault(audit):
        raise ValueError(reason)
    with writing(study) as connection:
        return add_after_the_last(connection, audit)


def undo(study: Path, audit_id: int, at: str) -> int | None:
    """Add what brings back the reviewer's verdict as it was before this row; returns the new id.

    That is a copy of the row before it, or a withdrawn one where there was none. None where there
    is no row with this id.
    """
    with writing(study) as connection:
        undone = row_of(connection, audit_id)
        if undone is None:
            return None
        before = row_before(connection, undone, audit_id)
        nothing = undone._replace(label=WITHDRAWN, note="", span_start=None, span_end=None)
        return add_after_the_last(connection, (before or nothing)._replace(at=at))


def add_after_the_last(connection: sqlite3.Connection, audit: Audit) -> int:
    """Insert a row that is newer than the reviewer's last one on this sample."""
    at, last = utc(audit.at), last_at(connection, audit)
    if last is not None and last >= at:
        at = (datetime.fromisoformat(last) + timedelta(microseconds=1)).isoformat()
    return insert(connection, audit._replace(at=at))


def insert(connection: sqlite3.Connection, audit: Audit) -> int:
    """Add one row as it is; returns its id."""
    statement = """
        INSERT INTO audits (at, run, problem_id, sample, content_hash, reviewer, label, note,
            span_start, span_end, kind, round, queue)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
    return int(connection.execute(statement, audit).lastrowid or 0)


def last_at(connection: sqlite3.Connection, audit: Audit) -> str | None:
    """When this reviewer last judged this sample, as what the reviewer is here."""
    statement = """
        SELECT max(at)
        FROM audits
        WHERE run = :run AND problem_id = :problem_id AND sample = :sample
            AND reviewer = :reviewer AND kind = :kind AND round = :round
    """
    found: str | None = connection.execute(statement, audit._asdict()).fetchone()[0]
    return found


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


def row_before(connection: sqlite3.Connection, audit: Audit, audit_id: int) -> Audit | None:
    """The same reviewer's row on the same sample before this one."""
    statement = """
        SELECT at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM audits
        WHERE run = :run AND problem_id = :problem_id AND sample = :sample
            AND reviewer = :reviewer AND kind = :kind AND round = :round
            AND (at, id) < (:at, :id)
        ORDER BY at DESC, id DESC
        LIMIT 1
    """
    row = connection.execute(statement, {**audit._asdict(), "id": audit_id}).fetchone()
    return Audit(*row) if row else None


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
    """Each reviewer's verdict on each sample: `verdicts` of every row. Empty where nothing was
    audited yet. Raises ValueError where the file is no file of audits.
    """
    return verdicts(since(study, 0))


def verdicts(rows: pl.DataFrame) -> pl.DataFrame:
    """The newest of these rows per run, problem_id, sample, reviewer, kind and round, unless it
    withdraws the verdict; with the columns of COLUMNS, in the order of their ids.
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
