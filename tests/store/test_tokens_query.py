"""Which samples are stored and scored, and the log-probabilities of their tokens."""

import polars as pl

from store import queries
from store.queries import tokens


def score(study, folder, scorer, **changes):
    row = {
        "problem_id": "p0", "sample": 1, "scorer": scorer, "n_tokens": 2, "sum_logprob": -3.0,
        "token_logprobs": [-1.0, -2.0], **changes,
    }  # fmt: skip
    study.shard(folder, "scores", [row], scorer)


def test_stored_samples_are_counted_by_outcome_whether_they_are_scored_or_not(study, opened):
    folder = study.complete_run()
    study.samples(folder, problems=1, first=4, count=2)  # nobody has judged these
    found = tokens.stored_samples(opened(), [folder.name], None)
    p0 = found.filter(pl.col("problem_id") == "p0").drop("run", "problem_id")
    # Outcomes of p0: correct, correct, incorrect, incorrect; every fourth sample is truncated.
    assert sorted(p0.rows(), key=str) == sorted(
        [
            ("correct", "stop", 2), ("incorrect", "length", 1), ("incorrect", "stop", 1),
            (None, "stop", 2),
        ],
        key=str,
    )  # fmt: skip
    assert found["samples"].sum() == 14


def test_stored_samples_are_judged_by_the_verifier_asked_for(study, opened):
    folder = study.complete_run()
    study.verdicts(folder, count=1, verifier="other")
    cursor = opened()
    found = tokens.stored_samples(cursor, [folder.name], "other")
    assert found.filter(pl.col("outcome").is_not_null())["samples"].sum() == 3
    assert tokens.stored_samples(cursor, [], None).is_empty()


def test_a_run_that_nobody_judged_has_stored_samples_too(study, opened):
    folder = study.run()
    study.samples(folder)
    found = tokens.stored_samples(opened(), [folder.name], None)
    assert found["samples"].sum() == 12 and found["outcome"].null_count() == found.height


def test_samples_can_be_compared_where_two_scorers_have_scored_their_tokens(study, opened):
    folder = study.complete_run("base")
    score(study, folder, "trained")
    score(study, folder, "third", sample=2, token_logprobs=None)  # the sum only
    score(study, folder, "base", sample=3)  # the run's own model again
    found = tokens.token_scorers(opened(), folder.name)
    assert found.rows() == [("p0", 1, ["base", "trained"])]


def test_tokens_of_a_scorer_with_the_same_vocabulary_are_the_samples_own(study, opened):
    folder = study.complete_run("base")
    score(study, folder, "alike")
    score(study, folder, "other", token_ids=[5, 6], token_ends=[1, 4])
    score(study, folder, "lossy", token_ids=[5, 6])
    score(study, folder, "short", n_tokens=9000, token_logprobs=None, sum_logprob=None)
    score(study, folder, "base", token_logprobs=[-9.0, -9.0])
    found = tokens.token_logprobs(opened(), folder.name, "p0", 1)
    assert found.rows() == [
        ("alike", [-1.0, -2.0], [7, 1], [3, 6], True),
        ("base", [-0.5, -0.25], [7, 1], [3, 6], True),
        ("lossy", [-1.0, -2.0], [5, 6], None, False),
        ("other", [-1.0, -2.0], [5, 6], [1, 4], False),
    ]


def test_ranks_are_those_of_the_log_probabilities_that_are_shown(study, opened):
    folder = study.complete_run()
    score(study, folder, "alike", token_ranks=[4, 5])
    score(study, folder, "older")  # of a version that stored no ranks
    score(study, folder, "base", token_logprobs=[-9.0, -9.0], token_ranks=[9, 9])
    score(study, folder, "short", token_logprobs=None, sum_logprob=None)
    found = tokens.token_ranks(opened(), folder.name, "p0", 1)
    assert found.rows() == [("alike", [4, 5]), ("base", [1, 3])]


def test_ranks_of_other_log_probabilities_than_those_shown_are_not_told(study, opened):
    folder = study.run()
    study.problems(folder)
    drawn = {"problem_id": "p0", "sample": 1, "completion": "ab", "token_logprobs": [-0.5, -0.5]}
    study.shard(folder, "samples", [drawn])  # of a version that stored no ranks
    score(study, folder, "base", token_ranks=[9, 9])
    assert tokens.token_ranks(opened(), folder.name, "p0", 1).is_empty()


def test_a_text_without_tokens_of_its_own_has_those_of_its_scorers(study, opened):
    folder = study.run("teacher", "reference")
    study.problems(folder)
    row = {"problem_id": "p0", "sample": 1, "completion": "Answer 0", "finish_reason": "stop"}
    study.shard(folder, "samples", [row])
    score(study, folder, "base", token_ids=[5, 6], token_ends=[6, 8])
    cursor = opened()
    found = tokens.token_logprobs(cursor, folder.name, "p0", 1)
    assert found.rows() == [("base", [-1.0, -2.0], [5, 6], [6, 8], False)]
    assert queries.perplexities(cursor, folder.name, "base", None)["n_tokens"].to_list() == [2]
    assert tokens.token_scorers(cursor, folder.name).is_empty()
