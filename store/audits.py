"""What reviewers say of chains of thought: `<study>/audits.sqlite`, to which rows are only added.

It is apart from the store, since it has to survive a rebuild, and in SQLite, since several people
write at once. A sample is named by its place and by the hash of its text: an audit of a text that
has since been replaced no longer counts.
"""

import contextlib
import hashlib
import sqlite3
from pathlib import Path
from typing import NamedTuple

import polars as pl

LABELS = ("valid", "flawed", "guess", "ambiguous")
FILE = "audits.sqlite"
PATIENCE = 30  # seconds to wait for another writer

SCHEMA = """
    CREATE TABLE IF NOT EXISTS audits (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        at           TEXT NOT NULL,     -- UTC, ISO 8601
        run          TEXT NOT NULL,
        problem_id   TEXT NOT NULL,
        sample       INTEGER NOT NULL,
        content_hash TEXT NOT NULL,     -- SHA-256 of the completion in UTF-8, hexadecimal
        reviewer     TEXT NOT NULL CHECK (reviewer <> ''),
        label        TEXT NOT NULL CHECK (label IN ('valid', 'flawed', 'guess', 'ambiguous')),
        note         TEXT NOT NULL
    );
    CREATE TRIGGER IF NOT EXISTS audits_are_not_changed BEFORE UPDATE ON audits
        BEGIN SELECT raise(ABORT, 'audits are only added, never changed'); END;
    CREATE TRIGGER IF NOT EXISTS audits_are_not_deleted BEFORE DELETE ON audits
        BEGIN SELECT raise(ABORT, 'audits are only added, never deleted'); END;
"""

NEWEST = """
    SELECT id, at, run, problem_id, sample, content_hash, reviewer, label, note
    FROM audits
    WHERE id IN (SELECT max(id) FROM audits GROUP BY run, problem_id, sample, reviewer)
    ORDER BY id
"""

COLUMNS = {
    "id": pl.Int64, "at": pl.String, "run": pl.String, "problem_id": pl.String,
    "sample": pl.Int32, "content_hash": pl.String, "reviewer": pl.String, "label": pl.String,
    "note": pl.String,
}  # fmt: skip
TEXT = ("run", "problem_id", "sample", "content_hash")


class Audit(NamedTuple):
    """One reviewer's judgement of one chain of thought, at one time."""

    at: str  # UTC, ISO 8601
    run: str
    problem_id: str
    sample: int
    content_hash: str
    reviewer: str
    label: str
    note: str = ""


class Version(NamedTuple):
    """Tells whether anything was added; equal values mean that the audits are the same."""

    modified: int = 0
    bytes: int = 0
    waiting_modified: int = 0  # SQLite writes beside the file first
    waiting_bytes: int = 0


def content_hash(completion: str) -> str:
    """What an audit knows the text of a sample by."""
    return hashlib.sha256(completion.encode()).hexdigest()


def record(study: Path, audit: Audit) -> int:
    """Add one audit; returns its id. Raises ValueError where it cannot be right."""
    if audit.label not in LABELS:
        raise ValueError(f"The label {audit.label!r} is none of {', '.join(LABELS)}.")
    if not audit.reviewer.strip():
        raise ValueError("An audit needs the name of its reviewer.")
    with contextlib.closing(sqlite3.connect(study / FILE, timeout=PATIENCE)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA)
        with connection:
            added = connection.execute(
                """
                INSERT INTO audits
                    (at, run, problem_id, sample, content_hash, reviewer, label, note)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                audit,
            )
        return int(added.lastrowid or 0)


def version(study: Path) -> Version:
    """Of the audits as they are now."""
    file, waiting = (stat(study / name) for name in (FILE, f"{FILE}-wal"))
    return Version(*file, *(waiting if waiting[1] else (0, 0)))


def stat(path: Path) -> tuple[int, int]:
    """Nanoseconds of the last change, and size; zeros where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def newest(study: Path) -> pl.DataFrame:
    """The newest audit of each reviewer and sample, with the columns of COLUMNS; oldest first.

    Empty where nothing was audited yet. Raises ValueError where the file is no file of audits.
    """
    if not (study / FILE).is_file():
        return pl.DataFrame(schema=COLUMNS)
    try:
        with contextlib.closing(opened(study)) as connection:
            rows = connection.execute(NEWEST).fetchall() if has_table(connection) else []
    except sqlite3.Error as error:
        raise ValueError(
            f"{study / FILE} cannot be read: {error}. Move it away, or restore it from a copy."
        ) from error
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def opened(study: Path) -> sqlite3.Connection:
    """A connection for reading."""
    address = (study / FILE).absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True, timeout=PATIENCE)
    try:
        has_table(connection)
    except sqlite3.OperationalError:
        # Readers leave marks beside the file. Where they may not, nobody can be writing either.
        connection.close()
        return sqlite3.connect(f"{address}?immutable=1", uri=True)
    return connection


def has_table(connection: sqlite3.Connection) -> bool:
    """Whether the file has been set up: its first writer may have been stopped before."""
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'audits'"
    return bool(connection.execute(query).fetchone()[0])


def agreed(study: Path) -> pl.DataFrame:
    """run, problem_id, sample, content_hash, label, audits: one row per audited text.

    `label` is the one that most reviewers gave; where several were given equally often it is
    `ambiguous`. `audits` is how many reviewers gave one.
    """
    return agreement(newest(study))


def agreement(audits: pl.DataFrame) -> pl.DataFrame:
    """The columns of `agreed`, from those of `newest`."""
    votes = audits.group_by(*TEXT, "label").len("votes")
    most = pl.col("votes") == pl.col("votes").max()
    return (
        votes.group_by(TEXT)
        .agg(
            winners=pl.col("label").filter(most),
            audits=pl.col("votes").sum().cast(pl.Int64),
        )
        .select(
            *TEXT,
            label=pl.when(pl.col("winners").list.len() == 1)
            .then(pl.col("winners").list.first())
            .otherwise(pl.lit("ambiguous")),
            audits="audits",
        )
        .sort("run", "problem_id", "sample", "content_hash")
    )
