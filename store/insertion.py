"""Shards into tables: what is faulty row by row is left out and named, the rest is inserted.

The rows of one batch are one run's and one kind's; DuckDB sees them as the view `incoming`, which
has the columns of the shards and besides `run`, `path` and `row`, the order in which they are read.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import polars as pl

from store.inventory import SetAside, Shard
from store.shards import UNREADABLE, read_shard, unreadable

# Bytes of shards, compressed, that are held in memory at once: some 500 MB once decompressed.
BATCH_BYTES = 96 * 2**20

# Which rows must stay out, and why. Of rows with the same key the one that is read first is stored.
REJECTED: dict[str, str] = {
    "problems": """
        CREATE OR REPLACE TEMP TABLE rejected AS
        SELECT path, row, 'the prompt of this problem is stored already' AS reason
        FROM (
            SELECT run, path, row, problem_id,
                row_number() OVER (PARTITION BY problem_id ORDER BY row) AS occurrence
            FROM incoming
        )
        WHERE occurrence > 1
            OR (run, problem_id) IN (SELECT (run, problem_id) FROM prompts)
    """,
    "samples": """
        CREATE OR REPLACE TEMP TABLE rejected AS
        SELECT path, row, 'a sample with this number is stored already' AS reason
        FROM (
            SELECT run, path, row, problem_id, sample,
                row_number() OVER (PARTITION BY problem_id, sample ORDER BY row) AS occurrence
            FROM incoming
        )
        WHERE occurrence > 1
            OR (run, problem_id, sample) IN (SELECT (run, problem_id, sample) FROM samples)
    """,
    "verdicts": """
        CREATE OR REPLACE TEMP TABLE rejected AS
        SELECT path, row, CASE
            WHEN outcome NOT IN ('correct', 'incorrect', 'no_answer', 'error')
            THEN 'the outcome is none of correct, incorrect, no_answer, error'
            WHEN NOT has_sample THEN 'the sample that is judged is not stored'
            ELSE 'a verdict of this verifier and version on this sample is stored already'
        END AS reason
        FROM (
            SELECT path, row, outcome,
                (run, problem_id, sample) IN (SELECT (run, problem_id, sample) FROM samples)
                    AS has_sample,
                (run, problem_id, sample, verifier, version)
                    IN (SELECT (run, problem_id, sample, verifier, version) FROM verdicts)
                    AS is_stored,
                row_number() OVER (
                    PARTITION BY problem_id, sample, verifier, version
                    ORDER BY outcome NOT IN ('correct', 'incorrect', 'no_answer', 'error'), row
                ) AS occurrence
            FROM incoming
        )
        WHERE occurrence > 1 OR is_stored OR NOT has_sample
            OR outcome NOT IN ('correct', 'incorrect', 'no_answer', 'error')
    """,
    "scores": """
        CREATE OR REPLACE TEMP TABLE rejected AS
        SELECT path, row, CASE
            WHEN NOT has_sample THEN 'the sample that is scored is not stored'
            ELSE 'a score of this sample by this scorer is stored already'
        END AS reason
        FROM (
            SELECT path, row,
                (run, problem_id, sample) IN (SELECT (run, problem_id, sample) FROM samples)
                    AS has_sample,
                (run, problem_id, sample, scorer)
                    IN (SELECT (run, problem_id, sample, scorer) FROM scores) AS is_stored,
                row_number() OVER (
                    PARTITION BY problem_id, sample, scorer ORDER BY sum_logprob IS NULL, row
                ) AS occurrence
            FROM incoming
        )
        WHERE occurrence > 1 OR is_stored OR NOT has_sample
    """,
    "entropies": """
        CREATE OR REPLACE TEMP TABLE rejected AS
        SELECT path, row, CASE
            WHEN NOT has_sample THEN 'the sample whose entropies these are is not stored'
            ELSE 'entropies of this sample under this scorer are stored already'
        END AS reason
        FROM (
            SELECT path, row,
                (run, problem_id, sample) IN (SELECT (run, problem_id, sample) FROM samples)
                    AS has_sample,
                (run, problem_id, sample, scorer)
                    IN (SELECT (run, problem_id, sample, scorer) FROM entropies) AS is_stored,
                row_number() OVER (PARTITION BY problem_id, sample, scorer ORDER BY row)
                    AS occurrence
            FROM incoming
        )
        WHERE occurrence > 1 OR is_stored OR NOT has_sample
    """,
    "counts": """
        CREATE OR REPLACE TEMP TABLE rejected AS
        SELECT path, row, CASE
            WHEN n < 1 THEN 'n is below 1'
            WHEN c < 0 THEN 'c is negative'
            WHEN c > n THEN 'c is above n'
            ELSE 'counts of this verifier for this problem are stored already'
        END AS reason
        FROM (
            SELECT path, row, n, c,
                (run, problem_id, verifier) IN (SELECT (run, problem_id, verifier) FROM counts)
                    AS is_stored,
                row_number() OVER (
                    PARTITION BY problem_id, verifier ORDER BY n < 1 OR c < 0 OR c > n, row
                ) AS occurrence
            FROM incoming
        )
        WHERE occurrence > 1 OR is_stored OR n < 1 OR c < 0 OR c > n
    """,
}

INSERTS: dict[str, str] = {
    "problems": """
        INSERT INTO prompts (run, problem_id, prompt, token_ids)
        SELECT run, problem_id, prompt, prompt_token_ids
        FROM incoming
        WHERE row NOT IN (SELECT row FROM rejected)
        ORDER BY row
    """,
    "samples": """
        INSERT INTO samples (run, problem_id, sample, completion, finish_reason, n_tokens,
            sum_logprob, token_ids, token_logprobs, token_ranks, token_ends)
        SELECT run, problem_id, sample, completion, finish_reason, n_tokens,
            sum_logprob, token_ids, token_logprobs, token_ranks, token_ends
        FROM incoming
        WHERE row NOT IN (SELECT row FROM rejected)
    """,
    "verdicts": """
        INSERT INTO verdicts (run, problem_id, sample, verifier, version, outcome, answer, detail)
        SELECT run, problem_id, sample, verifier, version, outcome, answer, detail
        FROM incoming
        WHERE row NOT IN (SELECT row FROM rejected)
    """,
    "scores": """
        INSERT INTO scores (run, problem_id, sample, scorer, n_tokens, sum_logprob, token_logprobs,
            token_ranks, token_ids, token_ends)
        SELECT run, problem_id, sample, scorer, n_tokens, sum_logprob, token_logprobs,
            token_ranks, token_ids, token_ends
        FROM incoming
        WHERE row NOT IN (SELECT row FROM rejected)
    """,
    "entropies": """
        INSERT INTO entropies (run, problem_id, sample, scorer, token_entropies)
        SELECT run, problem_id, sample, scorer, token_entropies
        FROM incoming
        WHERE row NOT IN (SELECT row FROM rejected)
    """,
    "counts": """
        INSERT INTO counts (run, problem_id, verifier, version, n, c, no_answer, error, truncated,
            truncated_correct, truncated_no_answer, truncated_error, unverified)
        SELECT run, problem_id, verifier, NULL, n, c, 0, 0, 0, 0, 0, 0, 0
        FROM incoming
        WHERE row NOT IN (SELECT row FROM rejected)
    """,
}

SET_ASIDE = """
    INSERT INTO set_aside (path, run, rows, reason)
    SELECT incoming.path, incoming.run, count(*), rejected.reason
    FROM rejected
    JOIN incoming USING (row)
    GROUP BY incoming.path, incoming.run, rejected.reason
    ORDER BY incoming.path, rejected.reason
