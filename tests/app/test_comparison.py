"""Estimators of a comparison, each against hand-worked cases or another package."""

from fractions import Fraction
from math import comb, sqrt

import numpy as np
import pytest
from scipy.stats import binomtest
from scorio import eval as scorio

from app.metrics.area import auc_at_k, auc_values, geom_at_k
from app.metrics.comparison import (
    accuracy_order,
    independent_difference,
    sampling_efficiency_gap,
    tally,
)
from app.metrics.intervals import Band
from app.metrics.regime import Change, regime
from app.metrics.support import support_dynamics
from tests.app.comparisons import TABLE_2, of_samples


@pytest.mark.parametrize("name", TABLE_2)
def test_support_of_table_2_is_that_of_exact_fractions(name):
    both, only_other, only_base, _ = TABLE_2[name]
    kept, new = Fraction(both, both + only_base), Fraction(only_other, both + only_other)
    expected = (
        kept,
        new,
        2 * kept * new / (kept + new),
        Fraction(only_other - only_base, both + only_other + only_base),
    )
    found = support_dynamics(both, only_other, only_base)
    assert found == pytest.approx([float(value) for value in expected], abs=1e-15)


def test_support_of_table_2_has_the_size_that_the_definitions_give_by_hand():
    math500 = support_dynamics(462, 5, 18)
    assert math500.srr == 0.9625  # 462 / 480
    assert math500.ndr == pytest.approx(5 / 467)
    assert math500.nscr == pytest.approx(-13 / 485)
    aime = support_dynamics(19, 0, 4)
    assert (aime.ndr, aime.sds) == (0, 0)


@pytest.mark.parametrize(
    ("sizes", "undefined"),
    [
        ((0, 0, 0), {"srr", "ndr", "sds", "nscr"}),
        ((0, 3, 0), {"srr", "sds"}),  # the base solves nothing
        ((0, 0, 3), {"ndr", "sds"}),  # the other run solves nothing
        ((3, 0, 0), set()),
        ((0, 2, 2), set()),
    ],
)
def test_support_is_undefined_where_nobody_solves_what_it_is_a_share_of(sizes, undefined):
    found = support_dynamics(*sizes)._asdict()
    assert {name for name, value in found.items() if np.isnan(value)} == undefined


def test_a_negative_number_of_problems_is_refused():
    with pytest.raises(ValueError, match=r"only_base .* cannot be -1"):
        support_dynamics(3, 1, -1)


