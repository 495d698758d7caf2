"""The table of problems: its numbers, what is kept, the order, and what a search found in it."""

import itertools
import random
from typing import Any

import polars as pl
import pytest

from app.analysis import hits
from app.analysis.hits import Found
from app.analysis.problems import (
    ALL,
    ANY,
    EVERY_RUN,
    NONE,
    ONLY_BASE,
    ONLY_OTHERS,
    SOME_RUN,
    UNNAMED,
    Kept,
    kept_said,
    ordered,
    padded,
    problem_table,
    sort_key,
    spread,
    unknown,
)

RUNS = ["a", "b", "c"]
COUNTS = {"run": pl.String, "problem_id": pl.String, "n": pl.Int64, "c": pl.Int64}
ENTROPIES = {
    "run": pl.String, "problem_id": pl.String, "answered": pl.Int64, "entropy": pl.Float64
}  # fmt: skip
PERPLEXITIES = {
    "run": pl.String, "problem_id": pl.String, "scored": pl.Int64, "perplexity": pl.Float64
}  # fmt: skip
Counted = dict[tuple[str, str], tuple[int, int]]


def frame(rows: list[tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")


def problems(ids: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "problem_id": ids,
            "position": range(len(ids)),
            "question": [f"Question {name}" for name in ids],
            "reference": "1",
            "subject": [["algebra", None, "geometry"][i % 3] for i in range(len(ids))],
            "level": [f"Level {1 + 3 * (i % 4)}" for i in range(len(ids))],
        }
    )


def drawn(seed: int, size: int = 60) -> tuple[Counted, list[str]]:
    """(run, problem) → n and c; some runs lack some problems, some problems have no samples."""
    chance = random.Random(seed)
    ids = [f"p{i:02d}" for i in range(size)]
    counted = {}
    for run, name in itertools.product(RUNS, ids):
        if chance.random() < 0.9:
            n = chance.choice([0, 4, 20, 20, 20])
            counted[run, name] = (n, chance.choice([0, 0, chance.randint(0, n), n]))
    return counted, ids


def table_of(counted: Counted, ids: list[str], threshold: int = 1) -> pl.DataFrame:
    counts = frame([(*key, n, c) for key, (n, c) in counted.items()], COUNTS)
    entropies = frame([("a", ids[1], 7, 0.5), ("b", ids[0], 4, 0.0)], ENTROPIES)
    perplexities = frame([("c", ids[1], 3, 1.25)], PERPLEXITIES)
    return problem_table(problems(ids), counts, entropies, perplexities, RUNS, threshold)


def test_each_problem_has_one_row_with_the_measures_of_every_run() -> None:
    counted = {("a", "p0"): (4, 1), ("b", "p0"): (2, 2), ("b", "p1"): (0, 0), ("c", "p1"): (8, 0)}
    table = table_of(counted, ["p0", "p1"], threshold=2)
    rows = table.to_dicts()
    assert [row["problem_id"] for row in rows] == ["p0", "p1"]
    assert [[row[f"accuracy_{i}"] for i in range(3)] for row in rows] == [
        [0.25, 1.0, None], [None, None, 0.0]
    ]  # fmt: skip
    assert [[row[f"solvable_{i}"] for i in range(3)] for row in rows] == [
        [False, True, None], [None, None, False]
    ]  # fmt: skip
    assert [row["accuracies"] for row in rows] == [[0.25, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert (rows[1]["entropy_0"], rows[1]["answered_0"]) == (0.5, 7)
    assert (rows[0]["entropy_1"], rows[1]["perplexity_2"], rows[1]["scored_2"]) == (0.0, 1.25, 3)
    assert rows[0]["perplexity_2"] is None and rows[1]["subject"] == UNNAMED


def test_a_threshold_above_n_leaves_the_flag_undefined() -> None:
    table = table_of(
        {("a", "p0"): (4, 4), ("b", "p0"): (5, 4), ("c", "p0"): (4, 0)}, ["p0", "p1"], 5
    )
    assert table.row(0, named=True)["solvable_0"] is None
    assert table.row(0, named=True)["solvable_1"] is False
    with pytest.raises(ValueError, match="1 at least"):
        table_of({}, ["p0", "p1"], 0)


def solves(counted: Counted, run: str, name: str, threshold: int) -> bool | None:
    n, c = counted.get((run, name), (0, 0))
    return None if n < threshold else c >= threshold


def wanted(flags: list[bool | None], base: int, solved: str) -> bool:
    """Whether these flags are what the filter means; what is not known is neither yes nor no."""
    others = [flag for i, flag in enumerate(flags) if i != base]
    known = None not in flags
    return {
        ANY: True,
        ALL: all(flag is True for flag in flags),
        NONE: known and not any(flags),
        ONLY_BASE: flags[base] is True and all(flag is False for flag in others),
        ONLY_OTHERS: flags[base] is False and any(flag is True for flag in others),
    }[solved]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("solved", [ANY, ALL, NONE, ONLY_BASE, ONLY_OTHERS])
@pytest.mark.parametrize("threshold", [1, 3])
def test_problems_are_kept_by_who_solves_them(seed: int, solved: str, threshold: int) -> None:
    counted, ids = drawn(seed)
    table = table_of(counted, ids, threshold)
    for base in range(3):
        kept = table.filter(Kept(3, base, solved).condition)["problem_id"].to_list()
        flags = {name: [solves(counted, run, name, threshold) for run in RUNS] for name in ids}
        assert [name for name in ids if wanted(flags[name], base, solved)] == kept


@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 5), (5, 95), (100, 100), (1, 100), (0, 99)])
@pytest.mark.parametrize("run", [SOME_RUN, EVERY_RUN, 0, 2])
def test_problems_are_kept_by_accuracy_both_ends_included(
    low: int, high: int, run: int | str
) -> None:
    counted, ids = drawn(5)

    def inside(number: int, name: str) -> bool:
        n, c = counted.get((RUNS[number], name), (0, 0))
        return n > 0 and low * n <= 100 * c <= high * n

    def keeps(name: str) -> bool:
        every = [inside(number, name) for number in range(3)]
        if isinstance(run, int):
            return every[run]
        return any(every) if run == SOME_RUN else all(every)

    kept = Kept(3, 0, ANY, low, high, run)
    found = table_of(counted, ids).filter(kept.condition)["problem_id"].to_list()
    assert [name for name in ids if keeps(name)] == found
    assert f"{low}–{high} %" in kept.said(["A", "B", "C"])


