"""Which answers were given how often, on verdicts counted by hand."""

from store.queries.answers import answers


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


def test_wrong_answers_are_told_apart_and_right_ones_are_one(study, opened):
    run = study.run()
    study.shard(run, "samples", judged(study, run, "boxed", ROWS))
    found = answers(opened(), [run.name], None)
    assert {row[1:] for row in found.rows()} == {
        ("p0", "0.5", True, 2), ("p0", "3", False, 2), ("p0", None, False, 2),
        ("p0", "4", False, 1), ("p1", "9", False, 1),
    }  # fmt: skip
    assert found.height == 5 and found["run"].unique().to_list() == [run.name]


def test_left_out_samples_are_not_counted(study, opened):
    run = study.run()
    study.shard(run, "samples", judged(study, run, "boxed", ROWS))
    ask = opened()
    kept = answers(ask, [run.name], None, ["no_answer", "truncated"])
    assert {row[1:] for row in kept.rows()} == {
        ("p0", "1/2", True, 1), ("p0", "3", False, 1), ("p0", "4", False, 1),
        ("p0", None, False, 1), ("p1", "9", False, 1),
    }  # fmt: skip
    assert answers(ask, [run.name], None, ["error"])["samples"].sum() == 7


def test_the_answers_are_those_of_the_verifier_that_is_asked_for(study, opened):
    run = study.run()
    study.shard(run, "samples", judged(study, run, "boxed", ROWS))
    judged(study, run, "strict", [("p0", "correct", "2", "stop")])
    ask = opened()
    assert answers(ask, [run.name], "strict").rows() == [(run.name, "p0", "2", True, 1)]
    assert answers(ask, [run.name], "nobody").is_empty()
    assert answers(ask, [], None).is_empty()
