"""Whether an expression is one that takes minutes: some are thousands of times slower than others.

DuckDB cannot be interrupted in the middle of a block of 2,048 texts, on which such an expression
may be busy for minutes. It is therefore tried on a few texts first, then on more.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer
from store.queries.search import Wanted

TEXTS = (1, 16, 256)  # how many are tried one after the other
SLOW = 0.25  # seconds; what takes less may have been held up by something else
LONGEST = 60.0  # seconds that a search may take
THREADS = 2  # that are taken to share a search


class Trial(NamedTuple):
    """How much text an expression was tried on, and how much there is in about."""

    tried: int
    stored: float
    seconds: float

    @property
    def expected(self) -> float:
        """Seconds that all of the text will take."""
        return self.seconds * self.stored / max(self.tried, 1) / THREADS


def check_pace(cursor: DuckDBPyConnection, runs: Sequence[str], wanted: Wanted) -> None:
    """Raise ValueError, with a sentence for the reader, where all texts would take too long."""
    for texts in TEXTS if wanted.regex else ():
        trial = tried(cursor, runs, wanted, texts)
        if trial.seconds > SLOW and trial.expected > LONGEST:
            raise ValueError(
                f"“{wanted.text}” is too slow to search for: all completions would take about"
                f" {trial.expected / 60:,.0f} minutes. Take the counted repetitions out of it,"
                " such as {2,200}, or make them smaller."
            )


def tried(cursor: DuckDBPyConnection, runs: Sequence[str], wanted: Wanted, texts: int) -> Trial:
    """The expression tried on the beginnings of so many texts."""
    beginnings = first_texts(cursor, runs, texts)
    cursor.register("beginnings", beginnings)
    start = time.perf_counter()
    answer(
        cursor,
        "SELECT count(*) AS matching FROM beginnings WHERE regexp_matches(beginning, $expression)",
        {"expression": wanted.expression},
    )
    seconds = time.perf_counter() - start
    tried = int(beginnings["beginning"].str.len_bytes().sum())
    stored = float(beginnings["bytes"].mean() or 0) * count(cursor, runs)  # type: ignore[arg-type]
    return Trial(tried, stored, seconds)


def first_texts(cursor: DuckDBPyConnection, runs: Sequence[str], texts: int) -> pl.DataFrame:
    """beginning (2,000 characters), bytes (of the whole text): first samples of some problems."""
    statement = """
        SELECT left(completion, 2000) AS beginning, strlen(completion) AS bytes
        FROM samples
        WHERE run IN (SELECT unnest(CAST($runs AS VARCHAR[])))
            AND sample = 0 AND completion IS NOT NULL
        LIMIT $texts
    """
    return answer(cursor, statement, {"runs": list(runs), "texts": texts})


def count(cursor: DuckDBPyConnection, runs: Sequence[str]) -> int:
    """How many samples the runs have."""
    statement = "SELECT count(*) FROM samples WHERE list_contains(CAST(? AS VARCHAR[]), run)"
    return int(cursor.execute(statement, [list(runs)]).fetchall()[0][0])