def test_problems_are_kept_by_subject_and_level() -> None:
    counted, ids = drawn(6)
    table = table_of(counted, ids)
    kept = Kept(3, 0, subjects=("algebra", UNNAMED), levels=("Level 4",))
    found = table.filter(kept.condition)
    assert found["problem_id"].to_list() == [
        name for i, name in enumerate(ids) if i % 3 in (0, 1) and i % 4 == 1
    ]
    assert kept.said(["A", "B", "C"]) == f"subject algebra or {UNNAMED}; level Level 4"
    assert kept_said(found.height, 60, "x") == f"{found.height} of 60 problems: x."
    assert kept_said(60, 60, "") == "60 problems." and Kept(3).said([]) == ""


def in_order(name: str, run: int | None, descending: bool) -> list[Any]:
    counted, ids = drawn(7)
    table = ordered(table_of(counted, ids), sort_key(name, run, 3), descending)
    assert sorted(table["problem_id"]) == ids
    return table.to_dicts()


@pytest.mark.parametrize("descending", [False, True])
def test_problems_are_sorted_with_ties_in_order_and_the_unknown_last(descending: bool) -> None:
    rows = in_order("accuracy", 1, descending)
    known = [(row["accuracy_1"], row["position"]) for row in rows if row["accuracy_1"] is not None]
    expected = sorted(known, key=lambda pair: (-pair[0] if descending else pair[0], pair[1]))
    assert expected == known
    assert all(row["accuracy_1"] is None for row in rows[len(known) :]) and len(known) < len(rows)


def test_without_a_run_measures_are_means_and_flags_are_sums() -> None:
    rows = in_order("accuracy", None, True)
    means = []
    for row in rows:
        known = [row[f"accuracy_{i}"] for i in range(3) if row[f"accuracy_{i}"] is not None]
        means.append(sum(known) / len(known) if known else None)
    there = [mean for mean in means if mean is not None]
    assert there == pytest.approx(sorted(there, reverse=True)) and None not in means[: len(there)]
    sums = [
        sum(row[f"solvable_{i}"] or 0 for i in range(3)) for row in in_order("solvable", None, True)
    ]
    assert sums == sorted(sums, reverse=True) and len(set(sums)) > 2


def test_levels_are_sorted_as_numbers() -> None:
    rows = in_order("level", None, False)
    assert [row["level"] for row in rows] == sorted(
        (row["level"] for row in rows), key=lambda level: int(level.split()[1])
    )
    assert sorted(["10", "9", "b2", "B10", "a"], key=padded) == ["9", "10", "a", "b2", "B10"]


