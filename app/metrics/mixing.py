"""How the success probabilities of problems are distributed, and what sampling alone does."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from app.metrics.pass_at_k import Floats, Integers

Measure = Callable[[Integers, Integers, Integers], Floats]

POINTS = 121  # of the grid of probabilities
ROUNDS = 300  # of expectation and maximisation
PRIOR = 0.5  # problems' worth of mass that is spread evenly over the grid
GROUPS = 12  # distinct n that are told apart


class Spread(NamedTuple):
    """Central moments of the value of one problem or, added up, of several; one for each k."""

    second: Floats
    third: Floats
    fourth: Floats


class Mixing(NamedTuple):
    """Success probabilities, and how many problems are expected to have each of them (column),
    among those with so many samples (row).
    """

    grid: Floats
    samples: Integers
    mass: Floats


def sampling_spread(n: Integers, c: Integers, ks: Integers, measure: Measure) -> Spread:
    """How the measure of each problem would vary if it were sampled again; the sum over problems.

    Each problem's success probability p is unknown; the moments given p are averaged over its
    posterior (empirical Bayes). No unbiased estimate exists for k > n / 2.
    """
    fit = mixing(n, c)
    total = np.zeros((3, len(ks)))
    for samples, mass in zip(fit.samples, fit.mass, strict=True):
        given_p = spread_given_p(int(samples), fit.grid, ks, measure)
        total += np.stack([mass @ moment for moment in given_p])
    return Spread(*total)


def spread_given_p(n: int, grid: Floats, ks: Integers, measure: Measure) -> Spread:
    """Of one problem's value for each p (row), over the n + 1 outcomes."""
    correct = np.arange(n + 1)
    values = measure(np.full(n + 1, n), correct, ks)
    chance = np.exp(log_binomial(n, correct, grid))
    square = values * values
    mean, second = chance @ values, chance @ square
    third, fourth = chance @ (square * values), chance @ (square * square)
    return Spread(
        np.maximum(second - mean**2, 0),
        third - 3 * mean * second + 2 * mean**3,
        np.maximum(fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**4, 0),
    )


def mixing(n: Integers, c: Integers, errors: tuple[float, float] = (0.0, 0.0)) -> Mixing:
    """The posterior of every problem's p, added up over problems with equally many samples.

    `errors`: the chances that a wrong sample is counted in c, and that a correct one is not.
    """
    size, grid = grouped(n), probabilities(int(n.max()))
    pairs, inverse = np.unique(np.stack([n, c, size]), axis=1, return_inverse=True)
    problems = np.bincount(inverse.ravel()).astype(np.float64)
    log_chance = log_binomial(pairs[0], pairs[1], counted_correct(grid, errors)).T
    likelihood = np.exp(log_chance - log_chance.max(axis=1, keepdims=True))
    posterior = likelihood * mixing_distribution(likelihood, problems)
    posterior *= (problems / posterior.sum(axis=1))[:, None]
    sizes = np.unique(size)
    of_size = (sizes[:, None] == pairs[2]).astype(np.float64)
    return Mixing(grid, sizes, of_size @ posterior)


def counted_correct(p: Floats, errors: tuple[float, float]) -> Floats:
    """Chance that a sample is counted as correct which is correct with chance p."""
    return p * (1 - errors[1]) + (1 - p) * errors[0]


def mixing_distribution(likelihood: Floats, problems: Floats) -> Floats:
    """Distribution over the grid that makes the counts most likely, slightly smoothed.

    Maximum likelihood (Kiefer & Wolfowitz 1956) by expectation and maximisation (Laird 1978) with
    PRIOR problems spread over the grid, so that no value is ruled out for lack of data.
    """
    points = likelihood.shape[1]
    mass = np.full(points, 1 / points)
    for _ in range(ROUNDS):
        share = problems / (likelihood @ mass)
        mass = mass * (share @ likelihood) + PRIOR / points
        mass /= mass.sum()
    return mass


def probabilities(n: int) -> Floats:
    """Grid evenly spaced in log odds, from far below 1/n to as close to 1."""
    edge = np.log(50.0 * n)
    return np.asarray(1 / (1 + np.exp(-np.linspace(-edge, edge, POINTS))))


def grouped(n: Integers) -> Integers:
    """n, or where it has very many values, the smallest n within ten per cent of it."""
    distinct = np.unique(n)
    if len(distinct) <= GROUPS:
        return n
    step = np.floor(np.log(n / distinct[0]) / np.log(1.1))
    return np.array([n[step == value].min() for value in step])


def log_binomial(n: Integers | int, c: Integers, grid: Floats) -> Floats:
    """Logarithm of the chance of c out of n (columns) given p (rows)."""
    ways = gammaln(np.add(n, 1)) - gammaln(c + 1) - gammaln(n - c + 1)
    return np.asarray(ways + xlogy(c, grid[:, None]) + xlog1py(n - c, -grid[:, None]))
