"""Counts as reviewers leave them, on samples small enough to count by hand."""

import polars as pl
import pytest

from app.analysis.audited import audited, cot_counts, effect, revised

COUNTS = pl.DataFrame(
    {
        "run": ["a", "a", "a", "b"],
        "problem_id": ["p", "q", "r", "p"],
        "n": [8, 8, 8, 4],
        "c": [6, 2, 0, 4],
        "left_out": [0, 1, 0, 0],
    }
)

# run, problem, sample, label, verdicts, outcome
LABELLED = [
    ("a", "p", 0, "valid", 1, "correct"),
    ("a", "p", 1, "flawed", 2, "correct"),
    ("a", "p", 2, "guess", 1, "correct"),
    ("a", "p", 3, "ambiguous", 3, "correct"),
    ("a", "p", 6, "flawed", 1, "incorrect"),  # no answer is worse than incorrect
    ("a", "p", 7, "ambiguous", 1, "incorrect"),
    ("a", "q", 0, "guess", 1, "correct"),
    ("a", "q", 1, "flawed", 1, "correct"),
    ("a", "r", 0, "valid", 1, "no_answer"),
    ("a", "r", 1, "flawed", 1, None),
]


def labelled(rows=tuple(LABELLED)):
    columns = ["run", "problem_id", "sample", "label", "audits", "outcome"]
    types = [pl.String, pl.String, pl.Int32, pl.String, pl.Int64, pl.String]
    return pl.DataFrame(list(rows), schema=dict(zip(columns, types, strict=True)), orient="row")


def test_what_reviewers_reject_leaves_c_and_what_they_cannot_decide_leaves_n():
    found = audited(COUNTS, labelled())
    assert found.columns == [*COUNTS.columns, "audited"]
    assert found.rows() == [
        ("a", "p", 7, 3, 1, 9),
        ("a", "q", 8, 0, 1, 2),
        ("a", "r", 8, 0, 0, 2),
        ("b", "p", 4, 4, 0, 0),
    ]


def test_without_audits_nothing_changes():
    assert audited(COUNTS, labelled([])).drop("audited").equals(COUNTS)
    assert audited(COUNTS.drop("left_out"), labelled()).columns == [
        "run", "problem_id", "n", "c", "audited",
    ]  # fmt: skip


def test_correct_with_valid_reasoning_is_between_what_was_read_and_what_may_be():
    found = cot_counts(COUNTS, labelled())
    assert found.select("n", "c", "valid", "unread").rows() == [
        (7, 5, 1, 2), (8, 2, 0, 0), (8, 0, 0, 0), (4, 4, 0, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_numbers_are_those_of_going_through_the_samples(seed):
    samples = pl.DataFrame({"sample": range(60)}).with_columns(
        run=pl.lit("a"),
        problem_id=pl.col("sample").hash(seed).mod(4).cast(pl.String),
        outcome=pl.when(pl.col("sample").hash(seed + 1).mod(3) > 0)
        .then(pl.lit("correct"))
        .otherwise(pl.lit("incorrect")),
    )
    names = ["valid", "flawed", "guess", "ambiguous", None]
    label = pl.col("sample").hash(seed + 2).mod(5)
    marked = samples.with_columns(
        label=label.replace_strict(dict(enumerate(names)), return_dtype=pl.String), audits=1
    ).sort("problem_id")
    counts = marked.group_by("run", "problem_id", maintain_order=True).agg(
        n=pl.len().cast(pl.Int64), c=(pl.col("outcome") == "correct").sum().cast(pl.Int64)
    )
    read = marked.filter(pl.col("label").is_not_null())
    for row in audited(counts, read).to_dicts():
        mine = [r for r in marked.to_dicts() if r["problem_id"] == row["problem_id"]]
        correct = [r["label"] for r in mine if r["outcome"] == "correct"]
        assert row["c"] == sum(given in ("valid", None) for given in correct)
        assert row["n"] == len(mine) - correct.count("ambiguous")
    for row in cot_counts(counts, read).to_dicts():
        mine = [r for r in marked.to_dicts() if r["problem_id"] == row["problem_id"]]
        correct = [r["label"] for r in mine if r["outcome"] == "correct"]
        assert (row["valid"], row["unread"]) == (correct.count("valid"), correct.count(None))
        assert row["c"] == len(correct) - correct.count("ambiguous")


def test_samples_take_the_outcome_that_reviewers_leave():
    samples = pl.DataFrame(
        {
            "problem_id": ["p"] * 5,
            "sample": pl.Series([0, 1, 3, 5, 7], dtype=pl.Int32),
            "outcome": ["correct", "correct", "correct", "correct", "incorrect"],
            "answer": list("abcde"),
        }
    )
    found = revised(samples, labelled().filter(run="a"))
    assert found.rows() == [
        ("p", 0, "correct", "a"), ("p", 1, "incorrect", "b"), ("p", 5, "correct", "d"),
        ("p", 7, "incorrect", "e"),
    ]  # fmt: skip
    assert revised(samples, labelled([])).equals(samples)


def test_the_effect_counts_verdicts_reviewers_and_changes():
    texts = labelled().with_columns(content_hash=pl.lit("h"))
    place = texts.select("run", "problem_id", "sample", "content_hash")
    by_ann = place.with_columns(reviewer=pl.lit("ann"))
    by_bob = place.head(3).with_columns(reviewer=pl.lit("bob"))
    old = place.head(2).with_columns(reviewer=pl.lit("cas"), content_hash=pl.lit("old"))
    found = effect(pl.concat([by_ann, by_bob, old], how="diagonal"), texts)
    assert found == (13, 2, 10, 4, 1, 2)