"""


def insert_batch(connection: duckdb.DuckDBPyConnection, folder: Path, shards: list[Shard]) -> None:
    """Insert shards that are all of one run and one kind, and list them as read."""
    frames, read = [], []
    for shard in shards:
        try:
            frames.append(read_rows(folder, shard))
            read.append((*shard, frames[-1].height))
        except UNREADABLE as error:
            set_aside(connection, [SetAside(shard.path, shard.run, None, unreadable(error))])
    if not frames:
        return
    connection.register("incoming", pl.concat(frames).with_row_index("row"))
    connection.begin()
    connection.execute(REJECTED[shards[0].kind])
    connection.execute(SET_ASIDE)
    connection.execute(INSERTS[shards[0].kind])
    list_shards(connection, read)
    connection.commit()


def read_rows(folder: Path, shard: Shard) -> pl.DataFrame:
    """The shard's rows, each with its run and its path."""
    rows = read_shard(folder / shard.path, shard.kind)
    return rows.with_columns(run=pl.lit(shard.run), path=pl.lit(shard.path))


def list_shards(
    connection: duckdb.DuckDBPyConnection, read: Sequence[tuple[str, str, str, int, int, int]]
) -> None:
    """Note that these shards were read, so that the next build need not read them again."""
    columns = ["path", "kind", "run", "bytes", "modified", "rows"]
    connection.register("read", pl.DataFrame(read, schema=columns, orient="row"))
    connection.execute("""
        INSERT INTO shards (path, kind, run, rows, bytes, modified)
        SELECT path, kind, run, rows, bytes, modified
        FROM read
    """)


def set_aside(connection: duckdb.DuckDBPyConnection, items: Sequence[SetAside]) -> None:
    """Add these to the table `set_aside`."""
    schema = {"path": pl.String, "run": pl.String, "rows": pl.Int64, "reason": pl.String}
    connection.register("named", pl.DataFrame(items, schema=schema, orient="row"))
    connection.execute("""
        INSERT INTO set_aside (path, run, rows, reason)
        SELECT path, run, rows, reason
        FROM named
    """)


def batches(shards: Sequence[Shard]) -> Iterator[list[Shard]]:
    """The shards of one run and kind after another, as many at once as memory is meant to hold."""
    batch: list[Shard] = []
    size = 0
    for shard in shards:
        full = size + shard.bytes > BATCH_BYTES
        if batch and (full or (shard.run, shard.kind) != (batch[0].run, batch[0].kind)):
            yield batch
            batch, size = [], 0
        batch.append(shard)
        size += shard.bytes
    if batch:
        yield batch
