"""pass@k beyond n: a beta-binomial distribution with a mass at zero, and how well it forecasts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import betaln, expit, log_expit, logit

from app.metrics.pass_at_k import (
    Floats,
    Integers,
    checked,
    log_spaced,
    mean_over_problems,
    pass_at_k,
    whole,
)

# Of logit of the mass at zero, logit of the mean of p, ln of α + β. Beyond them the likelihood of
# no study changes any more, and the beta function loses digits.
BOUNDS = ((-20.0, 20.0), (-16.0, 16.0), (-7.0, 12.0))
REPEATS = 5  # thinnings of the held-out test


class Mixture(NamedTuple):
    """p is 0 for the share `never` of problems; for the others p ~ Beta(alpha, beta)."""

    never: float
    alpha: float
    beta: float


class HeldOut(NamedTuple):
    """Forecasts from a part of the samples, and what all of them say."""

    ks: Integers
    drawn: int  # the largest number of samples per problem that a forecast was made from
    forecast: Floats  # one row a thinning, one column a k
    estimate: Floats  # unbiased, from all samples, for each k

    @property
    def error(self) -> Floats:
        """The mean size of forecast − estimate over thinnings, for each k."""
        return np.asarray(np.abs(self.forecast - self.estimate).mean(axis=0))


def fitted(n: ArrayLike, c: ArrayLike) -> Mixture:
    """The mixture of greatest likelihood for the counts; problems without samples say nothing.

    c is 0 with probability π + (1 − π) B(α, β + n) / B(α, β), and otherwise beta-binomial times
    1 − π (Kazdan et al. 2025, arXiv 2510.05197, with a mass at zero for what is never solved).
    Nothing solved gives π = 1, everything p = 1. Raises ValueError where there is no sample.
    """
    samples, correct, _ = checked(n, c, 1)
    drawn = samples > 0
    if not drawn.any():
        raise ValueError("There is no sample to fit a distribution to.")
    samples, correct = samples[drawn], correct[drawn]
    if (correct == 0).all():
        return Mixture(1.0, 1.0, 1.0)
    if (correct == samples).all():
        return Mixture(0.0, 1.0, 0.0)
    pairs, weight = np.unique(np.stack([samples, correct]), axis=1, return_counts=True)
    return most_likely(pairs[0], pairs[1], weight)


def most_likely(n: Integers, c: Integers, weight: Integers) -> Mixture:
    """The best of the maxima found from several starts."""
    mean = float(weight @ (c / n) / weight.sum())
    unsolved = float(weight @ (c == 0) / weight.sum())
    starts = [
        (logit(zero), logit(min(mean / (1 - zero), 0.98)), np.log(size))
        for zero in (1e-3, 0.5 * unsolved + 1e-3)
        for size in (0.5, 4.0)
    ]
    found = [
        minimize(loss, start, args=(n, c, weight), method="L-BFGS-B", bounds=BOUNDS)
        for start in starts
    ]
    return mixture(min(found, key=lambda result: float(result.fun)).x)


def mixture(x: Floats) -> Mixture:
    """The mixture of the three numbers that are searched."""
    size = np.exp(x[2])
    return Mixture(float(expit(x[0])), float(size * expit(x[1])), float(size * expit(-x[1])))


def loss(x: Floats, n: Integers, c: Integers, weight: Integers) -> float:
    """Minus the mean log-likelihood, without the terms that do not depend on x."""
    _, alpha, beta = mixture(x)
    log_count = log_expit(-x[0]) + betaln(alpha + c, beta + n - c) - betaln(alpha, beta)
    either = np.where(c == 0, np.logaddexp(log_expit(x[0]), log_count), log_count)
    return float(-(weight @ either) / weight.sum())


def forecast(model: Mixture, k: ArrayLike) -> Floats:
    """pass@k of the mixture, (1 − π)(1 − B(α, β + k) / B(α, β)), for any k."""
    budget = whole(k, "k")
    if (budget < 1).any():
        raise ValueError(f"k must be at least 1, but is {budget.min()}.")
    if model.beta == 0:
        return np.full(budget.shape, 1.0 - model.never)
    log_none = betaln(model.alpha, model.beta + budget) - betaln(model.alpha, model.beta)
    return np.asarray((1.0 - model.never) * -np.expm1(log_none))


def held_out(
    n: ArrayLike, c: ArrayLike, share: float = 0.25, repeats: int = REPEATS, seed: int = 0
) -> HeldOut:
    """Forecasts of pass@k up to the smallest n from a share of each problem's samples.

    The share is drawn without replacement, so that the number of correct ones is hypergeometric.
    Only k beyond the share were held out. No k where a problem has too few samples for a share.
    """
    samples, correct, _ = checked(n, c, 1)
    part = (samples * share).astype(np.int64)
    if not len(part) or part.min() == 0:
        return HeldOut(np.arange(0), 0, np.zeros((repeats, 0)), np.zeros(0))
    ks = log_spaced(int(samples.min()), 24)
    ks = ks[ks > part.max()]
    random = np.random.default_rng(seed)
    thinned = [random.hypergeometric(correct, samples - correct, part) for _ in range(repeats)]
    forecasts = np.stack([forecast(fitted(part, kept), ks) for kept in thinned])
    estimate = mean_over_problems(pass_at_k(samples[:, None], correct[:, None], ks))
    return HeldOut(ks, int(part.max()), forecasts, estimate)
