"""Which samples count: leaving out those without an answer, with an error, or truncated."""

from collections.abc import Collection

import polars as pl

KINDS = ("no_answer", "error", "truncated")


def left_out(counts: pl.DataFrame, kinds: Collection[str]) -> pl.DataFrame:
    """Counts without the samples of these kinds: n and c become smaller.

    A truncated sample that also has no answer is taken off once. The columns no_answer, error and
    truncated keep saying what is stored. New column `left_out`: samples taken off, per problem.
    A problem that loses all its samples stays, with n = 0.
    """
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise ValueError(f"Cannot leave out {', '.join(unknown)}: choose from {', '.join(KINDS)}.")
    removed = pl.lit(0, pl.Int64)
    for kind in set(kinds):
        removed += pl.col(kind)
    if "truncated" in kinds:
        for kind in set(kinds) - {"truncated"}:
            removed -= pl.col(f"truncated_{kind}")
    correct = pl.col("truncated_correct") if "truncated" in kinds else pl.lit(0, pl.Int64)
    return counts.with_columns(
        n=pl.col("n") - removed, c=pl.col("c") - correct, left_out=removed.cast(pl.Int64)
    )


def kept(samples: pl.DataFrame, kinds: Collection[str]) -> pl.DataFrame:
    """The samples (with outcome and finish_reason) that are of none of these kinds."""
    return samples.filter(*(~has_kind(kind) for kind in kinds))


def has_kind(kind: str) -> pl.Expr:
    """Whether a sample is one of those that can be left out."""
    if kind == "truncated":
        return (pl.col("finish_reason") == "length").fill_null(False)
    return (pl.col("outcome") == kind).fill_null(False)


def by_run(counts: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Each run's counts in the order of the benchmark, so that runs line up problem by problem.

    Raises ValueError where a run has counts of more than one verifier.
    """
    parts = counts.sort("position", "problem_id").partition_by("run", as_dict=True)
    named = sorted(((str(run), part) for (run,), part in parts.items()), key=lambda pair: pair[0])
    for run, part in named:
        if part["problem_id"].is_duplicated().any():
            verifiers = ", ".join(sorted(part["verifier"].unique()))
            raise ValueError(
                f"Run {run} has counts of several verifiers ({verifiers}): choose one."
            )
    return named


def total_left_out(counts: pl.DataFrame) -> int:
    """Samples taken off by `left_out`; 0 where nothing was."""
    return int(counts["left_out"].sum()) if "left_out" in counts.columns else 0
