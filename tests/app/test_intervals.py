"""Bands: against enumeration of every outcome, SciPy's Wilson interval, and resampling."""

from itertools import product
from math import comb

import numpy as np
import pytest
from scipy import stats

from app.metrics.intervals import (
    KINDS,
    LIKE_THESE,
    THESE,
    band,
    gap_band,
    mean_band,
    pass_at_k_values,
)
from app.metrics.mixing import mixing, sampling_spread, spread_given_p
from app.metrics.pass_at_k import pass_at_k
from app.metrics.score import Limits, difference, score_limits

KS = np.array([1, 2, 5, 8])


def counts(problems, n, seed):
    random = np.random.default_rng(seed)
    p = random.beta(0.4, 0.9, problems)
    return np.full(problems, n), random.binomial(n, p), random.binomial(n, p**0.8 * 0.95)


def test_values_are_pass_at_k_of_each_problem_and_k():
    n, c = np.array([8, 4, 8, 1024]), np.array([3, 0, 8, 1])
    values = pass_at_k_values(n, c, np.array([1, 4, 5, 1024]))
    expected = [[pass_at_k(a, b, k) for k in (1, 4, 5, 1024)] for a, b in zip(n, c, strict=True)]
    np.testing.assert_array_equal(values, np.array(expected))


@pytest.mark.parametrize(("problems", "solved"), [(30, 0), (30, 1), (30, 17), (30, 30), (500, 471)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_at_k_equal_n_the_band_is_the_wilson_interval_of_solved_problems(problems, solved, level):
    c = np.where(np.arange(problems) < solved, 3, 0)
    found = band(np.full(problems, 64), c, np.array([64]), LIKE_THESE, level)
    exact = stats.binomtest(solved, problems).proportion_ci(level, method="wilson")
    assert (found.low[0], found.high[0]) == pytest.approx((exact.low, exact.high), abs=1e-7)


def test_score_limits_are_where_the_distance_is_t_standard_errors():
    limits = score_limits(*map(np.array, (0.3, 1.7, 0.002, 0.01, -0.02)))
    for limit in limits:
        variance = 0.002 + 0.01 * (limit - 0.3) - 0.02 * (limit - 0.3) ** 2
        assert (limit - 0.3) ** 2 == pytest.approx(1.7**2 * variance, rel=1e-12)


def test_of_many_problems_both_kinds_are_mean_and_two_standard_errors():
    values = np.random.default_rng(0).beta(2, 3, (4000, 1))
    found, error = mean_band(values), values.std() / np.sqrt(4000)
    assert found.low[0] == pytest.approx(values.mean() - 1.96 * error, abs=0.02 * error)
    assert found.high[0] == pytest.approx(values.mean() + 1.96 * error, abs=0.02 * error)
    n, c = np.full(4000, 100), np.random.default_rng(1).binomial(100, values[:, 0])
    error = np.sqrt((values * (1 - values)).mean() / 100 / 4000)
    sampled = band(n, c, np.array([1]), THESE)
    assert sampled.high[0] - sampled.low[0] == pytest.approx(2 * 1.96 * error, rel=0.02)


@pytest.mark.parametrize(
    ("won", "lost"), [(0, 13), (1, 14), (2, 15), (5, 18), (10, 23), (40, 53), (17, 4)]
)
def test_a_paired_gap_at_k_128_agrees_with_20000_resamples(won, lost):
    base, other = np.repeat([0, 1, 1, 0], [won, lost, 400, 100 - won - lost]), np.zeros(500, int)
    other[:won] = other[won + lost : won + lost + 400] = 1
    share = np.array([won, lost, 500 - won - lost]) / 500
    drawn = np.random.default_rng(won).multinomial(500, share, size=20_000)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / 500, [0.025, 0.975])
    n = np.full(500, 128)
    found = gap_band(n, base * 40, n, other * 90, np.array([128]))
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), abs=0.003)


def binomial(n, p):
    return [comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]


