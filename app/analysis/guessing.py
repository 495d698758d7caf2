"""Which problems can be guessed: those answered rarely, but not never, without reasoning."""

from collections.abc import Collection

import polars as pl


def guessable(direct: pl.DataFrame, below: float) -> list[str]:
    """Problems with 0 < c / n < `below` in the counts of a direct-answer run.

    The filter of arXiv 2504.13837, App. C.2: problems that are never answered directly stay, and
    so do those that are answered often, which are easy and not guessed.
    """
    rare = (pl.col("c") > 0) & (pl.col("c") / pl.col("n") < below)
    return direct.filter(rare)["problem_id"].to_list()


def without(rows: pl.DataFrame, problems: Collection[str]) -> pl.DataFrame:
    """The rows of all other problems."""
    return rows.filter(~pl.col("problem_id").is_in(list(problems))) if problems else rows
