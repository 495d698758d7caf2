"""Which samples the store names for reading, on studies small enough to count by hand."""

import polars as pl
import pytest

from app.analysis.queues import random
from store.build import publish
from store.location import connect
from store.queries import queues

# Outcomes of the study's samples, by conftest.OUTCOMES: index (problem² + sample // 2) mod 4,
# 0 correct, 1 incorrect, 2 no_answer, 3 error; four samples of each problem.
CORRECT = [("p0", 0), ("p0", 1), ("p2", 0), ("p2", 1)]


@pytest.fixture
def cursor(study):
    """Publishes the study when first asked for a cursor; closes the store when the test ends."""
    opened = []

    def publish_and_open():
        opened.append(connect(publish(study.path).path))
        return opened[-1].cursor()

    yield publish_and_open
    for connection in opened:
        connection.close()


def asked(*pairs):
    return pl.DataFrame(pairs, schema=["run", "problem_id"], orient="row")


def places(found):
    return found.select("problem_id", "sample").rows()


def test_correct_samples_are_those_of_the_problems_asked_for(study, cursor):
    run, other = study.complete_run("a"), study.complete_run("b")
    ask = cursor()
    found = queues.correct_samples(ask, asked((run.name, "p0"), (run.name, "p1")), None)
    assert found.columns == ["run", "problem_id", "sample", "outcome", "finish_reason"]
    assert found.rows() == [
        (run.name, "p0", 0, "correct", "stop"), (run.name, "p0", 1, "correct", "stop"),
    ]  # fmt: skip
    every = asked(*((name, f"p{i}") for name in (run.name, other.name) for i in range(3)))
    assert places(queues.correct_samples(ask, every, None)) == CORRECT * 2
    assert queues.correct_samples(ask, every.clear(), None).is_empty()
    assert queues.correct_samples(ask, every, "nobody").is_empty()


def test_correct_is_what_the_newest_version_of_the_chosen_verifier_says(study, cursor):
    run = study.complete_run("a")
    study.verdicts(run, verifier="other", count=3, shift=1)
    study.verdicts(run, version="2", shift=3)
    ask, p0 = cursor(), asked((run.name, "p0"))
    assert places(queues.correct_samples(ask, p0, None)) == [("p0", 2), ("p0", 3)]
    assert places(queues.correct_samples(ask, asked((run.name, "p1")), "other")) == []


@pytest.mark.parametrize("outcome", ["correct", "incorrect"])
@pytest.mark.parametrize("seed", [0, 17])
def test_random_samples_come_in_the_order_of_the_analysis(study, cursor, outcome, seed):
    names = [study.complete_run(model).name for model in "abc"]
    study.samples(study.run("unjudged"))
    ask = cursor()
    found = queues.random_samples(ask, names, None, outcome, seed, 100)
    assert found.height == (12 if outcome == "correct" else 24)
    assert (found["outcome"] == "correct").all() == (outcome == "correct")
    assert (
        random(found.sort("run", "problem_id", "sample"), seed, outcome)
        .drop("why")
        .equals(found.select("run", "problem_id", "sample"))
    )
    assert queues.random_samples(ask, names, None, outcome, seed, 5).equals(found.head(5))
    first = queues.random_samples(ask, names[:1], None, outcome, seed, 100)
    assert first.equals(found.filter(run=names[0]))


@pytest.mark.parametrize(
    ("left_out", "kinds"),
    [
        (["no_answer"], {"incorrect", "error"}),
        (["error", "no_answer"], {"incorrect"}),
        (["truncated"], {"incorrect", "no_answer", "error"}),
    ],
)
def test_what_does_not_count_is_passed_over_in_the_random_order(study, cursor, left_out, kinds):
    run = study.complete_run("a").name
    ask = cursor()
    every = queues.random_samples(ask, [run], None, "incorrect", 0, 100)
    kept = every.filter(pl.col("outcome").is_in(list(kinds)))
    if "truncated" in left_out:
        kept = every.filter(pl.col("finish_reason") != "length")  # sample 3 of each problem
        assert every.height - kept.height == 3
    found = queues.random_samples(ask, [run], None, "incorrect", 0, 100, left_out)
    assert found.equals(kept)
    none_of_p1 = queues.random_samples(ask, [run], None, "incorrect", 0, 2, left_out, ["p1"])
    assert none_of_p1.equals(kept.filter(pl.col("problem_id") != "p1").head(2))


def test_verifiers_disagree_on_samples_that_one_calls_correct(study, cursor):
    run, alone = study.complete_run("a"), study.complete_run("b")
    rows = [
        {"problem_id": "p0", "sample": s, "verifier": "other", "version": "1", "outcome": o}
        for s, o in enumerate(["correct", "error", "incorrect", "correct"])
    ]
    study.shard(run, "verdicts", rows, "other")
    ask, names = cursor(), [run.name, alone.name]
    found = queues.disagreements(ask, names, 100)
    # boxed says of p0: correct, correct, incorrect, incorrect
    assert found.rows() == [
        (run.name, "p0", 1, "boxed", "correct"), (run.name, "p0", 1, "other", "error"),
        (run.name, "p0", 3, "boxed", "incorrect"), (run.name, "p0", 3, "other", "correct"),
    ]  # fmt: skip
    assert queues.disagreements(ask, names, 1)["sample"].unique().to_list() == [1]
    assert queues.disagreements(ask, [alone.name], 100).is_empty()
    assert queues.disagreements(ask, [], 100).is_empty()
