"""What a page of single samples asks, on samples and verdicts written out by hand."""

import pytest

from store.build import publish
from store.location import connect
from store.queries.reading import answer_groups, problem, problem_ids, scorers_of_run

VERDICTS = [
    ("correct", "1/2"), ("incorrect", "3"), ("correct", "0.5"), ("no_answer", None),
    ("incorrect", "4"), ("incorrect", "4"), ("error", "4"), None,
]  # fmt: skip
LISTS = ("sample", "finish_reason", "n_tokens", "scored_tokens", "sum_logprob")


@pytest.fixture(autouse=True)
def run(study):
    """Problem p0 with eight samples, the last one unverified, and one of p1."""
    folder = study.run()
    study.problems(folder, 3)
    places = [("p0", number) for number in range(8)] + [("p1", 0)]
    samples = [
        {
            "problem_id": name, "sample": number, "completion": f"text {number}", "n_tokens": 10,
            "finish_reason": "length" if number == 3 else "stop",
            "sum_logprob": None if number == 1 else -float(number),
        }
        for name, number in places
    ]  # fmt: skip
    study.shard(folder, "samples", samples)
    judged = [
        {
            "problem_id": "p0", "sample": number, "verifier": "boxed", "version": "1",
            "outcome": verdict[0], "answer": verdict[1],
        }
        for number, verdict in enumerate(VERDICTS) if verdict
    ]  # fmt: skip
    study.shard(folder, "verdicts", judged, "boxed")
    scores = [
        {"problem_id": "p0", "sample": 1, "scorer": scorer, "n_tokens": 5, "sum_logprob": logprob}
        for scorer, logprob in (("base", -0.5), ("other", -2.5), ("too short", None))
    ]
    study.shard(folder, "scores", scores, "some")
    return folder.name


@pytest.fixture
def cursor(study):
    connection = connect(publish(study.path).path)
    yield connection.cursor()
    connection.close()


def groups(cursor, run, *choice):
    found = answer_groups(cursor, run, "p0", *(choice or (None,)))
    return [(row["outcome"], row["answer"], row["sample"]) for row in found.to_dicts()]


def test_the_right_answers_are_one_row_and_come_first_then_the_most_frequent(cursor, run):
    assert groups(cursor, run) == [
        ("correct", "0.5", [0, 2]), ("incorrect", "4", [4, 5]), ("error", "4", [6]),
        ("incorrect", "3", [1]), ("no_answer", None, [3]), (None, None, [7]),
    ]  # fmt: skip


def test_every_list_is_in_order_of_the_samples(cursor, run):
    row = answer_groups(cursor, run, "p0", None).to_dicts()[1]
    assert {name: row[name] for name in LISTS} == {
        "sample": [4, 5], "finish_reason": ["stop", "stop"], "n_tokens": [10, 10],
        "scored_tokens": [10, 10], "sum_logprob": [-4.0, -5.0],
    }  # fmt: skip
    assert row["samples"] == 2


def test_what_was_kept_while_generating_goes_before_what_was_scored(cursor, run):
    found = answer_groups(cursor, run, "p0", None).explode(LISTS).sort("sample")
    assert found["sum_logprob"].to_list() == [0.0, -0.5, -2.0, -3.0, -4.0, -5.0, -6.0, -7.0]
    assert found["scored_tokens"].to_list() == [10, 5, 10, 10, 10, 10, 10, 10]


def test_another_scorer_has_values_only_for_what_it_scored(cursor, run):
    found = answer_groups(cursor, run, "p0", None, "other").explode(LISTS).sort("sample")
    assert found["sum_logprob"].to_list() == [None, -2.5, *[None] * 6]


def test_of_a_verifier_that_judged_nothing_all_is_one_unverified_row(cursor, run):
    assert groups(cursor, run, "nobody") == [(None, None, list(range(8)))]


def test_a_long_answer_is_cut(study, run):
    folder = study.path / "shards" / run
    study.shard(
        folder, "verdicts",
        [{"problem_id": "p1", "sample": 0, "verifier": "boxed", "version": "1",
          "outcome": "incorrect", "answer": "é" * 900}], "more",
    )  # fmt: skip
    connection = connect(publish(study.path).path)
    found = answer_groups(connection.cursor(), run, "p1", None)
    connection.close()
    assert found["answer"].to_list() == ["é" * 300]


def test_a_problem_without_samples_has_no_row(cursor, run):
    assert answer_groups(cursor, run, "p2", None).is_empty()
    assert answer_groups(cursor, "no run", "p0", None).is_empty()


def test_a_problem_and_the_order_of_all(cursor):
    assert problem_ids(cursor, "math") == ["p0", "p1", "p2"]
    assert problem_ids(cursor, "elsewhere") == []
    assert problem(cursor, "math", "p1").rows() == [("What is 1?", "1", None, None)]
    assert problem(cursor, "math", "p9").is_empty()


def test_the_runs_own_model_is_its_first_scorer(cursor, run):
    assert scorers_of_run(cursor, run) == ["base", "other"]
    assert scorers_of_run(cursor, "no run") == []
