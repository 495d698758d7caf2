"""What would settle a gap, checked by studies of that size."""

import numpy as np
import pytest

from app.metrics.intervals import LIKE_THESE, THESE, gap_band
from app.metrics.pass_at_k import pass_at_k
from app.metrics.settling import one_k, settling


def runs(problems=60, n=32, seed=0, exponent=0.9):
    random = np.random.default_rng(seed)
    p = random.beta(0.6, 1.0, problems)
    return np.full(problems, n), random.binomial(n, p), random.binomial(n, p**exponent), p


@pytest.mark.parametrize("k", [1, 4, 32])
def test_with_that_many_problems_the_band_just_excludes_zero(k):
    n, c, d, _ = runs()
    found = settling(n, c, n, d, k)
    assert found.problems_now == 60
    assert found.samples_now == 32
    times = max(1, round(found.problems / 60))
    excluded = []
    for copies in (max(1, times // 2), times * 2):
        many = [np.tile(x, copies) for x in (n, c, n, d)]
        band = gap_band(*many, np.array([k]), LIKE_THESE)
        excluded.append(bool(band.low[0] > 0 or band.high[0] < 0))
    assert excluded[1]
    assert excluded[0] == (found.problems <= 30) or times == 1


def test_with_that_many_samples_the_band_of_these_problems_excludes_zero():
    n, c, d, p = runs(exponent=0.97, n=16)
    found = settling(n, c, n, d, 1)
    assert found.samples is not None
    gap, held = found.gap, []
    variance = (p * (1 - p)).sum() + (p**0.97 * (1 - p**0.97)).sum()
    for samples in (found.samples / 1.5, found.samples * 1.5):
        error = np.sqrt(variance / samples) / 60
        held.append(1.96 * error < abs(gap))
    assert held == [False, True]


def test_a_settled_gap_needs_no_more_than_there_is():
    n, c = np.full(200, 64), np.repeat([6, 40], 100)
    d = c + 20
    found = settling(n, c, n, d, 1)
    assert found.samples == 64
    assert found.problems <= 200
    assert found.gap == pytest.approx(20 / 64)
    band = gap_band(n, c, n, d, np.array([1]), THESE)
    assert band.low[0] > 0


def test_sampling_share_is_all_of_it_for_equal_problems():
    random = np.random.default_rng(3)
    n = np.full(400, 16)
    c, d = random.binomial(16, 0.5, 400), random.binomial(16, 0.6, 400)
    assert settling(n, c, n, d, 1).sampling_share == pytest.approx(1, abs=0.1)
    p = random.permutation(np.repeat([0.1, 0.9], 200))
    c, d = random.binomial(16, 0.5, 400), random.binomial(16, p)
    expected = (0.25 + 0.09) / 16 / (0.16 + (0.25 + 0.09) / 16)
    assert settling(n, c, n, d, 1).sampling_share == pytest.approx(expected, abs=0.03)


def test_no_gap_and_no_problem_and_no_k():
    n, c, d, _ = runs()
    assert settling(n, c, n, c, 4)[:2] == (None, None)
    assert settling(n, c, n, d, 33)[:2] == (None, None)
    none = np.array([], dtype=np.int64)
    assert settling(none, none, none, none, 1).problems_now == 0


def test_a_tiny_gap_is_out_of_reach_of_samples():
    n, c, _, _ = runs()
    d = c.copy()
    d[np.flatnonzero(c < 32)[0]] += 1
    assert settling(n, c, n, d, 1).samples is None


def test_the_value_at_one_k():
    n, c = np.full(65, 64), np.arange(65)
    for k in (1, 7, 64):
        np.testing.assert_allclose(one_k(n, c, np.array([k]))[:, 0], pass_at_k(n, c, k), atol=1e-9)
