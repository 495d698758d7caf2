"""Accuracy of problems: bins, shares that reach a value, and two runs side by side.

Expected values come from exact fractions or from the published histograms.
"""

import random
from collections import Counter
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from app.analysis import flow
from app.analysis.accuracy import (
    at_least,
    by_problem,
    completed,
    cumulative,
    histogram,
    in_bin,
    reached_tenths,
)
from app.analysis.published_histograms import laid_beneath
from app.metrics.accuracy import BINS, accuracy_bin
from tests.app.accuracies import bin_of, ragged, two_runs
from tests.app.frames import counts_frame

# Fig. 5 of arXiv 2504.13837 (Minerva, Qwen2.5-7B), and rows of Fig. 14: n, base, RL.
PUBLISHED = {
    "Minerva": (
        128,
        [93, 52, 17, 23, 16, 19, 13, 7, 10, 11, 8, 3],
        [113, 33, 12, 9, 7, 4, 5, 6, 6, 9, 21, 47],
    ),
    "MATH500": (
        128,
        [20, 45, 31, 27, 29, 28, 22, 34, 40, 69, 138, 17],
        [33, 27, 14, 17, 9, 8, 9, 7, 19, 22, 67, 268],
    ),
    "AIME24": (
        1024,
        [7, 16, 4, 1, 0, 1, 0, 0, 1, 0, 0, 0],
        [11, 12, 1, 1, 0, 0, 1, 1, 1, 0, 2, 0],
    ),
}
SIZES = {"Minerva": 272, "MATH500": 500, "AIME24": 30}


def counts_of(run: str, n: int, row: list[int]) -> pl.DataFrame:
    """Counts of a run whose histogram is this row: the correct ones drawn within each bin."""
    draw = random.Random(sum(row[:3]))
    members = {b: [c for c in range(n + 1) if bin_of(c, n) == b] for b in range(12)}
    correct = [draw.choice(members[b]) for b in range(12) for _ in range(row[b])]
    draw.shuffle(correct)
    return counts_frame(run, n, correct)


@pytest.mark.parametrize("benchmark", PUBLISHED)
def test_counts_with_a_published_histogram_give_that_histogram(benchmark):
    n, *rows = PUBLISHED[benchmark]
    counts = pl.concat(counts_of(run, n, row) for run, row in zip("br", rows, strict=True))
    bins = histogram(counts)
    for run, row in zip("br", rows, strict=True):
        own = bins.filter(run=run)
        assert sum(row) == SIZES[benchmark]
        assert own["count"].to_list() == row
        assert own["bin"].to_list() == list(BINS)
        assert own["percent"].to_list() == pytest.approx(
            [float(Fraction(100 * size, SIZES[benchmark])) for size in row], rel=1e-14
        )
        assert set(own.select("n_min", "n_max").rows()) == {(n, n)}


def test_a_problem_solved_always_is_in_the_last_bin_alone():
    # A notebook about the paper never fills its bin (0.9, 1) and takes the problems with
    # accuracy 1 off the bin of those with accuracy 0.
    counts = counts_frame("r", 20, [0, 0, 19, 20, 20, 20])
    sizes = dict(histogram(counts).select("bin", "count").rows())
    assert (sizes["0"], sizes["(0.9,1)"], sizes["1"]) == (2, 1, 3)
    assert sum(sizes.values()) == 6


@pytest.mark.parametrize("n", [10, 30, 100, 128, 256, 1000, 1024])
def test_every_count_of_a_large_n_is_in_the_bin_of_its_fraction(n):
    expected = [bin_of(c, n) for c in range(n + 1)]
    assert accuracy_bin(np.full(n + 1, n), np.arange(n + 1)).tolist() == expected


def test_a_single_problem_reaches_its_own_accuracy():
    # Polars divides one row by multiplying with 1 / n: 3 of 10 became 0.30000000000000004.
    (accuracy,) = cumulative(counts_frame("r", 10, [3]))["accuracy"]
    assert accuracy == 0.3


