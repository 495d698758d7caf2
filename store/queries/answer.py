"""How a statement is put to the store: values bound, a polars frame back."""

import polars as pl
from duckdb import DuckDBPyConnection


def answer(
    cursor: DuckDBPyConnection, statement: str, chosen: dict[str, object] | None = None
) -> pl.DataFrame:
    """The rows of one statement; `chosen` are the values of its `$names`."""
    return pl.DataFrame(cursor.sql(statement, params=chosen or {}).pl())
