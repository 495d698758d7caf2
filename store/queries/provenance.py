"""How each run was made, in the words of who made it."""

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def versions(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """run, versions (package → version, JSON as text; null where not known)."""
    return answer(
        cursor,
        """
        SELECT run, CAST(versions AS VARCHAR) AS versions
        FROM runs
        ORDER BY run
    """,
    )
