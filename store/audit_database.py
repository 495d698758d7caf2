"""The SQLite file behind store/audits.py: its schema, and how it is opened to read and to write.

Every call opens the file anew, so that threads and processes share nothing but the file.
"""

import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

FILE = "audits.sqlite"
PATIENCE = 30  # seconds to wait for another writer
VERSION = 2  # PRAGMA user_version. The first schema had none: its columns end with note

SCHEMA = """
    CREATE TABLE audits (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        at           TEXT NOT NULL,     -- UTC, ISO 8601
        run          TEXT NOT NULL,
        problem_id   TEXT NOT NULL,
        sample       INTEGER NOT NULL,
        content_hash TEXT NOT NULL,     -- SHA-256 of the completion in UTF-8, hexadecimal
        reviewer     TEXT NOT NULL CHECK (reviewer <> ''),
        label        TEXT NOT NULL
            CHECK (label IN ('valid', 'flawed', 'guess', 'ambiguous', 'withdrawn')),
        note         TEXT NOT NULL,
        span_start   INTEGER CHECK (span_start >= 0),         -- characters of the completion
        span_end     INTEGER CHECK (span_end > span_start),
        kind         TEXT NOT NULL CHECK (kind IN ('person', 'judge', 'adjudicator')),
        round        INTEGER NOT NULL CHECK (round >= 0),     -- of the verdicts of one judge
        queue        TEXT NOT NULL,     -- through which the reviewer came to it
        CHECK ((span_start IS NULL) = (span_end IS NULL))
    );
"""

# The triggers leave with the table of the first schema and come again with the new one.
AROUND = """
    CREATE INDEX audits_of_samples ON audits (run, problem_id, sample);
    CREATE INDEX audits_of_reviewers ON audits (reviewer);
    CREATE TRIGGER audits_are_not_changed BEFORE UPDATE ON audits
        BEGIN SELECT raise(ABORT, 'audits are only added, never changed'); END;
    CREATE TRIGGER audits_are_not_deleted BEFORE DELETE ON audits
        BEGIN SELECT raise(ABORT, 'audits are only added, never deleted'); END;
    CREATE TRIGGER audits_are_not_replaced BEFORE INSERT ON audits
        WHEN EXISTS (SELECT 1 FROM audits WHERE id = NEW.id)
        BEGIN SELECT raise(ABORT, 'audits are only added, never replaced'); END;
"""

CARRY_OVER = """
    INSERT INTO audits (id, at, run, problem_id, sample, content_hash, reviewer, label, note,
        span_start, span_end, kind, round, queue)
    SELECT id, at, run, problem_id, sample, content_hash, reviewer, label, note,
        NULL, NULL, 'person', 0, ''
    FROM audits_before
    ORDER BY id
"""

# Statements say `audits`: this view goes before the table of the first schema.
AS_NOW = """
    CREATE TEMP VIEW audits AS
    SELECT id, at, run, problem_id, sample, content_hash, reviewer, label, note,
        NULL AS span_start, NULL AS span_end, 'person' AS kind, 0 AS round,
        '' AS queue
    FROM main.audits
"""


@contextlib.contextmanager
def reading(study: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose `audits` has the columns of today, with no rows where there is no file.

    Raises ValueError where the file is no file of audits, or a newer Passband's.
    """
    try:
        with contextlib.closing(opened(study)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise ValueError(
            f"{study / FILE} cannot be read: {error}. Move it away, or restore it from a copy."
        ) from error


@contextlib.contextmanager
def writing(study: Path) -> Iterator[sqlite3.Connection]:
    """A connection in a transaction of its own: all that is added in it is kept, or nothing.

    Raises ValueError where the file cannot be written.
    """
    try:
        with contextlib.closing(connected(study)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise ValueError(
            f"{study / FILE} cannot be written: {error}. Nothing was recorded; try again."
        ) from error


def opened(study: Path) -> sqlite3.Connection:
    """A connection for reading."""
    if not (study / FILE).is_file():
        return blank()
    connection = for_reading(study)
    if not has_table(connection):  # its first writer may have been stopped before
        connection.close()
        return blank()
    if schema_version(connection, study) < VERSION:
        connection.execute(AS_NOW)
    return connection


def blank() -> sqlite3.Connection:
    """No audits, in memory."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    return connection


def for_reading(study: Path) -> sqlite3.Connection:
    """A connection to the file, which may lie where nobody may write."""
    address = (study / FILE).absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True, timeout=PATIENCE)
    try:
        has_table(connection)
    except sqlite3.OperationalError:
        # Readers leave marks beside the file. Where they may not, nobody can be writing either.
        connection.close()
        if (study / f"{FILE}-wal").exists():
            return copied(study)
        return sqlite3.connect(f"{address}?immutable=1", uri=True)
    return connection


def copied(study: Path) -> sqlite3.Connection:
    """The audits in memory, with those that a writer who was stopped left beside the file."""
    memory = sqlite3.connect(":memory:")
    with tempfile.TemporaryDirectory() as folder:
        for name in (FILE, f"{FILE}-wal"):
            shutil.copyfile(study / name, Path(folder) / name)
        with contextlib.closing(sqlite3.connect(Path(folder) / FILE)) as copy:
            copy.backup(memory)
    return memory


def connected(study: Path) -> sqlite3.Connection:
    """A connection for writing, to a file with the schema of today."""
    if not study.is_dir():
        raise ValueError(f"There is no study at {study}.")
    connection = sqlite3.connect(study / FILE, timeout=PATIENCE, isolation_level=None)
    try:
        # Only the last connection that is closed, when it is alone, moves rows into the file.
        # SQLite before 3.51.3 can damage the file when two connections do so at once.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        if schema_version(connection, study) < VERSION:
            set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def set_up(connection: sqlite3.Connection) -> None:
    """Make the tables, or those of the first schema into those of today; once, whoever comes."""
    write_ahead(connection)
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] < VERSION:
        before = has_table(connection)
        if before:
            connection.execute("ALTER TABLE audits RENAME TO audits_before")
        run_each(connection, SCHEMA)
        if before:
            connection.execute(CARRY_OVER)
            connection.execute("DROP TABLE audits_before")
        run_each(connection, AROUND)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def run_each(connection: sqlite3.Connection, script: str) -> None:
    """Run statements within the transaction; `executescript` would end it first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work side by side. SQLite does not wait for others to do this."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def has_table(connection: sqlite3.Connection) -> bool:
    """Whether the file has been set up."""
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'audits'"
    return bool(connection.execute(query).fetchone()[0])


def schema_version(connection: sqlite3.Connection, study: Path) -> int:
    """Raises ValueError where it is one that we do not know."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise ValueError(f"{study / FILE} was written by a newer Passband. Update this one.")
    return version
