"""pass@k against exact fractions, against all draws, and against other people's code."""

import warnings
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.metrics.pass_at_k import log_spaced, mean_over_problems, pass_at_k, pass_at_k_curve


def exact(n: int, c: int, k: int) -> Fraction:
    return 1 - Fraction(comb(n - c, k), comb(n, k))


def test_it_is_the_share_of_all_draws_that_hold_a_correct_sample():
    for n in range(1, 8):
        for c in range(n + 1):
            for k in range(1, n + 1):
                draws = list(combinations([True] * c + [False] * (n - c), k))
                share = Fraction(sum(map(any, draws)), len(draws))
                assert pass_at_k(n, c, k) == pytest.approx(float(share), abs=1e-15)


def test_every_n_c_and_k_up_to_64_agrees_with_exact_fractions():
    for n in range(1, 65):
        curves = pass_at_k_curve(np.full(n + 1, n), np.arange(n + 1), n)
        expected = [[float(exact(n, c, k)) for k in range(1, n + 1)] for c in range(n + 1)]
        np.testing.assert_allclose(curves, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("c", [0, 1, 2, 3, 17, 100, 1023, 1024, 2040, 2046, 2047, 2048])
def test_2048_samples_agree_with_exact_integers(c):
    curve = pass_at_k_curve([2048], [c], 2048)[0]
    for k in [1, 2, 3, 5, 8, 64, 100, 1000, 1024, 2000, 2046, 2047, 2048]:
        assert curve[k - 1] == pytest.approx(float(exact(2048, c, k)), rel=1e-12, abs=0)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_single_values_and_curves_agree_with_exact_fractions_anywhere(data):
    n = data.draw(st.integers(1, 600))
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    wanted = float(exact(n, c, k))
    assert pass_at_k(n, c, k) == pytest.approx(wanted, rel=1e-12, abs=0)
    assert pass_at_k_curve([n], [c], k)[0, -1] == pytest.approx(wanted, rel=1e-12, abs=0)


def test_no_correct_sample_gives_exactly_0_and_too_few_wrong_ones_exactly_1():
    for n in (1, 2, 10, 2048):
        never, always = pass_at_k_curve([n, n], [0, n], n)
        assert (never == 0).all() and not np.signbit(never).any()
        assert (always == 1).all()
    assert pass_at_k(10, 3, 8) == 1
    assert pass_at_k(10, 3, 7) < 1


def test_pass_at_1_is_accuracy_and_pass_at_n_is_solved():
    n, c = np.full(101, 100), np.arange(101)
    np.testing.assert_allclose(pass_at_k(n, c, 1), c / 100, rtol=1e-15)
    assert np.array_equal(pass_at_k(n, c, 100), c > 0)


def test_the_curve_never_falls_and_never_leaves_0_to_1():
    n = np.repeat(np.arange(1, 200), 3)
    c = np.minimum(n, np.tile([0, 1, 50], 199))
    curves = pass_at_k_curve(n, c, 200)
    known = curves[~np.isnan(curves)]
    assert known.min() == 0 and known.max() == 1
    steps = np.diff(curves, axis=1)
    assert steps[~np.isnan(steps)].min() >= 0


def test_more_samples_than_drawn_is_undefined():
    assert np.isnan(pass_at_k(4, 4, 5))
    assert np.isnan(pass_at_k(0, 0, 1))
    curves = pass_at_k_curve([2, 4, 0], [1, 1, 0], 5)
    assert np.array_equal(np.isnan(curves).sum(axis=1), [3, 1, 5])


def test_the_mean_is_undefined_where_any_problem_is():
    mean = mean_over_problems(pass_at_k_curve([2, 4], [1, 1], 4))
    np.testing.assert_allclose(mean[:2], [(1 / 2 + 1 / 4) / 2, (1 + 1 / 2) / 2])
    assert np.isnan(mean[2:]).all()
    assert np.isnan(mean_over_problems(pass_at_k_curve([], [], 3))).tolist() == [True] * 3


def test_arguments_are_broadcast():
    n, c, k = np.array([[5], [9]]), np.array([[2], [0]]), np.array([[1, 2, 6]])
    values = pass_at_k(n, c, k)
    assert values.shape == (2, 3)
    np.testing.assert_allclose(values[0, :2], [0.4, 0.7])
    assert np.isnan(values[0, 2]) and (values[1] == 0).all()
    assert pass_at_k(5, 2, 1).shape == ()
    assert pass_at_k([], [], 1).shape == (0,)


@pytest.mark.parametrize(
    ("n", "c", "k", "said"),
    [
        (3, 4, 1, "c = 4 of n = 3"),
        (-1, 0, 1, "-1"),
        (3, -2, 1, "-2"),
        (3, 1, 0, "k must be at least 1, but is 0"),
        (3, 1, 1.5, "k must be whole numbers, but is 1.5"),
        (float("nan"), 1, 1, "n must be whole numbers"),
        (["3"], 1, 1, "n must be whole numbers"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value(n, c, k, said):
    with pytest.raises(ValueError, match=said):
        pass_at_k(n, c, k)


def test_scorio_computes_the_same_from_the_samples():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scorio = pytest.importorskip("scorio").eval
    random = np.random.default_rng(1)
    outcomes = (random.random((40, 24)) < random.random((40, 1))).astype(int)
    curve = mean_over_problems(pass_at_k_curve(np.full(40, 24), outcomes.sum(axis=1), 24))
    for k in (1, 2, 7, 24):
        assert curve[k - 1] == pytest.approx(float(scorio.pass_at_k(outcomes, k)), abs=1e-12)


@pytest.mark.parametrize("k_max", [1, 2, 119, 120, 121, 1000, 1024, 2048, 100_000])
def test_log_spaced_has_both_ends_every_power_of_two_and_not_many_more_than_asked(k_max):
    ks = log_spaced(k_max)
    assert ks[0] == 1 and ks[-1] == k_max and (np.diff(ks) > 0).all()
    assert {2**power for power in range(k_max.bit_length())} <= set(ks.tolist())
    assert len(ks) <= 130
