"""Whether two runs were made alike, on studies small enough to count by hand."""

import pytest

from store.queries import parity

PROBLEMS = ["p0", "p1", "p2"]


def texts(study, model, completions):
    """A run whose samples of each problem are these texts, in order."""
    folder = study.run(model)
    rows = [
        {"problem_id": problem, "sample": number, "completion": text}
        for problem, written in completions.items()
        for number, text in enumerate(written)
    ]
    study.shard(folder, "samples", rows)
    return folder.name


def test_prompts_are_compared_where_both_are_known(study, opened):
    base, other = study.run("a"), study.run("b")
    study.problems(base, prompt="Solve this.")
    study.problems(other, count=2, prompt="Solve that.")
    rows = [{"problem_id": "p2", "position": 2, "prompt": "Solve this."}]
    study.shard(other, "problems", rows)
    ask, names = opened(), (base.name, other.name)
    assert parity.prompt_differences(ask, *names, PROBLEMS).rows() == [(3, 2, "p0")]
    assert parity.prompt_differences(ask, *names, ["p1", "p2"]).rows() == [(2, 1, "p1")]
    assert parity.prompt_differences(ask, *names, []).rows() == [(0, 0, None)]


def test_unknown_prompts_are_not_compared(study, opened):
    base, other = study.run("a"), study.run("b")
    study.problems(base, prompt=None)
    study.problems(other)
    assert parity.prompt_differences(opened(), base.name, other.name, PROBLEMS).rows() == [
        (0, 0, None)
    ]


def test_identical_texts_are_counted_per_problem_and_by_number(study, opened):
    base = texts(study, "a", {"p0": ["x", "x", "y", "longer"], "p1": ["x", "q"], "p2": ["x"]})
    other = texts(study, "b", {"p0": ["x", "z", "longer", "w"], "p1": ["w", "q"]})
    row = parity.identical_completions(opened(), base, other, PROBLEMS, 4).to_dicts()[0]
    assert row["samples"] == 6  # p2 has none in the other run
    assert row["identical"] == 3  # x and longer of p0, q of p1
    assert row["identical_long"] == 1
    assert row["same_number"] == 2  # x of p0, q of p1
    # p0: x 2·1 and longer 1·1 of 4 numbers; p1: q 1·1 of 2.
    assert row["expected"] == pytest.approx(3 / 4 + 1 / 2)


def test_identical_texts_of_runs_without_samples_are_none(study, opened):
    base, other = study.run("a"), texts(study, "b", {"p0": ["x"]})
    ask = opened()
    rows = parity.identical_completions(ask, base.name, other, PROBLEMS, 1).rows()
    assert rows == [(0, 0, 0, 0, 0.0)]
    assert parity.identical_completions(ask, other, base.name, [], 1).rows() == rows


def test_unknown_ends_of_samples_are_counted(study, opened):
    folder = study.run("a")
    study.samples(folder, problems=1, count=2)
    blind = texts(study, "b", {"p0": ["x"]})
    found = parity.finish_reasons(opened(), [folder.name, blind, "nobody"])
    assert found.rows() == [(folder.name, 2, 2), (blind, 1, 0)]
