"""How many samples were correct: per run, per problem, and among the first k."""

from collections.abc import Collection, Sequence

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer

NONE_AUDITED = pl.DataFrame(
    schema={"run": pl.String, "problem_id": pl.String, "sample": pl.Int32, "label": pl.String}
)


def verifiers(cursor: DuckDBPyConnection, runs: Sequence[str]) -> pl.DataFrame:
    """run, verifier, n (samples that it judged); the one that a run is shown with comes first."""
    statement = """
        SELECT run, verifier, CAST(sum(n) AS BIGINT) AS n
        FROM counts
        WHERE list_contains(CAST($runs AS VARCHAR[]), run)
        GROUP BY run, verifier
        ORDER BY run, n DESC, verifier
    """
    return answer(cursor, statement, {"runs": list(runs)})


def run_totals(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """run, verifier, version, problems, samples (the sum of n), n_min, n_max, c, no_answer, error,
    truncated, unverified: one row per run and verifier, of each run its default verifier first.

    A run that no verifier judged has one row: verifier null, all its samples in `unverified`.
    """
    return answer(
        cursor,
        """
        SELECT run, verifier, max(version) AS version, count(*) AS problems,
            CAST(sum(n) AS BIGINT) AS samples, min(n) AS n_min, max(n) AS n_max,
            CAST(sum(c) AS BIGINT) AS c, CAST(sum(no_answer) AS BIGINT) AS no_answer,
            CAST(sum(error) AS BIGINT) AS error, CAST(sum(truncated) AS BIGINT) AS truncated,
            CAST(sum(unverified) AS BIGINT) AS unverified
        FROM counts
        GROUP BY run, verifier
        UNION ALL
        SELECT run, NULL, NULL, count(DISTINCT problem_id), 0, 0, 0, 0, 0, 0, 0, count(*)
        FROM samples
        ANTI JOIN counts USING (run)
        GROUP BY run
        ORDER BY run,
            (run, verifier) IN (SELECT (run, verifier) FROM default_verifiers) DESC,
            samples DESC, verifier
    """,
    )


def counts(cursor: DuckDBPyConnection, runs: Sequence[str], verifier: str | None) -> pl.DataFrame:
    """run, verifier, problem_id, position, n, c, no_answer, error, truncated, truncated_correct,
    truncated_no_answer, truncated_error, unverified.

    A problem of which this verifier judged no sample has n = 0; one without samples has no row.
    """
    statement = """
        SELECT counts.run, counts.verifier, counts.problem_id, problems.position, counts.n,
            counts.c, counts.no_answer, counts.error, counts.truncated, counts.truncated_correct,
            counts.truncated_no_answer, counts.truncated_error, counts.unverified
        FROM counts
        JOIN default_verifiers USING (run)
        JOIN runs USING (run)
        JOIN problems USING (benchmark, problem_id)
        WHERE list_contains(CAST($runs AS VARCHAR[]), counts.run)
            AND counts.verifier = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
        ORDER BY counts.run, problems.position, counts.problem_id
    """
    return answer(cursor, statement, {"runs": list(runs), "verifier": verifier})


def correct_within(
    cursor: DuckDBPyConnection,
    runs: Sequence[str],
    verifier: str | None,
    k: int,
    left_out: Collection[str] = (),
    audited: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """run, problem_id, drawn (of the first k samples, those that were judged), correct.

    `left_out` names outcomes (no_answer, error) or `truncated`: such samples are passed over and
    those after them take their places. Runs without samples, or without verdicts of this verifier,
    have no rows. `audited` (store.queries.audited) names samples with a label: correct ones are no
    longer correct where it is flawed or guess, and are passed over where it is ambiguous.
    """
    statement = """
        SELECT run, problem_id,
            count(*) FILTER (WHERE is_within AND outcome IS NOT NULL) AS drawn,
            count(*) FILTER (WHERE is_within AND outcome = 'correct' AND NOT is_rejected) AS correct
        FROM (
            SELECT run, problem_id, outcome, is_rejected,
                NOT is_left_out AND sample - count(*) FILTER (WHERE is_left_out) OVER (
                    PARTITION BY run, problem_id ORDER BY sample) < $k AS is_within
            FROM (
                SELECT samples.run, samples.problem_id, samples.sample, verdicts.outcome,
                    coalesce(list_contains(CAST($left_out AS VARCHAR[]), verdicts.outcome), FALSE)
                    OR (list_contains(CAST($left_out AS VARCHAR[]), 'truncated')
                        AND samples.finish_reason IS NOT DISTINCT FROM 'length')
                    OR (coalesce(verdicts.outcome = 'correct', FALSE)
                        AND audited.label IS NOT DISTINCT FROM 'ambiguous') AS is_left_out,
                    coalesce(audited.label IN ('flawed', 'guess'), FALSE) AS is_rejected
                FROM samples
                JOIN default_verifiers USING (run)
                LEFT JOIN newest_verdicts AS verdicts
                    ON verdicts.run = samples.run
                    AND verdicts.problem_id = samples.problem_id
                    AND verdicts.sample = samples.sample
                    AND verdicts.verifier
                        = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
                LEFT JOIN audited
                    ON audited.run = samples.run
                    AND audited.problem_id = samples.problem_id
                    AND audited.sample = samples.sample
                SEMI JOIN counts
                    ON counts.run = samples.run
                    AND counts.verifier
                        = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
                WHERE list_contains(CAST($runs AS VARCHAR[]), samples.run)
            )
        )
        GROUP BY run, problem_id
        ORDER BY run, problem_id
    """
    chosen: dict[str, object] = {
        "runs": list(runs),
        "verifier": verifier,
        "k": k,
        "left_out": sorted(left_out),
    }
    cursor.register("audited", NONE_AUDITED if audited is None else audited)
    return answer(cursor, statement, chosen)
