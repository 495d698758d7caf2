"""Counts as reviewers leave them: a correct answer whose reasoning is wrong is not correct.

`labelled` is everywhere what store.queries.audited tells of the samples that count: run,
problem_id, sample, label, audits, outcome. Samples that nobody read stay as they are.
"""

from typing import NamedTuple

import polars as pl

WRONG = ("flawed", "guess")
KEY = ("run", "problem_id")

correct = (pl.col("outcome") == "correct").fill_null(False)
rejected = correct & pl.col("label").is_in(WRONG)
undecided = correct & (pl.col("label") == "ambiguous")


class Effect(NamedTuple):
    """What the audits do to the numbers."""

    audits: int  # verdicts of reviewers
    reviewers: int
    samples: int
    taken_off: int  # correct samples that no longer are
    left_out: int  # correct samples that reviewers do not agree on, or cannot tell
    unused: int  # audits of samples that do not count, or whose text has changed since


def audited(counts: pl.DataFrame, labelled: pl.DataFrame) -> pl.DataFrame:
    """Counts as the audits leave them: flawed and guessed samples are taken off c, ambiguous ones
    off n and c. New column `audited`: how many verdicts of reviewers stand behind a row.
    """
    found = decided(counts, labelled).with_columns(c=pl.col("c") - pl.col("rejected"))
    return found.select(*counts.columns, "audited")


def cot_counts(counts: pl.DataFrame, labelled: pl.DataFrame) -> pl.DataFrame:
    """Counts with `valid` (correct, and reviewers agree that the reasoning is), `unread` (correct,
    nobody has read it) and `audited`, as CoT-pass@k needs them.

    The number D of samples whose answer and reasoning are both correct is at least `valid` and at
    most `valid + unread`. Ambiguous correct samples are neither and leave n and c.
    """
    unread = pl.col("c") - pl.col("rejected") - pl.col("valid")
    found = decided(counts, labelled).with_columns(unread=unread)
    return found.select(*counts.columns, "valid", "unread", "audited")


def decided(counts: pl.DataFrame, labelled: pl.DataFrame) -> pl.DataFrame:
    """Counts without the ambiguous correct samples, and beside them those of `per_problem`."""
    out = pl.col("undecided")
    taken = [pl.col(name) - out for name in ("n", "c")]
    added = [pl.col("left_out") + out] if "left_out" in counts.columns else []
    return joined(counts, per_problem(labelled)).with_columns(*taken, *added)


def per_problem(labelled: pl.DataFrame) -> pl.DataFrame:
    """Correct samples per run and problem by what the reviewers say, and how many verdicts."""
    return labelled.group_by(KEY).agg(
        rejected=rejected.sum().cast(pl.Int64),
        undecided=undecided.sum().cast(pl.Int64),
        valid=(correct & (pl.col("label") == "valid")).sum().cast(pl.Int64),
        audited=pl.col("audits").sum().cast(pl.Int64),
    )


def joined(counts: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Each row of counts with the numbers of its problem, 0 where nobody read a sample."""
    names = ("rejected", "undecided", "valid", "audited")
    return counts.join(found, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col(names).fill_null(0)
    )


def revised(samples: pl.DataFrame, labelled: pl.DataFrame) -> pl.DataFrame:
    """The samples (problem_id, sample, outcome, …) of one run with the outcome that audits leave.

    A rejected sample is `incorrect`; one that reviewers are undecided about has no row.
    """
    labels = labelled.select("problem_id", "sample", "label")
    both = samples.join(labels, on=["problem_id", "sample"], how="left", maintain_order="left")
    outcome = pl.when(rejected).then(pl.lit("incorrect")).otherwise("outcome")
    kept = both.filter(~undecided.fill_null(False))
    return kept.with_columns(outcome=outcome.alias("outcome")).select(samples.columns)


def effect(audits: pl.DataFrame, labelled: pl.DataFrame) -> Effect:
    """What these audits (store.audits.newest, of people, of the runs shown) do to the numbers."""
    place = ["run", "problem_id", "sample", "content_hash"]
    standing = audits.join(labelled, on=place, how="semi")
    return Effect(
        audits=standing.height,
        reviewers=standing["reviewer"].n_unique(),
        samples=labelled.height,
        taken_off=int(labelled.select(rejected.sum()).item()),
        left_out=int(labelled.select(undecided.sum()).item()),
        unused=audits.height - standing.height,
    )


def told(effect: Effect) -> list[str]:
    """The effect in sentences."""
    audits, reviewers, samples, taken_off, left_out, unused = effect
    said = (
        f"Audited: {audits} {'verdict' if audits == 1 else 'verdicts'} of {reviewers}"
        f" {'reviewer' if reviewers == 1 else 'reviewers'} on {samples}"
        f" {'sample' if samples == 1 else 'samples'};"
        f" {taken_off} taken off c, {left_out} left out of n."
    )
    beside = f"{unused} more on samples that do not count, or whose text has changed since."
    return [said, beside] if unused else [said]


def shortened(labelled: pl.DataFrame) -> pl.DataFrame:
    """run, problems: those of a run that lose samples to ambiguous audits, where there are any."""
    fewer = labelled.filter(undecided)
    return fewer.group_by("run").agg(problems=pl.col("problem_id").n_unique()).sort("run")
