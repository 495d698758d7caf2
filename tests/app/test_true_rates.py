"""pass@k without the errors of a verifier that judges by the truth: on benchmarks with known p."""

import numpy as np
import pytest
from scipy import stats

from app.analysis.aligned import Counted
from app.analysis.verifier_error import by_truth_curve
from app.metrics.intervals import band
from app.metrics.pass_at_k import pass_at_k
from app.metrics.true_rates import (
    by_truth,
    contradicted,
    corrected_by_truth_band,
    mean_corrected_by_truth,
)
from app.metrics.verifier_error import Errors, Read, mean_corrected

KS = np.array([1, 4, 16, 32])


def shape(u, zeros=0.3):
    """Success probabilities: three in ten problems cannot be solved."""
    return stats.beta.ppf(np.maximum(u - zeros, 0) / (1 - zeros), 0.6, 1.5)


def judged(p, n, passed, failed, random):
    """Samples judged correct, and the error rates among both kinds of verdicts."""
    right = random.binomial(n, p)
    wrong_passed, right_failed = random.binomial(n - right, passed), random.binomial(right, failed)
    c = right - right_failed + wrong_passed
    errors = wrong_passed.sum() / c.sum(), right_failed.sum() / (n * len(p) - c.sum())
    return c, Errors(*errors)


@pytest.mark.parametrize(("passed", "failed", "right"), [(0.02, 0.05, 0.3), (0.3, 0.0, 0.9)])
def test_rates_by_truth_follow_from_those_among_verdicts(passed, failed, right):
    share = right * (1 - failed) + (1 - right) * passed
    errors = Errors((1 - right) * passed / share, right * failed / (1 - share))
    assert by_truth(errors, share) == pytest.approx((passed, failed))


def test_where_nothing_is_wrong_or_nothing_right_there_is_no_rate_of_it():
    assert by_truth(Errors(0.0, 0.0), 1.0) == (0.0, 0.0)
    assert by_truth(Errors(1.0, 0.0), 0.25) == (0.25, 0.0)


def test_without_errors_it_is_pass_at_k():
    n, c = np.array([32, 40, 32]), np.array([0, 3, 17])
    found = mean_corrected_by_truth(n, c, KS, Errors(0.0, 0.0))
    expected = [pass_at_k(n, c, k).mean() for k in KS]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert mean_corrected_by_truth(n, 0 * c, KS, Errors(0.0, 0.0)).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("passed", "failed"), [(0.0, 0.05), (0.01, 0.0), (0.01, 0.05)])
def test_of_many_problems_it_is_the_truth_where_errors_go_by_truth(passed, failed):
    p = shape((np.arange(1500) + 0.5) / 1500)
    c, errors = judged(p, 32, passed, failed, np.random.default_rng(0))
    truth = (1 - (1 - p[:, None]) ** KS).mean(axis=0)
    n = np.full(1500, 32)
    assert mean_corrected_by_truth(n, c, KS, errors) == pytest.approx(truth, abs=0.025)
    # The other correction, and none at all, are far off.
    assert mean_corrected(n, c, KS, errors)[-1] > truth[-1] + 0.05


def test_of_one_sample_both_corrections_are_the_share_that_is_right():
    c, errors = judged(shape(np.linspace(0.01, 0.99, 60)), 32, 0.03, 0.04, np.random.default_rng(1))
    n, one = np.full(60, 32), np.array([1])
    found = mean_corrected_by_truth(n, c, one, errors)
    assert found == pytest.approx(mean_corrected(n, c, one, errors), abs=0.004)


def test_it_is_undefined_where_verdicts_say_nothing():
    n, c, none = np.full(5, 32), np.array([0, 1, 2, 3, 9]), np.array([], dtype=np.int64)
    assert np.isnan(mean_corrected_by_truth(n, c, KS, Errors(np.nan, 0.0))).all()
    assert np.isnan(mean_corrected_by_truth(n, c, KS, Errors(1.0, 0.5))).all()
    assert np.isnan(mean_corrected_by_truth(none, none, KS, Errors(0.1, 0.1))).all()
    assert np.isnan(mean_corrected_by_truth(0 * n, 0 * n, KS, Errors(0.1, 0.1))).all()
    found = mean_corrected_by_truth(n, c, np.array([32, 33]), Errors(0.1, 0.0))
    assert np.isnan(found).tolist() == [False, True]
    for read in (Read(0, 0), Read(3, 3)):
        assert np.isnan(corrected_by_truth_band(n, c, KS, read, Read(2, 4)).low).all()


