"""What a server keeps in memory is what the file says, whoever wrote to it."""

import random
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from app import cache
from store import audit_log
from store.audit_log import AuditLog
from store.audits import FILE, LABELS, newest, record, since, undo
from tests.store.audit_rows import AT, audit


def test_it_says_what_the_file_says_after_every_row(tmp_path):
    log = AuditLog(tmp_path)
    assert log.newest().is_empty()
    draw = random.Random(3)
    for step in range(1, 40):
        if step % 5:
            reviewer, sample = f"reviewer-{draw.randrange(3)}", draw.randrange(4)
            record(tmp_path, audit(draw.choice(LABELS), reviewer, sample))
        else:
            undo(tmp_path, step - 1, AT)
        assert log.newest().equals(newest(tmp_path))
        assert log.rows().height == step


def test_only_what_is_new_is_read(tmp_path, monkeypatch):
    asked = []

    def followed(study, audit_id):
        asked.append(audit_id)
        return since(study, audit_id)

    monkeypatch.setattr(audit_log, "since", followed)
    log = AuditLog(tmp_path)
    for sample in range(3):
        record(tmp_path, audit(sample=sample))
        log.newest()
        log.rows()
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("way", ["in place", "beside"])
def test_a_file_that_is_put_back_from_a_copy_is_read_anew(tmp_path, way):
    log = AuditLog(tmp_path)
    record(tmp_path, audit("valid"))
    shutil.copyfile(tmp_path / FILE, tmp_path / "copy")
    record(tmp_path, audit("flawed"))
    assert log.newest()["label"].to_list() == ["flawed"]
    if way == "in place":
        shutil.copyfile(tmp_path / "copy", tmp_path / FILE)
    else:
        (tmp_path / "copy").replace(tmp_path / FILE)
    assert log.newest()["label"].to_list() == ["valid"]
    (tmp_path / FILE).unlink()
    assert log.rows().is_empty()


def test_a_file_that_cannot_be_read_is_told_and_found_again(tmp_path):
    log = AuditLog(tmp_path)
    record(tmp_path, audit())
    log.rows()
    shutil.copyfile(tmp_path / FILE, tmp_path / "copy")
    (tmp_path / FILE).write_text("no database, but long enough to be looked at" * 100)
    for _ in range(2):
        with pytest.raises(ValueError, match="cannot be read"):
            log.rows()
    shutil.copyfile(tmp_path / "copy", tmp_path / FILE)
    assert log.rows().height == 1


def test_threads_share_one(tmp_path):
    log = AuditLog(tmp_path)

    def work(number):
        for sample in range(10):
            record(tmp_path, audit(reviewer=f"reviewer-{number}", sample=sample))
            assert log.newest().filter(reviewer=f"reviewer-{number}").height == sample + 1
        return True

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(4)))
    assert log.rows()["id"].to_list() == list(range(1, 41))


def test_the_pages_see_an_audit_as_soon_as_it_is_made(tmp_path, monkeypatch):
    # They did not: Streamlit does not look at arguments whose names begin with an underscore, and
    # the version of the file was such a one.
    monkeypatch.setenv("PASSBAND_STUDY", str(tmp_path))
    for height in range(3):
        assert (cache.audits().height, cache.audit_rows().height) == (height, height)
        record(tmp_path, audit(sample=height))
