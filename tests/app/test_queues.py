"""Which samples reviewers are asked to read, in which order; and the paper's tally of them."""

from collections import Counter

import polars as pl
import pytest

from app.analysis.queues import (
    claims,
    disagreements,
    hard,
    hard_problems,
    random,
    second_opinions,
)
from app.analysis.tally import problems, tally

COUNTS = pl.DataFrame(
    [
        ("base", "p0", 0, 100, 4),  # 4 %
        ("base", "p1", 1, 100, 5),  # 5 % is not below 5 %
        ("base", "p2", 2, 100, 0),
        ("base", "p3", 3, 100, 60),
        ("rl", "p0", 0, 100, 1),
        ("rl", "p1", 1, 100, 0),
        ("rl", "p2", 2, 100, 0),
        ("rl", "p4", 4, 100, 2),  # of which the base has no samples
    ],
    schema=["run", "problem_id", "position", "n", "c"],
    orient="row",
)


def samples_of(counts):
    """The first c samples of every problem are correct, two more are not."""
    rows = [
        (run, problem, sample, "correct" if sample < c else "no_answer", "stop")
        for run, problem, _, _, c in counts.rows()
        for sample in range(c + 2)
    ]
    columns = ["run", "problem_id", "sample", "outcome", "finish_reason"]
    return pl.DataFrame(rows, schema=columns, orient="row", schema_overrides={"sample": pl.Int32})


SAMPLES = samples_of(COUNTS)


def places(queue):
    return queue.group_by("run", "problem_id", "why", maintain_order=True).len().rows()


def test_hard_is_the_papers_rule_problem_by_problem():
    assert places(hard(SAMPLES, COUNTS)) == [
        ("base", "p0", "4 of 100 samples correct", 4),
        ("rl", "p0", "1 of 100 samples correct", 1),
        ("rl", "p4", "2 of 100 samples correct", 2),
    ]
    assert hard(SAMPLES, COUNTS)["sample"].to_list() == [0, 1, 2, 3, 0, 0, 1]
    assert hard(SAMPLES, COUNTS, below=0.05001).height == 12


