"""A judge asked again under another prompt: what it said before is kept and does not count."""

import sqlite3
from pathlib import Path

import pytest

from app.analysis.reviewers import against_people
from generation.judge_plan import plan
from generation.judging import Report
from store import audits
from store.audits import Audit, content_hash
from tests.generation.judge_answers import about, says, verdict
from tests.generation.judged import AT, judge, judged, rows, sizes
from tests.generation.server import Asked, Reply, scripted

WARMER = {"temperature": 0.5}


def test_fewer_verdicts_under_another_prompt_leave_none_of_the_old_ones(tmp_path: Path) -> None:
    with scripted(verdict("valid")) as server:
        judged(tmp_path, server, ["one", "two"])
        audits.record(tmp_path, Audit(AT, "r", "p", 0, content_hash("one"), "ann", "flawed"))
    with scripted(verdict("flawed")) as server:
        judged(tmp_path, server, ["one"], verdicts=1, **WARMER)
        assert rows(tmp_path) == [
            (0, 0, "flawed"), (0, 0, "flawed"), *[(1, i, "valid") for i in range(3)],
        ]  # fmt: skip
        found = against_people(audits.newest(tmp_path)).row(0, named=True)
        assert (found["texts"], found["same"]) == (1, 1)
        # Nothing but what is new is asked, and nothing more is withdrawn.
        assert judged(tmp_path, server, ["one"], verdicts=1, **WARMER) == Report()
        height = audits.since(tmp_path, 0).height
        judged(tmp_path, server, ["one"], verdicts=3, **WARMER)
    assert audits.since(tmp_path, 0).height == height + 2
    assert [row for row in rows(tmp_path) if row[0] == 0] == [
        (0, 0, "flawed"), (0, 0, "flawed"), (0, 1, "flawed"), (0, 2, "flawed"),
    ]  # fmt: skip


def test_fewer_verdicts_under_the_same_prompt_withdraw_nothing(tmp_path: Path) -> None:
    with scripted(verdict("valid")) as server:
        judged(tmp_path, server, ["one"])
        assert judged(tmp_path, server, ["one"], verdicts=1) == Report()
    assert audits.since(tmp_path, 0)["label"].to_list() == ["valid"] * 3


def test_going_back_to_the_first_prompt_asks_for_what_was_withdrawn(tmp_path: Path) -> None:
    with scripted(verdict("valid")) as server:
        judged(tmp_path, server, ["one"])
        judged(tmp_path, server, ["one"], verdicts=1, **WARMER)
    with scripted(verdict("guess")) as server:
        assert plan(tmp_path, judge(server), sizes(["one"])).missing == 3
        judged(tmp_path, server, ["one"])
    assert rows(tmp_path) == [(0, i, "guess") for i in range(3)]


def test_verdicts_under_an_older_prompt_count_until_there_is_one_under_the_new(
    tmp_path: Path,
) -> None:
    with scripted(verdict("valid")) as server:
        judged(tmp_path, server, ["4711", "4712"])
    with scripted(about({"4711": says("I cannot say.")}, verdict("flawed"))) as server:
        judged(tmp_path, server, ["4711", "4712"], verdicts=1, **WARMER)
    assert rows(tmp_path) == [*[(0, i, "valid") for i in range(3)], (1, 0, "flawed")]


def test_a_job_under_another_prompt_that_is_stopped_goes_on_with_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(verdict("valid")) as server:
        judged(tmp_path, server, ["one", "two"])

    def answer(asked: Asked) -> Reply:
        failed = Reply({"error": {"message": "boom"}}, 500)
        return verdict("flawed")(asked) if asked.count == 0 else failed

    with scripted(answer) as server, pytest.raises(ValueError, match="boom"):
        judged(tmp_path, server, ["one", "two"], retries=0, concurrency=1, **WARMER)
    assert "1 of 6 verdicts are stored" in capsys.readouterr().err
    assert rows(tmp_path) == [(0, 0, "flawed"), *[(1, i, "valid") for i in range(3)]]
    with scripted(verdict("guess")) as server:
        found = plan(tmp_path, judge(server, **WARMER), sizes(["one", "two"]))
        assert (found.there, found.missing, found.replaced) == (1, 5, 5)
        judged(tmp_path, server, ["one", "two"], **WARMER)
        assert len(server.asked) == 5
    assert [label for _, _, label in rows(tmp_path)] == ["flawed", *["guess"] * 5]


def test_nothing_is_withdrawn_of_another_text_judge_or_person(tmp_path: Path) -> None:
    person = Audit(AT, "r", "p", 0, content_hash("one"), "judge:m", "guess", round=1)
    audits.record(tmp_path, person)
    with scripted(verdict("valid")) as server:
        for text, model in (("one", "m"), ("another", "m"), ("one", "m-2")):
            judged(tmp_path, server, [text], model=model)
        judged(tmp_path, server, ["one"], verdicts=1, **WARMER)
    gone = audits.since(tmp_path, 0).filter(label="withdrawn").sort("round")
    assert gone.select("content_hash", "reviewer", "kind", "round").rows() == [
        (content_hash("one"), "judge:m", "judge", number) for number in (1, 2)
    ]


def test_a_text_that_comes_back_is_not_judged_again(tmp_path: Path) -> None:
    with scripted(verdict("valid")) as server:
        judged(tmp_path, server, ["one"])
        judged(tmp_path, server, ["another"], verdicts=1)
        assert len(server.asked) == 4
        assert judged(tmp_path, server, ["one"]) == Report()
        assert judged(tmp_path, server, ["another"], verdicts=1) == Report()
        assert len(server.asked) == 4
    assert audits.newest(tmp_path).height == 4


def test_what_is_withdrawn_is_written_with_the_verdict_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(verdict("valid")) as server:
        judged(tmp_path, server, ["one"])
        before = audits.since(tmp_path, 0)
        add = audits.add_after_the_last

        def interrupted(connection: sqlite3.Connection, audit: Audit) -> int:
            if audit.label != audits.WITHDRAWN:
                raise KeyboardInterrupt
            return add(connection, audit)

        monkeypatch.setattr(audits, "add_after_the_last", interrupted)
        with pytest.raises(KeyboardInterrupt):
            judged(tmp_path, server, ["one"], verdicts=1, **WARMER)
    assert audits.since(tmp_path, 0).equals(before)
