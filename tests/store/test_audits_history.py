"""Nothing that a reviewer said is lost: changed minds, undoing, clocks that are put back."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from store import audits
from store.audit_database import writing
from store.audit_row import utc
from store.audits import SupersededError, by_reviewer, history, newest, record, undo
from tests.store.audit_rows import AT, audit, stored


def said(frame):
    return frame.select("reviewer", "label").rows()


def test_every_row_of_a_sample_is_kept_oldest_first(tmp_path):
    given = [("valid", "reviewer-1"), ("guess", "reviewer-2"), ("flawed", "reviewer-1")]
    for minute, (label, reviewer) in enumerate(given):
        record(tmp_path, audit(label, reviewer, at=f"2026-01-02T03:{minute:02}:00+00:00"))
    record(tmp_path, audit(sample=1))
    found = history(tmp_path, "run", "p0", 0)
    assert said(found) == [(reviewer, label) for label, reviewer in given]
    assert history(tmp_path, "run", "p0", 7).is_empty()
    assert found.columns == list(audits.COLUMNS)


def test_a_reviewer_finds_all_rows_again_in_order(tmp_path):
    for sample in range(20):
        record(tmp_path, audit(reviewer=f"reviewer-{sample % 2}", sample=sample))
    assert by_reviewer(tmp_path, "reviewer-1")["sample"].to_list() == list(range(1, 20, 2))
    assert by_reviewer(tmp_path, "reviewer-9").is_empty()
    assert by_reviewer(tmp_path / "nowhere", "reviewer-1").is_empty()


def test_span_kind_round_and_queue_are_read_back(tmp_path):
    more = {"span_start": 3, "span_end": 9, "kind": "judge", "round": 4, "queue": "random 7"}
    written = audit("guess", "judge:small", **more)
    record(tmp_path, written)
    assert newest(tmp_path).rows() == [(1, *written)]
    assert stored(tmp_path, ", ".join(more)) == [(3, 9, "judge", 4, "random 7")]


def test_rounds_of_a_judge_and_adjudication_are_verdicts_of_their_own(tmp_path):
    for round_, label in enumerate(("valid", "flawed", "valid")):
        record(tmp_path, audit(label, "judge:small", kind="judge", round=round_))
    record(tmp_path, audit("flawed", "reviewer-1"))
    record(tmp_path, audit("valid", "reviewer-1", kind="adjudicator"))
    found = newest(tmp_path).select("kind", "round", "label").rows()
    assert found == [
        ("judge", 0, "valid"), ("judge", 1, "flawed"), ("judge", 2, "valid"),
        ("person", 0, "flawed"), ("adjudicator", 0, "valid"),
    ]  # fmt: skip


def test_undoing_a_first_verdict_leaves_none(tmp_path):
    first = record(tmp_path, audit("guess", note="why", span_start=1, span_end=2))
    assert undo(tmp_path, first, "2026-01-02T04:00:00+00:00") == 2
    assert newest(tmp_path).is_empty()
    columns = "label, note, span_start, span_end, at, content_hash"
    taken_back = ("withdrawn", "", None, None, "2026-01-02T04:00:00+00:00", audit().content_hash)
    assert stored(tmp_path, columns)[1] == taken_back


def test_undoing_brings_back_the_verdict_before(tmp_path):
    record(tmp_path, audit("valid", note="sound", span_start=5, span_end=8))
    record(tmp_path, audit("guess", "reviewer-2"))
    changed = record(tmp_path, audit("flawed"))
    undo(tmp_path, changed, AT)
    (row,) = newest(tmp_path).filter(reviewer="reviewer-1").to_dicts()
    assert (row["label"], row["note"], row["span_start"]) == ("valid", "sound", 5)
    assert [label for _, _, label in stored(tmp_path)] == ["valid", "guess", "flawed", "valid"]


def test_undoing_what_is_not_there_changes_nothing(tmp_path):
    record(tmp_path, audit())
    assert undo(tmp_path, 7, AT) is None
    assert len(stored(tmp_path)) == 1


def test_undoing_one_by_one_goes_back_through_all_that_was_said(tmp_path):
    # As a page does it: it keeps a stack of the ids that the reviewer's keys gave.
    draw = random.Random(5)
    stack, before = [], []
    for _ in range(60):
        state = dict(newest(tmp_path).select("sample", "label").rows())
        if stack and draw.random() < 0.4:
            undo(tmp_path, stack.pop(), AT)
            assert dict(newest(tmp_path).select("sample", "label").rows()) == before.pop()
        else:
            before.append(state)
            label, sample = draw.choice(audits.LABELS), draw.randrange(3)
            stack.append(record(tmp_path, audit(label, sample=sample)))
    assert len(stored(tmp_path)) == 60


def test_an_older_row_is_not_undone_over_a_newer_verdict(tmp_path):
    older = record(tmp_path, audit("valid"))
    record(tmp_path, audit("flawed"))  # in another window
    with pytest.raises(
        SupersededError, match=r"something else of this response since.*Nothing was"
    ):
        undo(tmp_path, older, AT)
    assert said(newest(tmp_path)) == [("reviewer-1", "flawed")]
    assert len(stored(tmp_path)) == 2


def test_nor_twice(tmp_path):
    first = record(tmp_path, audit("valid"))
    undo(tmp_path, first, AT)
    with pytest.raises(SupersededError):
        undo(tmp_path, first, AT)
    assert newest(tmp_path).is_empty()


@pytest.mark.parametrize(
    "more",
    [{"sample": 1}, {"reviewer": "reviewer-2"}, {"kind": "adjudicator"}, {"text": "another"}],
)
def test_what_is_said_of_something_else_does_not_hinder_undoing(tmp_path, more):
    first = record(tmp_path, audit("valid"))
    record(tmp_path, audit("flawed", **more))
    assert undo(tmp_path, first, AT) == 3
    assert newest(tmp_path)["label"].to_list() == ["flawed"]


def test_undoing_goes_back_to_what_was_said_of_the_same_text(tmp_path):
    record(tmp_path, audit("valid", text="before"))
    undo(tmp_path, record(tmp_path, audit("flawed", text="after")), AT)
    found = newest(tmp_path).select("label", "content_hash").rows()
    assert found == [("valid", audit(text="before").content_hash)]


def test_a_text_that_comes_back_has_the_verdict_it_had(tmp_path):
    record(tmp_path, audit("valid", text="before"))
    record(tmp_path, audit("flawed", text="after"))
    record(tmp_path, audit("guess", text="after"))
    found = newest(tmp_path).select("label", "content_hash").rows()
    assert found == [
        ("valid", audit(text="before").content_hash), ("guess", audit(text="after").content_hash),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "last", ["9999-12-31T23:59:59.999999+00:00", "yesterday", "2026-02-02T00:00:00Z", "9999"]
)
def test_any_time_that_an_earlier_version_took_is_followed_by_what_is_said_later(tmp_path, last):
    record(tmp_path, audit("valid"))
    with writing(tmp_path) as connection:
        audits.insert(connection, audit("flawed", at=last))
    for label in ("guess", "ambiguous"):
        record(tmp_path, audit(label))
        assert newest(tmp_path)["label"].to_list() == [label]
    undo(tmp_path, 4, AT)
    assert newest(tmp_path)["label"].to_list() == ["guess"]


def test_undoing_an_adjudication_leaves_the_same_persons_reading(tmp_path):
    record(tmp_path, audit("flawed"))
    ruled = record(tmp_path, audit("valid", kind="adjudicator"))
    undo(tmp_path, ruled, AT)
    assert newest(tmp_path).select("kind", "label").rows() == [("person", "flawed")]


@pytest.mark.parametrize("later", [AT, "2025-12-31T00:00:00+00:00", "2026-01-02T04:04:05+01:00"])
def test_what_is_recorded_later_counts_even_if_the_clock_was_put_back(tmp_path, later):
    record(tmp_path, audit("valid", at=AT))
    record(tmp_path, audit("flawed", at=later))
    assert newest(tmp_path)["label"].to_list() == ["flawed"]
    assert history(tmp_path, "run", "p0", 0)["label"].to_list() == ["valid", "flawed"]
    assert stored(tmp_path, "at")[1] == ("2026-01-02T03:04:05.000001+00:00",)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05.25+02:00", "2026-01-02T01:04:05.250000+00:00"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00"),
    ],
)
def test_times_are_kept_in_one_way_of_writing(tmp_path, given, kept):
    record(tmp_path, audit(at=given))
    assert stored(tmp_path, "at") == [(kept,)]


def test_the_order_of_texts_is_the_order_of_times():
    start = datetime(2026, 1, 2, 23, 59, 59, 999998, tzinfo=UTC)
    times = [start + timedelta(microseconds=step) for step in (0, 1, 2, 3, 10**6, 10**6 + 2)]
    written = [utc(time.isoformat()) for time in times]
    assert written == sorted(written)
    assert len(set(written)) == len(times)