def test_the_band_holds_the_value_and_narrows_with_what_was_read():
    c, _ = judged(shape(np.linspace(0.01, 0.99, 60)), 32, 0.02, 0.05, np.random.default_rng(2))
    n = np.full(60, 32)
    value = mean_corrected_by_truth(n, c, KS, Errors(0.1, 0.02))
    few, many = (
        corrected_by_truth_band(n, c, KS, Read(size // 10, size), Read(size // 50, size))
        for size in (50, 5000)
    )
    assert (few.low <= many.low).all() and (many.high <= few.high).all()
    assert ((many.low < value) & (value < many.high)).all()
    plain = band(n, c, KS)
    sure = corrected_by_truth_band(n, c, KS, Read(0, 10**9))
    assert (sure.low <= plain.low + 1e-6).all() and (plain.high - 1e-6 <= sure.high).all()
    assert (sure.high - sure.low < 1.15 * (plain.high - plain.low)).all()


def test_the_band_holds_the_truth():
    # benchmarks/verifier_error.py --by-truth asks many more: this is to notice what breaks.
    random, n, held = np.random.default_rng(5), np.full(30, 32), np.zeros(4)
    truth = (1 - (1 - shape((np.arange(5000) + 0.5) / 5000)[:, None]) ** KS).mean(axis=0)
    for _ in range(15):
        c, errors = judged(shape(random.random(30)), 32, 0.01, 0.05, random)
        sizes = min(100, int(c.sum())), 100
        wrong = (int(random.binomial(*pair)) for pair in zip(sizes, errors, strict=True))
        found = corrected_by_truth_band(n, c, KS, *map(Read, wrong, sizes))
        held += (found.low <= truth) & (truth <= found.high)
    assert (held >= 12).all()


def test_the_curve_has_its_band():
    n, c = np.full(20, 32), np.arange(20)
    rows = by_truth_curve(Counted(n, c), [1, 32], Read(5, 50), None)
    assert (rows["low"] < rows["value"]).all() and (rows["value"] < rows["high"]).all()
    bare = by_truth_curve(Counted(n, c), [1, 32], Read(5, 50), Read(1, 50), False)
    assert bare["low"].is_nan().all()


def test_errors_that_crowd_on_a_few_problems_leave_a_gap_and_not_a_number():
    """Ten of 100 problems, none of them ever solved, have a wrong reference answer."""
    random = np.random.default_rng(7)
    p = np.where(np.arange(100) < 50, 0.0, random.beta(0.6, 1.5, 100))
    passed = np.where(np.arange(100) < 10, 0.3, 0.0)
    n, c = np.full(100, 128), random.binomial(128, p + (1 - p) * passed)
    budgets = np.array([1, 2, 16, 64, 128])
    rows = by_truth_curve(Counted(n, c), budgets, Read(int(c[:10].sum()), int(c.sum())), None)
    truth = (1 - (1 - p[:, None]) ** budgets).mean(axis=0)
    refuted = rows["contradicted"].to_numpy()

    assert refuted.tolist() == sorted(refuted) and refuted[-1] and not refuted[0]
    for name in ("value", "low", "high"):
        assert np.isnan(rows[name].to_numpy()).tolist() == refuted.tolist()
    assert rows["value"].to_numpy()[~refuted] == pytest.approx(truth[~refuted], abs=0.05)


def test_errors_that_go_by_truth_leave_no_gap():
    p, n = shape((np.arange(200) + 0.5) / 200), np.full(200, 32)
    c, errors = judged(p, 32, 0.01, 0.05, np.random.default_rng(3))
    assert not contradicted(n, c, KS, errors).any()
    assert not contradicted(n, c, KS, Errors(0.0, 0.0)).any()


def test_where_all_that_is_passed_is_wrong_nothing_is_solved():
    n, c = np.full(20, 32), np.arange(20)
    found = mean_corrected_by_truth(n, c, np.array([1, 8, 32, 33]), Errors(1.0, 0.0))
    assert found[:3].tolist() == [0, 0, 0]
    assert np.isnan(found[3])
    rows = by_truth_curve(Counted(n, c), [1, 8, 32], Read(50, 50), None)
    assert rows["value"].to_list() == [0, 0, 0] and (rows["high"] > 0).all()
