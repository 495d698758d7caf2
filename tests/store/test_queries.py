"""Every query of the app, on studies small enough to work the answers out by hand."""

import threading

import polars as pl
import pytest

from store import queries


def verdict_rows(outcomes, verifier="v"):
    facts = {"problem_id": "p0", "verifier": verifier, "version": "1"}
    return [{**facts, "sample": s, "outcome": o} for s, o in enumerate(outcomes) if o]


def test_runs_come_by_benchmark_and_role_and_say_how_many_samples(study, opened):
    study.complete_run("z-base", "base")
    study.complete_run("a-trained", "rl")
    study.run("teacher", "reference", benchmark="aime")
    runs = queries.runs(opened())
    assert runs.select("benchmark", "role", "samples", "parent").rows() == [
        ("aime", "reference", 0, None), ("math", "base", 12, None), ("math", "rl", 12, "base"),
    ]  # fmt: skip


def test_totals_have_a_row_for_a_run_that_nobody_judged(study, opened):
    judged = study.complete_run("a")
    study.verdicts(judged, verifier="other", count=1)
    study.samples(study.run("b"))
    totals = queries.run_totals(opened())
    columns = ["verifier", "problems", "samples", "n_min", "n_max", "unverified"]
    assert totals.select(columns).rows() == [
        ("boxed", 3, 12, 4, 4, 0), ("other", 3, 3, 1, 1, 9), (None, 3, 0, 0, 0, 12),
    ]  # fmt: skip


def test_a_run_is_shown_with_its_busiest_verifier_and_ties_go_by_name(study, opened):
    tied, busy = study.complete_run("a"), study.complete_run("b")
    study.verdicts(tied, verifier="alpha")
    study.verdicts(busy, verifier="alpha", count=3)
    cursor = opened()
    names = [tied.name, busy.name]
    counts = queries.counts(cursor, names, None)
    assert counts.group_by("run", maintain_order=True).agg(pl.col("verifier").unique()).rows() == [
        (tied.name, ["alpha"]), (busy.name, ["boxed"]),
    ]  # fmt: skip
    assert queries.verifiers(cursor, names).rows() == [
        (tied.name, "alpha", 12), (tied.name, "boxed", 12),
        (busy.name, "boxed", 12), (busy.name, "alpha", 9),
    ]  # fmt: skip
    assert queries.counts(cursor, names, "alpha")["n"].to_list() == [4, 4, 4, 3, 3, 3]
    assert queries.counts(cursor, names, "nobody").is_empty()
    assert queries.counts(cursor, [], None).is_empty()


@pytest.mark.parametrize(
    ("k", "left_out", "expected"),
    [
        # sample:   0 correct, 1 no_answer, 2 not judged, 3 incorrect (truncated), 4 correct
        (1, (), (1, 1)),
        (2, (), (2, 1)),
        (3, (), (2, 1)),
        (4, (), (3, 1)),
        (9, (), (4, 2)),
        (2, ("no_answer",), (1, 1)),  # 0, 2
        (3, ("no_answer", "truncated"), (2, 2)),  # 0, 2, 4
        (4, ("error",), (3, 1)),
    ],
)
def test_the_first_k_samples_pass_over_what_is_left_out(study, opened, k, left_out, expected):
    folder = study.run()
    study.samples(folder, problems=1, count=5)
    outcomes = ["correct", "no_answer", None, "incorrect", "correct"]
    study.shard(folder, "verdicts", verdict_rows(outcomes), "v")
    cursor = opened()
    within = queries.correct_within(cursor, [folder.name], None, k, left_out)
    assert within.rows() == [(folder.name, "p0", *expected)]
    assert queries.correct_within(cursor, [folder.name], "nobody", k).is_empty()


def test_a_problem_shows_its_samples_with_and_without_verdicts(study, opened):
    folder = study.complete_run()
    study.samples(folder, problems=1, first=4, count=1)
    cursor = opened()
    shown = queries.samples_of_problem(cursor, folder.name, "p0", None)
    assert shown["sample"].to_list() == [0, 1, 2, 3, 4]
    assert shown["outcome"].to_list() == ["correct", "correct", "incorrect", "incorrect", None]
    other = queries.samples_of_problem(cursor, folder.name, "p0", "nobody")
    assert other["outcome"].null_count() == 5


def test_a_problem_of_a_run_that_nobody_judged_still_shows_its_samples(study, opened):
    folder = study.run()
    study.samples(folder)
    assert queries.samples_of_problem(opened(), folder.name, "p0", None).height == 4


