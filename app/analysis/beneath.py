"""Curves that lie beneath one's own: published ones, and what guessing would reach."""

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from app.metrics.guessing import guess_at_k
from app.metrics.pass_at_k import log_spaced, mean_over_problems

SCHEMA = {"name": pl.String, "kind": pl.String, "x": pl.Float64, "value": pl.Float64}
PUBLISHED, GUESSING = "published", "guessing"


def key(benchmark: str) -> str:
    """A benchmark's name as people spell it differently: MATH500, math-500, HumanEval+."""
    plain = re.sub(r"[^a-z0-9]", "", benchmark.casefold().replace("+", "plus"))
    return plain.removesuffix("math").removesuffix("bench")


def titles(published: pl.DataFrame, benchmark: str) -> list[str]:
    """The titles of all published curves, those of this benchmark first."""
    listed = titled(published).unique("title", maintain_order=True)
    same = [key(name) == key(benchmark) for name in listed["benchmark"]]
    rows = zip(listed["title"], same, strict=True)
    return [title for title, _ in sorted(rows, key=lambda row: not row[1])]


def titled(published: pl.DataFrame) -> pl.DataFrame:
    """The curves with name, such as Fig. 2 Qwen2.5-7B Base, and title, which adds the benchmark."""
    figure = pl.coalesce("figure", "source")
    named = published.with_columns(name=pl.concat_str(figure, "model", "series", separator=" "))
    return named.with_columns(title=pl.format("{}, {}", "name", "benchmark"))


def published_curves(published: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
    """name, kind, x, value, benchmark, source: of the curves with these titles."""
    chosen = titled(published).filter(pl.col("title").is_in(list(wanted)))
    return chosen.select(
        name=pl.format("published: {}", "name"),
        kind=pl.lit(PUBLISHED),
        x=pl.col("k").cast(pl.Float64),
        value="pass_at_k",
        benchmark="benchmark",
        source="source",
    )


def guess_curve(direct: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """name, kind, x, value: the null curve over those problems of `counts` that were guessed at.

    `direct` are the counts of the run that answers without reasoning. No rows where they have no
    problem in common.
    """
    known = direct.filter(
        (pl.col("n") > 0) & pl.col("problem_id").is_in(counts["problem_id"].implode())
    )
    if known.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    ks = log_spaced(max(int(counts["n"].to_numpy().max()), 1))
    accuracy = known["c"].to_numpy() / known["n"].to_numpy()
    values = mean_over_problems(guess_at_k(accuracy[:, None], ks))
    return pl.DataFrame(
        {
            "name": f"guessing ({known.height} problems)",
            "kind": GUESSING,
            "x": ks.astype(np.float64),
            "value": values,
        },
        schema=SCHEMA,
    )
