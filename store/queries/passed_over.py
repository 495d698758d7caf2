"""Samples that the reader leaves out of n, so that a page need not count them."""

from collections.abc import Collection, Sequence

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer

NONE = pl.DataFrame(schema={"run": pl.String, "problem_id": pl.String, "sample": pl.Int32})


def passed_over(
    cursor: DuckDBPyConnection,
    runs: Sequence[str],
    verifier: str | None,
    left_out: Collection[str] = (),
    undecided: pl.DataFrame = NONE,
) -> pl.DataFrame:
    """run, problem_id, sample: those whose outcome `left_out` names (no_answer, error), those that
    are truncated where it says `truncated`, and those of `undecided` (the same three columns).
    """
    if not left_out:
        return undecided.select(NONE.columns)
    statement = """
        SELECT samples.run, samples.problem_id, samples.sample
        FROM samples
        LEFT JOIN default_verifiers ON default_verifiers.run = samples.run
        LEFT JOIN newest_verdicts AS verdicts
            ON verdicts.run = samples.run
            AND verdicts.problem_id = samples.problem_id
            AND verdicts.sample = samples.sample
            AND verdicts.verifier
                = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
        WHERE samples.run IN (SELECT unnest(CAST($runs AS VARCHAR[])))
            AND (list_contains(CAST($left_out AS VARCHAR[]), verdicts.outcome)
                OR (list_contains(CAST($left_out AS VARCHAR[]), 'truncated')
                    AND samples.finish_reason = 'length'))
        UNION
        SELECT run, problem_id, sample
        FROM undecided
    """
    cursor.register("undecided", undecided)
    chosen: dict[str, object] = {
        "runs": list(runs), "verifier": verifier, "left_out": sorted(left_out)
    }  # fmt: skip
    return answer(cursor, statement, chosen)
