"""The audits of a study that must stay as it is to the last byte: a copy elsewhere.

SQLite leaves files beside a database that it reads (-shm, and -wal where there is none), since
others may be writing to it. So the file is copied with what was added since (-wal), and read there.
"""

import contextlib
import fcntl
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path
from threading import Lock
from typing import IO, NamedTuple

from store.audit_database import FILE, schema_version
from store.scratch import scratch

WAL = f"{FILE}-wal"
PATIENCE = 10  # seconds to wait for a moment in which no writer tidies up
# The bytes of the file that each reader locks, and who tidies up must have alone (SQLite's
# "shared" range, https://www.sqlite.org/fileformat2.html#the_lock_byte_page).
SHARED_FIRST, SHARED_BYTES = 0x40000000 + 2, 510


class Mark(NamedTuple):
    """A file as it is in the folder: it changes when the file does."""

    number: int
    bytes: int
    modified: int


class Marks(NamedTuple):
    """The file of audits and what was added to it since; None where there is none."""

    file: Mark | None = None
    added: Mark | None = None


class AuditMirror:
    """A folder outside the study whose audits are those of the study; threads may share it."""

    def __init__(self, study: Path) -> None:
        self.study = study
        self.lock = Lock()
        self.copied = Marks()
        self.place = Path(tempfile.mkdtemp(dir=scratch()))

    def folder(self) -> Path:
        """The folder, with the audits as they are now. Raises ValueError where they are none."""
        with self.lock:
            if marks(self.study) != self.copied:
                self.copied = self.renewed()
            return self.place

    def renewed(self) -> Marks:
        """Copy the audits anew; returns what was copied."""
        beside = self.place / "copying"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        try:
            copied = copy(self.study, beside)
            if copied.file is None:
                (self.place / FILE).unlink(missing_ok=True)
            else:
                fold(beside / FILE, self.study)
                (beside / FILE).replace(self.place / FILE)
        except (OSError, sqlite3.Error) as error:
            raise ValueError(f"{self.study / FILE} cannot be read: {error}.") from error
        return copied


def marks(study: Path) -> Marks:
    """What is there now."""
    return Marks(mark(study / FILE), mark(study / WAL))


def mark(path: Path) -> Mark | None:
    """Of one file; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return Mark(found.st_ino, found.st_size, found.st_mtime_ns)


def copy(study: Path, folder: Path) -> Marks:
    """Copy both files as they belong together; returns their marks. No file: copies none."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with (study / FILE).open("rb") as file:
                if not held(file):
                    time.sleep(0.01)
                    continue
                before = marks(study)
                copy_pair(file, study, folder)
                if belong_together(before, marks(study)):
                    return before
        except FileNotFoundError:
            if not (study / FILE).exists():
                return Marks()
    raise ValueError(f"{study / FILE} is being written to without a pause. Try again in a while.")


def held(file: IO[bytes]) -> bool:
    """Be one more reader until the file is closed, so that no writer moves rows into it.

    False where one is doing it just now. Where a file system has no locks, what changes tells.
    """
    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, SHARED_BYTES, SHARED_FIRST)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def copy_pair(file: IO[bytes], study: Path, folder: Path) -> None:
    """Copy the open file, and what was added to it; to open it again would end the lock."""
    with (folder / FILE).open("wb") as target:
        shutil.copyfileobj(file, target)
    with contextlib.suppress(FileNotFoundError):
        (folder / WAL).unlink(missing_ok=True)
        shutil.copyfile(study / WAL, folder / WAL)


def belong_together(before: Marks, after: Marks) -> bool:
    """Whether the copies do: rows may have been added, but none were moved. A half-written row at
    the end does no harm, since SQLite checks each.
    """
    if before.file != after.file:
        return False
    if before.added is None or after.added is None:
        return before.added is None
    return before.added.number == after.added.number and before.added.bytes <= after.added.bytes


def fold(path: Path, study: Path) -> None:
    """Make the copy one file, which can be read without a mark."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        schema_version(connection, study)
