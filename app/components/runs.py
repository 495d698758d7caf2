"""What the runs page shows: settings, verdicts, and what the build left out."""

import polars as pl
import streamlit as st

from app.analysis.runs import labels
from app.components.tables import ABSENT, known, show_rows, show_table, span
from app.selection import Selection

MOST = 12  # rows of a small table


def show_made(runs: pl.DataFrame) -> None:
    """A row per run: the model, where it came from, and the sampling settings."""
    links = [
        Selection(benchmark, (run,), (), None, ()).link("reader", run=run)
        for run, benchmark in runs.select("run", "benchmark").rows()
    ]
    table = runs.select(
        pl.col("run").replace_strict(run_names(runs)),
        pl.Series("samples", links),
        "benchmark",
        "role",
        written("parent").alias("from"),
        written("algorithm"),
        written("step"),
        written("prompt_template").alias("prompt"),
        written("temperature").alias("T"),
        written("top_p").alias("top-p"),
        written("max_tokens").alias("max tokens"),
        written("source"),
    )
    show_rows(table, "runs_made", {"samples": "read"}, MOST)


def show_judged(table: pl.DataFrame) -> None:
    """A row per run and verifier: n, and how many samples were what."""
    imported = table.filter(pl.col("stored_samples") == 0)["run"].to_list()
    show_rows(
        known(table, imported).select(
            pl.col("run").replace_strict(run_names(table.unique("run"))),
            "benchmark",
            pl.when(pl.col("verifier").is_null())
            .then(pl.lit("none yet"))
            .otherwise(pl.concat_str("verifier", "version", separator=" ", ignore_nulls=True))
            .alias("verifier"),
            "problems",
            span(pl.col("n_min"), pl.col("n_max")).alias("n"),
            pl.col("samples").alias("verdicts"),
            pl.col("c").alias("correct"),
            pl.col("no_answer").alias("no answer"),
            "error",
            "truncated",
            "unverified",
            pl.when(pl.col("stored_samples") == 0)
            .then(pl.lit("counts only"))
            .otherwise(pl.col("stored_samples").cast(pl.String))
            .alias("stored samples"),
        ),
        "runs_judged",
        most=MOST,
    )


def show_set_aside(set_aside: pl.DataFrame) -> None:
    """What the build left out, and why."""
    st.markdown("##### Left out when the store was built")
    if set_aside.is_empty():
        st.caption("Nothing: every shard was read whole.")
        return
    st.caption(f"Files, or rows of files: {set_aside.height}. They are in none of the numbers.")
    show_table(
        set_aside.select(
            "path", rows=written("rows").replace(ABSENT, "the whole file"), reason="reason"
        )
    )


def run_names(runs: pl.DataFrame) -> dict[str, str]:
    """A label for each run that tells it from the others of its benchmark."""
    names: dict[str, str] = {}
    for benchmark in runs.partition_by("benchmark"):
        names |= labels(benchmark)
    return names


def written(column: str) -> pl.Expr:
    """The value as text, a dash where it is not known."""
    return pl.col(column).cast(pl.String).fill_null(ABSENT).alias(column)
