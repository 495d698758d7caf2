"""How sure a mean over problems is: bands for these problems, and for problems like these."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from app.metrics.mixing import Measure, Spread, sampling_spread
from app.metrics.pass_at_k import (
    Floats,
    Integers,
    checked,
    log_spaced,
    mean_over_problems,
    pair_curves,
)
from app.metrics.score import (
    Limits,
    mean_limits,
    outer,
    outer_limits,
    score_limits,
    signed_mean_limits,
    variance_limits,
)

LIKE_THESE = "problems like these"
THESE = "these problems"
KINDS = (LIKE_THESE, THESE)


ENOUGH = 5  # problems that must have a say for a band to be relied on
FOR_A_CURVE = 4  # the same for pass@k of problems like these
TINY = 1e-30


class Band(NamedTuple):
    """Lower and upper limit for each column of the values, and whether they can be relied on."""

    low: Floats
    high: Floats
    reliable: NDArray[np.bool_]


def pass_at_k_values(n: Integers, c: Integers, ks: Integers) -> Floats:
    """pass@k of every problem (row) for every k (column); NaN where k > n."""
    samples, correct, budgets = checked(n, c, ks)
    values = np.full((len(samples), len(budgets)), np.nan)
    if values.size:
        curves, row = pair_curves(samples, correct, int(budgets.max()))
        defined = budgets <= curves.shape[1]
        values[:, defined] = curves[:, budgets[defined] - 1][row]
    return values


def band(
    n: Integers,
    c: Integers,
    ks: Integers,
    kind: str = LIKE_THESE,
    level: float = 0.95,
    measure: Measure = pass_at_k_values,
) -> Band:
    """Interval of the mean of a measure over problems, for each k.

    LIKE_THESE: of the mean over all problems of which these are a sample. THESE: of the mean that
    endless samples of these very problems would give. The limits of pass@k never fall with k.
    """
    level_checked(level)
    run = checked(n, c, ks)
    if measure is not pass_at_k_values or not len(run[0]):
        return band_at_each(*run, kind_checked(kind), level, measure)
    return rising_band(*run, kind, level, measure)


def rising_band(
    n: Integers, c: Integers, ks: Integers, kind: str, level: float, measure: Measure
) -> Band:
    """The band of a measure that cannot fall with k: no limit does, whichever k are asked for."""
    ladder = log_spaced(max(1, int(n.min())))
    every, place = np.unique(np.append(ks, ladder), return_inverse=True)
    found = rising(band_at_each(n, c, every, kind_checked(kind), level, measure), kind)
    asked = place[: len(ks)]
    return Band(found.low[asked], found.high[asked], found.reliable[asked])


def band_at_each(
    n: Integers, c: Integers, ks: Integers, kind: str, level: float, measure: Measure
) -> Band:
    """The band of any measure, every k for itself."""
    values = measure(n, c, ks)
    if kind == LIKE_THESE:
        least = FOR_A_CURVE if measure is pass_at_k_values else ENOUGH
        return mean_band(values, level, least=least)
    spread = resampled(n, c, ks, measure)
    limits = sampling_limits(mean_over_problems(values), spread, len(n), level)
    return Band(*limits, enough_of(spread, n, ks))


def rising(found: Band, kind: str) -> Band:
    """Limits of what cannot fall with k: not above those at a larger k, nor below those at a
    smaller one. (Columns in the order of k.)

    LIKE_THESE: by widening, because limits that fall are too narrow: that an unsolved problem may
    be missing shows at k = n only. THESE: by narrowing, because they are too wide near k = n.
    """
    low, high = found.low, found.high
    if kind == LIKE_THESE:
        low, high = np.fmin.accumulate(low[::-1])[::-1], np.fmax.accumulate(high)
    else:
        low, high = np.fmax.accumulate(low), np.fmin.accumulate(high[::-1])[::-1]
    known = np.isfinite(found.low)
    return Band(np.where(known, low, np.nan), np.where(known, high, np.nan), found.reliable)


def gap_band(
    base_n: Integers,
    base_c: Integers,
    other_n: Integers,
    other_c: Integers,
    ks: Integers,
    kind: str = LIKE_THESE,
    level: float = 0.95,
    measure: Measure = pass_at_k_values,
) -> Band:
    """Interval of the mean of other − base, for each k; the arrays are aligned by problem."""
    if len(base_n) != len(other_n):
        raise ValueError(
            f"A gap needs the same problems in both runs, but they have {len(base_n)} and "
            f"{len(other_n)}. Leave out what only one of them has."
        )
    level_checked(level)
    runs = checked(other_n, other_c, ks), checked(base_n, base_c, ks)
    values = measure(*runs[0]) - measure(*runs[1])
    if kind_checked(kind) == LIKE_THESE and measure is pass_at_k_values and len(values):
        return gap_like_these(values, runs[0][2] / max(1, min(run[0].min() for run in runs)), level)
    if kind == LIKE_THESE:
        return mean_band(values, level, signed=True)
    gap = mean_over_problems(values)
    other, base = (resampled(*run, measure) for run in runs)
    spread = Spread(
        other.second + base.second, other.third - base.third, other.fourth + base.fourth
    )
    limits = gap_limits(gap, spread, len(base_n), level)
    return Band(*limits, enough_of(spread, np.minimum(runs[0][0], runs[1][0]), runs[0][2]))


def gap_like_these(values: Floats, share: Floats, level: float) -> Band:
    """Of the mean of gaps in pass@k. `share` is k / n, which is the pass@k of a single correct
    sample, and so the size of the gap that a problem which was not drawn may have.
    """
    low, high = signed_mean_limits(values, level, share)
    gap, reach = values.mean(axis=0), room(values, share, level)
    least = np.clip(4.5 - 4 * share, 3, 4)
    limits = (
        np.maximum(np.minimum(low, gap - reach), -1),
        np.minimum(np.maximum(high, gap + reach), 1),
    )
    return Band(*limits, enough(values, least))


def room(values: Floats, jump: Floats, level: float) -> Floats:
    """How far a limit lies from the mean at least: `jump` times the upper limit (Wilson) of a share
    of which none was seen; less by as many as there are of ENOUGH problems with such a jump.
    """
    z2 = special.ndtri((1 + level) / 2) ** 2
    seen = (values**2).sum(axis=0) / jump**2
    return np.asarray(np.maximum(1 - seen / ENOUGH, 0) * jump * z2 / (len(values) + z2))


def mean_band(
    values: Floats, level: float = 0.95, signed: bool = False, least: float = ENOUGH
) -> Band:
    """Interval of the mean over problems (rows) of values in [0, 1], for each column; or, `signed`,
    in [−1, 1]. NaN where a problem is undefined, and for no problem. Reliable where at least
    `least` problems have a say.
    """
    level_checked(level)
    if len(values) == 0:
        return undefined(values.shape[1])
    limits_of = signed_mean_limits if signed or (values < 0).any() else mean_limits
    return Band(*limits_of(values, level), enough(values, least))


def resampled(n: Integers, c: Integers, ks: Integers, measure: Measure) -> Spread:
    """How the sum of the measure would vary if the same problems were sampled again; NaN for a k
    at which it is undefined.
    """
    known = np.isfinite(mean_over_problems(measure(n, c, ks)))
    spread = np.full((3, len(ks)), np.nan)
    if known.any():
        spread[:, known] = sampling_spread(n, c, ks[known], measure)
    return Spread(*spread)


def sampling_limits(mean: Floats, spread: Spread, problems: int, level: float) -> Limits:
    """Of a mean between 0 and 1 whose sum over problems varies by so much."""
    z, variance, slope = standardised(spread, problems, level)
    most = np.maximum(np.abs(slope), 4 * variance)
    return outer_limits(mean, z, variance, slope, np.zeros_like(mean), most)


def gap_limits(gap: Floats, spread: Spread, problems: int, level: float) -> Limits:
    """Of a mean between −1 and 1."""
    z, variance, slope = standardised(spread, problems, level)
    found = score_limits(gap, z, variance, slope, np.zeros_like(gap))
    low, high = outer(found, variance_limits(gap, z, variance))
    return Limits(np.maximum(low, -1), np.minimum(high, 1))


def standardised(spread: Spread, problems: int, level: float) -> tuple[Floats, Floats, Floats]:
    """Normal quantile, variance of the mean, and how that changes with the mean: in a family of
    distributions that is tilted exponentially it does by third / second cumulant.
    """
    some = spread.second > 0
    slope = np.divide(spread.third, spread.second, out=0 * spread.second, where=some) / problems
    z = np.full_like(slope, special.ndtri((1 + level) / 2))
    return z, spread.second / max(problems, 1) ** 2, slope


def enough(values: Floats, least: Floats | float = ENOUGH) -> NDArray[np.bool_]:
    """Whether at least `least` problems have a say in the mean, and not a few that stand out.

    They are counted as (Σ d²)² / Σ d⁴, where d is how far a value is from 0 or, where the mean is
    above a half, from 1. Simulated coverage leaves 93 to 97 % where it is fewer.
    """
    upper = (values.mean(axis=0) > 0.5) & ~(values < 0).any(axis=0)
    square = np.where(upper, 1 - values, values) ** 2
    return np.asarray(square.sum(axis=0) ** 2 >= least * np.maximum((square**2).sum(axis=0), TINY))


def enough_of(spread: Spread, n: Integers, ks: Integers) -> NDArray[np.bool_]:
    """The same for what sampling again would give, from sums of moments over problems.

    The nearer k is to n, the more these rest on what the counts say about problems that were hardly
    ever solved: twice as many are asked for at k = n, and fewer where k is small.
    """
    share = ks / np.maximum(n.min(initial=1 << 40), 1)
    least = ENOUGH * np.clip(2 * share, 0.6, 2)
    return np.asarray(spread.second**2 >= least * np.maximum(spread.fourth, TINY))


def undefined(columns: int) -> Band:
    """No limits in any column."""
    nothing = np.full(columns, np.nan)
    return Band(nothing, nothing, np.zeros(columns, dtype=np.bool_))


def kind_checked(kind: str) -> str:
    """The kind. Raises ValueError for one that is unknown."""
    if kind not in KINDS:
        raise ValueError(f"A band is of the kind {' or '.join(map(repr, KINDS))}, not {kind!r}.")
    return kind


def level_checked(level: float) -> None:
    """Raises ValueError for a level that is none."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, but is {level}.")
