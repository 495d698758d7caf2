"""What a page that shows single samples asks: one problem, and its samples by final answer.

All are about one run and one problem, and none brings the text of a completion.
"""

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def problem_ids(cursor: DuckDBPyConnection, benchmark: str) -> list[str]:
    """The problems of a benchmark, in its order."""
    statement = """
        SELECT problem_id
        FROM problems
        WHERE benchmark = ?
        ORDER BY position, problem_id
    """
    return [row[0] for row in cursor.execute(statement, [benchmark]).fetchall()]


def problem(cursor: DuckDBPyConnection, benchmark: str, problem_id: str) -> pl.DataFrame:
    """question, reference, subject, level: one row, or none where there is no such problem."""
    statement = """
        SELECT question, reference, subject, level
        FROM problems
        WHERE benchmark = $benchmark AND problem_id = $problem_id
    """
    return answer(cursor, statement, {"benchmark": benchmark, "problem_id": problem_id})


def answer_groups(
    cursor: DuckDBPyConnection,
    run: str,
    problem_id: str,
    verifier: str | None,
    scorer: str | None = None,
) -> pl.DataFrame:
    """answer, outcome (null: unverified), samples (how many), and one value per sample, in order
    of the samples, in the lists sample, finish_reason, n_tokens, scored_tokens, sum_logprob.

    One row per final answer and outcome: the right ones first, then those of most samples. All
    correct samples are one row, since their answers equal the reference, under one of its
    spellings. Of an answer come the first 300 characters. The log-probabilities are those under
    `scorer`, by default the run's own model; as in `perplexities`, what that model kept while
    generating goes before what it computed afterwards.
    """
    statement = """
        SELECT left(min(answer), 300) AS answer, outcome, count(*) AS samples,
            list(sample ORDER BY sample) AS sample,
            list(finish_reason ORDER BY sample) AS finish_reason,
            list(n_tokens ORDER BY sample) AS n_tokens,
            list(scored_tokens ORDER BY sample) AS scored_tokens,
            list(sum_logprob ORDER BY sample) AS sum_logprob
        FROM (
            SELECT drawn.sample, drawn.finish_reason, drawn.n_tokens, judged.outcome,
                judged.answer,
                CASE WHEN judged.outcome <> 'correct' THEN judged.answer END AS told_apart,
                CASE WHEN drawn.own AND drawn.sum_logprob IS NOT NULL
                    THEN drawn.n_tokens ELSE scored.n_tokens END AS scored_tokens,
                CASE WHEN drawn.own AND drawn.sum_logprob IS NOT NULL
                    THEN drawn.sum_logprob ELSE scored.sum_logprob END AS sum_logprob
            FROM (
                SELECT sample, finish_reason, n_tokens, sum_logprob,
                    coalesce(CAST($scorer AS VARCHAR), model) = model AS own
                FROM samples
                JOIN runs USING (run)
                WHERE run = $run AND problem_id = $problem_id
            ) AS drawn
            LEFT JOIN (
                SELECT sample, outcome, answer
                FROM newest_verdicts AS verdicts
                LEFT JOIN default_verifiers USING (run)
                WHERE run = $run AND problem_id = $problem_id
                    AND verdicts.verifier
                        = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
            ) AS judged USING (sample)
            LEFT JOIN (
                SELECT sample, n_tokens, sum_logprob
                FROM scores
                WHERE run = $run AND problem_id = $problem_id AND scorer = coalesce(
                    CAST($scorer AS VARCHAR), (SELECT model FROM runs WHERE run = $run))
            ) AS scored USING (sample)
        )
        GROUP BY outcome, told_apart
        ORDER BY (outcome = 'correct') IS TRUE DESC, samples DESC, outcome, answer
    """
    chosen: dict[str, object] = {
        "run": run, "problem_id": problem_id, "verifier": verifier, "scorer": scorer
    }  # fmt: skip
    return answer(cursor, statement, chosen)


def scorers_of_run(cursor: DuckDBPyConnection, run: str) -> list[str]:
    """The models of which log-probabilities or entropies of any sample are stored; its own first.

    All problems together, so that the answer does not change from problem to problem.
    """
    statement = """
        SELECT scorer
        FROM (
            SELECT DISTINCT model AS scorer
            FROM samples
            JOIN runs USING (run)
            WHERE run = $run AND sum_logprob IS NOT NULL
            UNION
            SELECT DISTINCT scorer
            FROM scores
            WHERE run = $run AND sum_logprob IS NOT NULL
            UNION
            SELECT DISTINCT scorer
            FROM entropies
            WHERE run = $run
        )
        ORDER BY scorer <> (SELECT model FROM runs WHERE run = $run), scorer
    """
    rows = cursor.execute(statement, {"run": run}).fetchall()
    return [row[0] for row in rows]
