"""Solvable sets of several runs: the paper's numbers, and other ways of counting."""

from itertools import combinations, product

import numpy as np
import polars as pl
import pytest

from app.analysis.retest import candidates, results
from app.analysis.set_lists import (
    all_regions,
    bound_said,
    exported,
    index_list,
    members,
    named_sizes,
    region_name,
    subsets,
)
from app.analysis.sets import budgets, solvable_sets
from app.analysis.solvable import regions, summary
from app.charts.style import style
from app.charts.upset import upset_chart
from app.metrics.solvable import expected_sizes, upper_bound
from tests.app.frames import counts_frame

# Yue et al. 2025 (arXiv 2504.13837, v5): Tables 5 and 6, indices from 0.
AIME_BASE = [0, 1, 4, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 18, 19, *range(22, 30)]
AIME_RL = [0, 1, 6, 7, 8, 9, 12, 14, 15, 16, 18, *range(22, 30)]
LCB_BASE = [
    400, 402, 403, 407, 409, 412, 413, 417, 418, 419, 422, 423, 427, 432, 433, 436, 438, 439, 440,
    444, 445, 448, 449,
]  # fmt: skip
LCB_RL = [
    400, 402, 403, 407, 412, 413, 417, 418, 419, 422, 423, 427, 430, 433, 438, 439, 440, 444, 445,
    449,
]  # fmt: skip


def solved_at(run: str, positions: list[int], problems: int, n: int) -> pl.DataFrame:
    """Counts of a run that solves exactly these problems, most of them rarely."""
    correct = [0] * problems
    for place in positions:
        correct[place] = 1 + place * 37 % n
    return counts_frame(run, n, correct)


def pair(base: list[int], other: list[int], problems: int, n: int) -> pl.DataFrame:
    return pl.concat([solved_at("b", base, problems, n), solved_at("r", other, problems, n)])


AIME = pair(AIME_BASE, AIME_RL, 30, 1024)
MATH = pair(list(range(480)), [*range(462), *range(480, 485)], 500, 128)
LCB = pair([*range(30), *LCB_BASE], [*range(30), *LCB_RL, 500], 880, 128)


@pytest.mark.parametrize(
    ("counts", "k", "sizes", "shares"),
    [
        (AIME, 1024, (19, 4, 0, 7), "63.3 13.3 0.0 23.3"),
        (MATH, 128, (462, 18, 5, 15), "92.4 3.6 1.0 3.0"),
    ],
)
def test_table_2_of_the_paper_comes_out(counts, k, sizes, shares):
    found = summary(solvable_sets(counts, ["b", "r"], k))
    assert found[:4] == sizes and found == regions(counts, "b", "r", k).summary
    assert [f"{share:.1f}" for share in found.percent().values()] == shares.split()


def test_table_5_of_the_paper_comes_out_as_index_lists_and_a_subset():
    found = solvable_sets(AIME, ["b", "r"], 1024)
    assert index_list(found, 0, 0, 29)["position"].to_list() == AIME_BASE
    assert index_list(found, 1, 0, 29)["position"].to_list() == AIME_RL
    assert members(found, "10")["position"].to_list() == [4, 11, 17, 19]
    (check,) = subsets(found)
    assert (check.finding, check.base_solved, check.solved) == ("subset", 23, 19)


def test_table_6_of_the_paper_comes_out_in_its_range_and_is_nearly_a_subset():
    found = solvable_sets(LCB, ["b", "r"], 128)
    assert index_list(found, 0, 400, 450)["position"].to_list() == LCB_BASE
    assert index_list(found, 1, 400, 450)["problem_id"].to_list() == [f"p{i}" for i in LCB_RL]
    (check,) = subsets(found)
    assert check.finding == "nearly"
    assert check.outside.rows() == [("p430", 430), ("p500", 500)]
    between = members(found, "10").filter(pl.col("position").is_between(400, 450))
    assert between["position"].to_list() == [409, 432, 436, 448]


