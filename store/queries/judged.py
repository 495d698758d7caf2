"""Samples as a judge model needs them: what they are about, and their texts.

`samples` are everywhere run, problem_id, sample; the answer is in their order. Texts are long:
those that are asked for are looked up by row, after these are known.
"""

import polars as pl
from duckdb import DuckDBPyConnection

from store.queries.answer import answer


def sizes(cursor: DuckDBPyConnection, samples: pl.DataFrame) -> pl.DataFrame:
    """run, problem_id, sample, content_hash (SHA-256; null where the text is not stored), empty,
    asked (the question is stored), characters (of question, reference and response together).
    """
    statement = """
        WITH placed AS MATERIALIZED (
            SELECT wanted.run, wanted.problem_id, wanted.sample, wanted.place,
                samples.rowid AS id
            FROM wanted
            JOIN samples USING (run, problem_id, sample)
        ),
        texts AS MATERIALIZED (
            SELECT rowid AS id, sha256(completion) AS content_hash,
                coalesce(regexp_full_match(completion, '\\s*'), TRUE) AS empty,
                coalesce(length(completion), 0) AS length
            FROM samples
            WHERE rowid IN (SELECT id FROM placed)
        )
        SELECT placed.run, placed.problem_id, placed.sample, texts.content_hash, texts.empty,
            problems.question IS NOT NULL AS asked,
            CAST(texts.length + coalesce(length(problems.question), 0)
                + coalesce(length(problems.reference), 0) AS BIGINT) AS characters
        FROM placed
        JOIN texts USING (id)
        JOIN runs ON runs.run = placed.run
        LEFT JOIN problems
            ON problems.benchmark = runs.benchmark AND problems.problem_id = placed.problem_id
        ORDER BY placed.place
    """
    cursor.register("wanted", samples.with_row_index("place"))
    return answer(cursor, statement)


def texts(cursor: DuckDBPyConnection, samples: pl.DataFrame) -> pl.DataFrame:
    """run, problem_id, sample, question, reference, completion, images (data URIs)."""
    statement = """
        WITH placed AS MATERIALIZED (
            SELECT wanted.run, wanted.problem_id, wanted.sample, wanted.place,
                samples.rowid AS id
            FROM wanted
            JOIN samples USING (run, problem_id, sample)
        ),
        texts AS MATERIALIZED (
            SELECT rowid AS id, completion
            FROM samples
            WHERE rowid IN (SELECT id FROM placed)
        )
        SELECT placed.run, placed.problem_id, placed.sample, problems.question,
            problems.reference, texts.completion, problems.images
        FROM placed
        JOIN texts USING (id)
        JOIN runs ON runs.run = placed.run
        LEFT JOIN problems
            ON problems.benchmark = runs.benchmark AND problems.problem_id = placed.problem_id
        ORDER BY placed.place
    """
    cursor.register("wanted", samples.with_row_index("place"))
    return answer(cursor, statement)