@pytest.mark.parametrize("n", [20, 140, 1020, 1024])
def test_just_five_in_a_hundred_is_not_below_it(n):
    # 0.05 · 140 is 7.000000000000001, but 7 / 140 is 0.05.
    counts = pl.DataFrame({"run": "a", "problem_id": "p", "position": 0, "n": n, "c": range(n)})
    assert hard_problems(counts)["c"].to_list() == list(range(1, (n - 1) // 20 + 1))


def test_claims_hang_on_problems_that_one_run_solves_or_few_samples_do():
    only = "solved by this run only, "
    assert places(claims(SAMPLES, COUNTS)) == [
        ("base", "p1", f"{only}5 of 100 samples correct", 5),
        ("rl", "p0", "1 of 100 samples correct", 1),
        ("rl", "p4", "2 of 100 samples correct", 2),
    ]
    found = claims(SAMPLES, COUNTS, few=4)
    assert found.filter(run="base", problem_id="p0").height == 4
    none_sampled = COUNTS.with_columns(n=pl.when(run="rl").then(0).otherwise("n"))
    assert not claims(SAMPLES, none_sampled.filter(pl.col("n") > 0), 3).height


def test_of_one_run_alone_nothing_is_solved_by_it_only():
    base = COUNTS.filter(run="base")
    assert places(claims(SAMPLES, base)) == []


def test_verifiers_disagree_where_one_says_correct_and_another_does_not():
    verdicts = pl.DataFrame(
        [
            ("a", "p", 3, "x", "correct"), ("a", "p", 3, "b", "no_answer"),
            ("a", "p", 1, "x", "incorrect"), ("a", "p", 1, "b", "no_answer"),
            ("a", "p", 2, "x", "correct"), ("a", "p", 2, "b", "correct"),
            ("a", "q", 0, "x", "error"), ("a", "q", 0, "b", "correct"),
        ],
        schema={"run": pl.String, "problem_id": pl.String, "sample": pl.Int32,
                "verifier": pl.String, "outcome": pl.String},
        orient="row",
    )  # fmt: skip
    assert disagreements(verdicts).rows() == [
        ("a", "p", 3, "b: no answer, x: correct"),
        ("a", "q", 0, "b: correct, x: error"),
    ]
    assert disagreements(verdicts.clear()).height == 0


def test_random_holds_every_sample_of_the_outcome_once_whatever_else_there_is():
    right, wrong = (random(SAMPLES, 7, outcome) for outcome in ("correct", "incorrect"))
    assert right.height == COUNTS["c"].sum()
    assert wrong.height == 2 * COUNTS.height
    some = SAMPLES.sample(fraction=0.5, seed=1)
    kept = right.select("run", "problem_id", "sample").join(
        some, on=["run", "problem_id", "sample"], how="semi", maintain_order="left"
    )
    assert random(some, 7, "correct").drop("why").equals(kept)
    assert not random(SAMPLES, 8, "correct").drop("why").equals(right.drop("why"))
    unjudged = SAMPLES.with_columns(outcome=pl.lit(None, pl.String))
    assert random(unjudged, 7, "incorrect").height == 0
    with pytest.raises(ValueError, match="correct or incorrect, not 'error'"):
        random(SAMPLES, 7, "error")


def test_every_sample_is_as_likely_to_come_first():
    samples = samples_of(COUNTS.head(1).with_columns(c=pl.lit(5)))
    first = Counter(random(samples, seed, "correct")["sample"][0] for seed in range(1000))
    assert sorted(first) == [0, 1, 2, 3, 4]
    assert all(150 <= times <= 250 for times in first.values())  # 200 ± 4 standard errors


def audit(sample, reviewer, label, kind="person", text="h", round_=0):
    return ("a", "p", sample, text, reviewer, label, kind, round_)


AUDITS = [
    audit(0, "r1", "valid"), audit(0, "r2", "valid"),
    audit(1, "r1", "valid"), audit(1, "r2", "flawed"),
    audit(2, "r1", "guess"),
    audit(3, "r1", "valid"), audit(3, "me", "valid"),
    audit(4, "r1", "valid"), audit(4, "r2", "flawed"), audit(4, "r3", "flawed", "adjudicator"),
    audit(5, "judge:m", "valid", "judge"),
    audit(6, "r1", "valid", text="new"), audit(6, "me", "valid", text="old"),
]  # fmt: skip


def audits(rows):
    columns = ["run", "problem_id", "sample", "content_hash", "reviewer", "label", "kind", "round"]
    types = [pl.String, pl.String, pl.Int32, *[pl.String] * 4, pl.Int32]
    return pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row")


def test_second_opinions_begin_where_readers_differ_and_tell_no_label():
    assert second_opinions(audits(AUDITS), "me").select("sample", "why").rows() == [
        (1, "readers differ"), (2, "read by one other"), (6, "read by one other"),
        (0, "read by 2 others"), (4, "already decided"),
    ]  # fmt: skip
    # What is known of 6 is another text: whether it still stands, the caller knows.
    assert second_opinions(audits(AUDITS), "r1")["sample"].to_list() == [6]
    assert second_opinions(audits([]), "me").is_empty()


RUNS = pl.DataFrame({"benchmark": ["aime", "aime", "aime"], "run": ["base", "rl", "other"]})


def labelled(rows):
    columns = ["run", "problem_id", "sample", "label", "audits", "outcome"]
    types = [pl.String, pl.String, pl.Int32, pl.String, pl.Int64, pl.String]
    return pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row")


def hand_read(run, labels_of_problems):
    """Counts of a run (n = 128), and what was read; None: not read."""
    counts = [(run, f"p{i}", i, 128, len(read)) for i, read in enumerate(labels_of_problems)]
    rows = [
        (run, f"p{i}", sample, label, 1, "correct")
        for i, read in enumerate(labels_of_problems)
        for sample, label in enumerate(read)
        if label
    ]
    return counts, rows


V, F, G, A = "valid", "flawed", "guess", "ambiguous"
PUBLISHED = {
    # arXiv 2504.13837: problems with 0 < accuracy < 5 %, and with at least one valid response
    "GSM8K base": ([[V, F]] * 20 + [[V]] * 4 + [[F, G, F]], (25, 24, 0, 1, 25)),
    "GSM8K RL": ([[V]] * 23 + [[F]] * 2, (25, 23, 0, 2, 25)),
    "AIME24 base": ([[F, V, A], [V], [V, V], [V, G], [V], [A, F], [G]], (7, 5, 1, 1, 6)),
    "AIME24 RL": ([[V]] * 4 + [[F, F], [G]], (6, 4, 0, 2, 6)),
    "vision base": ([[V]] * 7 + [[F]], (8, 7, 0, 1, 8)),
}


@pytest.mark.parametrize("case", PUBLISHED)
def test_the_papers_tally_comes_out(case):
    read, (answered, valid, ambiguous, rejected, of) = PUBLISHED[case]
    easy, never = [V] * 64, []
    counts, rows = hand_read("base", [*read, easy, never])
    found = tally(frame(counts), labelled(rows), RUNS)
    row = found.row(0, named=True)
    assert (row["answered"], row["valid"], row["ambiguous"]) == (answered, valid, ambiguous)
    assert (row["rejected"], row["unread"], row["of"]) == (rejected, 0, of)
    assert row["read"] == answered
    assert row["samples"] == row["samples_read"] == row["verdicts"] == sum(map(len, read))
    assert found["run"].to_list() == ["base", "rl", "other"]
    assert found.row(2)[2:] == (0,) * 10


def frame(counts):
    return pl.DataFrame(counts, schema=["run", "problem_id", "position", "n", "c"], orient="row")


def test_what_is_unread_is_told_from_what_is_rejected():
    counts, rows = hand_read("rl", [[F, None], [V, None], [A, None], [None], [A, F], [F, G]])
    found = problems(frame(counts), labelled(rows))
    states = ["unread", "valid", "unread", "unread", "ambiguous", "rejected"]
    assert found["state"].to_list() == states
    assert found["left"].to_list() == [1, 1, 1, 1, 0, 0]
    row = tally(frame(counts), labelled(rows), RUNS).filter(run="rl").row(0, named=True)
    assert row == {
        "benchmark": "aime", "run": "rl", "answered": 6, "valid": 1, "ambiguous": 1, "rejected": 1,
        "unread": 3, "of": 5, "read": 2, "samples": 11, "samples_read": 7, "verdicts": 7,
    }  # fmt: skip


def test_labels_of_samples_that_are_not_correct_are_not_tallied():
    counts, rows = hand_read("base", [[F]])
    wrong = ("base", "p0", 99, "valid", 3, "incorrect")
    unknown = ("base", "p0", 98, "valid", 3, None)
    found = problems(frame(counts), labelled([*rows, wrong, unknown]))
    assert found.select("valid", "flawed", "verdicts", "state").rows() == [(0, 1, 1, "rejected")]


def test_without_audits_all_is_unread():
    found = tally(COUNTS, labelled([]), RUNS)
    assert found.select("answered", "unread", "valid", "samples").rows() == [
        (1, 1, 0, 4), (2, 2, 0, 3), (0, 0, 0, 0),
    ]  # fmt: skip
