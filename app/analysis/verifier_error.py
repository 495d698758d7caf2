"""How often verifiers err, by what reviewers say of samples drawn at random; corrected pass@k.

Only what was read in random order says how often: the samples of other queues were chosen for a
reason. `order` is everywhere app.analysis.queues.random, or as much of it as
store.queries.queues.random_samples gives; `labelled` is store.queries.audited `with_drawn`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from app.analysis.aligned import Counted
from app.analysis.audited import WRONG
from app.analysis.estimates import columns
from app.analysis.queues import SAMPLE, TEXT, random_order
from app.metrics.agreement import Estimate
from app.metrics.intervals import LIKE_THESE, Band, pass_at_k_values
from app.metrics.pass_at_k import mean_over_problems
from app.metrics.true_rates import (
    contradicted,
    corrected_by_truth_band,
    mean_corrected_by_truth,
)
from app.metrics.verifier_error import (
    Errors,
    Read,
    corrected_band,
    mean_corrected,
    mean_struck_together,
    rate,
)
from store.audits import people, verdicts

OUTCOMES = ("correct", "incorrect")
MEANT = {"correct": "false positive", "incorrect": "false negative"}
ERRORS = {
    "run": pl.String, "verifier": pl.String, "outcome": pl.String, "judged": pl.Int64,
    "read": pl.Int64, "wrong": pl.Int64, "rate": pl.Float64, "low": pl.Float64,
    "high": pl.Float64, "ambiguous": pl.Int64, "otherwise": pl.Int64, "verdicts": pl.Int64,
}  # fmt: skip
CURVE = {
    "k": pl.Int64, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "reliable": pl.Boolean, "raw": pl.Float64, "least": pl.Float64,
}  # fmt: skip


class Found(NamedTuple):
    """What reading one run's samples of one outcome has found."""

    outcome: str  # correct, or incorrect: all others that were judged
    read: int  # in random order, ambiguous ones apart
    wrong: int
    ambiguous: int
    otherwise: int  # read, but not because of the random order: left out
    verdicts: int  # of reviewers, behind `read` and `ambiguous`


