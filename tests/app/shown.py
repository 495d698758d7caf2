"""A study small enough to count by hand, published, and what `passband show` answers of it."""

import json
from contextlib import contextmanager

import polars as pl

from app.show import answer, render
from store.build import publish
from store.location import connect, current
from store.runs import Model, Run, write_run
from store.shards import COLUMNS, write_shard

# C correct, W incorrect, N no answer, E error; lower case is truncated.
BASE = {"p0": "WWCW", "p1": "WWWC", "p2": "WNnE", "p3": "CWWW"}
RL = {"p0": "CCCC", "p1": "WWWW", "p2": "WWWW", "p3": "CWCc"}
LETTERS = {"C": "correct", "W": "incorrect", "N": "no_answer", "E": "error"}


def shard(folder, kind, rows, label=None):
    filled = [{**dict.fromkeys(COLUMNS[kind]), **row} for row in rows]
    write_shard(folder, kind, pl.DataFrame(filled, schema=COLUMNS[kind]), label)


def sampled_run(shards, model, letters):
    """A run whose sample i of every problem has i + 1 tokens of log-probability −0.1 each."""
    folder = write_run(shards, Run(model, "math", temperature=0.6))
    shard(folder, "problems", [{"problem_id": p, "position": i} for i, p in enumerate(letters)])
    each = [(p, i, letter) for p, line in letters.items() for i, letter in enumerate(line)]
    samples = [
        {
            "problem_id": p, "sample": i, "completion": letter, "n_tokens": i + 1,
            "sum_logprob": -0.1 * (i + 1),
            "finish_reason": "length" if letter.islower() else "stop",
        }
        for p, i, letter in each
    ]  # fmt: skip
    shard(folder, "samples", samples)
    verdicts = [
        {
            "problem_id": p, "sample": i, "verifier": "exact", "version": "1",
            "outcome": LETTERS[letter.upper()],
        }
        for p, i, letter in each
    ]  # fmt: skip
    shard(folder, "verdicts", verdicts, "exact")
    return folder


@contextmanager
def small_study(study):
    """Write and publish it; a cursor of the store."""
    shards = study / "shards"
    base = sampled_run(shards, Model("small", "base"), BASE)
    sampled_run(shards, Model("small-rl", "rl", "small"), RL)
    scores = [
        {"problem_id": "p0", "sample": i, "scorer": "judge", "n_tokens": 2, "sum_logprob": -i}
        for i in range(4)
    ]
    shard(base, "scores", scores, "judge")
    counted = write_run(shards, Run(Model("published", "reference"), "math"))
    rows = [{"problem_id": p, "verifier": "counts", "n": 8, "c": 2} for p in [*BASE, "p4"]]
    shard(counted, "counts", rows)
    write_run(shards, Run(Model("small", "base"), "code"))
    publish(study)
    with connect(current(study)) as connection:
        yield connection.cursor()


def rows(cursor, question, **options):
    return json.loads(render(answer(question, cursor, **options), "json"))
