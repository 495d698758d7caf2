"""Which audited samples are still as they were, and what a verifier says of them."""

from collections.abc import Sequence

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def audited(
    cursor: DuckDBPyConnection,
    audits: pl.DataFrame,
    runs: Sequence[str],
    verifier: str | None,
) -> pl.DataFrame:
    """run, problem_id, sample, content_hash, label, audits, outcome (null where unverified),
    finish_reason.

    `audits`: the columns of store.audits.agreed. Only samples of these runs whose completion is
    still the text that was audited.
    """
    # Texts are long: those that are asked for are looked up by row, after these are known.
    statement = """
        WITH placed AS MATERIALIZED (
            SELECT audits.run, audits.problem_id, audits.sample, audits.content_hash, audits.label,
                audits.audits, samples.rowid AS place
            FROM audits
            JOIN samples USING (run, problem_id, sample)
            WHERE list_contains(CAST($runs AS VARCHAR[]), audits.run)
        ),
        texts AS MATERIALIZED (
            SELECT rowid AS place, sha256(completion) AS content_hash, finish_reason
            FROM samples
            WHERE rowid IN (SELECT place FROM placed)
        )
        SELECT placed.run, placed.problem_id, placed.sample, placed.content_hash, placed.label,
            placed.audits, verdicts.outcome, texts.finish_reason
        FROM placed
        JOIN texts USING (place, content_hash)
        LEFT JOIN default_verifiers ON default_verifiers.run = placed.run
        LEFT JOIN newest_verdicts AS verdicts
            ON verdicts.run = placed.run
            AND verdicts.problem_id = placed.problem_id
            AND verdicts.sample = placed.sample
            AND verdicts.verifier
                = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
        ORDER BY placed.run, placed.problem_id, placed.sample
    """
    cursor.register("audits", audits)
    return answer(cursor, statement, {"runs": list(runs), "verifier": verifier})
