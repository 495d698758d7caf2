"""Audits of a study that must stay as it is: the same rows, and not a byte of it is changed."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from store.audit_log import AuditLog
from store.audit_mirror import AuditMirror
from store.audits import FILE, history, newest, record
from tests.store.audit_rows import audit, stored
from tests.store.test_audits_schema import earlier  # noqa: F401  a fixture
from tests.untouched import contents

ROOT = Path(__file__).parents[2]


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    return folder


def rows(folder: Path) -> list[tuple]:
    return newest(folder).select("reviewer", "sample", "label").rows()


def test_what_was_tidied_up_and_what_is_only_in_the_wal_is_read_and_nothing_is_touched(study):
    record(study, audit("valid"))
    mirror = AuditMirror(study)
    before = contents(study)
    assert rows(mirror.folder()) == [("reviewer-1", 0, "valid")]
    assert contents(study) == before
    # A writer that is still there: what it recorded last is in the -wal only.
    with contextlib.closing(sqlite3.connect(study / FILE)) as writer:
        writer.execute("SELECT count(*) FROM audits").fetchall()
        record(study, audit("flawed", sample=1))
        before = contents(study)
        assert {f"{FILE}-wal", f"{FILE}-shm"} < before.keys()
        assert before[f"{FILE}-wal"][4] > 0
        expected = [("reviewer-1", 0, "valid"), ("reviewer-1", 1, "flawed")]
        assert rows(mirror.folder()) == rows(AuditMirror(study).folder()) == expected
        assert history(mirror.folder(), "run", "p0", 1)["label"].to_list() == ["flawed"]
        assert contents(study) == before
    record(study, audit("guess", sample=2))  # who is alone tidies up when done
    assert not (study / f"{FILE}-wal").exists()
    assert rows(mirror.folder())[2:] == [("reviewer-1", 2, "guess")]


def test_a_wal_that_a_killed_writer_left_is_read_without_its_index(study, tmp_path):
    record(tmp_path, audit("valid"))
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as writer:
        writer.execute("SELECT count(*) FROM audits").fetchall()
        record(tmp_path, audit("flawed", sample=1))
        for name in (FILE, f"{FILE}-wal"):
            shutil.copyfile(tmp_path / name, study / name)
    before = contents(study)
    log = AuditLog(AuditMirror(study).folder())
    assert log.newest()["label"].to_list() == ["valid", "flawed"]
    assert contents(study) == before


def test_no_audits_are_none_until_there_are_some_and_again_when_they_are_gone(study):
    mirror = AuditMirror(study)
    log = AuditLog(mirror.folder())
    assert log.rows().is_empty()
    record(study, audit("valid"))
    assert AuditLog(mirror.folder()).rows().height == 1
    (study / FILE).unlink()
    assert AuditLog(mirror.folder()).rows().is_empty()
    assert not list(study.iterdir())


def test_a_file_of_something_else_or_of_a_newer_passband_is_named_and_found_again(study):
    (study / FILE).write_text("no database, but long enough to be looked at" * 100)
    mirror = AuditMirror(study)
    for _ in range(2):
        with pytest.raises(ValueError, match=f"{study / FILE} cannot be read: file is not a"):
            mirror.folder()
    (study / FILE).unlink()
    record(study, audit("valid"))
    assert rows(mirror.folder()) == [("reviewer-1", 0, "valid")]
    with contextlib.closing(sqlite3.connect(study / FILE)) as connection:
        connection.execute("PRAGMA user_version = 3")
    with pytest.raises(ValueError, match=f"{study / FILE} was written by a newer Passband"):
        mirror.folder()


def test_a_file_of_the_first_schema_is_read(earlier):  # noqa: F811
    before = contents(earlier)
    assert newest(AuditMirror(earlier).folder())["label"].to_list() == ["guess", "flawed"]
    assert contents(earlier) == before


@pytest.mark.parametrize("people", [1, 3])
def test_while_processes_write_each_copy_is_whole(study, people):
    # One alone tidies up after each row; of several, whoever happens to be alone.
    size = [str(people), str(300 // people)]
    command = [sys.executable, "-m", "tests.store.audit_writers", str(study), "run", *size]
    mirror, seen = AuditMirror(study), []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as writers:
        while writers.poll() is None:
            if (ids := [row[0] for row in stored_in(mirror.folder())]) and (
                not seen or len(ids) != seen[-1]
            ):
                assert ids == list(range(1, len(ids) + 1))
                seen.append(len(ids))
    assert writers.returncode == 0
    assert len(seen) > 10
    assert seen == sorted(seen)
    assert stored_in(mirror.folder()) == stored(study)
    assert len(stored(study)) == 300


def stored_in(folder: Path) -> list[tuple]:
    """Of a copy that is sound and has its table by now."""
    if not (folder / FILE).is_file():
        return []
    with contextlib.closing(sqlite3.connect(folder / FILE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    return stored(folder) if ("audits",) in tables else []
