"""How often a verifier errs, by reading some of what it judged, and what pass@k would be without.

`false_positive` is the share of the samples judged correct that are not, `false_negative` that of
the samples judged otherwise that are correct: shares of what the verifier says, as random reading
of either kind estimates them. Both are taken to strike every sample of their kind alike and
independently, whatever the problem; `struck_together` says how much hangs on that.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from app.metrics.agreement import Estimate
from app.metrics.intervals import (
    LIKE_THESE,
    Band,
    level_checked,
    pass_at_k_values,
    rising_band,
    undefined,
)
from app.metrics.mixing import Measure
from app.metrics.pass_at_k import Floats, Integers, checked, mean_over_problems


class Read(NamedTuple):
    """What reading samples of one verdict, chosen at random, has found."""

    wrong: int  # of them judged wrongly
    read: int


class Errors(NamedTuple):
    """Error rates of a verifier."""

    false_positive: float
    false_negative: float


def rate(wrong: int, read: int, level: float = 0.95) -> Estimate:
    """The share of wrong verdicts among those read, with Clopper and Pearson's interval (1934).

    It is exact: covers at least as often as `level` says. Undefined, NaN, where nothing was read.
    """
    level_checked(level)
    if not 0 <= wrong <= read:
        raise ValueError(f"Of {read} verdicts read, {wrong} cannot be wrong.")
    if read == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    tail, right = (1 - level) / 2, read - wrong
    low = special.betaincinv(wrong, right + 1, tail) if wrong else 0.0
    high = special.betaincinv(wrong + 1, right, 1 - tail) if right else 1.0
    return Estimate(wrong / read, float(low), float(high), read)


def corrected_pass_at_k(
    n: ArrayLike, c: ArrayLike, false_positive: float, false_negative: float, k: int
) -> Floats:
    """pass@k of each problem, of whose n samples a verifier calls c correct, without its errors.

    1 − Σ_j H(j; n, c, k) fp^j (1 − fn)^(k−j), where H is the chance to draw j of the c among k of
    the n (hypergeometric): all k are wrong if each one judged correct is judged wrongly and each
    other one rightly. It is what pass@k of the true verdicts is expected to be, given these, if
    every error is independent of the others: at large k that matters. pass@k itself where both
    rates are 0. Undefined, NaN, where k > n or a rate is NaN.
    """
    samples, correct, budget = checked(n, c, [k])
    pairs = np.broadcast_arrays(samples, correct)
    measure = corrected_values(Errors(false_positive, false_negative))
    return measure(pairs[0].ravel(), pairs[1].ravel(), budget)[:, 0].reshape(pairs[0].shape)


def corrected_values(errors: Errors) -> Measure:
    """The corrected pass@k of every problem (row) for every k (column), as a measure."""
    rates_checked(errors)

    def values(n: Integers, c: Integers, ks: Integers) -> Floats:
        found = np.empty((len(n), len(ks)))
        for size in np.unique(n):
            of_size = n == size
            found[of_size] = of_equal_n(int(size), c[of_size], ks, errors)
        return found

    return values


def of_equal_n(n: int, c: Integers, ks: Integers, errors: Errors) -> Floats:
    """The same for problems with equally many samples: pass@k of 0 … n correct ones, each as likely
    as the verdicts and the error rates make it.
    """
    distinct, row = np.unique(c, return_inverse=True)
    chances = np.stack([truly_correct(n, int(one), errors) for one in distinct])
    every = pass_at_k_values(np.full(n + 1, n), np.arange(n + 1), ks)
    return np.asarray((chances @ every)[row])


def truly_correct(n: int, c: int, errors: Errors) -> Floats:
    """Chance that 0 … n of the samples are correct: those of the c that are, and of the others."""
    kept = binomial(c, 1 - errors.false_positive)
    return np.asarray(np.convolve(kept, binomial(n - c, errors.false_negative)))


def binomial(n: int, p: float) -> Floats:
    """Chance of 0 … n."""
    x = np.arange(n + 1)
    ways = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    return np.asarray(np.exp(ways + special.xlogy(x, p) + special.xlog1py(n - x, -p)))


def struck_together(errors: Errors) -> Measure:
    """The least that pass@k can be with these rates: errors strike the samples of a problem all
    together, not one by one.

    All k drawn are then wrong as often as the likeliest to be right of them is: 1 − fn if none was
    judged correct, fp if all were, else the smaller of the two (Fréchet's bound).
    """
    rates_checked(errors)
    fp, right = errors.false_positive, 1 - errors.false_negative

    def values(n: Integers, c: Integers, ks: Integers) -> Floats:
        none, every = (1 - pass_at_k_values(n, judged, ks) for judged in (c, n - c))
        mixed = np.maximum(1 - none - every, 0)
        return np.asarray(1 - (none * right + every * fp + mixed * min(fp, right)))

    return values


def corrected_band(
    n: Integers,
    c: Integers,
    ks: Integers,
    correct: Read,
    other: Read | None = None,
    kind: str = LIKE_THESE,
    level: float = 0.95,
) -> Band:
    """Interval of the mean corrected pass@k for each k: of the problems, and of both error rates.

    `correct` and `other` say what was found by reading samples judged correct, and not correct;
    None: taken to be free of errors. Each of the three is known from other data, so their
    distances from the mean add up as squares (Zou & Donner 2008: the rates' are those at their
    limits). Undefined, NaN, where k > n and where nothing was read.
    """
    fp, fn = rate(*correct, level), rate(*other, level) if other else Estimate(0.0, 0.0, 0.0, 0)
    if np.isnan([fp.value, fn.value]).any() or not len(n):  # nothing was read, or no problem
        return undefined(len(ks))
    errors = Errors(fp.value, fn.value)
    middle, below, above = (
        [mean_corrected(n, c, ks, Errors(*pair)) for pair in pairs]
        for pairs in (
            [errors],
            [(fp.high, fn.value), (fp.value, fn.low)],
            [(fp.low, fn.value), (fp.value, fn.high)],
        )
    )
    problems = problem_reach(n, c, ks, errors, kind, level)
    low = middle[0] - combined(problems.low, *(middle[0] - limit for limit in below))
    high = middle[0] + combined(problems.high, *(limit - middle[0] for limit in above))
    return Band(np.maximum(low, 0), np.minimum(high, 1), problems.reliable)


def problem_reach(
    n: Integers, c: Integers, ks: Integers, errors: Errors, kind: str, level: float
) -> Band:
    """How far the limits lie from the mean for the problems' sake.

    At least as far as those of pass@k itself, in proportion: from the corrected pass@k of a problem
    that is never judged correct to that of one that always is. Where nearly all problems are
    solved, corrected values hardly differ, and say nothing of an unsolved one that was not drawn.
    """
    found = []
    for measure in (corrected_values(errors), pass_at_k_values):
        limits = rising_band(n, c, ks, kind, level, measure)
        mean = mean_over_problems(measure(n, c, ks))
        found.append(Band(mean - limits.low, limits.high - mean, limits.reliable))
    own, plain = found
    share = np.maximum((1 - errors.false_negative) ** ks - errors.false_positive**ks, 0)
    low, high = np.maximum(own.low, share * plain.low), np.maximum(own.high, share * plain.high)
    return Band(low, high, own.reliable)


def mean_corrected(n: Integers, c: Integers, ks: Integers, errors: Errors) -> Floats:
    """Mean over problems of the corrected pass@k, for each k."""
    return mean_over_problems(corrected_values(errors)(n, c, ks))


def mean_struck_together(n: Integers, c: Integers, ks: Integers, errors: Errors) -> Floats:
    """Mean over problems of the least that pass@k can be, for each k."""
    return mean_over_problems(struck_together(errors)(n, c, ks))


def combined(*distances: Floats) -> Floats:
    """Independent distances, added up as squares."""
    return np.asarray(np.sqrt(np.sum(np.square(distances), axis=0)))


def rates_checked(errors: Errors) -> None:
    """Raises ValueError for a rate that is none; NaN is one that is not known."""
    for name, value in zip(errors._fields, errors, strict=True):
        if value < 0 or value > 1:
            raise ValueError(f"{name} must lie between 0 and 1, but is {value}.")
