"""Reward, response length and entropy in the course of a training."""

from collections.abc import Collection

import polars as pl

QUANTITIES = ("reward", "response_length", "entropy")
LINES = {"quantity": pl.String, "log": pl.String, "step": pl.Int64, "value": pl.Float64}


def log_lines(log: pl.DataFrame, models: Collection[str]) -> pl.DataFrame:
    """One row per quantity, log and step: LINES. `models` empty: all. Not logged is NaN.

    A quantity that a log never states has no rows.
    """
    mine = log.filter(pl.col("model").is_in(list(models))) if models else log
    long = mine.unpivot(
        QUANTITIES, index=["model", "step"], variable_name="quantity", value_name="value"
    ).rename({"model": "log"})
    stated = pl.col("value").is_not_null().any().over("quantity", "log")
    rows = long.filter(stated).with_columns(pl.col("step").cast(pl.Int64))
    return (
        rows.with_columns(pl.col("value").fill_null(float("nan")))
        .select(*LINES)
        .sort("quantity", "log", "step", maintain_order=True)
    )


def repeated(lines: pl.DataFrame) -> int:
    """How many rows repeat a step that the same log has already."""
    return lines.height - lines.unique(["quantity", "log", "step"]).height


def published_lines(published: pl.DataFrame) -> pl.DataFrame:
    """The published values of `reference_dynamics` as LINES."""
    return published.select(
        "quantity",
        pl.format("published: {}", "run").alias("log"),
        pl.col("step").cast(pl.Int64),
        "value",
    )