def test_tenths_belong_to_the_bin_that_they_end_whatever_n_is():
    for n in range(10, 1030, 10):
        for tenth in range(1, 10):
            assert BINS[int(accuracy_bin(n, n * tenth // 10))].endswith(f"0.{tenth}]")
            above = BINS[int(accuracy_bin(n, n * tenth // 10 + 1))]
            assert above.startswith(f"(0.{tenth},") or (n, tenth, above) == (10, 9, "1")


def test_problems_without_samples_are_in_no_bin_but_are_counted():
    counts = counts_frame("r", [4, 0, 2], [4, 0, 1])
    every = completed(counts, ["p0", "p1", "p2", "p3", "p4"])
    bins = histogram(every)
    assert every["problem_id"].to_list() == ["p0", "p1", "p2", "p3", "p4"]
    assert every["n"].to_list() == [4, 0, 2, 0, 0]
    assert set(bins.select("problems", "undefined").rows()) == {(2, 3)}
    assert bins["count"].sum() == 2


def test_only_runs_with_counts_are_completed():
    counts = pl.concat([counts_frame("a", 2, [1, 2]), counts_frame("b", 2, [1])])
    every = completed(counts, ["p0", "p1"])
    assert every.select("run", "problem_id", "n").rows() == [
        ("a", "p0", 2),
        ("a", "p1", 2),
        ("b", "p0", 2),
        ("b", "p1", 0),
    ]
    assert completed(counts.clear(), ["p0"]).is_empty()


def test_the_problems_of_a_bin_are_those_that_it_counts():
    counts = ragged("r", 200, 3)
    known = [(p, c, n) for p, c, n in counts.select("problem_id", "c", "n").rows() if n]
    for place, name in enumerate(BINS):
        expected = [(p, c, n) for p, c, n in known if bin_of(c, n) == place]
        assert in_bin(counts, "r", name).rows() == expected


def test_shares_that_reach_an_accuracy_are_exact_at_every_step():
    counts = ragged("r", 300, 5)
    accuracies = [Fraction(c, n) for n, c in counts.select("n", "c").rows() if n]
    steps = cumulative(counts)
    assert steps["accuracy"].to_list() == [float(a) for a in sorted(set(accuracies))]
    for c, n, count, share in steps.select("c", "n", "count", "share").rows():
        reached = sum(a >= Fraction(c, n) for a in accuracies)
        assert (count, share) == (reached, float(Fraction(reached, len(accuracies))))
        assert at_least(counts, "r", c, n).height == reached
    assert set(steps["undefined"]) == {300 - len(accuracies)}


def test_the_area_below_the_cumulative_steps_is_the_mean_accuracy():
    counts = counts_of("r", *PUBLISHED["MATH500"][:2])
    steps = cumulative(counts).select("accuracy", "share").rows()
    edges = [0.0, *(accuracy for accuracy, _ in steps)]
    area = sum(
        (high - low) * share for low, high, (_, share) in zip(edges, edges[1:], steps, strict=False)
    )
    mean = sum(Fraction(c, 128) for c in counts["c"]) / 500
    assert area == pytest.approx(float(mean), abs=1e-12)


def test_equal_fractions_of_different_n_are_one_step_named_by_the_larger_n():
    steps = cumulative(counts_frame("r", [2, 4, 10, 3], [1, 2, 3, 1]))
    assert steps.select("c", "n", "count").rows() == [(3, 10, 4), (1, 3, 3), (2, 4, 2)]


def test_thirty_of_a_hundred_reach_three_of_ten():
    counts = counts_frame("r", [100, 100, 10], [30, 29, 3])
    assert at_least(counts, "r", 3, 10)["problem_id"].to_list() == ["p0", "p2"]


def test_numbers_of_problems_that_reach_tenths():
    counts = ragged("r", 150, 8, most=1000)
    accuracies = [Fraction(c, n) for n, c in counts.select("n", "c").rows() if n]
    for _, tenths, count, percent in reached_tenths(counts).rows():
        expected = sum(a > 0 and a >= Fraction(tenths, 10) for a in accuracies)
        assert (count, percent) == (expected, 100 * expected / len(accuracies))


def test_pairs_are_the_problems_with_samples_of_both_runs():
    counts, fractions = two_runs()
    pair = flow.paired(counts, "b", "r")
    both = [
        (f"p{i}", base, other)
        for i, (base, other) in enumerate(zip(fractions["b"], fractions["r"], strict=True))
        if base is not None and other is not None
    ]
    assert pair.left_out == 80 - len(both)
    assert pair.problems["problem_id"].to_list() == [name for name, *_ in both]
    assert pair.problems["ahead"].to_list() == [
        "equal" if base == other else "other" if other > base else "base" for _, base, other in both
    ]


def test_a_problem_of_one_run_only_is_left_out_and_counted():
    counts = pl.concat([counts_frame("b", 4, [1, 2], ["x", "y"]), counts_frame("r", 4, [3], ["y"])])
    pair = flow.paired(counts, "b", "r")
    assert (pair.problems["problem_id"].to_list(), pair.left_out) == (["y"], 1)


def test_the_flow_adds_up_to_both_histograms():
    counts, fractions = two_runs()
    pair = flow.paired(counts, "b", "r").problems
    cells = flow.flow(pair)
    expected = Counter(
        (bin_of(*base.as_integer_ratio()), bin_of(*other.as_integer_ratio()))
        for base, other in zip(fractions["b"], fractions["r"], strict=True)
        if base is not None and other is not None
    )
    assert cells.height == 144
    for row in cells.to_dicts():
        before, after = row["base_index"], row["other_index"]
        assert (row["base_bin"], row["other_bin"]) == (BINS[before], BINS[after])
        assert row["count"] == expected[before, after]
        assert row["way"] == ["same", "higher", "lower"][np.sign(after - before)]
        assert flow.between(pair, BINS[before], BINS[after]).height == row["count"]
    for side, run in (("base", "b"), ("other", "r")):
        own = counts.filter(pl.col("run") == run).join(pair.select("problem_id"), on="problem_id")
        sums = cells.group_by(f"{side}_index").agg(pl.col("count").sum()).sort(f"{side}_index")
        assert sums["count"].to_list() == histogram(own)["count"].to_list()


def test_the_flow_of_three_kinds_is_counted_by_hand():
    counts = pl.concat(
        [counts_frame("b", 4, [0, 0, 0, 2, 4, 4]), counts_frame("r", 8, [0, 1, 8, 8, 8, 0])]
    )
    kinds = flow.kinds(flow.paired(counts, "b", "r").problems)
    assert kinds.rows() == [("never", 1, 1, 1), ("sometimes", 0, 0, 1), ("always", 1, 0, 1)]


def test_points_hold_all_problems_and_each_leads_to_its_own():
    counts, _ = two_runs(200)
    pair = flow.paired(counts, "b", "r").problems
    points = flow.points(pair)
    assert points["count"].sum() == pair.height > points.height
    found = [flow.at_point(pair, name) for name in points["problem_id"]]
    assert [part.height for part in found] == points["count"].to_list()
    assert sorted(pl.concat(found)["problem_id"]) == sorted(pair["problem_id"])
    assert flow.at_point(pair, "unknown").is_empty()


def test_moved_points_stay_near_their_place_and_do_not_depend_on_the_order():
    counts, _ = two_runs(200)
    pair = flow.paired(counts, "b", "r").problems
    moved = flow.jittered(pair)
    for side in ("base", "other"):
        offset = (moved[f"{side}_accuracy"] - pair[f"{side}_accuracy"]) * pair[f"{side}_n"]
        assert offset.abs().max() <= 0.4
        assert offset.n_unique() > 0.9 * pair.height
    assert flow.jittered(pair.reverse()).reverse().equals(moved)


def test_problems_are_in_the_order_of_a_runs_accuracy_with_gaps_last():
    counts = pl.concat(
        [counts_frame("b", [4, 4, 0, 8, 2], [1, 4, 0, 2, 2]), counts_frame("r", 4, [0, 1, 2, 3, 4])]
    )
    cells = by_problem(counts, "b", ["r", "b"])
    assert cells["run"].unique(maintain_order=True).to_list() == ["r", "b"]
    assert cells.filter(run="r")["problem_id"].to_list() == ["p1", "p4", "p0", "p3", "p2"]
    assert cells.filter(run="b")["place"].to_list() == list(range(5))
    assert cells.filter(run="b", problem_id="p2")["bin_index"].to_list() == [None]
    plain = by_problem(counts, None, ["b"])
    assert plain["problem_id"].to_list() == [f"p{i}" for i in range(5)]


def test_a_published_histogram_of_another_size_is_drawn_as_shares():
    row = PUBLISHED["Minerva"][1]
    reference = pl.DataFrame(
        {
            "source": "s", "figure": "f", "model": "m", "benchmark": "Minerva", "series": "base",
            "bin": BINS, "count": row,
        }
    )  # fmt: skip
    beneath = laid_beneath(reference, ["m · Minerva · base"], 68)
    assert beneath["height"].to_list() == pytest.approx([size / 4 for size in row], rel=1e-14)
    assert set(beneath["problems"]) == {272}
    assert laid_beneath(reference, ["another"], 68).is_empty()
