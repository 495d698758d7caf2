"""What a search found: counts per problem and run, and the samples one by one."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from app.analysis.wording import amount


class Found(NamedTuple):
    """What a search found among the problems that are shown.

    `questions`: problem_id, matches; None where they were not searched. `samples`: run, problem_id,
    searched, samples (list of those that match); None where they were not searched.
    """

    questions: pl.DataFrame | None
    samples: pl.DataFrame | None

    def among(self, problems: Sequence[str]) -> "Found":
        """The same among these problems only."""
        inside = pl.col("problem_id").is_in(list(problems))
        return Found(*(part if part is None else part.filter(inside) for part in self))


def per_problem(found: Found, problems: pl.DataFrame, runs: Sequence[str]) -> pl.DataFrame:
    """`problems` with `asked` (the question matches) and, where completions were searched, of each
    run hits_0, searched_0, …: samples that match, and of how many; null where none was searched.
    """
    table = problems.with_columns(asked=pl.lit(False))
    if found.questions is not None:
        hit = found.questions.filter("matches")["problem_id"]
        table = table.with_columns(asked=pl.col("problem_id").is_in(hit.implode()))
    if found.samples is None:
        return table
    counted = found.samples.select(
        "run", "problem_id", "searched", hits=pl.col("samples").list.len().cast(pl.Int64)
    )
    for i, run in enumerate(runs):
        own = counted.filter(pl.col("run") == run).select(
            "problem_id",
            pl.col("hits").alias(f"hits_{i}"),
            pl.col("searched").alias(f"searched_{i}"),
        )
        table = table.join(own, on="problem_id", how="left", maintain_order="left")
    return table


def with_hits(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of `per_problem` whose question or any of whose samples match."""
    hits = [pl.col(name) > 0 for name in table.columns if name.startswith("hits_")]
    return table.filter(pl.any_horizontal("asked", *hits).fill_null(False))


def per_run(found: Found, labels: dict[str, str]) -> pl.DataFrame:
    """run (its label), samples that match, samples searched, problems with such a sample, problems
    searched: a row per run, in the order of `labels`; none where completions were not searched.
    """
    parts = found.samples
    if parts is None:
        return pl.DataFrame()
    tally = parts.group_by("run").agg(
        pl.col("samples").list.len().sum().cast(pl.Int64).alias("samples that match"),
        pl.col("searched").sum().cast(pl.Int64).alias("samples searched"),
        (pl.col("samples").list.len() > 0).sum().cast(pl.Int64).alias("problems that match"),
        pl.len().cast(pl.Int64).alias("problems searched"),
    )
    runs = pl.DataFrame({"run": list(labels)}, schema={"run": pl.String})
    every = runs.join(tally, on="run", how="left", maintain_order="left").fill_null(0)
    return every.with_columns(pl.col("run").replace_strict(labels))


def one_by_one(found: Found, problems: Sequence[str], runs: Sequence[str]) -> pl.DataFrame:
    """run, problem_id, sample of all that match: by problem in this order, then run, then number.

    Only of these problems and runs.
    """
    if found.samples is None:
        return pl.DataFrame(schema={"run": pl.String, "problem_id": pl.String, "sample": pl.Int32})
    inside = found.samples.filter(
        pl.col("problem_id").is_in(list(problems)) & pl.col("run").is_in(list(runs))
    )
    order = [
        pl.col("problem_id").cast(pl.Enum(list(problems))),
        pl.col("run").cast(pl.Enum(list(runs))),
    ]
    placed = inside.sort(*order).select("run", "problem_id", sample="samples")
    return placed.explode("sample", empty_as_null=False, keep_nulls=False)


def said(found: Found) -> str:
    """How much was searched and how much of it matches, in a sentence."""
    parts = []
    if found.questions is not None:
        matching = int(found.questions["matches"].sum())
        parts.append(f"{matching:,} of {amount(found.questions.height, 'question')}")
    if found.samples is not None:
        searched = int(found.samples["searched"].sum())
        parts.append(f"{hits(found):,} of {amount(searched, 'completion')}")
    return f"Matching: {' and '.join(parts)}."


def hits(found: Found) -> int:
    """How many samples match."""
    return 0 if found.samples is None else int(found.samples["samples"].list.len().sum())


def snippet(before: pl.Expr, matched: pl.Expr, after: pl.Expr) -> pl.Expr:
    """The text around a match in one line, the match between ⟦ and ⟧."""
    pieces = [part.str.replace_all(r"[\s\p{C}]+", " ") for part in (before, matched, after)]
    return pl.format("{}⟦{}⟧{}", *pieces)
