"""Published histograms of accuracy, made ready to lie behind one's own."""

from collections.abc import Collection

import polars as pl


def named(reference: pl.DataFrame) -> pl.DataFrame:
    """The rows of store.queries.reference.reference_histograms with a new column `name`."""
    return reference.with_columns(
        name=pl.concat_str("model", "benchmark", "series", separator=" · ")
    )


def laid_beneath(reference: pl.DataFrame, names: Collection[str], problems: int) -> pl.DataFrame:
    """name, bin, count, problems (those published), percent, height: twelve rows per histogram.

    `height` is the share of problems times `problems`, which puts a histogram of another number of
    problems on the axis of one's own counts.
    """
    wanted = named(reference).filter(pl.col("name").is_in(list(names)))
    total = pl.col("count").sum().over("source", "name")
    return wanted.with_columns(problems=total, percent=100 * pl.col("count") / total).select(
        "name", "bin", "count", "problems", "percent", height=pl.col("percent") * problems / 100
    )
