"""Queues made from a published study, against what its verdicts were written to be."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import streamlit as st

from app.analysis.audit_work import Queue
from app.components.audit_desk import (
    ADJUDICATION,
    BOTH,
    CLAIMS,
    DISAGREEMENTS,
    HARD,
    RANDOM,
    SECOND,
    Wanted,
)
from app.components.audit_queues import desk_of
from app.selection import Selection
from store.audits import Audit, content_hash, record
from tests.app.selecting import ROLES, select
from tests.pages.conftest import Study, make_study

AT = "2026-01-02T03:04:05+00:00"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def selection(study: Study, monkeypatch: pytest.MonkeyPatch) -> Selection:
    return select(study, monkeypatch)


def queue(selection: Selection, wanted: Wanted, name: str = "reviewer-1") -> Queue:
    return desk_of(selection, wanted, name).queue


def outcomes(study: Study) -> pl.DataFrame:
    """run, problem_id, sample, outcome, c (of 32): as they were written."""
    parts = [
        study.verdicts[role].with_columns(
            run=pl.lit(study.runs[role]),
            c=(pl.col("outcome") == "correct").sum().over("problem_id"),
        )
        for role in ROLES
    ]
    return pl.concat(parts)


def places(rows: pl.DataFrame) -> set[Any]:
    return set(rows.select("run", "problem_id", "sample").rows())


@pytest.mark.parametrize("below", [5, 20])
@pytest.mark.parametrize("blind", [True, False])
def test_hard_problems_are_those_that_a_run_hardly_ever_solves(
    study: Study, selection: Selection, below: int, blind: bool
) -> None:
    right = outcomes(study).filter(outcome="correct")
    expected = places(right.filter(pl.col("c") * 100 < below * 32))
    found = queue(selection, Wanted(HARD, below=below, blind=blind))
    assert set(map(tuple, found.samples)) == expected
    assert len(found.samples) == len(expected)


def test_claims_are_what_one_run_alone_or_few_samples_say(
    study: Study, selection: Selection
) -> None:
    right = outcomes(study).filter(outcome="correct")
    alone = pl.col("run").n_unique().over("problem_id") == 1
    expected = places(right.filter(alone | (pl.col("c") <= 2)))
    assert set(map(tuple, queue(selection, Wanted(CLAIMS, few=2)).samples)) == expected


def test_verifiers_differ_where_the_strict_one_refuses(study: Study, selection: Selection) -> None:
    base = outcomes(study).filter(run=study.runs["base"])
    expected = places(base.filter(pl.col("outcome") == "correct", pl.col("sample") >= 8))
    assert set(map(tuple, queue(selection, Wanted(DISAGREEMENTS)).samples)) == expected


def test_random_samples_of_both_outcomes_take_turns_and_are_the_same_again(
    study: Study, selection: Selection
) -> None:
    wanted = Wanted(RANDOM, seed=3, size=30)
    found = queue(selection, wanted)
    right = places(outcomes(study).filter(outcome="correct"))
    kinds = [tuple(sample) in right for sample in found.samples]
    only = queue(selection, Wanted(RANDOM, seed=3, size=30, outcome="correct"))

    assert sum(kinds) == 30
    assert len(kinds) == 60
    assert 0 < sum(kinds[:30]) < 30
    assert found.samples == queue(selection, wanted, "reviewer-2").samples
    assert found.samples != queue(selection, Wanted(RANDOM, seed=4, size=30)).samples
    assert only.samples == tuple(s for s, kind in zip(found.samples, kinds, strict=True) if kind)
    assert wanted.outcome == BOTH


def test_second_opinions_stay_in_order_while_verdicts_come_in(
    study: Study, selection: Selection
) -> None:
    rows = study.samples["rl"].head(3).to_dicts()
    for row, reviewer in ((0, "reviewer-1"), (1, "reviewer-1"), (2, "reviewer-2")):
        give(study, rows[row], reviewer, "valid")
    first = queue(selection, Wanted(SECOND), "reviewer-2")
    give(study, rows[0], "reviewer-2", "flawed")
    again = queue(selection, Wanted(SECOND), "reviewer-2")
    assert {sample.sample for sample in first.samples} == {0, 1}
    assert again.samples == first.samples
    decided = queue(selection, Wanted(ADJUDICATION), "reviewer-3")
    assert [sample.sample for sample in decided.samples] == [0]


def give(study: Study, row: dict[str, Any], reviewer: str, label: str) -> None:
    place = (study.runs["rl"], row["problem_id"], row["sample"], content_hash(row["completion"]))
    record(study.path, Audit(AT, *place, reviewer, label))


def test_a_verdict_on_a_text_that_is_no_longer_there_is_out_of_date(
    study: Study, selection: Selection
) -> None:
    row = study.samples["rl"].row(9, named=True)
    give(study, row, "reviewer-9", "valid")
    give(study, {**row, "completion": "another text"}, "reviewer-8", "valid")
    desk = desk_of(selection, Wanted(RANDOM), "reviewer-9")
    assert len(desk.outdated) == 1


@pytest.mark.usefixtures("selection")
def test_an_empty_queue_says_what_to_do(study: Study) -> None:
    hostile = Selection("hostile", (study.runs["hostile"],), (), None, ())
    with pytest.raises(ValueError, match="Raise the accuracy, or choose another queue"):
        queue(hostile, Wanted(HARD))
    counted = Selection("countdown-24", (study.runs["counts"],), (), None, ())
    with pytest.raises(ValueError, match="of which only counts were imported"):
        queue(counted, Wanted(RANDOM))


def test_a_queue_of_many_samples_is_cut_and_says_so(
    selection: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.analysis.audit_work.MOST", 10)
    found = queue(selection, Wanted(HARD, below=50, blind=False))
    assert len(found.samples) == 10
    assert found.found > 10
    assert Path(str(st.session_state["build"])).exists()


def test_random_samples_are_those_that_count(study: Study, selection: Selection) -> None:
    """Neither an outcome that is left out nor a problem that the guess filter drops is read."""
    direct = study.runs["base"]
    answered = outcomes(study).filter(pl.col("outcome") != "no_answer")
    sizes = answered.filter(run=direct).group_by("problem_id").agg(pl.len(), pl.col("c").first())
    dropped = set(
        sizes.filter(pl.col("c") > 0, pl.col("c") * 100 < 20 * pl.col("len"))["problem_id"]
    )
    counting = replace(selection, left_out=("no_answer",), direct=direct, guess_below=20)
    wrong = pl.col("outcome") != "correct"
    expected = answered.filter(wrong, ~pl.col("problem_id").is_in(dropped))
    found = queue(counting, Wanted(RANDOM, outcome="incorrect", size=5000))
    assert dropped
    assert set(map(tuple, found.samples)) == places(expected)
    assert expected.height < outcomes(study).filter(wrong).height
