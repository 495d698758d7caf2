"""pass@k without the errors of a verifier that judges a sample by what it is, not by its problem.

It passes a wrong sample with chance a and fails a correct one with chance b, on every problem. So
where a problem is hard, more of the samples that it passes are wrong, and where nothing is correct,
nothing that it fails is. app.metrics.verifier_error takes either share to be the same everywhere.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from app.metrics.agreement import Estimate
from app.metrics.intervals import LIKE_THESE, Band, band, level_checked, pass_at_k_values, undefined
from app.metrics.mixing import counted_correct, mixing
from app.metrics.pass_at_k import Floats, Integers, mean_over_problems
from app.metrics.verifier_error import Errors, Read, combined, rate

GROUPS = 25  # of problems that are left out in turn
FAR = 0.5  # of the reach of pass@k's own band; what the rates imply may be no farther from it


class ByTruth(NamedTuple):
    """Chances that a wrong sample is passed, and that a correct one is failed."""

    passed: float
    failed: float


def by_truth(errors: Errors, share: float) -> ByTruth:
    """The same errors by what samples are, where this share of them is judged correct.

    Of all samples, share · fp are wrong and passed, (1 − share) · fn correct and failed. 0 where no
    sample is wrong, or correct.
    """
    passed, failed = share * errors.false_positive, (1 - share) * errors.false_negative
    right = share - passed + failed
    return ByTruth(passed / (1 - right) if right < 1 else 0.0, failed / right if right > 0 else 0.0)


def mean_corrected_by_truth(n: Integers, c: Integers, ks: Integers, errors: Errors) -> Floats:
    """Mean over problems of pass@k for each k, less what the errors have added, more what they have
    taken away.

    That is the mean of (1 − q)^k − (1 − p)^k, p being the chance of a correct sample and
    q = p (1 − b) + (1 − p) a that of one judged correct. p is not known: it is averaged over its
    posterior under the distribution of p that makes the counts most likely (Kiefer & Wolfowitz
    1956; see app.metrics.mixing). pass@k where both rates are 0. Undefined, NaN, where k > n or a
    rate is NaN, without problems, and where a + b ≥ 1: verdicts then say nothing of the truth. 0
    where all that is judged correct is wrong and nothing else right. See also `contradicted`.
    """
    if not len(n) or not n.all() or np.isnan(errors).any():
        return np.full(len(ks), np.nan)
    if nothing_right(errors):
        return np.where(ks <= n.min(), 0.0, np.nan)
    rates = by_truth(errors, c.sum() / n.sum())
    if sum(rates) >= 1:
        return np.full(len(ks), np.nan)
    return less(n, c, ks, rates)


def nothing_right(errors: Errors) -> bool:
    """Whether all that is judged correct is wrong, and nothing else right."""
    return errors.false_positive == 1 and errors.false_negative == 0


def contradicted(n: Integers, c: Integers, ks: Integers, errors: Errors) -> NDArray[np.bool_]:
    """For each k of a rising order, whether the counts say that the verifier does not err so.

    No problem can be judged correct more rarely than a, nor more often than 1 − b: where errors
    crowd on a few problems, a is too high for all the others, and pass@k as it would be judged is
    not what was counted. So it is from the first k on where the two differ by more than FAR of the
    distance from pass@k to the end of its own band. Where nothing is right nothing is assumed.
    """
    if nothing_right(errors):
        return np.zeros(len(ks), dtype=bool)
    rates = by_truth(errors, c.sum() / n.sum())
    fit = mixing(n, c, rates)
    problems = fit.mass.sum(axis=0) / len(n)
    implied = 1 - problems @ (1 - counted_correct(fit.grid, rates)[:, None]) ** ks
    raw, own = mean_over_problems(pass_at_k_values(n, c, ks)), band(n, c, ks, LIKE_THESE)
    reach = np.where(implied > raw, own.high - raw, raw - own.low)
    return np.asarray(np.logical_or.accumulate(np.abs(implied - raw) > FAR * reach))


def less(n: Integers, c: Integers, ks: Integers, rates: ByTruth) -> Floats:
    """Mean pass@k for each k, corrected for these rates."""
    fit = mixing(n, c, rates)
    p, problems = fit.grid, fit.mass.sum(axis=0) / len(n)
    missed = [(1 - chance[:, None]) ** ks for chance in (counted_correct(p, rates), p)]
    raw = mean_over_problems(pass_at_k_values(n, c, ks))
    return np.asarray(np.clip(raw + problems @ (missed[0] - missed[1]), 0, 1))


def corrected_by_truth_band(
    n: Integers,
    c: Integers,
    ks: Integers,
    correct: Read,
    other: Read | None = None,
    level: float = 0.95,
) -> Band:
    """Interval for problems like these of `mean_corrected_by_truth`, for each k: of the problems,
    and of both rates, from what reading samples judged correct, and others, has found.

    The distances add up as squares (Zou & Donner 2008). That of the problems is Student's t times
    the standard error of leaving out groups of problems in turn (jackknife), and no less than that
    of pass@k itself. None: verdicts other than correct are taken to be right.
    """
    level_checked(level)
    fp, fn = rate(*correct, level), rate(*other, level) if other else Estimate(0.0, 0.0, 0.0, 0)
    middle = mean_corrected_by_truth(n, c, ks, Errors(fp.value, fn.value))
    if np.isnan(middle).all():
        return undefined(len(ks))
    low, high = (
        [mean_corrected_by_truth(n, c, ks, Errors(*pair)) for pair in pairs]
        for pairs in (
            [(fp.high, fn.value), (fp.value, fn.low)],
            [(fp.low, fn.value), (fp.value, fn.high)],
        )
    )
    plain, raw = band(n, c, ks, LIKE_THESE, level), mean_over_problems(pass_at_k_values(n, c, ks))
    reach = jackknife_reach(n, c, ks, Errors(fp.value, fn.value), level)
    below = combined(np.maximum(reach, raw - plain.low), *(known(middle - x) for x in low))
    above = combined(np.maximum(reach, plain.high - raw), *(known(x - middle) for x in high))
    return Band(np.maximum(middle - below, 0), np.minimum(middle + above, 1), plain.reliable)


def known(distance: Floats) -> Floats:
    """The distance; as far as can be where a rate at its limit leaves nothing to say."""
    return np.where(np.isnan(distance), 1.0, distance)


def jackknife_reach(n: Integers, c: Integers, ks: Integers, errors: Errors, level: float) -> Floats:
    """Student's t times the standard error over problems, from leaving out groups of them."""
    groups = min(GROUPS, len(n))
    if groups < 2:
        return np.ones(len(ks))
    group = np.random.default_rng(0).permutation(len(n)) % groups
    rates = by_truth(errors, c.sum() / n.sum())
    parts = np.stack([less(n[group != one], c[group != one], ks, rates) for one in range(groups)])
    error = np.sqrt((groups - 1) * parts.var(axis=0))
    return np.asarray(special.stdtrit(groups - 1, (1 + level) / 2) * error)