@pytest.mark.parametrize(("n", "k"), [(4, 1), (4, 2), (6, 6)])
def test_moments_given_p_are_those_of_all_outcomes(n, k):
    p = np.array([1e-6, 0.03, 0.5, 0.98])
    found = spread_given_p(n, p, np.array([k]), pass_at_k_values)
    values = [1 - comb(n - c, k) / comb(n, k) for c in range(n + 1)]
    for row, chance in enumerate(p):
        weights = binomial(n, chance)
        mean = sum(w * v for w, v in zip(weights, values, strict=True))
        for power, moment in zip((2, 3, 4), found, strict=True):
            expected = sum(w * (v - mean) ** power for w, v in zip(weights, values, strict=True))
            assert moment[row, 0] == pytest.approx(expected, abs=1e-12)


def test_the_fitted_sampling_variance_is_the_unbiased_one_where_there_is_one():
    n, c, _ = counts(300, 64, 5)
    ks = np.array([1, 4, 16, 32])
    values = pass_at_k_values(n, c, ks)
    both_missed = 1 - np.stack([pass_at_k(n, c, 2 * k) for k in ks], axis=1)
    unbiased = ((1 - values) ** 2 - both_missed).sum(axis=0)
    found = sampling_spread(n, c, ks, pass_at_k_values).second
    np.testing.assert_allclose(found, unbiased, rtol=0.08)


def test_every_problem_has_its_place_in_the_fitted_distribution():
    n, c = np.repeat([16, 64], 50), np.concatenate([np.repeat([0, 8], 25), np.repeat([0, 32], 25)])
    fit = mixing(n, c)
    assert fit.mass.sum(axis=1) == pytest.approx([50, 50])
    near_half = (fit.grid > 0.35) & (fit.grid < 0.65)
    assert fit.mass[:, near_half].sum(axis=1) == pytest.approx([25, 25], abs=1)


def coverage(kind, p, n, k):
    """Chance that the band covers, over every outcome of one problem after the other."""
    problems, truth, covered = len(p), np.mean([1 - (1 - x) ** k for x in p]), 0.0
    chances = [binomial(n, x) for x in p]
    seen = {}
    for c in product(range(n + 1), repeat=problems):
        key = tuple(sorted(c))
        if key not in seen:
            found = band(np.full(problems, n), np.array(key), np.array([k]), kind)
            seen[key] = found.low[0] - 1e-12 <= truth <= found.high[0] + 1e-12
        if seen[key]:
            covered += np.prod([chance[x] for chance, x in zip(chances, c, strict=True)])
    return covered


@pytest.mark.parametrize(
    ("p", "n", "k"),
    [
        ([0.2, 0.5, 0.6, 0.9], 4, 1), ([0.3, 0.3, 0.3, 0.3], 4, 2), ([0.1, 0.2, 0.3], 4, 4),
    ],
)  # fmt: skip
def test_exact_coverage_for_these_problems_is_near_the_level(p, n, k):
    assert coverage(THESE, p, n, k) >= 0.925


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_exact_coverage_for_problems_like_these_at_k_equal_n(p):
    n, problems = 4, 30
    solved = 1 - (1 - p) ** n
    covered = 0.0
    for x, chance in enumerate(binomial(problems, solved)):
        c = np.where(np.arange(problems) < x, 1, 0)
        found = band(np.full(problems, n), c, np.array([n]))
        covered += chance * (found.low[0] <= solved <= found.high[0])
    assert 0.92 <= covered <= 0.985


@pytest.mark.parametrize("kind", KINDS)
def test_swapping_the_runs_turns_the_band_round(kind):
    n, c, d = counts(40, 8, 2)
    forth, back = gap_band(n, c, n, d, KS, kind), gap_band(n, d, n, c, KS, kind)
    np.testing.assert_allclose(forth.low, -back.high, atol=1e-12)
    np.testing.assert_allclose(forth.high, -back.low, atol=1e-12)
    assert (forth.reliable == back.reliable).all()


