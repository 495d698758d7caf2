"""Perplexities of groups and of lengths, each by another method too."""

import math
import statistics
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from scipy import stats

from app.analysis.perplexity import (
    GROUP,
    accounted,
    axis_top,
    cut_differently,
    drawing,
    grouped,
    of_verdict,
    summary,
    thinned,
)
from app.analysis.perplexity_length import in_bins, matched, medians, within
from app.charts.perplexity import perplexity_chart
from app.metrics.perplexity import density, effective_size, perplexity, weighted_quantiles
from tests.app.perplexities import INF, LABELS, NAN, ROLES, by_hand, samples

# Estimators


@pytest.mark.parametrize("weight", [1.0, 0.3, 1e-9])
def test_quantiles_of_equal_weights_are_the_usual_ones_whatever_the_scale(weight):
    values = list(1 + np.random.default_rng(1).gamma(2, 0.1, 31))
    found = weighted_quantiles(values, [weight] * 31, [0.25, 0.5, 0.75])
    assert found == pytest.approx(np.percentile(values, [25, 50, 75], method="hazen"), rel=1e-12)
    assert found[1] == pytest.approx(statistics.median(values), rel=1e-12)


def test_a_weighted_median_lies_where_half_of_the_weight_is():
    # The weights 1, 1, 2 have their middles at 0.5, 1.5 and 3 of 4: half of the weight is a third
    # of the way from the second to the third.
    assert weighted_quantiles([3, 1, 2], [2, 1, 1], [0.5])[0] == pytest.approx(2 + 1 / 3)
    assert list(weighted_quantiles([3, 1, 2], [2, 1, 1], [0, 1])) == [1, 3]
    assert math.isnan(weighted_quantiles([], [], [0.5])[0])


@pytest.mark.parametrize("values", [[1, INF], [1, 2, INF], [1, 2, 3, 4, INF], [INF, INF], [2.0]])
def test_infinite_values_are_larger_than_all_others(values):
    found = weighted_quantiles(values, np.ones(len(values)), [0, 0.5, 1])
    assert list(found) == [values[0], by_hand(values, Fraction(1, 2)), values[-1]]


def test_the_effective_size_is_that_of_kish():
    assert effective_size([0.2, 0.2, 0.2]) == pytest.approx(3)
    assert effective_size([1, 1, 2]) == pytest.approx(16 / 6)
    assert effective_size([]) == 0


def test_a_density_is_the_kernel_estimate_mirrored_at_one():
    values = 1 + np.random.default_rng(2).gamma(2, 0.1, 800)
    grid = np.linspace(1, 2.5, 200)
    quarter, three = by_hand(values, Fraction(1, 4)), by_hand(values, Fraction(3, 4))
    width = 0.9 * min(statistics.stdev(values), (three - quarter) / 1.34) * 800**-0.2
    kernel = stats.gaussian_kde(values, width / statistics.stdev(values))
    assert density(values, grid) == pytest.approx(kernel(grid) + kernel(2 - grid), abs=2e-3)
    assert density([*values, INF], grid) == pytest.approx(density(values, grid))


def test_a_density_of_nothing_is_undefined_and_of_one_value_stands_there():
    grid = np.linspace(1, 2, 101)
    assert np.isnan(density([], grid)).all() and np.isnan(density([INF], grid)).all()
    assert grid[density([1.5, 1.5], grid).argmax()] == pytest.approx(1.5)
    assert density([9.0], grid).max() == 0


def test_a_perplexity_is_at_least_one_and_nan_without_tokens():
    assert perplexity([0.0, -INF], [3, 2]).tolist() == [1.0, INF]
    assert np.isnan(perplexity([-1.0], [0])).all()


# Groups


def test_an_infinite_perplexity_is_counted_and_moves_the_quartiles_as_the_largest_value():
    values = [1.5, 1.1, INF, 1.2, 1.3]
    row = summary(samples(values)).to_dicts()[0]
    assert (row["samples"], row["infinite"], row["left_out"]) == (5, 1, 0)
    quarters = [by_hand(values, Fraction(i, 4)) for i in (1, 2, 3)]
    assert [row[name] for name in ("q1", "median", "q3")] == pytest.approx(quarters)
    assert row["mean"] == INF
    assert row["high"] == pytest.approx(1.5)


def test_an_axis_ends_above_the_finite_whiskers():
    boxes = pl.DataFrame({"high": [1.5, INF, None, NAN, 1.2]})
    assert axis_top(boxes) == pytest.approx(1 + 1.15 * 0.5)
    assert axis_top(pl.DataFrame({"high": [None, INF]}, strict=False)) == 2.0


def test_groups_are_split_by_verdict_and_problem_only_when_asked():
    frame = samples(
        [1.1, 1.2, 1.3, 1.4],
        outcome=["correct", "no_answer", None, "correct"],
        problem_id=["p0", "p0", "p1", "p1"],
    )
    assert set(grouped(frame).select("panel", "verdict").rows()) == {("", "")}
    split = grouped(frame, split=True, panels=True)
    assert split.select("panel", "verdict").rows() == [
        ("p0", "correct"), ("p0", "no_answer"), ("p1", "unverified"), ("p1", "correct"),
    ]  # fmt: skip
    assert of_verdict(frame, "unverified")["sample"].to_list() == [2]
    assert of_verdict(frame, None).height == 4


def test_samples_that_are_not_in_a_group_are_counted_with_the_reason():
    scored = grouped(samples([1.1, 1.2, 1.3, None], n_tokens=[5, 50, 500, 5]))
    stored = pl.DataFrame(
        {"run": ["r", "r", "b"], "problem_id": "p0", "outcome": ["correct", None, "correct"],
         "samples": [7, 2, 100]}
    )  # fmt: skip
    inside = within(scored, 5, 50)
    row = accounted(summary(inside, GROUP), scored, stored, False, False).to_dicts()[0]
    # Of 9 stored, 3 have a perplexity; of these the one of 500 tokens is too long.
    assert (row["samples"], row["outside"], row["not_scored"]) == (2, 1, 6)


