"""Answer entropy and median perplexity of each problem, beside plain Python on random studies."""

from collections import Counter, defaultdict
from math import exp, log
from statistics import median
from typing import Any

import polars as pl
import pytest

from store.build import publish
from store.location import connect, current
from store.queries.passed_over import passed_over
from store.queries.per_problem import answer_entropies, median_perplexities
from tests.store.conftest import Study
from tests.store.random_study import Drawn, Row, counts, draw

KINDS: list[list[str]] = [[], ["truncated"], ["no_answer", "error"], ["error", "truncated"]]


@pytest.fixture(scope="module", params=range(3))
def opened(tmp_path_factory: pytest.TempPathFactory, request: Any) -> Any:
    drawn = draw(Study(tmp_path_factory.mktemp("drawn")), request.param)
    with connect(current(drawn.path)) as connection:
        yield drawn, connection.cursor()


def undecided(samples: list[Row]) -> pl.DataFrame:
    rows = [(row["_run"], row["problem_id"], row["sample"]) for row in samples]
    schema = {"run": pl.String, "problem_id": pl.String, "sample": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row")


def remaining(drawn: Drawn, verifier: str, left_out: list[str]) -> list[Row]:
    return [row for row in drawn.samples if counts(row, verifier, left_out)]


@pytest.mark.parametrize("left_out", KINDS)
@pytest.mark.parametrize("verifier", ["boxed", "strict"])
def test_entropy_is_that_of_the_extracted_answers(
    opened: Any, verifier: str, left_out: list[str]
) -> None:
    drawn, cursor = opened
    given: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in remaining(drawn, verifier, left_out):
        outcome, said = row["_judged"].get(verifier, (None, None))
        if said is not None:
            right = outcome == "correct"
            given[row["_run"], row["problem_id"]]["right" if right else f"wrong {said}"] += 1

    found = answer_entropies(cursor, drawn.runs, verifier, left_out)
    assert set(given) == set(found.select("run", "problem_id").rows())
    for run, problem, answered, answers, entropy in found.rows():
        tally = given[run, problem]
        shares = [count / answered for count in tally.values()]
        assert (answered, answers) == (tally.total(), len(tally))
        assert entropy == pytest.approx(-sum(p * log(p) for p in shares), abs=1e-12)
        assert entropy >= 0


def test_one_answer_has_no_entropy_and_four_equal_ones_have_ln_4(study: Any) -> None:
    folder = study.run()
    answers = {"p0": ["7"] * 4, "p1": ["1", "2", "3", "4"], "p2": ["1", "1", "2", None]}
    for kind, label in (("samples", None), ("verdicts", "v")):
        rows = [
            {"problem_id": name, "sample": i, "completion": "x", "verifier": "v", "version": "1",
             "outcome": "incorrect", "answer": said}
            for name, given in answers.items() for i, said in enumerate(given)
        ]  # fmt: skip
        kept = ("problem_id", "sample", "completion") if kind == "samples" else rows[0].keys()
        names = [name for name in kept if kind == "samples" or name != "completion"]
        study.shard(folder, kind, [{name: row[name] for name in names} for row in rows], label)
    with connect(publish(study.path).path) as connection:
        found = answer_entropies(connection.cursor(), [folder.name], None)
    assert found.select("problem_id", "answered", "answers").rows() == [
        ("p0", 4, 1), ("p1", 4, 4), ("p2", 3, 2)
    ]  # fmt: skip
    expected = [0.0, log(4), log(3) - 2 / 3 * log(2)]
    assert found["entropy"].to_list() == pytest.approx(expected)


@pytest.mark.parametrize("left_out", KINDS)
def test_perplexity_is_the_median_under_the_runs_own_model(
    opened: Any, left_out: list[str]
) -> None:
    drawn, cursor = opened
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in remaining(drawn, "boxed", left_out):
        total = row["_later"] if row["sum_logprob"] is None else row["sum_logprob"]
        if total is not None and row["n_tokens"]:
            values[row["_run"], row["problem_id"]].append(exp(-total / row["n_tokens"]))

    found = median_perplexities(cursor, drawn.runs, "boxed", left_out)
    assert {key: len(some) for key, some in values.items()} == {
        (run, problem): scored for run, problem, scored, _ in found.rows()
    }
    for run, problem, _, perplexity in found.rows():
        assert perplexity == pytest.approx(median(values[run, problem]), rel=1e-12)


def test_what_reviewers_are_undecided_about_is_passed_over(opened: Any) -> None:
    drawn, cursor = opened
    half = undecided(drawn.samples[::2])
    rest = Drawn(drawn.path, drawn.runs, drawn.samples[1::2])
    for left_out in KINDS:
        skipped = passed_over(cursor, drawn.runs, "boxed", left_out, half)
        kept = remaining(rest, "boxed", left_out)
        expected = {(r["_run"], r["problem_id"], r["sample"]) for r in drawn.samples} - {
            (r["_run"], r["problem_id"], r["sample"]) for r in kept
        }
        assert expected == set(skipped.rows()) and len(expected) == skipped.height
        found = answer_entropies(cursor, drawn.runs, "boxed", left_out, half)
        judged = [r for r in kept if r["_judged"].get("boxed", (None, None))[1] is not None]
        assert len(judged) == found["answered"].sum()


def test_runs_that_are_not_asked_for_have_no_rows(opened: Any) -> None:
    drawn, cursor = opened
    for question in (answer_entropies, median_perplexities):
        found = question(cursor, drawn.runs[1:], "boxed")
        assert found["run"].unique().to_list() == drawn.runs[1:]
        assert question(cursor, [], "boxed").is_empty()
