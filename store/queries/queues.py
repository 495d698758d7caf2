"""Which samples reviewers may be asked to read. Texts are not touched, and only what is asked for
comes back: a study may hold a million samples.

outcome is that of `verifier`, else of the run's own: see default_verifiers in schema.sql.
"""

from collections.abc import Collection, Sequence

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def correct_samples(
    cursor: DuckDBPyConnection, problems: pl.DataFrame, verifier: str | None
) -> pl.DataFrame:
    """run, problem_id, sample, outcome, finish_reason: the correct samples of these problems.

    `problems`: run and problem_id, one row for each pair that is asked about.
    """
    statement = """
        SELECT samples.run, samples.problem_id, samples.sample, verdicts.outcome,
            samples.finish_reason
        FROM samples
        SEMI JOIN asked
            ON asked.run = samples.run AND asked.problem_id = samples.problem_id
        JOIN default_verifiers USING (run)
        JOIN newest_verdicts AS verdicts
            ON verdicts.run = samples.run
            AND verdicts.problem_id = samples.problem_id
            AND verdicts.sample = samples.sample
            AND verdicts.verifier
                = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
        WHERE verdicts.outcome = 'correct'
        ORDER BY samples.run, samples.problem_id, samples.sample
    """
    cursor.register("asked", problems.select("run", "problem_id"))
    return answer(cursor, statement, {"verifier": verifier})


def random_samples(
    cursor: DuckDBPyConnection,
    runs: Sequence[str],
    verifier: str | None,
    outcome: str,
    seed: int,
    most: int,
    left_out: Collection[str] = (),
    dropped: Collection[str] = (),
) -> pl.DataFrame:
    """run, problem_id, sample, outcome, finish_reason: at most so many samples, in random order.

    `outcome` is `correct`, or `incorrect` for all others that were judged. `left_out` names
    outcomes, or `truncated`, and `dropped` problems, of which no sample comes. The order is that of
    the MD5 of seed, run, problem and sample, with a newline after each but the last: the same
    whatever else is asked for, and that of app.analysis.queues.random.
    """
    # Why a sample ended is looked up for those that are chosen only: there may be a million.
    statement = """
        WITH chosen AS MATERIALIZED (
            SELECT verdicts.run, verdicts.problem_id, verdicts.sample, verdicts.outcome,
                md5(concat_ws(chr(10), $seed, run, problem_id, sample)) AS place
            FROM newest_verdicts AS verdicts
            JOIN default_verifiers USING (run)
            WHERE list_contains(CAST($runs AS VARCHAR[]), run)
                AND verdicts.verifier
                    = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
                AND (verdicts.outcome = 'correct') = ($outcome = 'correct')
                AND NOT list_contains(CAST($left_out AS VARCHAR[]), verdicts.outcome)
                AND NOT list_contains(CAST($dropped AS VARCHAR[]), problem_id)
                AND (run, problem_id, sample) NOT IN (
                    SELECT (run, problem_id, sample)
                    FROM samples
                    WHERE finish_reason = 'length'
                        AND list_contains(CAST($left_out AS VARCHAR[]), 'truncated')
                )
            ORDER BY place
            LIMIT $most
        )
        SELECT chosen.run, chosen.problem_id, chosen.sample, chosen.outcome, samples.finish_reason
        FROM chosen
        JOIN samples USING (run, problem_id, sample)
        ORDER BY chosen.place
    """
    chosen: dict[str, object] = {
        "runs": list(runs),
        "verifier": verifier,
        "outcome": outcome,
        "seed": seed,
        "most": most,
        "left_out": sorted(left_out),
        "dropped": sorted(dropped),
    }
    return answer(cursor, statement, chosen)


def disagreements(cursor: DuckDBPyConnection, runs: Sequence[str], most: int) -> pl.DataFrame:
    """run, problem_id, sample, verifier, outcome: all verdicts on the samples that some verifiers
    call correct and others do not; at most so many samples, in the order of problems.
    """
    statement = """
        WITH several AS (
            SELECT run
            FROM counts
            WHERE list_contains(CAST($runs AS VARCHAR[]), run)
            GROUP BY run
            HAVING count(DISTINCT verifier) > 1
        ),
        disputed AS MATERIALIZED (
            SELECT DISTINCT verdicts.run, verdicts.problem_id, verdicts.sample, problems.position
            FROM newest_verdicts AS verdicts
            SEMI JOIN several USING (run)
            SEMI JOIN (
                SELECT run, problem_id, sample FROM newest_verdicts WHERE outcome <> 'correct'
            ) AS refused USING (run, problem_id, sample)
            JOIN runs USING (run)
            JOIN problems USING (benchmark, problem_id)
            WHERE verdicts.outcome = 'correct'
            ORDER BY problems.position, verdicts.problem_id, verdicts.run, verdicts.sample
            LIMIT $most
        )
        SELECT run, problem_id, sample, verdicts.verifier, verdicts.outcome
        FROM newest_verdicts AS verdicts
        JOIN disputed USING (run, problem_id, sample)
        ORDER BY disputed.position, problem_id, run, sample, verdicts.verifier
    """
    return answer(cursor, statement, {"runs": list(runs), "most": most})
