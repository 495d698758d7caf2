"""Per-problem counts of every run and verifier, from its samples and verdicts."""

import re
from collections.abc import Collection

import duckdb
import polars as pl

INSERT_COUNTS = """
    INSERT INTO counts (run, problem_id, verifier, version, n, c, no_answer, error, truncated,
        truncated_correct, truncated_no_answer, truncated_error, unverified)
    SELECT samples.run, samples.problem_id, newest.verifier, newest.version,
        count(outcome),
        count(*) FILTER (WHERE outcome = 'correct'),
        count(*) FILTER (WHERE outcome = 'no_answer'),
        count(*) FILTER (WHERE outcome = 'error'),
        count(outcome) FILTER (WHERE finish_reason = 'length'),
        count(*) FILTER (WHERE finish_reason = 'length' AND outcome = 'correct'),
        count(*) FILTER (WHERE finish_reason = 'length' AND outcome = 'no_answer'),
        count(*) FILTER (WHERE finish_reason = 'length' AND outcome = 'error'),
        count(*) FILTER (WHERE outcome IS NULL)
    FROM samples
    JOIN newest ON newest.run = samples.run
    LEFT JOIN verdicts
        ON verdicts.run = samples.run
        AND verdicts.problem_id = samples.problem_id
        AND verdicts.sample = samples.sample
        AND verdicts.verifier = newest.verifier
        AND verdicts.version = newest.version
    GROUP BY samples.run, samples.problem_id, newest.verifier, newest.version
    ORDER BY samples.run, newest.verifier, samples.problem_id
"""


def recount(connection: duckdb.DuckDBPyConnection, runs: Collection[str]) -> None:
    """Make the counts of these runs anew. Counts that were imported as such are left alone."""
    connection.register("newest", newest_versions(connection, runs))
    connection.execute(
        "DELETE FROM counts WHERE version IS NOT NULL AND list_contains(?, run)", [sorted(runs)]
    )
    connection.execute(INSERT_COUNTS)


def newest_versions(connection: duckdb.DuckDBPyConnection, runs: Collection[str]) -> pl.DataFrame:
    """run, verifier, version: of every verifier the newest version, per run."""
    versions = connection.execute(
        "SELECT DISTINCT run, verifier, version FROM verdicts WHERE list_contains(?, run)",
        [sorted(runs)],
    ).fetchall()
    newest: dict[tuple[str, str], str] = {}
    for run, verifier, version in sorted(versions, key=lambda row: natural_order(row[2])):
        newest[run, verifier] = version
    rows = [(*key, version) for key, version in sorted(newest.items())]
    schema = {"run": pl.String, "verifier": pl.String, "version": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def natural_order(version: str) -> tuple[list[str | int], str]:
    """A sort key by which 0.10 comes after 0.9: text and numbers alternate."""
    parts = re.split(r"([0-9]+)", version)
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], version
