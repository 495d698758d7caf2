"""What reviewers say of chains of thought: `<study>/audits.sqlite`, to which rows are only added.

It is apart from the store, since it has to survive a rebuild, and in SQLite, since several people
write at once. A sample is named by its place and by the hash of its text: an audit of a text that
has since been replaced no longer counts.

A reviewer's verdict on a sample is the row with the latest `at`; a judge model has one verdict a
round, and what a reviewer says as adjudicator is apart from what the same one says as a reader.
"""

import hashlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from store.audit_agreement import TEXT, agreement, judges, people
from store.audit_database import FILE, VERSION, opened, reading, writing

__all__ = [
    "COLUMNS", "FILE", "KINDS", "LABELS", "TEXT", "VERSION", "WITHDRAWN", "Audit", "Version",
    "agreed", "agreement", "by_reviewer", "content_hash", "history", "judges", "newest", "opened",
    "people", "record", "since", "undo", "verdicts", "version",
]  # fmt: skip

LABELS = ("valid", "flawed", "guess", "ambiguous")
WITHDRAWN = "withdrawn"  # the reviewer has no verdict on the sample any more
KINDS = ("person", "judge", "adjudicator")

COLUMNS = {
    "id": pl.Int64, "at": pl.String, "run": pl.String, "problem_id": pl.String,
    "sample": pl.Int32, "content_hash": pl.String, "reviewer": pl.String, "label": pl.String,
    "note": pl.String, "span_start": pl.Int32, "span_end": pl.Int32, "kind": pl.String,
    "round": pl.Int32,
}  # fmt: skip
VERDICT = ("run", "problem_id", "sample", "reviewer", "kind", "round")  # whose, and on what


class Audit(NamedTuple):
    """One reviewer's judgement of one chain of thought, at one time."""

    at: str  # UTC, ISO 8601
    run: str
    problem_id: str
    sample: int
    content_hash: str
    reviewer: str
    label: str  # one of LABELS, or WITHDRAWN
    note: str = ""
    span_start: int | None = None  # the characters of the completion that decide
    span_end: int | None = None
    kind: str = "person"
    round: int = 0  # of the verdicts of one judge


class Version(NamedTuple):
    """Tells whether anything was added; equal values mean that the audits are the same."""

    last: int = 0  # the newest id: rows are only added
    file: int = 0  # its number in the file system
    modified: int = 0
    bytes: int = 0


def content_hash(completion: str) -> str:
    """What an audit knows the text of a sample by."""
    return hashlib.sha256(completion.encode()).hexdigest()


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
            span_start, span_end, kind, round)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
            span_end, kind, round
        FROM audits
        WHERE id = ?
    """
    row = connection.execute(statement, (audit_id,)).fetchone()
    return Audit(*row) if row else None


def row_before(connection: sqlite3.Connection, audit: Audit, audit_id: int) -> Audit | None:
    """The same reviewer's row on the same sample before this one."""
    statement = """
        SELECT at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round
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
            span_end, kind, round
        FROM audits
        ORDER BY id
    """
    return [Audit(*row) for row in connection.execute(statement)]


def fault(audit: Audit) -> str | None:
    """Why this cannot be an audit, in a sentence; None where it can."""
    start, end = audit.span_start, audit.span_end
    spanned = start is None if end is None else start is not None and 0 <= start < end
    wrong = {
        f"The label {audit.label!r} is none of {', '.join(LABELS)}.": (
            audit.label not in (*LABELS, WITHDRAWN)
        ),
        "An audit needs the name of its reviewer.": not audit.reviewer.strip(),
        "An audit needs the hash of the text that was read.": not audit.content_hash,
        f"The kind {audit.kind!r} is none of {', '.join(KINDS)}.": audit.kind not in KINDS,
        f"{start} to {end} is no span of characters.": not spanned,
        f"Sample {audit.sample} or round {audit.round} is below 0.": (
            audit.sample < 0 or audit.round < 0
        ),
        "It holds half a character, which no file can hold.": not is_text(audit),
        f"{audit.at!r} is no time such as 2026-01-02T03:04:05+00:00.": not is_time(audit.at),
    }
    return next((sentence for sentence, is_so in wrong.items() if is_so), None)


def is_time(at: str) -> bool:
    """Whether it is ISO 8601."""
    try:
        datetime.fromisoformat(at)
    except ValueError:
        return False
    return True


def is_text(audit: Audit) -> bool:
    """Whether what it says can be written as UTF-8: it has no lone surrogates."""
    try:
        "".join(value for value in audit if isinstance(value, str)).encode()
    except UnicodeEncodeError:
        return False
    return True


def utc(at: str) -> str:
    """The time in UTC, written so that the order of texts is that of times."""
    moment = datetime.fromisoformat(at)
    known = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return known.isoformat()


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
            span_end, kind, round
        FROM audits
        WHERE run = ? AND problem_id = ? AND sample = ?
        ORDER BY at, id
    """
    return frame(study, statement, run, problem_id, sample)


def by_reviewer(study: Path, reviewer: str) -> pl.DataFrame:
    """Every row of one reviewer, with the columns of COLUMNS; oldest first."""
    statement = """
        SELECT id, at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round
        FROM audits
        WHERE reviewer = ?
        ORDER BY at, id
    """
    return frame(study, statement, reviewer)


def since(study: Path, audit_id: int) -> pl.DataFrame:
    """The rows that were added after this one (0: all), with the columns of COLUMNS, by id."""
    statement = """
        SELECT id, at, run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round
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
