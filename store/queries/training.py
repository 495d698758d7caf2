"""What a training did to the distributions that a model draws its tokens from."""

from collections.abc import Sequence

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def entropy_sums(
    cursor: DuckDBPyConnection, runs: Sequence[str], verifier: str | None
) -> pl.DataFrame:
    """run, problem_id, outcome, finish_reason, samples, tokens, entropy (its sum over the tokens).

    Only under the run's own model, from which the tokens were drawn. Samples that differ in outcome
    or finish_reason have rows of their own, so that some kinds can be left out.
    """
    statement = """
        SELECT entropies.run, entropies.problem_id, verdicts.outcome, samples.finish_reason,
            count(*) AS samples,
            CAST(sum(len(token_entropies)) AS BIGINT) AS tokens,
            sum(list_sum(CAST(token_entropies AS DOUBLE[]))) AS entropy
        FROM entropies
        JOIN runs
            ON runs.run = entropies.run AND runs.model = entropies.scorer
        JOIN samples
            ON samples.run = entropies.run
            AND samples.problem_id = entropies.problem_id
            AND samples.sample = entropies.sample
        LEFT JOIN default_verifiers
            ON default_verifiers.run = entropies.run
        LEFT JOIN newest_verdicts AS verdicts
            ON verdicts.run = entropies.run
            AND verdicts.problem_id = entropies.problem_id
            AND verdicts.sample = entropies.sample
            AND verdicts.verifier = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
        WHERE list_contains(CAST($runs AS VARCHAR[]), entropies.run)
        GROUP BY entropies.run, entropies.problem_id, verdicts.outcome, samples.finish_reason
        ORDER BY entropies.run, entropies.problem_id, verdicts.outcome, samples.finish_reason
    """
    return answer(cursor, statement, {"runs": list(runs), "verifier": verifier})