def test_a_group_without_a_sample_of_the_lengths_asked_for_stays_with_n_0():
    scored = pl.concat([grouped(samples([1.1], n_tokens=[5], run=run)) for run in ("b", "r")])
    longer = grouped(samples([1.2], n_tokens=[90], run="s"))
    scored = pl.concat([scored, longer])
    stored = pl.DataFrame(
        {"run": ["b", "r", "s"], "problem_id": "p0", "samples": 1, "outcome": "correct"}
    )
    boxes = accounted(summary(within(scored, 1, 9), GROUP), scored, stored, False, False)
    found = {row["run"]: (row["samples"], row["outside"]) for row in boxes.to_dicts()}
    assert found == {"b": (1, 0), "r": (1, 0), "s": (0, 1)}
    assert math.isnan(boxes.filter(run="s")["median"][0])
    figure = perplexity_chart(drawing(within(scored, 1, 9), boxes), LABELS, ROLES)
    assert figure.layout.meta["outside"] == 1


def test_the_share_at_or_below_a_perplexity_is_the_ecdf_of_all_samples():
    random = np.random.default_rng(3)
    values = [*np.round(1 + random.gamma(2, 0.1, 60), 2), INF]
    frame = grouped(samples(values))
    drawn = drawing(frame, summary(frame, GROUP))
    exact = stats.ecdf(np.where(np.isinf(values), 1e9, values)).cdf
    for value, share in drawn.points.select("perplexity", "share").rows():
        assert share == pytest.approx(float(exact.evaluate(value + 1e-9)))
    assert max(drawn.points["share"]) == pytest.approx(60 / 61)
    assert drawn.panels["infinite"].to_list() == [1]


def test_points_are_taken_from_every_group():
    many, few = samples([1.1 + i / 1000 for i in range(500)]), samples([1.1, 1.2], run="b")
    kept = thinned(grouped(pl.concat([many, few])), 20)
    assert dict(kept["run"].value_counts().rows()) == {"r": 10, "b": 2}
    assert kept.equals(thinned(grouped(pl.concat([many, few])), 20))


def test_samples_that_scorers_cut_differently_are_counted():
    one = samples([1.1, 1.2, 1.3], n_tokens=[4, 5, 6])
    other = samples([1.1, 1.2, 1.3], n_tokens=[4, 7, 6], scorer="other")
    assert cut_differently(pl.concat([one, other])) == 1
    assert cut_differently(one) == 0


# Length


def test_bins_of_length_are_common_and_hold_equally_many():
    lengths = list(range(1, 41))
    found = in_bins(samples([1.1] * 40, n_tokens=lengths), 4)
    assert found.group_by("bin").len().sort("bin").rows() == [(0, 10), (1, 10), (2, 10), (3, 10)]
    assert found.filter(bin=1)["n_tokens"].to_list() == list(range(11, 21))
    assert in_bins(samples([1.1] * 5), 10)["bin"].n_unique() == 1
    assert in_bins(samples([None]), 10).is_empty()


def test_medians_by_length_are_those_of_the_samples_in_each_bin():
    random = np.random.default_rng(4)
    lengths = [int(x) for x in random.integers(1, 100, 200)]
    values = list(1 + random.gamma(2, 0.1, 200))
    rows = medians(grouped(samples(values, n_tokens=lengths)), 5).to_dicts()
    assert sum(row["samples"] for row in rows) == 200
    for row in rows:
        inside = [
            v
            for v, n in zip(values, lengths, strict=True)
            if row["shortest"] <= n <= row["longest"]
        ]
        assert row["samples"] == len(inside)
        assert row["median"] == pytest.approx(statistics.median(inside))


def test_groups_that_differ_in_length_only_are_the_same_at_the_same_lengths():
    # Perplexity 1.5 for short samples, 1.1 for long ones, in both groups alike.
    def group(run, short, long, odd=0):
        lengths = [10] * short + [100] * long + [1000] * odd
        values = [1.5] * short + [1.1] * long + [3.0] * odd
        return samples(values, run=run, n_tokens=lengths)

    frame = grouped(pl.concat([group("b", 24, 16), group("r", 10, 40, odd=12)]))
    found = matched(frame, 20)
    rows = {row["run"]: row for row in found.table.to_dicts()}
    assert (found.common, found.bins) == (2, 3)
    assert (rows["b"]["median"], rows["r"]["median"]) == pytest.approx((1.5, 1.1))
    assert rows["b"]["matched_median"] == rows["r"]["matched_median"] == pytest.approx(1.1)
    assert (rows["r"]["samples"], rows["r"]["remaining"]) == (62, 50)
    # The shorter bin's weight is the mean of 24/40 and 10/50.
    short = (Fraction(24, 40) + Fraction(10, 50)) / 2
    weights = [short / 24] * 24 + [(1 - short) / 16] * 16
    effective = sum(weights) ** 2 / sum(w * w for w in weights)
    assert rows["b"]["effective"] == pytest.approx(float(effective))


def test_groups_without_a_common_length_are_not_compared():
    short, long = samples([1.1] * 5, run="b"), samples([1.2] * 5, n_tokens=[99] * 5)
    found = matched(grouped(pl.concat([short, long])), 4)
    assert found.common == 0
    assert found.table["remaining"].to_list() == [0, 0]
    assert all(math.isnan(value) for value in found.table["matched_median"])