@pytest.mark.parametrize("n", [1, 2, 7, 32])
def test_area_and_geom_are_those_of_scorio_at_every_k(n):
    correct = [*range(0, n + 1, max(1, n // 6)), n]
    matrix = of_samples(n, correct)
    for k in range(1, n + 1):
        area, geom = auc_at_k(n, correct, k).mean(), geom_at_k(n, correct, k).mean()
        assert area == pytest.approx(scorio.auc_at_k(matrix, k), abs=1e-12)
        assert geom == pytest.approx(scorio.geom_at_k(matrix, k), abs=1e-12)


def test_the_area_of_a_small_case_is_that_of_exact_fractions():
    n, c = 9, 2
    curve = [1 - Fraction(comb(n - c, k), comb(n, k)) for k in range(1, n + 1)]
    for k in range(2, n + 1):
        trapezoids = [(curve[j] + curve[j + 1]) / 2 for j in range(k - 1)]
        assert auc_at_k(n, c, k) == pytest.approx(float(sum(trapezoids) / (k - 1)), abs=1e-15)
    assert auc_at_k(n, c, 1) == pytest.approx(2 / 9)


def test_the_geometric_mean_keeps_its_precision_where_every_sample_is_rarely_correct():
    expected = sqrt((1 - Fraction(comb(998, 400), comb(1000, 400))) * Fraction(0))
    assert geom_at_k(1000, 2, 400) == expected == 0
    every = Fraction(comb(500, 30), comb(1000, 30))
    some = 1 - Fraction(comb(500, 30), comb(1000, 30))
    assert geom_at_k(1000, 500, 30) == pytest.approx(sqrt(every * some), rel=1e-10)


def test_area_is_broadcast_and_undefined_beyond_n():
    values = auc_values(np.array([4, 8]), np.array([1, 8]), np.array([1, 4, 5]))
    assert np.isnan(values).tolist() == [[False, False, True], [False, False, False]]
    assert values[1].tolist() == [1, 1, 1]
    assert np.isnan(auc_at_k(0, 0, 1)) and np.isnan(geom_at_k(0, 0, 1))


def test_accuracies_are_compared_as_fractions():
    random = np.random.default_rng(11)
    n = random.integers(1, 50, (2, 400))
    c = random.integers(0, n + 1)
    order = accuracy_order(n[0], c[0], n[1], c[1])
    for base_n, base_c, other_n, other_c, sign in zip(n[0], c[0], n[1], c[1], order, strict=True):
        base = Fraction(int(base_c), int(base_n))
        other = Fraction(int(other_c), int(other_n))
        assert sign == (other > base) - (other < base)
    # As floats, 0.1 · 3 and 0.3 differ.
    assert accuracy_order([10], [3], [100], [30]).tolist() == [0]


def test_wins_ties_and_losses_add_up_and_problems_without_samples_are_apart():
    found = tally([4, 4, 4, 0, 4], [1, 2, 4, 0, 0], [4, 8, 4, 4, 0], [3, 4, 1, 4, 0])
    assert found == (1, 1, 1, 2)


@pytest.mark.parametrize(
    ("train", "test", "math500", "gaps"),
    [  # Table 3: pass@1 of the trained model; the base's pass@256 is 67.2, 69.1 and 96.2.
        (26.1, 25.1, 74.4, (41.1, 44.0, 21.8)),  # GRPO
        (27.2, 26.8, 75.2, (40.0, 42.3, 21.0)),  # PPO
        (24.4, 23.8, 73.5, (42.8, 45.3, 22.7)),  # ReMax
        (28.6, 28.1, 75.0, (38.6, 41.0, 21.2)),  # RLOO
        (28.2, 28.0, 75.4, (39.0, 41.1, 20.8)),  # Reinforce++
        (31.4, 26.5, 75.6, (35.8, 42.6, 20.6)),  # DAPO
    ],
)
def test_the_sampling_efficiency_gap_is_base_minus_trained_as_in_table_3(
    train, test, math500, gaps
):
    for last, first, gap in zip((67.2, 69.1, 96.2), (train, test, math500), gaps, strict=True):
        base = np.append(np.linspace(0.1, last / 100, 256), np.nan)  # k_max is the last defined
        found = sampling_efficiency_gap(base, np.array([first / 100, 0.9]))
        assert round(100 * found, 1) == gap


def test_the_sampling_efficiency_gap_is_undefined_without_a_curve():
    assert np.isnan(sampling_efficiency_gap(np.array([]), np.array([0.4])))
    assert np.isnan(sampling_efficiency_gap(np.array([np.nan]), np.array([0.4])))


def test_the_band_of_an_independent_difference_is_that_of_newcombes_example():
    # Newcombe 1998, table II, example (a), method 10: 56/70 − 48/80 has the interval 0.0524 to
    # 0.3339, of the Wilson intervals of either share.
    shares = [np.array([56 / 70]), np.array([48 / 80])]
    wilson = [binomtest(*case).proportion_ci(method="wilson") for case in ((56, 70), (48, 80))]
    first, second = (
        Band(np.array([one.low]), np.array([one.high]), np.array([True])) for one in wilson
    )
    found = independent_difference(shares[0], first, shares[1], second)
    assert (found.low[0], found.high[0]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


UP, DOWN, OPEN = Change(0.1, 0.05, 0.15), Change(-0.1, -0.2, -0.05), Change(0.01, -0.02, 0.04)
UNDEFINED = Change(float("nan"), float("nan"), float("nan"))


@pytest.mark.parametrize(
    ("at_1", "at_last", "since_earlier", "label"),
    [
        (UP, DOWN, None, "Diminish"),
        (UP, DOWN, UP, "Diminish"),
        (UP, UP, None, "none"),  # Plateau or Sustained: only an earlier checkpoint tells
        (UP, UP, Change(0.01, -0.02, 0.04), "Plateau"),  # 0.04 is less than half of 0.1
        (UP, UP, Change(-0.02, -0.04, -0.01), "Plateau"),
        (UP, UP, Change(0.06, 0.03, 0.09), "Sustained"),
        (UP, UP, Change(0.04, -0.02, 0.09), "undecided"),
        (UP, UP, UNDEFINED, "undecided"),
        (UP, OPEN, None, "undecided"),
        (OPEN, DOWN, None, "undecided"),
        (UNDEFINED, UNDEFINED, None, "undecided"),
        (DOWN, UP, None, "none"),
        (DOWN, OPEN, UP, "none"),
        (Change(0.0, 0.0, 0.0), DOWN, None, "undecided"),  # 0 is in a band without width
    ],
)
def test_the_regime_is_told_by_the_bands(at_1, at_last, since_earlier, label):
    assert regime(at_1, at_last, since_earlier) == label
