"""What the samples of one problem are like together: how many answers, and how surprising."""

from collections.abc import Collection, Sequence

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer
from store.queries.passed_over import NONE, passed_over


def answer_entropies(
    cursor: DuckDBPyConnection,
    runs: Sequence[str],
    verifier: str | None,
    left_out: Collection[str] = (),
    undecided: pl.DataFrame = NONE,
) -> pl.DataFrame:
    """run, problem_id, answered (samples with an extracted answer), answers (different ones),
    entropy (nats): −Σ p ln p over the answers, p the share of `answered` that gave it.

    The right answers to a problem are one answer, however they are spelled. A problem without an
    extracted answer has no row. What is left out: see passed_over.
    """
    statement = """
        SELECT run, problem_id, CAST(sum(samples) AS BIGINT) AS answered, count(*) AS answers,
            0 - sum(share * ln(share)) AS entropy
        FROM (
            SELECT run, problem_id, count(*) AS samples,
                count(*) / sum(count(*)) OVER (PARTITION BY run, problem_id) AS share
            FROM (
                SELECT verdicts.run, verdicts.problem_id,
                    verdicts.outcome = 'correct' AS correct,
                    CASE WHEN verdicts.outcome <> 'correct' THEN verdicts.answer END AS told_apart
                FROM newest_verdicts AS verdicts
                JOIN default_verifiers USING (run)
                ANTI JOIN passed_over
                    ON passed_over.run = verdicts.run
                    AND passed_over.problem_id = verdicts.problem_id
                    AND passed_over.sample = verdicts.sample
                WHERE list_contains(CAST($runs AS VARCHAR[]), verdicts.run)
                    AND verdicts.verifier
                        = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
                    AND verdicts.answer IS NOT NULL
            )
            GROUP BY run, problem_id, correct, told_apart
        )
        GROUP BY run, problem_id
        ORDER BY run, problem_id
    """
    skipped = passed_over(cursor, runs, verifier, left_out, undecided)
    cursor.register("passed_over", skipped)
    return answer(cursor, statement, {"runs": list(runs), "verifier": verifier})


def median_perplexities(
    cursor: DuckDBPyConnection,
    runs: Sequence[str],
    verifier: str | None,
    left_out: Collection[str] = (),
    undecided: pl.DataFrame = NONE,
) -> pl.DataFrame:
    """run, problem_id, scored (samples with a log-probability), perplexity: the median over them of
    exp(−Σ ln P / tokens) under the run's own model.

    The log-probabilities kept while generating go before those that were computed afterwards. A
    problem without any has no row. What is left out: see passed_over; unverified samples stay.
    """
    statement = """
        SELECT run, problem_id, count(*) AS scored,
            median(exp(-sum_logprob / n_tokens)) AS perplexity
        FROM (
            SELECT run, problem_id, sample, n_tokens, sum_logprob
            FROM samples
            WHERE sum_logprob IS NOT NULL
            UNION ALL
            SELECT scores.run, scores.problem_id, scores.sample, scores.n_tokens,
                scores.sum_logprob
            FROM scores
            JOIN runs ON runs.run = scores.run AND runs.model = scores.scorer
            JOIN samples
                ON samples.run = scores.run
                AND samples.problem_id = scores.problem_id
                AND samples.sample = scores.sample
            WHERE samples.sum_logprob IS NULL AND scores.sum_logprob IS NOT NULL
        ) AS scored
        ANTI JOIN passed_over
            ON passed_over.run = scored.run
            AND passed_over.problem_id = scored.problem_id
            AND passed_over.sample = scored.sample
        WHERE list_contains(CAST($runs AS VARCHAR[]), scored.run) AND scored.n_tokens > 0
        GROUP BY run, problem_id
        ORDER BY run, problem_id
    """
    skipped = passed_over(cursor, runs, verifier, left_out, undecided)
    cursor.register("passed_over", skipped)
    return answer(cursor, statement, {"runs": list(runs)})
