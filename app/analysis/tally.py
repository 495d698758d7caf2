"""The paper's tally: of the problems that a run hardly ever solves, how many it solves by valid
reasoning (Yue et al. 2025, arXiv 2504.13837: 24 of 25 on GSM8K, 5 of 7 less one on AIME24).
"""

import polars as pl

from app.analysis.queues import HARD_BELOW, hard_problems

LABELS = ("valid", "flawed", "guess", "ambiguous")
KEY = ("run", "problem_id")
COLUMNS = {
    "benchmark": pl.String, "run": pl.String, "answered": pl.Int64, "valid": pl.Int64,
    "ambiguous": pl.Int64, "rejected": pl.Int64, "unread": pl.Int64, "of": pl.Int64,
    "read": pl.Int64, "samples": pl.Int64, "samples_read": pl.Int64, "verdicts": pl.Int64,
}  # fmt: skip


def tally(
    counts: pl.DataFrame, labelled: pl.DataFrame, runs: pl.DataFrame, below: float = HARD_BELOW
) -> pl.DataFrame:
    """One row per run, in the order of `runs` (run, benchmark), with the columns of COLUMNS.

    `answered` are the problems with 0 < c / n < below; each is one of: `valid`, at least one
    correct sample was found valid; `unread`, none was and some have not been read; `ambiguous`,
    all were read, none is valid and at least one ambiguous; `rejected`, all are flawed or guesses.
    The paper's fraction is valid / of, `of` = answered − ambiguous; while problems are unread, it
    may rise to valid + unread. `read` are the problems of which all correct samples were read;
    `samples`, `samples_read` and `verdicts` count correct samples of the problems, and what people
    said of them. `counts`: run, problem_id, position, n, c; `labelled`: store.queries.audited.
    """
    per_run = (
        problems(counts, labelled, below)
        .group_by("run")
        .agg(
            answered=pl.len(),
            **{state: (pl.col("state") == state).sum() for state in STATES},
            of=(pl.col("state") != "ambiguous").sum(),
            read=(pl.col("left") == 0).sum(),
            samples=pl.col("c").sum(),
            samples_read=pl.col("c").sum() - pl.col("left").sum(),
            verdicts=pl.col("verdicts").sum(),
        )
    )
    every = runs.select("benchmark", "run").join(
        per_run, on="run", how="left", maintain_order="left"
    )
    return every.fill_null(0).select(*COLUMNS).cast(pl.Schema(COLUMNS))


STATES = ("valid", "ambiguous", "rejected", "unread")


def problems(
    counts: pl.DataFrame, labelled: pl.DataFrame, below: float = HARD_BELOW
) -> pl.DataFrame:
    """run, problem_id, position, n, c, valid, flawed, guess, ambiguous (correct samples with this
    label), verdicts, left (correct samples without any), state: the problems that are tallied.
    """
    found = hard_problems(counts, below).join(
        per_problem(labelled), on=KEY, how="left", maintain_order="left"
    )
    filled = found.with_columns(pl.col(*LABELS, "verdicts").fill_null(0))
    read = pl.sum_horizontal(LABELS)
    return filled.with_columns(left=pl.col("c") - read).with_columns(state=state())


def per_problem(labelled: pl.DataFrame) -> pl.DataFrame:
    """run, problem_id, the number of correct samples with each label, and verdicts on them."""
    correct = labelled.filter(pl.col("outcome") == "correct")
    labels = {name: (pl.col("label") == name).sum().cast(pl.Int64) for name in LABELS}
    return correct.group_by(KEY).agg(**labels, verdicts=pl.col("audits").sum().cast(pl.Int64))


def state() -> pl.Expr:
    """Which of STATES a problem is in."""
    return (
        pl.when(pl.col("valid") > 0)
        .then(pl.lit("valid"))
        .when(pl.col("left") > 0)
        .then(pl.lit("unread"))
        .when(pl.col("ambiguous") > 0)
        .then(pl.lit("ambiguous"))
        .otherwise(pl.lit("rejected"))
    )