@pytest.mark.parametrize(
    ("base", "other", "finding"),
    [
        ([0, 1], [0, 1], "equal"), ([0, 1], [], "empty"), ([], [0], "not a subset"),
        (range(9), range(10), "nearly"), (range(8), range(9), "not a subset"), ([], [], "empty"),
    ],
)  # fmt: skip
def test_the_subset_check_has_an_answer_in_every_case(base, other, finding):
    (check,) = subsets(solvable_sets(pair(list(base), list(other), 10, 4), ["b", "r"], 4))
    assert check.finding == finding


def random_counts(seed: int, runs: int, problems: int, n: int) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    hard = draw.random(problems) < 0.4
    drawn = [np.where(hard, draw.binomial(n, 0.1, problems), draw.binomial(n, 0.6, problems))
             for _ in range(runs)]  # fmt: skip
    return pl.concat([counts_frame(f"r{i}", n, c.tolist()) for i, c in enumerate(drawn)])


@pytest.mark.parametrize("runs", [2, 3, 5, 12])
@pytest.mark.parametrize("threshold", [1, 2, 4])
def test_every_problem_is_in_the_region_of_the_runs_that_solve_it(runs, threshold):
    counts, names = random_counts(runs, runs, 60, 4), [f"r{i}" for i in range(runs)]
    found = solvable_sets(counts, names, 4, threshold)
    solvers: dict[str, set[str]] = {}
    for row in counts.filter(pl.col("c") >= threshold).to_dicts():
        solvers.setdefault(row["problem_id"], set()).add(row["run"])
    for problem, region in found.problems.select("problem_id", "region").rows():
        by = {name for name, bit in zip(names, region, strict=True) if bit == "1"}
        assert by == solvers.get(problem, set())
    sizes = dict(found.sizes.rows())
    assert all(size == members(found, region).height for region, size in sizes.items())
    assert sum(sizes.values()) == 60 == found.problems.height
    order = found.sizes["problems"].to_list()
    assert order == sorted(order, reverse=True)
    for i, name in enumerate(names):
        assert found.total(i) == sum(name in by for by in solvers.values())


def test_the_order_of_the_runs_is_the_order_of_the_bits():
    counts = pair([0], [1, 2], 3, 2)
    assert dict(solvable_sets(counts, ["b", "r"], 2).sizes.rows()) == {"01": 2, "10": 1}
    assert dict(solvable_sets(counts, ["r", "b"], 2).sizes.rows()) == {"10": 2, "01": 1}


def test_expected_sizes_of_three_runs_are_the_mean_over_all_draws():
    samples = ([1, 0, 0], [1, 1, 0, 0], [0, 0, 1])  # one problem; k = 2, at least 1 correct
    tally = dict.fromkeys([f"{i:03b}" for i in range(8)], 0)
    for draws in product(*(list(combinations(run, 2)) for run in samples)):
        tally["".join(str(int(any(draw))) for draw in draws)] += 1
    counts = pl.concat(counts_frame(f"r{i}", len(run), [sum(run)]) for i, run in enumerate(samples))
    found = solvable_sets(counts, ["r0", "r1", "r2"], 2)
    total = sum(tally.values())
    assert found.how == "expected" and found.problems["region"].is_null().all()
    for region, count in tally.items():
        assert found.size(region) == pytest.approx(count / total, abs=1e-12)


def test_expected_sizes_of_many_problems_add_up_over_the_chunks():
    chances = np.random.default_rng(3).random((4, 1201))
    sizes = expected_sizes(chances)
    assert sizes.sum() == pytest.approx(1201)
    assert sizes[0b1111] == pytest.approx(chances.prod(axis=0).sum())
    assert sizes[0b1010] == pytest.approx(
        (chances[0] * (1 - chances[1]) * chances[2] * (1 - chances[3])).sum()
    )


def within(run: str, drawn: list[int], correct: list[int]) -> pl.DataFrame:
    ids = [f"p{i}" for i in range(len(drawn))]
    return pl.DataFrame(
        {"run": [run] * len(ids), "problem_id": ids, "drawn": drawn, "correct": correct}
    )


