"""Curves of every measure: pass@k and what else is drawn on its axes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl

from app.analysis.counting import by_run
from app.metrics import intervals
from app.metrics.bayes import posterior
from app.metrics.cover import cover_at_tau
from app.metrics.intervals import Band
from app.metrics.majority import Votes, maj_at_k
from app.metrics.mixing import Measure
from app.metrics.pass_at_k import Floats, Integers, log_spaced, mean_over_problems
from app.metrics.reliability import g_pass_at_k, mg_pass_at_k, pass_hat_k

PASS, HAT, G_PASS, MG_PASS = "pass@k", "pass^k", "G-Pass@k", "mG-Pass@k"
MAJORITY, COVER, BAYESIAN, COT = "maj@k", "Cover@τ", "Bayesian pass@k", "CoT-pass@k"
MEASURES = (PASS, HAT, G_PASS, MG_PASS, MAJORITY, COVER, COT, BAYESIAN)

SCHEMA = {
    "run": pl.String, "x": pl.Float64, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "reliable": pl.Boolean, "solved": pl.Float64, "problems": pl.Int64, "n_min": pl.Int64,
    "n_max": pl.Int64,
}  # fmt: skip


class Wanted(NamedTuple):
    """What is drawn: a measure, its share τ (of G-Pass@k alone), and the band around it."""

    measure: str = PASS
    tau: float = 0.5
    kind: str | None = intervals.LIKE_THESE  # None: no band
    level: float = 0.95


class Curve(NamedTuple):
    """Of one run: where it was measured, the mean over problems, and its band."""

    xs: Floats | Integers
    mean: Floats
    band: Band


def measured(
    counts: pl.DataFrame,
    wanted: Wanted,
    answers: pl.DataFrame | None = None,
    also: Sequence[int] = (),
) -> pl.DataFrame:
    """One row per run and x, which is τ of Cover@τ and k of all others.

    Columns: run, x, value (NaN where undefined for a problem), low, high, reliable (whether
    simulations bear the band out), solved (value × problems), problems, n_min, n_max. Of many k
    about 120, evenly spaced on a log axis, and those of `also` up to n_max. `answers` are the
    samples' answers, see `votes`: maj@k needs them, CoT-pass@k needs counts by
    app.analysis.audited.cot_counts, and runs without answers or audits have no rows.
    """
    parts = [run_measured(run, part, wanted, answers, also) for run, part in by_run(counts)]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts])


def ends(counts: pl.DataFrame) -> tuple[int, ...]:
    """The smallest and the largest n of each run: where curves end."""
    per_run = counts.group_by("run").agg(low=pl.col("n").min(), high=pl.col("n").max())
    return tuple(sorted({*per_run["low"], *per_run["high"]}))


def run_measured(
    run: str,
    counts: pl.DataFrame,
    wanted: Wanted,
    answers: pl.DataFrame | None,
    also: Sequence[int],
) -> pl.DataFrame:
    """The rows of one run; see `measured`."""
    n, c = counts["n"].to_numpy(), counts["c"].to_numpy()
    ks = drawn_budgets(n, also)
    if wanted.measure == MAJORITY:
        curve = majority_curve(run, counts, ks, wanted, answers)
    elif wanted.measure == COT:
        curve = audited_curve(counts, ks)
    elif wanted.measure == BAYESIAN:
        curve = bayesian_curve(n, c, ks, wanted)
    else:
        curve = counted_curve(n, c, ks, wanted)
    return pl.DataFrame(
        {
            "run": run, "x": curve.xs, "value": curve.mean, "low": curve.band.low,
            "high": curve.band.high, "reliable": curve.band.reliable,
            "solved": curve.mean * len(n), "problems": len(n),
            "n_min": int(n.min()), "n_max": int(n.max()),
        },
        schema=SCHEMA,
    )  # fmt: skip


def drawn_budgets(n: Integers, also: Sequence[int] = ()) -> Integers:
    """About 120 values of k up to the largest n and to the smallest, where the curve ends; those of
    `also` with them.
    """
    own = {int(end) for end in (n.min(), n.max()) if end > 0}
    further = {k for k in also if 0 < k <= n.max()}
    ks = further.union(int(k) for end in own for k in log_spaced(end))
    return np.array(sorted(ks), dtype=np.int64)


def counted_curve(n: Integers, c: Integers, ks: Integers, wanted: Wanted) -> Curve:
    """A measure of n and c alone. Cover@τ is measured at each per cent, as if they were k."""
    measure, budgets = measure_of(wanted), ks
    if wanted.measure == COVER:
        budgets = np.arange(1, 101)
    mean = mean_over_problems(measure(n, c, budgets))
    limits = no_band(len(budgets))
    if wanted.kind is not None and len(budgets):
        limits = intervals.band(n, c, budgets, wanted.kind, wanted.level, measure)
    return Curve(budgets / 100 if wanted.measure == COVER else budgets, mean, limits)


def measure_of(wanted: Wanted) -> Measure:
    """The function that gives a value for each problem and k."""
    if wanted.measure == PASS:
        return intervals.pass_at_k_values
    estimators: dict[str, Callable[..., Floats]] = {
        HAT: pass_hat_k,
        G_PASS: partial(g_pass_at_k, tau=wanted.tau),
        MG_PASS: mg_pass_at_k,
        COVER: covered,
    }
    return partial(of_pairs, estimators[wanted.measure])


def of_pairs(estimator: Callable[..., Floats], n: Integers, c: Integers, ks: Integers) -> Floats:
    """Problems × ks; problems of equal (n, c) have equal values, worked out once."""
    pairs, row = np.unique(np.stack([n, c], axis=1), axis=0, return_inverse=True)
    return np.asarray(estimator(pairs[:, :1], pairs[:, 1:], ks[None, :])[row.ravel()])


def covered(n: Integers, c: Integers, percent: Integers) -> Floats:
    """Cover@τ with τ in per cent."""
    return cover_at_tau(n, c, percent / 100)


def bayesian_curve(n: Integers, c: Integers, ks: Integers, wanted: Wanted) -> Curve:
    """The posterior mean and its credible band, which is about these problems."""
    found = posterior(n, c, ks, wanted.level)
    limits = Band(found.low, found.high, np.ones(len(ks), dtype=np.bool_))
    return Curve(ks, found.mean, limits if wanted.kind else no_band(len(ks)))


def audited_curve(counts: pl.DataFrame, ks: Integers) -> Curve:
    """CoT-pass@k, pass@k with D in the place of c; D are the correct samples whose chain of thought
    is correct too (Wen et al. 2025, arXiv 2506.14245).

    Reviewers have read some of them. The curve counts those found valid; the band goes up to where
    it would be if all unread ones were. Nothing where nobody has read any.
    """
    if not counts["audited"].sum():
        return Curve(np.zeros(0), np.zeros(0), no_band(0))
    n, valid, unread = (counts[name].to_numpy() for name in ("n", "valid", "unread"))
    low, high = (
        mean_over_problems(intervals.pass_at_k_values(n, found, ks))
        for found in (valid, valid + unread)
    )
    return Curve(ks, low, Band(low, high, np.ones(len(ks), dtype=np.bool_)))


def majority_curve(
    run: str, counts: pl.DataFrame, ks: Integers, wanted: Wanted, answers: pl.DataFrame | None
) -> Curve:
    """maj@k with the band over problems like these; nothing where there are no answers.

    How much it would vary with other samples of the same problems is not known from the counts of
    answers, so that there is no band of that kind.
    """
    ballots = votes(counts["problem_id"].to_list(), run, answers)
    if ballots is None:
        return Curve(np.zeros(0), np.zeros(0), no_band(0))
    values = maj_at_k(ballots, ks)
    wants_band = wanted.kind == intervals.LIKE_THESE
    limits = intervals.mean_band(values, wanted.level) if wants_band else no_band(len(ks))
    return Curve(ks, mean_over_problems(values), limits)


def votes(problems: Sequence[str], run: str, answers: pl.DataFrame | None) -> list[Votes] | None:
    """How often each answer was given to each problem; None where the run has no answers.

    `answers` has the columns run, problem_id, answer (null: none), correct, samples.
    """
    if answers is None:
        return None
    own = answers.filter(pl.col("run") == run)
    if own["answer"].is_null().all():
        return None
    counted = own.group_by("problem_id").agg(
        right=pl.col("samples").filter(pl.col("correct")).sum(),
        wrong=pl.col("samples")
        .filter(~pl.col("correct") & pl.col("answer").is_not_null())
        .sort(descending=True),
        total=pl.col("samples").sum(),
    )
    found = {
        problem: Votes(right, tuple(wrong), total - right - sum(wrong))
        for problem, right, wrong, total in counted.rows()
    }
    return [found.get(problem, Votes(0, ())) for problem in problems]


def no_band(columns: int) -> Band:
    """No limits, and nothing about them to doubt."""
    nothing = np.full(columns, np.nan)
    return Band(nothing, nothing, np.ones(columns, dtype=np.bool_))
