"""Which answers were extracted, and how often: what a majority vote needs."""

from collections.abc import Collection, Sequence

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def answers(
    cursor: DuckDBPyConnection,
    runs: Sequence[str],
    verifier: str | None,
    left_out: Collection[str] = (),
) -> pl.DataFrame:
    """run, problem_id, answer (null: none was extracted), correct, samples (how many).

    Of the samples that this verifier judged. `left_out` names outcomes (no_answer, error) or
    `truncated`: such samples are not counted. Runs without verdicts have no rows. The right answers
    to a problem are one row, one of their spellings: they all equal the reference.
    """
    statement = """
        SELECT judged.run, judged.problem_id, min(judged.answer) AS answer, judged.correct,
            count(*) AS samples
        FROM (
            SELECT verdicts.run, verdicts.problem_id, verdicts.sample, verdicts.answer,
                verdicts.outcome = 'correct' AS correct,
                CASE WHEN verdicts.outcome <> 'correct' THEN verdicts.answer END AS told_apart
            FROM newest_verdicts AS verdicts
            JOIN default_verifiers USING (run)
            WHERE list_contains(CAST($runs AS VARCHAR[]), verdicts.run)
                AND verdicts.verifier
                    = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
                AND NOT list_contains(CAST($left_out AS VARCHAR[]), verdicts.outcome)
        ) AS judged
        LEFT JOIN samples USING (run, problem_id, sample)
        WHERE NOT (list_contains(CAST($left_out AS VARCHAR[]), 'truncated')
            AND samples.finish_reason IS NOT DISTINCT FROM 'length')
        GROUP BY judged.run, judged.problem_id, judged.correct, judged.told_apart
        ORDER BY judged.run, judged.problem_id, judged.correct DESC, samples DESC, answer
    """
    chosen: dict[str, object] = {
        "runs": list(runs), "verifier": verifier, "left_out": sorted(left_out)
    }  # fmt: skip
    return answer(cursor, statement, chosen)
