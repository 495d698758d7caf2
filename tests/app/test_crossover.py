"""Crossovers worked by hand, and how often their interval holds the true one."""

import numpy as np
import pytest

from app.metrics.crossover import Crossover, crossover
from app.metrics.intervals import KINDS, LIKE_THESE, Band, gap_band, pass_at_k_values

KS = np.array([1, 2, 4, 8, 16])
NOTHING = np.nan


def found(base, other, low, high):
    band = Band(np.array(low), np.array(high), np.ones(len(low), dtype=bool))
    return crossover(KS[: len(base)], np.array(base), np.array(other), band)


@pytest.mark.parametrize(
    ("other", "low", "high", "expected"),
    [
        ([0.6, 0.55, 0.5, 0.4, 0.3], [0.05, 0.01, -0.1, -0.2, -0.3], [0.2, 0.1, 0.1, -0.01, -0.1],
         Crossover(4, 4, 8, False, 16)),
        # Behind again at 8: only what follows counts.
        ([0.6, 0.4, 0.4, 0.51, 0.3], [0.05, -0.2, -0.2, -0.1, -0.3], [0.2, 0.1, 0.1, 0.1, -0.1],
         Crossover(16, 2, 16, False, 16)),
        # The base leads from the start, and the other may.
        ([0.4] * 5, [-0.2] * 5, [0.1, 0.0, 0.0, 0.0, 0.0], Crossover(1, 1, 2, False, 16)),
        # Behind at the last k, but within the band.
        ([0.6] * 5, [0.01, 0.01, 0.01, -0.1, -0.1], [0.2] * 5, Crossover(None, 8, None, False, 16)),
        # Surely behind.
        ([0.6] * 5, [0.01] * 5, [0.2] * 5, Crossover(None, 16, None, False, 16)),
        ([0.6, 0.6, 0.6, 0.6, 0.5], [0.01] * 4 + [-0.1], [0.2] * 4 + [0.1],
         Crossover(16, 16, None, True, 16)),
        # Undefined beyond 4.
        ([0.6, 0.5, 0.4, NOTHING, NOTHING], [0.1, -0.1, -0.2, NOTHING, NOTHING],
         [0.2, 0.1, -0.1, NOTHING, NOTHING], Crossover(2, 2, 4, False, 4)),
    ],
)  # fmt: skip
def test_crossovers_by_hand(other, low, high, expected):
    assert found([0.5] * 5, other, low, high) == expected


def test_rounding_is_no_lead():
    third = (0.1 + 0.2) / 3
    assert found([0.1], [third], [-0.1], [0.1]) == Crossover(1, 1, None, True, 1)


def test_curves_without_a_common_k_are_refused():
    with pytest.raises(ValueError, match="no k in common"):
        found([0.5, NOTHING], [NOTHING, 0.5], [NOTHING] * 2, [NOTHING] * 2)


def simulated(random, problems):
    """Success probabilities of a base, and of a run that is sharper: ahead at 1, behind later."""
    p = random.beta(0.4, 1.2, problems)
    return p, np.where(p < 0.03, p * 0.3, p**0.75)


@pytest.mark.parametrize("kind", KINDS)
def test_the_interval_holds_the_true_crossover_at_least_nine_times_in_ten(kind):
    random, n, problems = np.random.default_rng(9), 64, 60
    ks, samples = np.arange(1, n + 1), np.full(problems, n)
    p, q = simulated(random, 200_000 if kind == LIKE_THESE else problems)
    truth = np.flatnonzero([((1 - p) ** k - (1 - q) ** k).mean() > 0 for k in ks])[-1] + 2
    assert 4 < truth < n
    held = []
    for _ in range(120):
        if kind == LIKE_THESE:
            p, q = simulated(random, problems)
        c, d = random.binomial(n, p), random.binomial(n, q)
        means = [pass_at_k_values(samples, x, ks).mean(axis=0) for x in (c, d)]
        interval = crossover(ks, *means, gap_band(samples, c, samples, d, ks, kind))
        held.append(interval.low <= truth and (interval.high is None or truth <= interval.high))
    assert np.mean(held) >= 0.9
