"""What the keys of the audit do: once, for the sample that is on the screen."""

from pathlib import Path

import polars as pl
import pytest

from app.access import READ_ONLY, may_write
from app.analysis.audit_work import Sample, queue_of, said_by, standing
from app.components.audit_desk import RANDOM, SECOND, Wanted
from app.components.audit_verdicts import (
    Reading,
    Shown,
    go,
    judge,
    position,
    take_back,
)
from store.audits import FILE, by_reviewer, content_hash, newest

ROWS = pl.DataFrame(
    {"run": "r", "problem_id": "p", "sample": range(4), "why": ""}
).cast({"sample": pl.Int32})  # fmt: skip
QUEUE = queue_of(ROWS)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PASSBAND_STUDY", str(tmp_path))
    return tmp_path


@pytest.fixture
def now() -> Reading:
    return Reading(Wanted(), "reviewer-1")


def look(now: Reading, study: Path, text: str = "text", span=None) -> tuple[int, Shown]:
    """What a look at the page does: shows a sample, and then waits for keys."""
    mine = said_by(standing(newest(study), (), "person"), now.reviewer)
    place = position(now, QUEUE, mine)
    name = QUEUE.names[place]
    now.waiting = name
    sample = QUEUE.samples[place]
    return place, Shown(sample, name, content_hash(text), span, now.reviewer, "person")


def given(study: Path) -> list[tuple[int, str]]:
    return by_reviewer(study, "reviewer-1").select("sample", "label").rows()


def test_a_verdict_belongs_to_what_was_shown_and_the_next_sample_follows(study, now):
    place, shown = look(now, study, "first text", span=(2, 5))
    judge(now, shown, "flawed", place)
    row = newest(study).row(0, named=True)
    assert (row["sample"], row["label"], row["reviewer"]) == (0, "flawed", "reviewer-1")
    assert row["content_hash"] == content_hash("first text")
    assert (row["span_start"], row["span_end"], row["kind"]) == (2, 5, "person")
    assert look(now, study)[0] == 1


@pytest.mark.parametrize(
    ("wanted", "queue"),
    [
        (Wanted(), "hard problems"),
        (Wanted(RANDOM, seed=7, outcome="correct", size=5), "random 7"),
        (Wanted(RANDOM), "random 0"),
        (Wanted(SECOND, seed=7), "second opinions"),
    ],
)
def test_a_verdict_names_the_queue_that_showed_the_sample(study, wanted, queue):
    now = Reading(wanted, "reviewer-1")
    place, shown = look(now, study)
    judge(now, shown, "valid", place)
    assert newest(study)["queue"].to_list() == [queue]


def test_a_key_pressed_twice_is_one_verdict(study, now):
    place, shown = look(now, study)
    judge(now, shown, "valid", place)
    judge(now, shown, "valid", place)
    assert given(study) == [(0, "valid")]


def test_a_key_of_the_sample_before_does_nothing_to_the_next(study, now):
    place, shown = look(now, study)
    judge(now, shown, "valid", place)
    look(now, study)
    judge(now, shown, "flawed", place)
    take_back(now, shown.name)
    go(now, shown.name, QUEUE.names[3])
    assert given(study) == [(0, "valid")]
    assert look(now, study)[0] == 1


def test_undo_takes_back_the_last_verdict_and_shows_its_sample(study, now):
    for label in ("valid", "flawed"):
        judge(now, look(now, study)[1], label, look(now, study)[0])
    take_back(now, look(now, study)[1].name)
    assert given(study) == [(0, "valid"), (1, "flawed"), (1, "withdrawn")]
    place, shown = look(now, study)
    assert place == 1
    take_back(now, shown.name)
    assert look(now, study)[0] == 0
    assert newest(study).is_empty()
    assert not now.done


def test_a_mind_that_is_changed_leads_back_to_where_reading_stopped(study, now):
    for label in ("valid", "flawed"):
        place, shown = look(now, study)
        judge(now, shown, label, place)
    place, shown = look(now, study)
    go(now, shown.name, QUEUE.names[0])
    place, shown = look(now, study)
    assert place == 0
    judge(now, shown, "guess", place)
    assert look(now, study)[0] == 2
    assert given(study) == [(0, "valid"), (1, "flawed"), (0, "guess")]


def test_after_the_last_sample_those_that_were_passed_over_follow_and_then_it_stays(study, now):
    place, shown = look(now, study)
    go(now, shown.name, QUEUE.names[2])
    seen = []
    for _ in range(4):
        place, shown = look(now, study)
        seen.append(place)
        judge(now, shown, "valid", place)
    assert seen == [2, 3, 0, 1]
    assert look(now, study)[0] in range(4)


def test_a_sample_that_has_left_the_queue_leads_to_one_that_is_unread(study, now):
    now.at = "000000000000"
    assert look(now, study)[0] == 0


def test_a_verdict_that_cannot_be_written_is_told_and_the_sample_stays(study, now):
    (study / FILE).write_bytes(b"no database at all" * 100)
    mine: dict[Sample, object] = {}
    place = position(now, QUEUE, mine)
    now.waiting = QUEUE.names[place]
    name = now.waiting
    shown = Shown(QUEUE.samples[place], name, content_hash("t"), None, "reviewer-1", "person")
    judge(now, shown, "valid", place)
    assert "cannot be written" in now.said
    assert position(now, QUEUE, mine) == place


@pytest.mark.parametrize(("value", "expected"), [("", True), ("0", True), ("1", False)])
def test_a_read_only_dashboard_writes_nothing(study, now, monkeypatch, value, expected):
    monkeypatch.setenv(READ_ONLY, value)
    place, shown = look(now, study)
    judge(now, shown, "valid", place)
    assert may_write() is expected
    assert (study / FILE).exists() is expected
