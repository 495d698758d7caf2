"""A queue as it is read: its order, where a reviewer goes on, and what counts as read."""

import itertools

import polars as pl
import pytest

from app.analysis.audit_work import (
    Queue,
    Sample,
    digest,
    interleaved,
    mixed,
    name_of,
    progress,
    queue_of,
    said_by,
    standing,
    unread_from,
)
from store.audits import COLUMNS, Audit, content_hash, newest, record, undo

AT = "2026-01-02T03:04:05+00:00"


def rows(*samples):
    columns = {"run": pl.String, "problem_id": pl.String, "sample": pl.Int32}
    return pl.DataFrame(samples, schema=columns, orient="row").with_columns(why=pl.lit("a claim"))


def queue(*samples):
    return queue_of(rows(*samples))


def many(runs=("run-a", "run-b"), problems=6, each=8):
    return rows(*itertools.product(runs, [f"p{i}" for i in range(problems)], range(each)))


def test_a_queue_has_its_samples_in_order_and_says_how_many_were_found():
    found = queue(("r", "p1", 3), ("r", "p0", 1))
    assert found.samples == (Sample("r", "p1", 3), Sample("r", "p0", 1))
    assert found.why == ("a claim", "a claim")
    assert found.found == 2
    assert [found.positions[name] for name in found.names] == [0, 1]


def test_a_name_is_of_one_sample_only_and_does_not_tell_the_run():
    names = {name_of(Sample(*row)) for row in many().select("run", "problem_id", "sample").rows()}
    assert len(names) == 96
    assert not any("run" in name for name in names)
    assert digest("ab", "c") != digest("a", "bc")
    assert name_of(Sample("r\ud800", "p", 0))  # a name that is no Unicode text is still a name


def test_a_blind_order_mixes_the_runs_within_a_problem_and_is_the_same_for_everybody():
    found = mixed(many())
    again = mixed(many().sample(fraction=1, shuffle=True, seed=5))
    assert found.equals(again)
    assert sorted(found.rows()) == sorted(many().rows())
    for _, part in found.group_by("problem_id"):
        turns = (part["run"] != part["run"].shift()).sum()
        assert turns > 2, "all samples of one run, then those of the other"
    blocks = (found["problem_id"] != found["problem_id"].shift()).sum()
    assert blocks == 5, "the samples of a problem follow one another"


def test_a_blind_order_stays_for_the_others_when_samples_are_added():
    few = mixed(many(each=4))
    found = mixed(many(each=8)).filter(pl.col("sample") < 4)
    assert found.equals(few)


def test_a_blind_order_can_keep_what_comes_first():
    frame = many().with_columns(first=pl.int_range(pl.len()) % 2)
    assert mixed(frame, ["first"])["first"].is_sorted()


def test_strata_take_turns_each_in_its_own_order():
    right, wrong = many(runs=["right"]), many(runs=["wrong"], problems=2)
    found = interleaved([right, wrong], 7)
    assert found.filter(run="right").equals(right)
    assert found.filter(run="wrong").equals(wrong)
    assert found["run"].head(16).n_unique() == 2
    assert not found.equals(interleaved([right, wrong], 8))


def audit(label, reviewer="reviewer-1", sample=0, **more):
    return Audit(AT, "r", "p", sample, content_hash("text"), reviewer, label, **more)


def test_what_stands_is_the_newest_of_each_sample_and_not_what_was_withdrawn(tmp_path):
    record(tmp_path, audit("valid", sample=0, note="fine"))
    record(tmp_path, audit("guess", sample=0, span_start=2, span_end=5))
    second = record(tmp_path, audit("flawed", sample=1))
    undo(tmp_path, second, AT)
    record(tmp_path, audit("valid", sample=2, kind="adjudicator"))
    record(tmp_path, audit("valid", "reviewer-2", sample=3))
    found = said_by(standing(newest(tmp_path), (), "person"), "reviewer-1")
    assert {place.sample: tuple(one) for place, one in found.items()} == {0: ("guess", "", (2, 5))}
    decided = said_by(standing(newest(tmp_path), (), "adjudicator"), "reviewer-1")
    assert [place.sample for place in decided] == [2]


def test_a_verdict_on_a_text_that_has_changed_does_not_count_as_read(tmp_path):
    old = record(tmp_path, audit("valid", sample=0))
    record(tmp_path, audit("valid", sample=1))
    given = standing(newest(tmp_path), {old}, "person")
    assert [place.sample for place in said_by(given, "reviewer-1")] == [1]
    assert progress(queue(("r", "p", 0), ("r", "p", 1)), given, "reviewer-1") == (1, 1, 2)


def test_nobody_has_read_anything_at_first():
    given = standing(pl.DataFrame(schema=COLUMNS), (), "person")
    assert said_by(given, "reviewer-1") == {}
    assert progress(queue(("r", "p", 0)), given, "reviewer-1") == (0, 0, 1)


def test_progress_counts_samples_of_the_queue_only(tmp_path):
    for reviewer, samples in (("reviewer-1", (0, 9)), ("reviewer-2", (0, 1)), ("reviewer-3", (1,))):
        for sample in samples:
            record(tmp_path, audit("valid", reviewer, sample))
    found = queue(*(("r", "p", i) for i in range(5)))
    assert progress(found, standing(newest(tmp_path), (), "person"), "reviewer-1") == (1, 2, 5)


@pytest.mark.parametrize(
    ("read", "start", "expected"),
    [
        ((), 0, 0),
        ((0, 1, 2), 0, 3),
        ((0, 1, 2), 4, 4),
        ((3, 4), 3, 0),
        ((0, 1, 2, 3, 4), 2, None),
        ((4,), 5, 0),  # after the last one
        ((), 99, 0),
    ],
)  # fmt: skip
def test_a_reviewer_goes_on_at_the_next_that_is_unread(read, start, expected):
    found = queue(*(("r", "p", i) for i in range(5)))
    assert unread_from(found, {Sample("r", "p", i) for i in read}, start) == expected


def test_an_empty_queue_has_nothing_to_read():
    assert unread_from(Queue((), (), 0), {}, 0) is None
