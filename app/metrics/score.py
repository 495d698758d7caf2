"""Score intervals: limits that allow for a variance which changes with the mean."""

from typing import NamedTuple

import numpy as np
from scipy import special

from app.metrics.pass_at_k import Floats

LEAST = 1e-15  # a smaller variance is rounding


class Limits(NamedTuple):
    """Lower and upper limit."""

    low: Floats
    high: Floats


class Moments(NamedTuple):
    """Of each column of values: mean, variance, skewness² and what is left of the kurtosis."""

    mean: Floats
    variance: Floats
    slope: Floats  # third central moment / variance: how the variance changes with the mean
    skewness2: Floats  # third² / variance³
    rest: Floats  # kurtosis − skewness² − 1: 0 for two values only, 2 for a normal distribution


def moments(values: Floats) -> Moments:
    """Of the values in each column; slope 1 − 2 mean where they are all the same."""
    mean = values.mean(axis=0)
    apart = values - mean
    square = apart * apart
    second, third, fourth = (part.mean(axis=0) for part in (square, square * apart, square**2))
    some = second > LEAST
    unit = np.where(some, second, 1.0)
    skewness2 = np.where(some, third**2 / unit**3, 0.0)
    rest = np.where(some, np.maximum(fourth / unit**2 - skewness2 - 1, 0), 0.0)
    slope = np.where(some, third / unit, 1 - 2 * mean)
    return Moments(mean, np.where(some, second, 0.0), slope, skewness2, rest)


def student(of: Moments, problems: int, level: float) -> Floats:
    """Quantile of Student's t with the degrees of freedom that fit the uncertainty of the variance
    given the mean: very many for 0/1 values, about `problems` for normal ones.
    """
    freedom = np.clip(2 * problems / np.maximum(of.rest, 1e-9), max(problems - 1, 2), 1e9)
    return np.asarray(special.stdtrit(freedom, (1 + level) / 2))


def quantile(of: Moments, problems: int, level: float) -> Floats:
    """Student's t, more where the values are skewed, at most twice it.

    The allowance is the skewness term of the two-sided expansion for the studentised mean in
    Hall (1992), The Bootstrap and Edgeworth Expansion.
    """
    z2 = special.ndtri((1 + level) / 2) ** 2
    tail = of.skewness2 * of.rest / (of.rest + 1) / problems
    allowance = np.minimum(2, 1 + tail * (z2**2 + 2 * z2 - 3) / 18)
    return np.asarray(student(of, problems, level) * allowance)


def score_limits(mean: Floats, t: Floats, variance: Floats, slope: Floats, curve: Floats) -> Limits:
    """Both θ with (θ − mean)² = t² [variance + slope (θ − mean) + curve (θ − mean)²].

    The variance of an estimate changes with what is estimated. That of a share of N is
    θ (1 − θ) / N, so slope = (1 − 2 mean) / N and curve = −1 / N, which is Wilson's (1927).
    """
    factor, shift = 1 - t**2 * curve, t**2 * slope / 2
    half = np.sqrt(np.maximum(shift**2 + factor * t**2 * variance, 0))
    return Limits(mean + (shift - half) / factor, mean + (shift + half) / factor)


def outer_limits(
    mean: Floats, t: Floats, variance: Floats, slope: Floats, curve: Floats, most: Floats | float
) -> Limits:
    """The wider of two score intervals on either side, within 0 and 1: Wilson's for as many
    problems as would give 0/1 values this variance, and the one with the slope that was found.

    `most` is the most that one 0/1 value may weigh.
    """
    weight = np.minimum(variance / np.maximum(mean * (1 - mean), LEAST), most)
    wilson = score_limits(mean, t, variance, weight * (1 - 2 * mean), -weight)
    low, high = outer(wilson, score_limits(mean, t, variance, slope, curve))
    return Limits(np.maximum(low, 0), np.minimum(high, 1))


def outer(first: Limits, second: Limits) -> Limits:
    """The wider on either side."""
    return Limits(np.minimum(first.low, second.low), np.maximum(first.high, second.high))


def mean_limits(values: Floats, level: float) -> Limits:
    """Of the mean over rows of values between 0 and 1."""
    of = moments(values)
    return limits_of(of, quantile(of, len(values), level), len(values), 1.0)


def signed_mean_limits(values: Floats, level: float, lone: Floats | float = 1.0) -> Limits:
    """Of the mean over rows of values between −1 and 1: t standard errors on either side; where
    the limits of the positive parts less those of the negative parts reach further, half-way there.

    The parts are correlated as two parts of one value are. Where all values are of one sign,
    a problem that was not drawn may be of the other, where all are 0 by `lone`. The half is what
    simulated coverage asks for: t standard errors are too narrow for few values, mostly of one
    sign, and the parts too wide.
    """
    problems, whole = len(values), moments(values)
    parts = moments(np.maximum(values, 0)), moments(np.maximum(-values, 0))
    jump = size_biased(np.abs(values), lone)
    limits = [limits_of(p, student(p, problems, level), problems, jump) for p in parts]
    spread = np.sqrt(parts[0].variance * parts[1].variance)
    product = -parts[0].mean * parts[1].mean
    correlation = np.divide(product, spread, out=np.zeros_like(spread), where=spread > 0)
    parted = difference((parts[0].mean, parts[1].mean), (limits[0], limits[1]), correlation)
    straight = variance_limits(
        whole.mean, student(whole, problems, level), whole.variance / problems
    )
    wide = outer(parted, straight)
    part = np.where(whole.variance > 0, 0.5, 1.0)
    low = straight.low + part * (wide.low - straight.low)
    high = straight.high + part * (wide.high - straight.high)
    return Limits(np.maximum(low, -1), np.minimum(high, 1))


def variance_limits(mean: Floats, t: Floats, variance: Floats) -> Limits:
    """t standard errors on either side."""
    reach = t * np.sqrt(variance)
    return Limits(mean - reach, mean + reach)


def limits_of(of: Moments, t: Floats, problems: int, jump: Floats | float) -> Limits:
    """Of a mean between 0 and 1. Where all is 0, one more problem might add `jump`."""
    same = (of.variance == 0) & np.isfinite(of.mean)
    variance = np.where(same, of.mean * (1 - of.mean), of.variance)
    slope = np.where(same & (of.mean == 0), jump, of.slope)
    curve = np.where(same, -(slope**2), np.clip(of.rest / 2 - 1, -1, 0))
    each = 1 / problems
    return outer_limits(of.mean, t, variance * each, slope * each, curve * each, each)


def size_biased(values: Floats, lone: Floats | float) -> Floats:
    """What a problem typically adds, weighted by what it adds; `lone` where none adds anything."""
    square = values * values
    second, third = square.mean(axis=0), (square * values).mean(axis=0)
    return np.asarray(np.divide(third, second, out=np.full_like(second, lone), where=second > 0))


def difference(
    means: tuple[Floats, Floats], limits: tuple[Limits, Limits], correlation: Floats | float = 0.0
) -> Limits:
    """Of the first mean less the second, from the limits of either (Newcombe 1998; Zou & Donner
    2008: "method of variance estimates recovery").
    """
    (first, second), (of_first, of_second) = means, limits
    down, up = first - of_first.low, of_first.high - first
    down2, up2 = second - of_second.low, of_second.high - second
    below = np.maximum(down**2 + up2**2 - 2 * correlation * down * up2, 0)
    above = np.maximum(up**2 + down2**2 - 2 * correlation * up * down2, 0)
    return Limits(first - second - np.sqrt(below), first - second + np.sqrt(above))
