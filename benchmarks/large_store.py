"""Large stores with made-up texts, straight in the form of store/schema.sql."""

import string
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import polars as pl

from store.build import SCHEMA, SCHEMA_VERSION, point_current_at
from store.counting import recount

PROBLEMS = 500
RUNS = ("base--bench--000000", "trained--bench--000001")


def vocabulary(random: np.random.Generator) -> list[str]:
    """Invented words, and a few that people look for."""
    letters = np.array(list(string.ascii_lowercase[:20]))
    words = ["".join(random.choice(letters, size)) for size in random.integers(2, 10, 3000)]
    return [*words, "mofelu", "wait", "hmm", "actually", "check"]


def sentences(random: np.random.Generator) -> list[str]:
    """What texts are put together from; a number follows each."""
    words, ends = vocabulary(random), (" = ", ". So $x = ", ".\n\nstep ", ", so $x_{1} = ")
    return [
        " ".join(random.choice(words, size)).capitalize() + str(random.choice(ends))
        for size in random.integers(6, 18, 4096)
    ]


FACTS = """
    INSERT INTO models (model, role, parent) VALUES
        ('base', 'base', NULL), ('trained', 'rl', 'base');
    INSERT INTO benchmarks (benchmark, problems) VALUES ('bench', 500);
    INSERT INTO runs (run, model, benchmark, verifier, source) VALUES
        ('base--bench--000000', 'base', 'bench', 'math', 'made up'),
        ('trained--bench--000001', 'trained', 'bench', 'math', 'made up');
    INSERT INTO problems (benchmark, problem_id, position, question, reference, subject, level)
    SELECT 'bench', format('p{:04d}', i), i, sentences[1 + i] || i || '?', '7',
        'subject ' || i % 7, CAST(1 + i % 5 AS VARCHAR)
    FROM range($problems) AS numbers(i), phrases;
    INSERT INTO prompts (run, problem_id, prompt)
    SELECT run, problem_id, 'Solve: ' || question
    FROM problems, runs;
"""
SAMPLES = """
    INSERT INTO samples (run, problem_id, sample, completion, finish_reason, n_tokens, sum_logprob,
        token_ids, token_logprobs, token_ends)
    SELECT $run, format('p{:04d}', i // $n), i % $n,
        array_to_string(
            list_transform(range($least + CAST(hash(i, $run) % $more AS BIGINT)), lambda k:
                sentences[1 + CAST(hash(i, k, $run) % 4096 AS INTEGER)]
                || CAST(hash(k, i) % 1000 AS VARCHAR)), ' '),
        CASE WHEN hash(i) % 20 = 0 THEN 'length' ELSE 'stop' END,
        $tokens, -0.4 * $tokens - CAST(hash(i) % 50 AS DOUBLE),
        list_transform(range($tokens), lambda k: CAST(hash(i, k) % 50000 AS INTEGER)),
        list_transform(range($tokens), lambda k: CAST((hash(k, i) % 4000) / -1000.0 AS FLOAT)),
        list_transform(range($tokens), lambda k: CAST(4 * k + 4 AS INTEGER))
    FROM range($first, $last) AS numbers(i), phrases
"""
VERDICTS = """
    INSERT INTO verdicts (run, problem_id, sample, verifier, version, outcome, answer, detail)
    SELECT run, problem_id, sample, 'math', '1',
        CASE hash(problem_id, sample, run) % 3 WHEN 0 THEN 'correct' ELSE 'incorrect' END,
        CAST(hash(sample, problem_id) % 9 AS VARCHAR), 'compared as numbers'
    FROM samples
"""
SCORES = """
    INSERT INTO scores (run, problem_id, sample, scorer, n_tokens, sum_logprob, token_logprobs)
    SELECT run, problem_id, sample, 'base', n_tokens, sum_logprob - 1, token_logprobs
    FROM samples
    WHERE run = 'trained--bench--000001'
"""


class Size(NamedTuple):
    """How large a store is: samples, sentences of a text (at least, and up to so many more)."""

    samples: int
    least: int
    more: int
    tokens: int


def made_study(folder: Path, size: Size) -> Path:
    """A study whose store has so many samples of two runs, in the order of a build."""
    path = folder / "store" / "made-up.duckdb"
    path.parent.mkdir(parents=True)
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(SCHEMA)
        table = pl.DataFrame({"sentence": sentences(np.random.default_rng(0))})
        connection.register("written", table)
        connection.execute(
            "CREATE TEMP TABLE phrases AS SELECT list(sentence) AS sentences FROM written"
        )
        for statement in filter(str.strip, FACTS.split(";")):
            named = {"problems": PROBLEMS} if "$problems" in statement else {}
            connection.execute(statement, named)
        write_samples(connection, size)
        connection.execute(VERDICTS)
        connection.execute(SCORES)
        recount(connection, RUNS)
        facts = {"content_hash": "made up", "schema_version": SCHEMA_VERSION}
        connection.executemany("INSERT INTO store_info VALUES (?, ?)", list(facts.items()))
    point_current_at(path)
    return folder


def write_samples(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """The samples of both runs, some problems at a time, so that memory holds them."""
    n = size.samples // (len(RUNS) * PROBLEMS)
    for run in RUNS:
        for first in range(0, PROBLEMS, 50):
            connection.execute(
                SAMPLES,
                {
                    "run": run, "n": n, "first": first * n, "last": (first + 50) * n,
                    "least": size.least, "more": size.more, "tokens": size.tokens,
                },
            )  # fmt: skip
