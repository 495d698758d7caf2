"""Histograms, perplexity, bands, solvable sets and comparisons, each against another method."""

from fractions import Fraction
from itertools import combinations, product
from math import comb, exp, log

import numpy as np
import pytest

from app.metrics.accuracy import BINS, accuracy_bin, accuracy_histogram
from app.metrics.perplexity import perplexity
from app.metrics.solvable import expected_sizes, mcnemar_p, solved_probability

INNER = [(Fraction(i, 10), Fraction(i + 1, 10)) for i in range(10)]


def bin_by_fractions(n: int, c: int) -> int:
    accuracy = Fraction(c, n)
    if accuracy in (0, 1):
        return 11 * int(accuracy)
    return next(i + 1 for i, (low, high) in enumerate(INNER) if low < accuracy <= high)


def test_every_accuracy_up_to_40_samples_falls_into_the_right_bin():
    for n in range(1, 41):
        expected = [bin_by_fractions(n, c) for c in range(n + 1)]
        assert accuracy_bin(np.full(n + 1, n), np.arange(n + 1)).tolist() == expected


@pytest.mark.parametrize(
    ("n", "c", "name"),
    [
        (10, 3, "(0.2,0.3]"), (10, 9, "(0.8,0.9]"), (10, 1, "(0,0.1]"), (1024, 1, "(0,0.1]"),
        (1024, 1023, "(0.9,1)"), (1000, 901, "(0.9,1)"), (1000, 900, "(0.8,0.9]"), (1, 1, "1"),
        (3, 0, "0"), (1000, 700, "(0.6,0.7]"),
    ],
)  # fmt: skip
def test_edges_belong_to_the_bin_below(n, c, name):
    assert BINS[int(accuracy_bin(n, c))] == name


def test_the_histogram_has_twelve_bins_and_every_problem():
    counts = accuracy_histogram([4, 4, 4, 10], [0, 4, 2, 5])
    assert counts.tolist() == [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1]
    assert accuracy_histogram([], []).tolist() == [0] * 12


def test_accuracy_without_samples_is_refused():
    with pytest.raises(ValueError, match="n = 0"):
        accuracy_histogram([4, 0], [1, 0])


def test_perplexity_is_the_inverse_geometric_mean_of_the_probabilities():
    probabilities = [0.5, 0.25, 0.8]
    by_hand = (0.5 * 0.25 * 0.8) ** (-1 / 3)
    assert perplexity(sum(map(log, probabilities)), 3) == pytest.approx(by_hand, rel=1e-14)
    assert perplexity(0.0, 7) == 1
    assert perplexity(-5.0, 1) == pytest.approx(exp(5))


def test_perplexity_without_tokens_or_log_probability_is_undefined():
    assert np.isnan(perplexity([-1.0, np.nan, -1.0], [0, 3, np.nan])).all()
    assert np.isinf(perplexity(-np.inf, 3))


def test_solved_probability_is_the_share_of_all_draws_for_every_threshold():
    for n, c, k in [(5, 2, 3), (6, 3, 4), (6, 0, 2), (4, 4, 2), (7, 5, 7)]:
        draws = list(combinations([1] * c + [0] * (n - c), k))
        for threshold in range(1, k + 1):
            share = sum(sum(draw) >= threshold for draw in draws) / comb(n, k)
            assert solved_probability(n, c, k, threshold) == pytest.approx(share, abs=1e-12)
    assert np.isnan(solved_probability(3, 3, 4, 2))


def test_expected_regions_are_the_mean_over_all_pairs_of_draws():
    base, other = [1, 0, 0, 1], [1, 0, 0]  # one problem, k = 2 of 4 and of 3 samples
    tally = dict.fromkeys([(True, True), (True, False), (False, True), (False, False)], 0)
    for first, second in product(combinations(base, 2), combinations(other, 2)):
        tally[any(first), any(second)] += 1
    chances = np.stack([solved_probability([4], [2], 2), solved_probability([3], [1], 2)])
    expected = [count / 18 for count in reversed(tally.values())]  # from neither to both
    assert expected_sizes(chances) == pytest.approx(expected)
    assert sum(expected_sizes(chances)) == pytest.approx(1)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (5, 5), (10, 26), (18, 5)])
def test_mcnemar_is_the_two_sided_binomial_test(first, second):
    n = first + second
    tail = sum(comb(n, i) for i in range(max(first, second), n + 1))
    assert mcnemar_p(first, second) == pytest.approx(min(1, 2 * tail / 2**n))
