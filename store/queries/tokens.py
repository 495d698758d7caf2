"""Log-probabilities of single tokens, and which samples have any under which scorers."""

from collections.abc import Sequence

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def stored_samples(
    cursor: DuckDBPyConnection, runs: Sequence[str], verifier: str | None
) -> pl.DataFrame:
    """run, problem_id, outcome (null where unverified), finish_reason, samples (how many).

    All that are stored, whether a scorer has scored them or not.
    """
    statement = """
        SELECT samples.run, samples.problem_id, verdicts.outcome, samples.finish_reason,
            count(*) AS samples
        FROM samples
        LEFT JOIN default_verifiers USING (run)
        LEFT JOIN newest_verdicts AS verdicts
            ON verdicts.run = samples.run
            AND verdicts.problem_id = samples.problem_id
            AND verdicts.sample = samples.sample
            AND verdicts.verifier
                = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
        WHERE list_contains(CAST($runs AS VARCHAR[]), samples.run)
        GROUP BY samples.run, samples.problem_id, verdicts.outcome, samples.finish_reason
        ORDER BY samples.run, samples.problem_id, verdicts.outcome, samples.finish_reason
    """
    return answer(cursor, statement, {"runs": list(runs), "verifier": verifier})


def token_scorers(cursor: DuckDBPyConnection, run: str) -> pl.DataFrame:
    """problem_id, sample, scorers (list): samples whose tokens two scorers or more have scored."""
    statement = """
        SELECT problem_id, sample, list(DISTINCT scorer ORDER BY scorer) AS scorers
        FROM (
            SELECT problem_id, sample, scorer
            FROM scores
            WHERE run = $run AND token_logprobs IS NOT NULL
            UNION ALL
            SELECT problem_id, sample, model
            FROM samples
            JOIN runs USING (run)
            WHERE run = $run AND token_logprobs IS NOT NULL
        )
        GROUP BY problem_id, sample
        HAVING count(DISTINCT scorer) > 1
        ORDER BY problem_id, sample
    """
    return answer(cursor, statement, {"run": run})


def token_logprobs(
    cursor: DuckDBPyConnection, run: str, problem_id: str, sample: int
) -> pl.DataFrame:
    """scorer, token_logprobs, token_ids, token_ends, own: one row per scorer of its tokens.

    own: the tokens are the sample's, and so are token_ids and token_ends. The log-probabilities
    that were kept while generating go before those that the run's own model computed afterwards.
    """
    statement = """
        SELECT scorer, token_logprobs, token_ids, token_ends, own
        FROM (
            SELECT model AS scorer, token_logprobs, token_ids, token_ends, TRUE AS own, 0 AS place
            FROM samples
            JOIN runs USING (run)
            WHERE run = $run AND problem_id = $problem_id AND sample = $sample
            UNION ALL
            SELECT scores.scorer, scores.token_logprobs,
                coalesce(scores.token_ids, samples.token_ids),
                CASE WHEN scores.token_ids IS NULL AND scores.token_ends IS NULL
                    THEN samples.token_ends ELSE scores.token_ends END,
                scores.token_ids IS NULL, 1
            FROM scores
            JOIN samples USING (run, problem_id, sample)
            WHERE run = $run AND problem_id = $problem_id AND sample = $sample
        )
        WHERE token_logprobs IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY scorer ORDER BY place) = 1
        ORDER BY scorer
    """
    chosen: dict[str, object] = {"run": run, "problem_id": problem_id, "sample": sample}
    return answer(cursor, statement, chosen)


def token_ranks(cursor: DuckDBPyConnection, run: str, problem_id: str, sample: int) -> pl.DataFrame:
    """scorer, token_ranks: of those scorers of token_logprobs whose ranks are stored."""
    statement = """
        SELECT scorer, token_ranks
        FROM (
            SELECT model AS scorer, token_ranks, token_logprobs, 0 AS place
            FROM samples
            JOIN runs USING (run)
            WHERE run = $run AND problem_id = $problem_id AND sample = $sample
            UNION ALL
            SELECT scorer, token_ranks, token_logprobs, 1
            FROM scores
            WHERE run = $run AND problem_id = $problem_id AND sample = $sample
        )
        WHERE token_logprobs IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY scorer ORDER BY place) = 1
            AND token_ranks IS NOT NULL
        ORDER BY scorer
    """
    chosen: dict[str, object] = {"run": run, "problem_id": problem_id, "sample": sample}
    return answer(cursor, statement, chosen)
