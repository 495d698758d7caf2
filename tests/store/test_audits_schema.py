"""Files of the first schema, of a newer Passband, and those that may only be read."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from store.audits import FILE, agreed, by_reviewer, history, newest, opened, record, undo
from tests.store.audit_rows import AT, audit, stored

NOBODY = 65534
FIRST_SCHEMA = """
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
EARLIER = [
    audit("valid", note="sound"),
    audit("guess", "reviewer-2", sample=1),
    audit("flawed", at="2026-01-02T03:04:06+00:00"),
]


@pytest.fixture
def earlier(tmp_path):
    """A study whose audits an earlier version wrote."""
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(FIRST_SCHEMA)
        with connection:
            connection.executemany(
                "INSERT INTO audits (at, run, problem_id, sample, content_hash, reviewer, label,"
                " note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [row[:8] for row in EARLIER],
            )
    return tmp_path


def test_a_file_of_the_first_schema_is_read_and_left_as_it_is(earlier):
    before = (earlier / FILE).read_bytes()
    assert newest(earlier).rows() == [(2, *EARLIER[1]), (3, *EARLIER[2])]
    assert history(earlier, "run", "p0", 0)["label"].to_list() == ["valid", "flawed"]
    assert by_reviewer(earlier, "reviewer-2")["kind"].to_list() == ["person"]
    assert agreed(earlier)["label"].to_list() == ["flawed", "guess"]
    assert (earlier / FILE).read_bytes() == before


def test_the_first_write_brings_it_up_to_date_and_keeps_every_row(earlier):
    assert record(earlier, audit("ambiguous", sample=2, span_end=1, span_start=0, queue="q")) == 4
    kept = stored(earlier, "*")
    assert kept[:3] == [(number, *row) for number, row in enumerate(EARLIER, start=1)]
    assert [row[13] for row in kept] == ["", "", "", "q"]
    assert kept[3][9:11] == (0, 1)
    assert undo(earlier, 3, "2026-01-02T03:05:00+00:00") == 5
    assert newest(earlier).filter(sample=0)["label"].to_list() == ["valid"]
    for statement in ("UPDATE audits SET label = 'valid'", "DELETE FROM audits"):
        with contextlib.closing(sqlite3.connect(earlier / FILE)) as connection:
            with pytest.raises(sqlite3.IntegrityError, match="only added"):
                connection.execute(statement)
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            assert {name for (name,) in names} == {"audits", "sqlite_sequence"}


def test_a_reader_who_is_in_the_middle_does_not_stop_it(earlier):
    with contextlib.closing(opened(earlier)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM audits").fetchone() == (3,)
        record(earlier, audit(sample=2))
        assert reader.execute("SELECT count(*), max(kind) FROM audits").fetchone() == (3, "person")
    assert newest(earlier).height == 3


@pytest.mark.parametrize("kind", ["nothing", "first schema"])
def test_many_that_come_at_once_set_the_file_up_once(tmp_path, kind, request):
    study = request.getfixturevalue("earlier") if kind == "first schema" else tmp_path
    command = [sys.executable, "-m", "tests.store.audit_writers", str(study), "base", "8", "3"]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True)
    found = stored(study, "reviewer, sample", "run <> 'run'")
    assert sorted(found) == [(f"reviewer-{w}", sample) for w in range(8) for sample in range(3)]
    assert len(stored(study)) == 24 + (len(EARLIER) if kind == "first schema" else 0)


def test_a_file_of_a_newer_version_is_not_touched(tmp_path):
    record(tmp_path, audit())
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA user_version = 3")
    for use in (newest, lambda study: record(study, audit("flawed"))):
        with pytest.raises(ValueError, match="newer Passband"):
            use(tmp_path)
    assert len(stored(tmp_path)) == 1


@pytest.fixture
def locked():
    """A study in which this process may not write, whoever it is; call it to lock."""
    folder = Path(tempfile.mkdtemp())

    @contextlib.contextmanager
    def lock():
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(user)
            folder.chmod(0o755)

    yield folder, lock
    shutil.rmtree(folder)


def test_a_study_that_may_only_be_read_shows_its_audits(locked):
    study, lock = locked
    record(study, audit("guess"))
    with lock():
        assert not os.access(study, os.W_OK, effective_ids=True)
        assert newest(study)["label"].to_list() == ["guess"]
        with pytest.raises(ValueError, match=r"cannot be written: .*Nothing was recorded"):
            record(study, audit("valid"))
    assert len(stored(study)) == 1


def test_so_does_one_of_the_first_schema(locked, earlier):
    study, lock = locked
    shutil.copyfile(earlier / FILE, study / FILE)
    with lock():
        assert newest(study).height == 2
        assert history(study, "run", "p0", 1)["label"].to_list() == ["guess"]


def test_what_a_stopped_writer_left_beside_the_file_is_read_too(locked, tmp_path):
    # A copy of a study in use, put where nobody may write: the newest rows are in the -wal file.
    study, lock = locked
    record(tmp_path, audit("valid"))
    with contextlib.closing(opened(tmp_path)) as reader:
        reader.execute("SELECT count(*) FROM audits").fetchall()
        record(tmp_path, audit("flawed", sample=1))
        for name in (FILE, f"{FILE}-wal"):
            shutil.copyfile(tmp_path / name, study / name)
    assert (study / f"{FILE}-wal").stat().st_size > 0
    with lock():
        assert newest(study)["label"].to_list() == ["valid", "flawed"]


def test_a_writer_that_waits_in_vain_says_that_nothing_was_recorded(tmp_path, monkeypatch):
    record(tmp_path, audit())
    monkeypatch.setattr("store.audit_database.PATIENCE", 0.05)
    with contextlib.closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ValueError, match=r"locked\. Nothing was recorded; try again"):
            record(tmp_path, audit("flawed"))
    assert record(tmp_path, audit("flawed", at=AT)) == 2
