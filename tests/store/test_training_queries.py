"""Entropies summed in the store, against sums by hand."""

import polars as pl

from store.queries.training import entropy_sums


def entropies(study, folder, scorer, values):
    """values: (problem, sample) → the entropies of its tokens."""
    rows = [
        {"problem_id": f"p{problem}", "sample": sample, "scorer": scorer, "token_entropies": tokens}
        for (problem, sample), tokens in values.items()
    ]
    study.shard(folder, "entropies", rows, scorer)


def test_tokens_and_their_entropies_are_summed_by_problem_outcome_and_end(study, opened):
    folder = study.complete_run("base")
    # Problem 0: samples 0 and 1 are correct, 2 and 3 incorrect, and 3 is truncated.
    given = {(0, 0): [0.5, 0.25], (0, 1): [1.0], (0, 2): [2.0, 0.0, 0.5], (0, 3): [0.125]}
    entropies(study, folder, "base", given)

    sums = entropy_sums(opened(), [folder.name], None)

    columns = ("problem_id", "outcome", "finish_reason", "samples", "tokens", "entropy")
    assert sorted(sums.select(columns).rows()) == [
        ("p0", "correct", "stop", 2, 3, 1.75),
        ("p0", "incorrect", "length", 1, 1, 0.125),
        ("p0", "incorrect", "stop", 1, 3, 2.5),
    ]


def test_entropies_under_another_model_are_not_the_runs_own(study, opened):
    base, rl = study.complete_run("base"), study.complete_run("trained", "rl")
    entropies(study, rl, "base", {(0, 0): [9.0]})
    entropies(study, base, "base", {(1, 0): [1.0]})

    sums = entropy_sums(opened(), [base.name, rl.name], None)

    assert sums.select("run", "problem_id", "entropy").rows() == [(base.name, "p1", 1.0)]
    assert entropy_sums(opened(), [rl.name], None).is_empty()


def test_the_outcome_is_that_of_the_verifier_that_was_asked_for(study, opened):
    folder = study.complete_run("base")
    study.verdicts(folder, verifier="strict", shift=1)  # each outcome becomes the next
    entropies(study, folder, "base", {(0, 0): [1.0]})
    cursor = opened()

    own = entropy_sums(cursor, [folder.name], None)
    strict = entropy_sums(cursor, [folder.name], "strict")
    nobody = entropy_sums(cursor, [folder.name], "nobody")

    assert [frame["outcome"].to_list() for frame in (own, strict, nobody)] == [
        ["correct"], ["incorrect"], [None],
    ]  # fmt: skip


def test_samples_that_nobody_judged_are_still_summed(study, opened):
    folder = study.run("base")
    study.problems(folder)
    study.samples(folder)
    entropies(study, folder, "base", {(0, 0): [1.0, 2.0]})

    sums = entropy_sums(opened(), [folder.name], None)

    assert sums.select("outcome", pl.col("tokens"), "entropy").rows() == [(None, 2, 3.0)]