def with_drawn(labelled: pl.DataFrame, rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The samples with `drawn`: whether a person whose verdict stands was shown this text by the
    queue of the random order with this seed, then or before a change of mind.

    `labelled` is store.queries.audited, `rows` every audit ever made (store.audits.COLUMNS).
    """
    shown = people(rows).filter(pl.col("queue") == random_order(seed))
    drawn = shown.join(verdicts(rows), on=[*TEXT, "reviewer", "kind"], how="semi").select(TEXT)
    marked = drawn.unique().with_columns(drawn=pl.lit(True))
    joined = labelled.join(marked, on=TEXT, how="left", maintain_order="left")
    return joined.with_columns(pl.col("drawn").fill_null(False))


def of_outcome(labelled: pl.DataFrame, outcome: str) -> pl.DataFrame:
    """Those that are judged correct, or with outcome `incorrect` all judged otherwise."""
    return labelled.filter((pl.col("outcome") == "correct") == (outcome == "correct"))


def found(order: pl.DataFrame, labelled: pl.DataFrame, outcome: str) -> Found:
    """What was found by reading samples of one run and outcome from the first in random order on.

    What counts ends with the last sample that the queue of this order has shown to a reader, before
    the first that nobody has read: the queue passes over what its reader has read before, so those
    between may have been read otherwise. All others that were read are left out, since they were
    read for another reason. A verdict `correct` is wrong where reviewers call the sample flawed or
    a guess, any other one where they call it valid; ambiguous samples are left out and counted.
    """
    known = of_outcome(labelled, outcome).select(*SAMPLE, "label", "audits", "drawn")
    begun = order.select(SAMPLE).join(known, on=SAMPLE, how="left", maintain_order="left")
    stretch = begun.filter(pl.col("label").is_not_null().cast(pl.Int8).cum_min() == 1)
    counting = stretch.filter(pl.col("drawn").cast(pl.Int8).cum_max(reverse=True) == 1)
    clear = counting.filter(pl.col("label") != "ambiguous")
    mistaken = WRONG if outcome == "correct" else ("valid",)
    return Found(
        outcome,
        read=clear.height,
        wrong=clear.filter(pl.col("label").is_in(mistaken)).height,
        ambiguous=counting.height - clear.height,
        otherwise=known.height - counting.height,
        verdicts=int(counting["audits"].sum()),
    )


def verifier_errors(
    counts: pl.DataFrame, orders: dict[str, pl.DataFrame], labelled: pl.DataFrame
) -> pl.DataFrame:
    """Two rows per run of `counts`, with the columns of ERRORS: how often `correct` is wrong, and
    how often any other verdict is.

    `orders`: outcome → random order of the samples of all these runs. `judged` are the samples with
    such a verdict, of which `read` were read in random order; `rate` = wrong / read with Clopper
    and Pearson's 95 % interval, NaN where none was. See `found` for the rest.
    """
    rows = []
    sizes = counts.group_by("run", "verifier", maintain_order=True).agg(
        pl.col("c").sum(), other=(pl.col("n") - pl.col("c")).sum()
    )
    for run, verifier, passed, other in sizes.rows():
        for outcome, judged in zip(OUTCOMES, (passed, other), strict=True):
            one = found(orders[outcome].filter(run=run), labelled.filter(run=run), outcome)
            share = rate(one.wrong, one.read)
            rows.append(
                (run, verifier, outcome, judged, one.read, one.wrong, *share[:3], one.ambiguous,
                 one.otherwise, one.verdicts)
            )  # fmt: skip
    return pl.DataFrame(rows, schema=ERRORS, orient="row")


def read_of(errors: pl.DataFrame, run: str, outcome: str) -> Read:
    """What was read of a run's samples of one outcome; errors: `verifier_errors`."""
    rows = errors.filter(run=run, outcome=outcome).select("wrong", "read").rows()
    return Read(*rows[0]) if rows else Read(0, 0)


def corrected_curve(
    run: Counted,
    ks: Sequence[int],
    correct: Read,
    other: Read | None,
    kind: str | None = LIKE_THESE,
    level: float = 0.95,
) -> pl.DataFrame:
    """One row per k, with the columns of CURVE: mean pass@k without the verifier's errors.

    `raw` is pass@k as judged, `least` what it is where errors strike all samples of a problem
    together. `other` None: verdicts other than correct are taken to be right. NaN where nothing was
    read. low and high are NaN where no kind of band is named.
    """
    budgets = np.array(ks, dtype=np.int64)
    errors = errors_of(rate(*correct), rate(*other) if other else None)
    value = mean_corrected(run.n, run.c, budgets, errors)
    raw = mean_over_problems(pass_at_k_values(run.n, run.c, budgets))
    limits: Band | None = None
    if kind and len(run.n):
        limits = corrected_band(run.n, run.c, budgets, correct, other, kind, level)
    least = mean_struck_together(run.n, run.c, budgets, errors)
    return columns(budgets, value, limits).with_columns(raw=raw, least=least)


def by_truth_curve(
    run: Counted,
    ks: Sequence[int],
    correct: Read,
    other: Read | None,
    band: bool = True,
    level: float = 0.95,
) -> pl.DataFrame:
    """One row per k (k, value, low, high, reliable): mean pass@k without the verifier's errors, if
    it errs by what a sample is, and not by what it says of it: see app.metrics.true_rates.

    `contradicted`: the counts say that it does not err so; then value, low and high are NaN. The
    band is for problems like these. Options and undefined cases as in `corrected_curve`.
    """
    budgets = np.array(ks, dtype=np.int64)
    errors = errors_of(rate(*correct), rate(*other) if other else None)
    value = mean_corrected_by_truth(run.n, run.c, budgets, errors)
    limits: Band | None = None
    if band and len(run.n):
        limits = corrected_by_truth_band(run.n, run.c, budgets, correct, other, level)
    known = ~np.isnan(value)
    refuted = np.zeros(len(budgets), dtype=bool)
    refuted[known] = contradicted(run.n, run.c, budgets[known], errors)
    return columns(budgets, value, limits).with_columns(
        pl.when(~pl.Series(refuted)).then(pl.col("value", "low", "high")).otherwise(float("nan")),
        contradicted=pl.Series(refuted, dtype=pl.Boolean),
    )


def errors_of(positive: Estimate, negative: Estimate | None) -> Errors:
    """Both rates as they were found."""
    return Errors(positive.value, negative.value if negative else 0.0)