def test_problems_with_fewer_than_k_samples_or_unverified_ones_are_named_and_in_no_region():
    counts = pl.concat(
        [
            counts_frame("b", [4, 4, 1, 0, 4], [2, 1, 1, 0, 3]),
            counts_frame("r", [2, 2, 2, 2, 1], [1, 0, 0, 1, 1]),
        ]
    )
    stored = pl.concat([within("b", [2, 1, 1, 0, 2], [2, 0, 1, 0, 1])])
    found = solvable_sets(counts, ["b", "r"], 2, within=stored)
    assert found.how == "first k samples"
    assert found.problems.select("problem_id", "region").rows() == [("p0", "11")]
    assert found.undefined.rows() == [
        ("p1", 1, 0, 4), ("p2", 2, 0, 1), ("p3", 3, 0, 0), ("p4", 4, 1, 1),
    ]  # fmt: skip
    assert budgets(counts, ["b", "r"]) == (1, 2)


def test_problems_of_some_runs_only_are_counted():
    counts = pl.concat([counts_frame("b", 2, [1, 1]), counts_frame("r", 2, [1], ["p1"])])
    found = solvable_sets(counts, ["b", "r"], 2)
    assert (found.problems["problem_id"].to_list(), found.uncommon) == (["p1"], 1)


@pytest.mark.parametrize(
    ("runs", "k", "threshold", "said"),
    [
        (["b", "b"], 2, 1, "same run twice, b"),
        (["b", "x"], 2, 1, "No counts of run x"),
        (["b", "r"], 2, 3, "1 ≤ threshold ≤ k"),
        (["b", "z"], 2, 1, "b, z have no problem in common"),
    ],
)
def test_a_question_without_an_answer_is_refused_in_a_sentence(runs, k, threshold, said):
    counts = pl.concat([pair([0], [1], 3, 2), counts_frame("z", 2, [0], ["q"])])
    with pytest.raises(ValueError, match=said):
        solvable_sets(counts, runs, k, threshold)


def test_no_samples_in_common_is_a_sentence():
    counts = pl.concat([counts_frame("b", [0, 3], [0, 1]), counts_frame("r", [3, 0], [1, 0])])
    with pytest.raises(ValueError, match="No problem has samples that count in all of these runs"):
        budgets(counts, ["b", "r"])


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("11", "both"), ("10", "only A"), ("00", "neither"), ("111", "all"), ("110", "all but C"),
        ("001", "only C"), ("000", "none"), ("1100", "only A, B"), ("1011", "all but B"),
    ],
)  # fmt: skip
def test_a_region_has_a_name(region, said):
    assert region_name(region, "ABCD"[: len(region)]) == said


@pytest.mark.parametrize("runs", [2, 3, 4])
def test_no_two_regions_share_a_name(runs):
    names = {region_name(region, "ABCD"[:runs]) for region in all_regions(runs)}
    assert len(names) == 2**runs


def test_named_sizes_hold_empty_regions_where_they_are_asked_for():
    found = solvable_sets(pair([0, 1], [1], 4, 2), ["b", "r"], 2)
    assert named_sizes(found, ["B", "R"], all_regions(2)).rows() == [
        ("10", "only B", 1, 25), ("01", "only R", 0, 0), ("11", "both", 1, 25),
        ("00", "neither", 2, 50),
    ]  # fmt: skip


def test_the_export_holds_ids_positions_counts_and_the_region():
    counts = pl.concat([counts_frame("b", 4, [0, 3]), counts_frame("r", [5, 4], [2, 0])])
    stored = within("r", [4, 4], [1, 0])
    found = solvable_sets(counts, ["b", "r"], 4, within=stored)
    assert exported(found.problems, ["B", "R"]).to_dicts() == [
        {"problem_id": "p0", "position": 0, "B c": 0, "B n": 4, "R c": 2, "R n": 5,
         "region": "only R"},
        {"problem_id": "p1", "position": 1, "B c": 3, "B n": 4, "R c": 0, "R n": 4,
         "region": "only B"},
    ]  # fmt: skip


