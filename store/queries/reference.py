"""Published values to lay beneath one's own; `source` names the publication of each."""

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def reference_curves(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """source, figure, model, benchmark, series, k, pass_at_k."""
    return answer(
        cursor,
        """
        SELECT source, figure, model, benchmark, series, k, pass_at_k
        FROM reference_curves
        ORDER BY source, model, benchmark, series, k
    """,
    )


def reference_histograms(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """source, figure, model, benchmark, series, bin, count: the twelve bins in their order."""
    return answer(
        cursor,
        """
        SELECT source, figure, model, benchmark, series, bin, count
        FROM reference_histograms
        ORDER BY source, model, benchmark, series, rowid
    """,
    )


def reference_dynamics(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """source, quantity (reward, response_length, entropy), run, step, value."""
    return answer(
        cursor,
        """
        SELECT source, quantity, run, step, value
        FROM reference_dynamics
        ORDER BY source, quantity, run, step
    """,
    )


def reference_perplexities(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """source, panel (one problem each), scorer, sampler (who wrote the response), perplexity."""
    return answer(
        cursor,
        """
        SELECT source, panel, scorer, sampler, perplexity
        FROM reference_perplexities
        ORDER BY source, panel, scorer, sampler, perplexity
    """,
    )