def test_one_sample_has_its_tokens_verdicts_scores_and_prompt(study, opened):
    folder = study.complete_run()
    study.verdicts(folder, version="2")
    score = {"problem_id": "p1", "sample": 2, "scorer": "m", "n_tokens": 2, "sum_logprob": -3.0}
    study.shard(folder, "scores", [{**score, "token_logprobs": [-1.0, -2.0]}], "m")
    cursor = opened()
    one = queries.sample(cursor, folder.name, "p1", 2)
    assert one.rows() == [
        ("Answer 1 2", "stop", 2, -0.75, [7, 2], [-0.5, -0.25], [3, 6]),
    ]  # fmt: skip
    verdicts = queries.verdicts_of_sample(cursor, folder.name, "p1", 2)
    assert verdicts["version"].to_list() == ["1", "2"]
    scores = queries.scores_of_sample(cursor, folder.name, "p1", 2)
    assert scores.rows() == [("m", 2, -3.0, [-1.0, -2.0], None, None)]
    assert queries.prompt(cursor, folder.name, "p1") == f"{folder.name}: what is 1?"
    assert queries.prompt(cursor, folder.name, "none") is None
    assert queries.sample(cursor, folder.name, "p1", 99).is_empty()


def test_a_models_own_log_probabilities_go_before_scores_by_itself(study, opened):
    folder = study.complete_run("base")
    score = {"problem_id": "p0", "n_tokens": 9, "sum_logprob": -9.0}
    rows = [{**score, "sample": 0, "scorer": s} for s in ("base", "trained")]
    study.shard(folder, "scores", rows, "both")
    cursor = opened()
    assert queries.scorers(cursor).rows() == [
        (folder.name, "base", 12, True), (folder.name, "trained", 1, False),
    ]  # fmt: skip
    own = queries.perplexities(cursor, folder.name, "base", None)
    assert own.height == 12 and set(own["sum_logprob"]) == {-0.75} and set(own["n_tokens"]) == {2}
    other = queries.perplexities(cursor, folder.name, "trained", None)
    assert other.rows() == [("p0", 0, 9, -9.0, "correct", "stop")]


def test_a_sample_that_is_too_long_for_a_scorer_has_no_perplexity_under_it(study, opened):
    folder = study.complete_run("base")
    rows = [
        {"problem_id": "p0", "sample": s, "scorer": "small", "n_tokens": n, "sum_logprob": total}
        for s, n, total in ((0, 3, -6.0), (1, 5000, None))
    ]
    study.shard(folder, "scores", rows, "small")
    cursor = opened()
    assert (folder.name, "small", 1, False) in queries.scorers(cursor).rows()
    known = queries.perplexities(cursor, folder.name, "small", None)
    assert known.rows() == [("p0", 0, 3, -6.0, "correct", "stop")]
    said = queries.scores_of_sample(cursor, folder.name, "p0", 1)
    assert said.select("n_tokens", "sum_logprob").rows() == [(5000, None)]


def test_the_entropies_of_a_sample_are_those_of_each_scorer(study, opened):
    folder = study.complete_run("base")
    key = {"problem_id": "p0", "sample": 1}
    for scorer, values in (("b", [0.5]), ("a", [1.5, 0.0])):
        row = {**key, "scorer": scorer, "token_entropies": values}
        study.shard(folder, "entropies", [row], scorer)
    cursor = opened()
    found = queries.entropies_of_sample(cursor, folder.name, "p0", 1)
    assert found.rows() == [("a", [1.5, 0.0]), ("b", [0.5])]
    assert queries.entropies_of_sample(cursor, folder.name, "p0", 2).is_empty()


def test_the_catalogue_tells_what_the_build_knows(study, opened):
    study.complete_run(benchmark_source="problems.jsonl")
    cursor = opened()
    assert queries.benchmarks(cursor).rows() == [("math", 3, "problems.jsonl")]
    assert queries.models(cursor)["model"].to_list() == ["base"]
    assert queries.set_aside(cursor).is_empty() and queries.training_log(cursor).is_empty()
    assert queries.store_info(cursor)["schema_version"] == "4"
    problems = queries.problems(cursor, "math")
    assert problems["problem_id"].to_list() == ["p0", "p1", "p2"]
    assert problems["metadata"][0] == '{"source": "here"}'


def test_values_are_bound_and_not_part_of_the_statement(study, opened):
    study.complete_run()
    cursor = opened()
    assert queries.problems(cursor, "' OR 1=1 --").is_empty()
    assert queries.counts(cursor, ["'); DROP TABLE counts; --"], None).is_empty()


def test_cursors_of_one_connection_answer_eight_threads_rightly(study, connected):
    folder = study.complete_run()
    connection = connected()
    wrong = []

    def ask():
        for sample in range(4):
            for problem in range(3):
                found = queries.sample(connection.cursor(), folder.name, f"p{problem}", sample)
                if found["completion"].to_list() != [f"Answer {problem} {sample}"]:
                    wrong.append((problem, sample))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