def test_a_problem_of_undefined_perplexity_is_last() -> None:
    values = frame(
        [("a", "p0", 1, float("nan")), ("a", "p1", 1, 9.0), ("a", "p2", 1, 2.0)], PERPLEXITIES
    )
    table = problem_table(
        problems(["p0", "p1", "p2"]), frame([], COUNTS), frame([], ENTROPIES), values, ["a"], 1
    )
    for descending, expected in ((False, ["p2", "p1", "p0"]), (True, ["p1", "p2", "p0"])):
        key = sort_key("perplexity", 0, 1)
        assert ordered(table, key, descending)["problem_id"].to_list() == expected
    assert unknown(table, 1) == ["accuracy", "solvable", "answer entropy"]


def test_how_many_samples_numbers_rest_on_is_said() -> None:
    counted = {("a", "p0"): (4, 1), ("a", "p1"): (9, 2), ("b", "p0"): (2, 2), ("c", "p0"): (0, 0)}
    table = table_of(counted, ["p0", "p1"])
    assert spread(table, "n", ["A", "B", "C"]) == "A 4–9; B 2"
    assert spread(table, "scored", ["A", "B", "C"]) == "3"
    assert spread(table, "answered", ["A", "B", "C"]) == "A 7; B 4"
    alike = table_of({(run, "p0"): (4, 0) for run in RUNS}, ["p0", "p1"])
    assert spread(alike, "n", ["A", "B", "C"]) == "4"
    many = alike.with_columns(n_3=pl.lit(1_500))
    assert spread(many, "n", ["A", "B", "C", "D"]) == "4–1,500"
    assert spread(many.with_columns(n_3=pl.lit(None)), "n", ["A", "B", "C", "D"]) == "4"
    assert spread(table.head(0), "n", ["A"]) == ""


FOUND = Found(
    pl.DataFrame({"problem_id": ["p0", "p1", "p2"], "matches": [False, True, False]}),
    pl.DataFrame(
        [("a", "p0", 5, [1, 4]), ("b", "p0", 3, []), ("a", "p2", 2, []), ("b", "p1", 4, [0, 2, 3])],
        schema={
            "run": pl.String, "problem_id": pl.String, "searched": pl.Int64,
            "samples": pl.List(pl.Int32),
        },
        orient="row",
    ),
)  # fmt: skip


def test_hits_are_counted_per_problem_and_run() -> None:
    table = hits.per_problem(FOUND, problems(["p0", "p1", "p2"]), ["a", "b"])
    assert table.select("asked", "hits_0", "searched_0", "hits_1", "searched_1").rows() == [
        (False, 2, 5, 0, 3), (True, None, None, 3, 4), (False, 0, 2, None, None)
    ]  # fmt: skip
    assert hits.with_hits(table)["problem_id"].to_list() == ["p0", "p1"]
    by_hits = ordered(table, sort_key("hits", None, 2), True)
    assert by_hits["problem_id"].to_list() == ["p1", "p0", "p2"]


def test_hits_are_counted_per_run() -> None:
    assert hits.per_run(FOUND, {"b": "B", "a": "A", "c": "C"}).rows() == [
        ("B", 3, 7, 1, 2), ("A", 2, 7, 1, 2), ("C", 0, 0, 0, 0)
    ]  # fmt: skip
    assert hits.said(FOUND) == "Matching: 1 of 3 questions and 5 of 14 completions."
    assert hits.said(FOUND.among(["p0"])) == "Matching: 0 of 1 question and 2 of 8 completions."


def test_matching_samples_are_listed_by_problem_run_and_number() -> None:
    listed = hits.one_by_one(FOUND, ["p1", "p0"], ["b", "a"])
    assert listed.select("problem_id", "run", "sample").rows() == [
        ("p1", "b", 0), ("p1", "b", 2), ("p1", "b", 3), ("p0", "a", 1), ("p0", "a", 4)
    ]  # fmt: skip
    assert hits.one_by_one(FOUND, ["p0"], ["b"]).is_empty()
    assert hits.one_by_one(Found(FOUND.questions, None), ["p0"], ["b"]).is_empty()


def test_a_search_of_questions_only_has_no_hits_of_runs() -> None:
    asked = Found(FOUND.questions, None)
    table = hits.per_problem(asked, problems(["p0", "p1", "p2"]), ["a", "b"])
    assert hits.with_hits(table)["problem_id"].to_list() == ["p1"]
    assert hits.said(asked) == "Matching: 1 of 3 questions." and "hits_0" not in table.columns


def test_a_snippet_is_one_line_of_plain_text() -> None:
    text = pl.DataFrame({"b": ["one\n\ttwo "], "m": ["<b>\x00"], "a": ["\u202ethree"]})
    shown = text.select(hits.snippet(pl.col("b"), pl.col("m"), pl.col("a"))).item()
    assert shown == "one two ⟦<b> ⟧ three"