def test_solving_and_failing_are_mirror_images():
    values = np.random.default_rng(4).beta(0.3, 2, (60, 2))
    found, mirrored = mean_band(values), mean_band(1 - values)
    np.testing.assert_allclose(found.low, 1 - mirrored.high, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_band_holds_the_mean_is_wider_at_a_higher_level_and_stays_in_range(kind):
    n, c, d = counts(50, 8, 3)
    for found, wider, mean in (
        (band(n, c, KS, kind), band(n, c, KS, kind, 0.99), pass_at_k_values(n, c, KS).mean(axis=0)),
        (
            gap_band(n, c, n, d, KS, kind),
            gap_band(n, c, n, d, KS, kind, 0.99),
            (pass_at_k_values(n, d, KS) - pass_at_k_values(n, c, KS)).mean(axis=0),
        ),
    ):
        assert ((wider.low < found.low) & (found.low < mean)).all()
        assert ((mean < found.high) & (found.high < wider.high)).all()
    assert (band(n, c, KS, kind).low >= 0).all() and (band(n, c, KS, kind).high <= 1).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hardest", [0.0, 0.9])
def test_the_limits_of_a_curve_never_fall_with_k_and_hold_it(kind, hardest):
    p = np.linspace(hardest, 0.98, 30)
    ks, n = np.arange(1, 65), np.repeat([64, 80], 15)
    for seed in range(10):
        c = np.random.default_rng(seed).binomial(n, p)
        found, mean = band(n, c, ks, kind), pass_at_k_values(n, c, ks).mean(axis=0)
        assert (np.diff(found.low) >= 0).all() and (np.diff(found.high) >= 0).all()
        assert (found.low <= mean).all() and (mean <= found.high).all()


def test_no_limit_promises_more_than_the_problems_solved_at_k_equal_n():
    n, c = np.full(30, 64), np.repeat([1, 5, 20, 60], [1, 1, 8, 20])
    wilson = stats.binomtest(30, 30).proportion_ci(method="wilson").low
    assert (band(n, c, np.arange(1, 65)).low <= wilson + 1e-9).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_does_not_depend_on_the_other_k_that_are_asked(kind):
    n, c, _ = counts(30, 64, 9)
    alone, among = band(n, c, np.array([16]), kind), band(n, c, np.array([64, 16, 1]), kind)
    assert (alone.low[0], alone.high[0]) == pytest.approx((among.low[1], among.high[1]))
    assert alone.reliable[0] == among.reliable[1]


def covered(problems, n, k, times, draw):
    """Share of bands at k that hold the truth: of the base's curve, and of the gap."""
    random, holds = np.random.default_rng([problems, n, k]), np.zeros(2)
    curves = 1 - (1 - draw((np.arange(20_000) + 0.5) / 20_000)) ** k
    truths = curves[0].mean(), (curves[1] - curves[0]).mean()
    samples, ks, marked = np.full(problems, n), np.array([k]), 0
    for _ in range(times):
        base, other = random.binomial(n, draw(random.random(problems)))
        found = band(samples, base, ks), gap_band(samples, base, samples, other, ks)
        holds += [b.low[0] <= t <= b.high[0] for b, t in zip(found, truths, strict=True)]
        marked += not found[1].reliable[0]
    return *holds / times, marked / times


def test_a_problem_never_solved_that_was_not_drawn_is_allowed_for():
    single, gap, _ = covered(30, 64, 32, 500, lambda u: np.stack([u, np.where(u < 0.02, 0, u)]))
    assert single >= 0.93
    assert gap >= 0.93


@pytest.mark.parametrize("k", [10, 16])
def test_a_usual_pair_of_thirty_problems_is_covered_and_seldom_marked(k):
    def draw(u):
        return np.stack([0.8 * u**2.5, np.where(u > 0.3, u**0.85, 0)])

    _, gap, marked = covered(30, 64, k, 500, draw)
    assert 0.9 <= gap <= 0.98
    assert marked < 0.3


@pytest.mark.parametrize("correct", [[1, 3, 2, 5], [16, 15, 14, 13], [16, 1, 16, 2]])
def test_the_band_of_equal_runs_widens_evenly_with_k(correct):
    n, base, other = np.full(24, 16), np.tile(correct, 6), np.tile(correct[::-1], 6)
    found = gap_band(n, base, n, other, np.arange(1, 17))
    width = found.high - found.low
    wilson = stats.binomtest(0, 24).proportion_ci(method="wilson").high
    assert width[-1] == pytest.approx(2 * wilson, abs=1e-9)
    assert np.abs(np.diff(width[7:])).max() <= 0.4 * wilson


@pytest.mark.parametrize("kind", KINDS)
def test_a_measure_of_ones_own_takes_the_place_of_pass_at_k(kind):
    def share(n, c, ks):
        return np.repeat((c / n)[:, None], len(ks), axis=1)

    n, c, _ = counts(50, 8, 6)
    own, one = band(n, c, KS, kind, measure=share), band(n, c, np.array([1]), kind)
    np.testing.assert_allclose(own.low, one.low.repeat(4), atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_beyond_the_smallest_n_there_is_no_band(kind):
    n = np.array([4] * 10 + [8] * 30)
    c = np.arange(40) % 4
    found = band(n, c, KS, kind)
    assert np.isfinite(found.low).tolist() == [True, True, False, False]
    assert not found.reliable[2:].any()
    gap = gap_band(n, c, np.full(40, 8), c, KS, kind)
    assert np.isnan(gap.high).tolist() == [False, False, True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_no_problem_means_no_band(kind):
    none = np.array([], dtype=np.int64)
    for found in (band(none, none, KS, kind), gap_band(none, none, none, none, KS, kind)):
        assert np.isnan(found.low).all() and not found.reliable.any()


@pytest.mark.parametrize("kind", KINDS)
def test_ragged_n_and_a_thousand_distinct_n(kind):
    n = np.arange(32, 532)
    c = np.random.default_rng(0).binomial(n, 0.3)
    found = band(n, c, np.array([1, 32]), kind)
    assert (found.low < found.high).all() and found.reliable[0]


def test_equal_runs_leave_room_for_a_gap():
    n, c = np.full(30, 4), np.repeat([0, 4], 15)
    found = gap_band(n, c, n, c, np.array([4]))
    wilson = stats.binomtest(0, 30).proportion_ci(method="wilson").high
    assert (found.low[0], found.high[0]) == pytest.approx((-wilson, wilson), abs=1e-9)


def test_one_problem_won_does_not_exclude_zero():
    n, base = np.full(100, 4), np.repeat([0, 4], 50)
    other = base.copy()
    other[0] = 4
    found = gap_band(n, base, n, other, np.array([4]))
    assert found.low[0] < 0 < found.high[0]
    assert not found.reliable[0]


def test_a_usual_study_is_not_marked_and_a_hopeless_one_is():
    n, c, d = counts(100, 64, 7)
    ks = np.array([1, 4, 16, 32])
    for kind in KINDS:
        assert band(n, c, ks, kind).reliable.all()
        assert gap_band(n, c, n, d, ks, kind).reliable.all()
        lone = np.where(np.arange(100) < 1, 1, 0)
        assert not band(n, lone, ks, kind).reliable.any()


def test_the_limits_of_a_difference_are_newcombes():
    first, second = (
        stats.binomtest(x, n).proportion_ci(method="wilson") for x, n in ((56, 70), (48, 80))
    )
    means = np.array([56 / 70]), np.array([48 / 80])
    limits = tuple(Limits(np.array([w.low]), np.array([w.high])) for w in (first, second))
    found = difference(means, limits)
    # Newcombe 1998, Statistics in Medicine 17, 873: example (a), method 10.
    assert (found.low[0], found.high[0]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_what_cannot_be_is_refused():
    n, c, d = counts(5, 8, 8)
    with pytest.raises(ValueError, match="same problems in both runs"):
        gap_band(n, c, n[:4], d[:4], KS)
    with pytest.raises(ValueError, match="of the kind"):
        band(n, c, KS, "bootstrap")
    with pytest.raises(ValueError, match="between 0 and 1, but is 95"):
        band(n, c, KS, THESE, 95)
    with pytest.raises(ValueError, match="c cannot exceed n"):
        gap_band(n, n + 1, n, d, KS)
