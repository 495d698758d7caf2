"""Which answers were given how often, on verdicts counted by hand."""

import pytest

from store.build import publish
from store.location import connect
from store.queries.answers import answers


@pytest.fixture
def cursor(study):
    opened = []

    def publish_and_open():
        opened.append(connect(publish(study.path).path))
        return opened[-1].cursor()

    yield publish_and_open
    for connection in opened:
        connection.close()


def judged(study, folder, verifier, rows, version="1"):
    """One verdict per (problem, outcome, answer), numbered within its problem."""
    numbers: dict[str, int] = {}
    verdicts, samples = [], []
    for problem, outcome, answer, reason in rows:
        number = numbers[problem] = numbers.get(problem, -1) + 1
        place = {"problem_id": problem, "sample": number}
        verdicts.append(
            {**place, "verifier": verifier, "version": version, "outcome": outcome,
             "answer": answer}
        )  # fmt: skip
        samples.append({**place, "completion": "x", "finish_reason": reason})
    study.shard(folder, "verdicts", verdicts, verifier)
    return samples


ROWS = [
    ("p0", "correct", "1/2", "stop"), ("p0", "correct", "0.5", "length"),
    ("p0", "incorrect", "3", "stop"), ("p0", "incorrect", "3", "length"),
    ("p0", "incorrect", "4", "stop"), ("p0", "no_answer", None, "length"),
    ("p0", "error", None, "stop"), ("p1", "incorrect", "9", "stop"),
]  # fmt: skip


def test_wrong_answers_are_told_apart_and_right_ones_are_one(study, cursor):
    run = study.run()
    study.shard(run, "samples", judged(study, run, "boxed", ROWS))
    found = answers(cursor(), [run.name], None)
    assert {row[1:] for row in found.rows()} == {
        ("p0", "0.5", True, 2), ("p0", "3", False, 2), ("p0", None, False, 2),
        ("p0", "4", False, 1), ("p1", "9", False, 1),
    }  # fmt: skip
    assert found.height == 5 and found["run"].unique().to_list() == [run.name]


def test_left_out_samples_are_not_counted(study, cursor):
    run = study.run()
    study.shard(run, "samples", judged(study, run, "boxed", ROWS))
    ask = cursor()
    kept = answers(ask, [run.name], None, ["no_answer", "truncated"])
    assert {row[1:] for row in kept.rows()} == {
        ("p0", "1/2", True, 1), ("p0", "3", False, 1), ("p0", "4", False, 1),
        ("p0", None, False, 1), ("p1", "9", False, 1),
    }  # fmt: skip
    assert answers(ask, [run.name], None, ["error"])["samples"].sum() == 7


def test_the_answers_are_those_of_the_verifier_that_is_asked_for(study, cursor):
    run = study.run()
    study.shard(run, "samples", judged(study, run, "boxed", ROWS))
    judged(study, run, "strict", [("p0", "correct", "2", "stop")])
    ask = cursor()
    assert answers(ask, [run.name], "strict").rows() == [(run.name, "p0", "2", True, 1)]
    assert answers(ask, [run.name], "nobody").is_empty()
    assert answers(ask, [], None).is_empty()
