"""What of a store is handed over: of which runs, and with or without the texts.

Never handed over is where files lie on this machine: of such a path only its last part stays.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation

# In this order a table comes after those that it speaks of. Those that grow with the samples
# are told apart by run.
SMALL = (
    "store_info", "models", "benchmarks", "problems", "runs", "counts", "training_log",
    "set_aside", "shards", "reference_curves", "reference_histograms", "reference_dynamics",
    "reference_perplexities",
)  # fmt: skip
BY_RUN = ("prompts", "samples", "verdicts", "scores", "entropies")
TABLES = (*SMALL, *BY_RUN)


@dataclass(frozen=True)
class Part:
    """These runs, or all; with the texts, or without whatever tells them."""

    runs: tuple[str, ...] | None = None
    texts: bool = True

    def content_hash(self, build: str) -> str:
        """The name of what comes out: the build's own, unless runs are missing."""
        if self.runs is None:
            return build
        told = "\n".join([build, *sorted(self.runs)])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def facts(self, info: dict[str, str]) -> dict[str, str]:
        """store_info of what comes out, from that of the build."""
        found = {**info, "content_hash": self.content_hash(info["content_hash"])}
        found["made_from"] = info.get("made_from", info["content_hash"])
        if self.runs is not None:
            found["runs"] = json.dumps(sorted(self.runs))
        if not self.texts:
            found["texts"] = "none"
        return found


ALL = Part()


def attached(store: Path, target: Path | str = ":memory:") -> DuckDBPyConnection:
    """A connection to `target` that sees the store as `source`, to read only.

    Each thread holds rows in memory, and long ones are large: so there are few.
    """
    connection = duckdb.connect(str(target), config={"threads": 2, "memory_limit": "1GB"})
    connection.execute("ATTACH $path AS source (READ_ONLY)", {"path": str(store)})
    return connection


def rows(connection: DuckDBPyConnection, table: str, part: Part) -> DuckDBPyRelation:
    """The rows of a table that belong to this part; nothing is read before they are asked for."""
    statement = PLACES.get(table) or (None if part.texts else WITHOUT_TEXTS.get(table))
    found = connection.sql(statement) if statement else connection.table(f"source.{table}")
    if part.runs is None:
        return found
    for column, values in within(connection, part.runs).items():
        if column in found.columns and not table.startswith("reference_"):
            known = (ConstantExpression(value) for value in values)
            return found.filter(ColumnExpression(column).isin(*known))
    return found


def within(connection: DuckDBPyConnection, runs: tuple[str, ...]) -> dict[str, list[str]]:
    """By which column a table is narrowed to these runs, and to which values. The first counts."""
    statement = """
        SELECT list(DISTINCT model), list(DISTINCT benchmark)
        FROM source.runs
        WHERE list_contains(CAST($runs AS VARCHAR[]), run)
    """
    models, benchmarks = connection.execute(statement, {"runs": list(runs)}).fetchall()[0]
    # What is set aside of no run concerns all.
    return {"run": [*runs, ""], "model": models, "benchmark": benchmarks}


def store_info(connection: DuckDBPyConnection) -> dict[str, str]:
    """store_info of the store that is attached."""
    return dict(connection.execute("SELECT key, value FROM source.store_info").fetchall())


# Of a path that begins at the root, at home or at a drive: its last part.
PLACES = {
    "models": r"""
        SELECT model, role, parent, algorithm, step,
            regexp_replace(path, '^([/~]|[A-Za-z]:\\).*[/\\]([^/\\]+)[/\\]?$', '\2') AS path,
            revision, dtype
        FROM source.models
    """,
    "benchmarks": r"""
        SELECT benchmark, problems,
            regexp_replace(source, '^([/~]|[A-Za-z]:\\).*[/\\]([^/\\]+)[/\\]?$', '\2')
                AS source
        FROM source.benchmarks
    """,
}

# Besides the texts goes what they can be found from: tokens, and with the model that is known, also
# the log-probability, rank and entropy of each token. Sums over a sample stay, so that no curve
# changes.
WITHOUT_TEXTS = {
    "problems": """
        SELECT benchmark, problem_id, position, CAST(NULL AS VARCHAR) AS question,
            CAST(NULL AS VARCHAR) AS reference, subject, level, CAST(NULL AS VARCHAR[]) AS images,
            CAST(NULL AS JSON) AS metadata
        FROM source.problems
    """,
    "prompts": """
        SELECT run, problem_id, CAST(NULL AS VARCHAR) AS prompt,
            CAST(NULL AS INTEGER[]) AS token_ids
        FROM source.prompts
    """,
    "samples": """
        SELECT run, problem_id, sample, CAST(NULL AS VARCHAR) AS completion, finish_reason,
            n_tokens, sum_logprob, CAST(NULL AS INTEGER[]) AS token_ids,
            CAST(NULL AS FLOAT[]) AS token_logprobs, CAST(NULL AS INTEGER[]) AS token_ranks,
            CAST(NULL AS INTEGER[]) AS token_ends
        FROM source.samples
    """,
    # An answer becomes a number, so that equal ones stay equal: votes and entropies need no more.
    "verdicts": """
        SELECT verdicts.run, verdicts.problem_id, verdicts.sample, verdicts.verifier,
            verdicts.version, verdicts.outcome, 'answer ' || numbered.number AS answer,
            CAST(NULL AS VARCHAR) AS detail
        FROM source.verdicts
        LEFT JOIN source.runs USING (run)
        LEFT JOIN (
            SELECT benchmark, problem_id, answer,
                row_number() OVER (PARTITION BY benchmark, problem_id ORDER BY answer) AS number
            FROM (
                SELECT DISTINCT runs.benchmark, verdicts.problem_id, verdicts.answer
                FROM source.verdicts
                JOIN source.runs USING (run)
                WHERE verdicts.answer IS NOT NULL
            )
        ) AS numbered
            ON numbered.benchmark = runs.benchmark
            AND numbered.problem_id = verdicts.problem_id
            AND numbered.answer = verdicts.answer
    """,
    "scores": """
        SELECT run, problem_id, sample, scorer, n_tokens, sum_logprob,
            CAST(NULL AS FLOAT[]) AS token_logprobs, CAST(NULL AS INTEGER[]) AS token_ranks,
            CAST(NULL AS INTEGER[]) AS token_ids, CAST(NULL AS INTEGER[]) AS token_ends
        FROM source.scores
    """,
    # As many values as there were, with the same sum: its parts of single precision, then zeros.
    "entropies": """
        SELECT run, problem_id, sample, scorer,
            list_resize([high, middle, CAST(total - high - middle AS FLOAT)], tokens, 0)
                AS token_entropies
        FROM (
            SELECT run, problem_id, sample, scorer, total, tokens, high,
                CAST(total - high AS FLOAT) AS middle
            FROM (
                SELECT run, problem_id, sample, scorer, len(token_entropies) AS tokens,
                    coalesce(list_sum(CAST(token_entropies AS DOUBLE[])), 0) AS total,
                    CAST(total AS FLOAT) AS high
                FROM source.entropies
            )
        )
    """,
}
