"""Whether two runs were made alike: their prompts, their texts, and what is known of their ends."""

from collections.abc import Sequence

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def prompt_differences(
    cursor: DuckDBPyConnection, base: str, other: str, problems: Sequence[str]
) -> pl.DataFrame:
    """compared (of these problems, those of which both runs' exact prompt is known), differing,
    example (the first such problem, null without one): one row.
    """
    statement = """
        SELECT count(*) AS compared,
            count(*) FILTER (WHERE ours.prompt <> theirs.prompt) AS differing,
            min(problem_id) FILTER (WHERE ours.prompt <> theirs.prompt) AS example
        FROM prompts AS ours
        JOIN prompts AS theirs USING (problem_id)
        SEMI JOIN (SELECT unnest(CAST($problems AS VARCHAR[])) AS problem_id) AS wanted
            USING (problem_id)
        WHERE ours.run = $base AND theirs.run = $other
            AND ours.prompt IS NOT NULL AND theirs.prompt IS NOT NULL
    """
    return answer(cursor, statement, {"base": base, "other": other, "problems": list(problems)})


def identical_completions(
    cursor: DuckDBPyConnection, base: str, other: str, problems: Sequence[str], long: int
) -> pl.DataFrame:
    """samples (of `other`, where the base has texts of the problem too), identical (the base has
    that text for the same problem), identical_long (of them, of at least `long` characters),
    same_number (the base's sample of the same number has that text), expected (of these, how many
    to expect if the numbers meant nothing): one row.

    Texts are compared by length and a hash of 64 bits.
    """
    statement = """
        WITH texts AS (
            SELECT run, problem_id, sample, hash(completion) AS digest, length(completion) AS length
            FROM samples
            SEMI JOIN (SELECT unnest(CAST($problems AS VARCHAR[])) AS problem_id) AS wanted
                USING (problem_id)
            WHERE (run = $base OR run = $other) AND completion IS NOT NULL
        ),
        sizes AS (
            SELECT problem_id, count(*) FILTER (WHERE run = $base) AS n_base,
                count(*) FILTER (WHERE run = $other) AS n_other
            FROM texts
            GROUP BY problem_id
            HAVING n_base > 0 AND n_other > 0
        ),
        shared AS (
            SELECT problem_id, length, count(*) FILTER (WHERE run = $base) AS in_base,
                count(*) FILTER (WHERE run = $other) AS in_other
            FROM texts
            GROUP BY problem_id, digest, length
            HAVING in_base > 0 AND in_other > 0
        ),
        numbers AS (
            SELECT count(*) AS same_number
            FROM texts AS ours
            JOIN texts AS theirs USING (problem_id, sample, digest, length)
            WHERE ours.run = $base AND theirs.run = $other
        )
        SELECT (SELECT CAST(coalesce(sum(n_other), 0) AS BIGINT) FROM sizes) AS samples,
            CAST(coalesce(sum(in_other), 0) AS BIGINT) AS identical,
            CAST(coalesce(sum(in_other) FILTER (WHERE length >= $long), 0) AS BIGINT)
                AS identical_long,
            (SELECT same_number FROM numbers) AS same_number,
            coalesce(sum(in_base * in_other / greatest(n_base, n_other)), 0.0) AS expected
        FROM shared
        JOIN sizes USING (problem_id)
    """
    chosen: dict[str, object] = {
        "base": base,
        "other": other,
        "problems": list(problems),
        "long": long,
    }
    return answer(cursor, statement, chosen)


def finish_reasons(cursor: DuckDBPyConnection, runs: Sequence[str]) -> pl.DataFrame:
    """run, samples, known (those of which it is known why they ended); no row without samples."""
    statement = """
        SELECT run, count(*) AS samples, count(finish_reason) AS known
        FROM samples
        WHERE list_contains(CAST($runs AS VARCHAR[]), run)
        GROUP BY run
        ORDER BY run
    """
    return answer(cursor, statement, {"runs": list(runs)})
