"""Agreement of reviewers, from rows of audits to tables; expected values worked out by hand."""

import math

import polars as pl
import pytest

from app.analysis.reviewers import (
    against_people,
    alpha,
    disagreements,
    labels_given,
    pairs,
    readings,
)
from store.audits import COLUMNS, Audit, content_hash, newest, record

AT = "2026-01-02T03:04:05+00:00"
V, F, G, A = "valid", "flawed", "guess", "ambiguous"


def give(study, reviewer, labels, text="text", **more):
    """One verdict on each of the samples 0, 1, …; None: no verdict."""
    for sample, label in enumerate(labels):
        if label:
            place = ("run", "p", sample, content_hash(text))
            record(study, Audit(AT, *place, reviewer, label, **more))


def test_kappa_of_two_reviewers_counts_the_texts_that_both_read(tmp_path):
    give(tmp_path, "reviewer-1", [V, V, F, F, V, None])
    give(tmp_path, "reviewer-2", [V, F, F, F, V, V])
    give(tmp_path, "reviewer-3", [None, None, None, None, None, G])
    found = pairs(readings(newest(tmp_path)))
    # 4 of 5 the same; by chance 3/5·2/5 + 2/5·3/5 = 12/25: (4/5 − 12/25) / (13/25) = 8/13
    first = found.filter(first="reviewer-1", second="reviewer-2").row(0, named=True)
    assert (first["texts"], first["same"]) == (5, 4)
    assert first["value"] == pytest.approx(8 / 13)
    assert first["low"] < first["value"] < first["high"]
    # reviewers 2 and 3 have one text in common, 1 and 3 have none
    assert found.select("first", "second").rows() == [
        ("reviewer-1", "reviewer-2"), ("reviewer-2", "reviewer-3")
    ]  # fmt: skip


def test_verdicts_on_different_texts_of_a_sample_are_not_compared(tmp_path):
    give(tmp_path, "reviewer-1", [V, V])
    give(tmp_path, "reviewer-2", [V, V], text="another text")
    assert pairs(readings(newest(tmp_path))).is_empty()
    assert disagreements(newest(tmp_path)).is_empty()


def test_alpha_is_that_of_all_reviewers(tmp_path):
    give(tmp_path, "reviewer-1", [V, V, F])
    give(tmp_path, "reviewer-2", [V, F, F])
    found = alpha(readings(newest(tmp_path)))
    # 3 V and 3 F in 6 labels: 1 of 3 texts differs; by chance 2·3·3 / (6·5) = 3/5: 1 − (1/3)/(3/5)
    assert found.value == pytest.approx(4 / 9)
    assert found.n == 3


def test_nothing_was_audited():
    nothing = pl.DataFrame(schema=COLUMNS)
    assert pairs(readings(nothing)).is_empty()
    assert against_people(nothing).is_empty()
    assert disagreements(nothing).is_empty()
    assert labels_given(nothing).is_empty()
    assert math.isnan(alpha(readings(nothing)).value)


def test_judges_and_adjudicators_are_not_among_the_readers_unless_asked(tmp_path):
    give(tmp_path, "reviewer-1", [V, F])
    give(tmp_path, "reviewer-1", [F], kind="adjudicator")
    for number, labels in enumerate(([V, V], [V, F], [F, V])):
        give(tmp_path, "judge:m", labels, kind="judge", round=number)
    asked = readings(newest(tmp_path), with_judges=True)
    assert readings(newest(tmp_path))["reviewer"].unique().to_list() == ["reviewer-1"]
    assert asked.filter(reviewer="judge:m").sort("sample")["label"].to_list() == [V, V]
    assert asked.filter(reviewer="reviewer-1").sort("sample")["label"].to_list() == [V, F]


def test_a_judge_is_compared_with_what_people_agree_on_and_with_itself(tmp_path):
    give(tmp_path, "reviewer-1", [V, V, F, F, None])
    give(tmp_path, "reviewer-2", [V, V, F, F, None])
    for number in range(2):
        give(tmp_path, "judge:m", [V, V, F, V, G], kind="judge", round=number)
    found = against_people(newest(tmp_path)).row(0, named=True)
    assert (found["judge"], found["texts"], found["same"], found["rounds"]) == ("judge:m", 4, 3, 2)
    # 3 of 4; by chance 1/2·3/4 + 1/2·1/4 = 1/2
    assert found["value"] == pytest.approx(0.5)
    assert found["steady"] == 1


def test_disagreements_that_nobody_decided_come_first(tmp_path):
    give(tmp_path, "reviewer-1", [V, V, F, G])
    give(tmp_path, "reviewer-2", [F, V, A, G])
    give(tmp_path, "reviewer-3", [A], kind="adjudicator")
    found = disagreements(newest(tmp_path))
    assert found.select("sample", "said", "decided").rows() == [
        (2, "reviewer-1: flawed, reviewer-2: ambiguous", None),
        (0, "reviewer-1: valid, reviewer-2: flawed", "ambiguous"),
    ]


def test_labels_are_counted_per_reviewer_and_part(tmp_path):
    give(tmp_path, "reviewer-2", [V, F, V])
    give(tmp_path, "reviewer-2", [G], kind="adjudicator")
    give(tmp_path, "judge:m", [A], kind="judge")
    found = labels_given(newest(tmp_path))
    assert found.rows() == [
        ("reviewer-2", "person", 3, 2, 1, 0, 0),
        ("reviewer-2", "adjudicator", 1, 0, 0, 1, 0),
        ("judge:m", "judge", 1, 0, 0, 0, 1),
    ]
