"""How far reviewers agree beyond chance: Cohen's kappa of two, Krippendorff's alpha of any number.

Both are 1 − D/E: the disagreement that there is, by the one that chance would give to reviewers who
use each label as often but not for the same samples. 1 is full agreement, 0 what chance gives.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from app.metrics.intervals import level_checked
from app.metrics.pass_at_k import Floats, Integers

Label = Hashable | None  # None: this reviewer has no verdict on this sample


class Estimate(NamedTuple):
    """A number, its interval, and how many observations stand behind it."""

    value: float
    low: float
    high: float
    n: int


class Disagreement(NamedTuple):
    """Of each sample: what it adds to the disagreement found, and to the one that chance gives."""

    found: Floats  # share of the pairs of its labels that differ
    chance: Floats  # a linear approximation, of which the mean is exact
    weight: Floats  # mean 1


def cohen_kappa(a: Sequence[Label], b: Sequence[Label], level: float = 0.95) -> Estimate:
    """Cohen's kappa of two reviewers (Cohen 1960), over the samples that both have labelled.

    (p_o − p_e) / (1 − p_e): p_o is the share of samples with the same label, p_e the one that two
    would reach who choose each label as often, independently. n counts the samples. Undefined, NaN,
    without such samples and where both use one and the same label only. Interval: see `beyond`.
    """
    if len(a) != len(b):
        raise ValueError(f"Kappa needs two labels of each sample, not {len(a)} and {len(b)}.")
    both = coded([a, b])
    first, second = both[:, (both >= 0).all(axis=0)]
    if not first.size:
        return undefined(level)
    p, q = (np.bincount(row, minlength=both.max() + 1) / row.size for row in (first, second))
    same = float(p @ q)
    chance = 1 - (q[first] + p[second] - same)
    return beyond(Disagreement(1.0 * (first != second), chance, np.ones(first.size)), level)


def krippendorff_alpha(labels: Sequence[Sequence[Label]], level: float = 0.95) -> Estimate:
    """Krippendorff's alpha for nominal labels (Krippendorff 2004, Content Analysis, chapter 11).

    A row per reviewer and a column per sample, None where a reviewer has no verdict. D is the share
    of pairs of labels of one sample that differ, E that of pairs of any two labels. Samples with a
    single label are left out, and n counts the others. Undefined, NaN, without any and where all
    labels are the same. Interval: see `beyond`.
    """
    given = coded(labels)
    counts = np.stack([(given == code).sum(axis=0) for code in range(given.max(initial=0) + 1)], 1)
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return undefined(level)
    size = counts.sum(axis=1)
    differ = 1 - (counts * (counts - 1)).sum(axis=1) / (size * (size - 1))
    pooled, total = counts.sum(axis=0) / size.sum(), size.sum()
    same = (counts / size[:, None]) @ pooled
    chance = (1 + pooled @ pooled - 2 * same) * total / (total - 1)
    return beyond(Disagreement(differ, chance, size / size.mean()), level)


def beyond(of: Disagreement, level: float) -> Estimate:
    """1 − D/E with its interval; NaN where E = 0.

    A score interval, all ρ with (D − ρE)² ≤ t² Var(D − ρE) / n, and Student's t with n − 1 degrees
    of freedom. Samples vary, and with them how often each label is used. Var(D) is what it would be
    if D were ρE, as in Wilson (1927), and Cov(D, E) in proportion: so that full agreement in a few
    samples is not certain. At ρ = D/E it is the variance of Fleiss, Cohen & Everitt (1969).
    """
    level_checked(level)
    n, (found, chance) = len(of.found), means(of)
    if chance <= 1e-12:
        return undefined(level, n)
    low, high = ratio_limits(of, quantile(n, level))
    limits = max(-1.0, 1 - high), min(1.0, 1 - low)
    value, low, high = (without_rounding(one) for one in (1 - found / chance, *limits))
    return Estimate(value, low, high, n)


def without_rounding(value: float) -> float:
    """0 where rounding alone has kept the value from it."""
    return 0.0 if abs(value) < 1e-12 else float(value)


def ratio_limits(of: Disagreement, t: float) -> tuple[float, float]:
    """The limits of D/E; without any where there are too few samples for one."""
    n, (found, chance) = len(of.found), means(of)
    apart = of.weight * (of.found - found), of.weight * (of.chance - chance)
    spread, other, both = (
        float((x * y).mean()) for x, y in ((apart[0],) * 2, (apart[1],) * 2, apart)
    )
    room = found * (1 - found)
    inflation = spread / room if room > 1e-12 else float((of.weight**2).mean())
    unit = t**2 / n
    joint = 2 * chance * both / found if found > 1e-12 else 0.0
    square = chance**2 * (1 + unit * inflation) + unit * (joint - other)
    half = chance * (found + unit * inflation / 2)
    if square <= 0:
        return -np.inf, np.inf
    reach = np.sqrt(max(half**2 - square * found**2, 0.0))
    return (half - reach) / square, (half + reach) / square


def means(of: Disagreement) -> tuple[float, float]:
    """The disagreement found, and the one that chance gives."""
    return float((of.weight * of.found).mean()), float((of.weight * of.chance).mean())


def quantile(n: int, level: float) -> float:
    """Of Student's t for n samples; Cauchy's for one or two."""
    return float(special.stdtrit(max(n - 1, 1), (1 + level) / 2))


def undefined(level: float, n: int = 0) -> Estimate:
    """No value, whatever the level. Raises ValueError for a level that is none."""
    level_checked(level)
    return Estimate(np.nan, np.nan, np.nan, n)


def coded(labels: Sequence[Sequence[Label]]) -> Integers:
    """The labels as numbers from 0, −1 where there is none: a row per reviewer."""
    rows = [list(row) for row in labels]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("Every reviewer needs a place for each sample: None where there is none.")
    seen: dict[Label, int] = {None: -1}
    codes = [[seen.setdefault(label, len(seen) - 1) for label in row] for row in rows]
    return np.array(codes, dtype=np.int64).reshape(len(rows), len(rows[0]) if rows else 0)
