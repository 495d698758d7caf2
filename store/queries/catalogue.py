"""What the store holds: runs, models, benchmarks, problems, and what the build left out."""

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def runs(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """run, model, role, parent, algorithm, step, benchmark, prompt_template, temperature, top_p,
    max_tokens, engine, seed, verifier, hyper_parameters (JSON as text), source, samples (0 where
    only counts were imported).
    """
    return answer(
        cursor,
        """
        SELECT runs.run, runs.model, models.role, models.parent, models.algorithm, models.step,
            runs.benchmark, runs.prompt_template, runs.temperature, runs.top_p, runs.max_tokens,
            runs.engine, runs.seed, runs.verifier,
            CAST(runs.hyper_parameters AS VARCHAR) AS hyper_parameters, runs.source,
            coalesce(drawn.samples, 0) AS samples
        FROM runs
        JOIN models USING (model)
        LEFT JOIN (SELECT run, count(*) AS samples FROM samples GROUP BY run) AS drawn USING (run)
        ORDER BY runs.benchmark,
            list_position(['base', 'rl', 'distilled', 'instruct', 'reference'], models.role),
            runs.run
    """,
    )


def models(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """model, role, parent, algorithm, step, path, revision, dtype."""
    return answer(
        cursor,
        """
        SELECT model, role, parent, algorithm, step, path, revision, dtype
        FROM models
        ORDER BY model
    """,
    )


def benchmarks(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """benchmark, problems (how many), source."""
    return answer(
        cursor,
        """
        SELECT benchmark, problems, source
        FROM benchmarks
        ORDER BY benchmark
    """,
    )


def problems(cursor: DuckDBPyConnection, benchmark: str) -> pl.DataFrame:
    """problem_id, position, question, reference, subject, level, metadata (JSON as text)."""
    statement = """
        SELECT problem_id, position, question, reference, subject, level,
            CAST(metadata AS VARCHAR) AS metadata
        FROM problems
        WHERE benchmark = $benchmark
        ORDER BY position, problem_id
    """
    return answer(cursor, statement, {"benchmark": benchmark})


def images(cursor: DuckDBPyConnection, benchmark: str, problem_id: str) -> list[str]:
    """The images of a problem, as data URIs; apart from problems, since they are large."""
    statement = """
        SELECT images
        FROM problems
        WHERE benchmark = ? AND problem_id = ?
    """
    rows = cursor.execute(statement, [benchmark, problem_id]).fetchall()
    return list(rows[0][0] or []) if rows else []


def prompt(cursor: DuckDBPyConnection, run: str, problem_id: str) -> str | None:
    """The exact text that the model was given; None where it is not known."""
    statement = """
        SELECT prompt
        FROM prompts
        WHERE run = ? AND problem_id = ?
    """
    rows = cursor.execute(statement, [run, problem_id]).fetchall()
    return rows[0][0] if rows else None


def set_aside(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """path, run, rows, reason: what the build left out; rows is null where a whole file was."""
    return answer(
        cursor,
        """
        SELECT path, run, rows, reason
        FROM set_aside
        ORDER BY path, reason
    """,
    )


def store_info(cursor: DuckDBPyConnection) -> dict[str, str]:
    """schema_version, schema_hash, passband_version, built_at, content_hash."""
    return dict(cursor.execute("SELECT key, value FROM store_info ORDER BY key").fetchall())


def training_log(cursor: DuckDBPyConnection) -> pl.DataFrame:
    """model, step, reward, response_length, entropy."""
    return answer(
        cursor,
        """
        SELECT model, step, reward, response_length, entropy
        FROM training_log
        ORDER BY model, step
    """,
    )