@pytest.mark.parametrize("n", [1, 2, 30, 128, 1024])
def test_the_upper_bound_is_the_p_at_which_n_failures_have_a_chance_of_one_in_twenty(n):
    bound = float(upper_bound(n))
    assert (1 - bound) ** n == pytest.approx(0.05, rel=1e-12)
    assert bound < 3 / n
    if n >= 30:
        assert bound == pytest.approx(3 / n, rel=0.06)


def test_the_upper_bound_is_undefined_without_samples_and_where_something_was_correct():
    assert np.isnan(upper_bound(0))
    counts = pl.concat([counts_frame("b", 4, [0, 1]), counts_frame("r", 4, [0, 0])])
    found = members(solvable_sets(counts, ["b", "r"], 4, threshold=2), "00")
    assert found["bound_0"].is_null().to_list() == [False, True]
    assert found["bound_1"][1] == pytest.approx(1 - 0.05**0.25)
    assert "At n = 128 it is 0.0231" in bound_said(128) and "about 0.0234" in bound_said(128)


def test_rl_only_problems_tested_again_with_the_base_at_1024():
    """App. C.7: the base solves all 5 RL-only problems of MATH500 at 1,024 samples."""
    found = solvable_sets(MATH, ["b", "r"], 128)
    only_rl = members(found, "01")["problem_id"]
    more = counts_frame("b-more", 1024, [3, 0, 9, 1, 1, 2], [*only_rl, "p499"])
    again = solvable_sets(
        more.filter(pl.col("problem_id").is_in(only_rl.implode())), ["b-more"], 1024
    )
    assert (again.total(0), again.problems.height) == (4, 5)
    unsolved = results(again).filter(pl.col("chance") == 0)
    assert unsolved.select("problem_id", "n", "c").rows() == [(only_rl[1], 1024, 0)]
    assert unsolved["bound"][0] == pytest.approx(1 - 0.05 ** (1 / 1024))


def test_a_run_with_counts_only_is_tested_again_by_its_chances():
    again = solvable_sets(counts_frame("x", 4, [1, 2, 0]), ["x"], 2)
    assert results(again)["chance"].to_list() == pytest.approx([1 / 2, 5 / 6, 0])
    assert again.total(0) == pytest.approx(4 / 3)


def test_the_first_run_to_test_with_is_of_a_model_that_did_not_solve_and_has_most_samples():
    stored = pl.DataFrame({"run": ["b", "r", "more", "unjudged"], "model": ["m", "rl", "m", "m"]})
    totals = pl.DataFrame(
        {"run": ["b", "b", "r", "more", "unjudged"], "n_max": [64, 128, 2048, 1024, 0]}
    )
    assert candidates(stored, totals, ["b"]) == ["more", "b", "r"]
    assert candidates(stored, totals, ["r"]) == ["r", "more", "b"]


def test_an_upset_plot_has_a_bar_and_dots_per_column_that_name_its_region():
    counts, names = random_counts(8, 5, 40, 4), [f"r{i}" for i in range(5)]
    found = solvable_sets(counts, names, 4)
    sizes, totals = named_sizes(found, names), [found.total(i) for i in range(5)]
    looks = [style("rl", i) for i in range(5)]
    bars, solved, _, faint, filled = upset_chart(sizes, totals, names, looks, "k = 4").data
    assert [mark[0] for mark in bars.customdata] == sizes["region"].to_list()
    assert list(bars.y) == sizes["problems"].to_list() and list(solved.x) == totals
    dots = {(x, y) for x, y in zip(filled.x, filled.y, strict=True)}
    assert {(x, y) for x, y in zip(faint.x, faint.y, strict=True)}.isdisjoint(dots)
    for column, region in enumerate(sizes["region"]):
        assert {y for x, y in dots if x == column} == {i for i in range(5) if region[i] == "1"}
    for trace in (faint, filled):
        places = zip(trace.x, trace.customdata, strict=True)
        assert all(sizes["region"][x] == mark[0] for x, mark in places)
    assert len(faint.x) + len(filled.x) == 5 * sizes.height
    assert bars.hovertext[0].startswith(sizes["name"][0])
