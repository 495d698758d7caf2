"""A small study in a temporary folder, written with the same functions as the job writes with."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from store.build import publish
from store.location import connect
from store.runs import Model, Run, write_run
from store.shards import COLUMNS, write_shard

OUTCOMES = ("correct", "incorrect", "no_answer", "error")
Row = dict[str, object]
Open = Callable[[], duckdb.DuckDBPyConnection]


class Study:
    """Writes runs and shards; keeps every verdict as (run, problem, sample, outcome, truncated)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, model: str = "base", role: str = "base", **facts: object) -> Path:
        facts = {"benchmark": "math", "temperature": 0.6, **facts}
        parent = "base" if role == "rl" else None
        return write_run(self.path / "shards", Run(Model(model, role, parent), **facts))

    def shard(self, folder: Path, kind: str, rows: Iterable[Row], label: str | None = None) -> Path:
        filled = [{**dict.fromkeys(COLUMNS[kind]), **row} for row in rows]
        return write_shard(folder, kind, pl.DataFrame(filled, schema=COLUMNS[kind]), label)

    def problems(self, folder: Path, count: int = 3, **changes: object) -> Path:
        rows = (
            {
                "problem_id": f"p{i}",
                "position": i,
                "question": f"What is {i}?",
                "reference": str(i),
                "metadata": '{"source": "here"}',
                "prompt": f"{folder.name}: what is {i}?",
                **changes,
            }
            for i in range(count)
        )
        return self.shard(folder, "problems", rows)

    def samples(self, folder: Path, problems: int = 3, first: int = 0, count: int = 4) -> Path:
        rows = (
            {
                "problem_id": f"p{problem}",
                "sample": sample,
                "completion": f"Answer {problem} {sample}",
                "finish_reason": "length" if sample % 4 == 3 else "stop",
                "n_tokens": 2,
                "sum_logprob": -0.75,
                "token_ids": [7, sample],
                "token_logprobs": [-0.5, -0.25],
                "token_ranks": [1, 3],
                "token_ends": [3, 6],
            }
            for problem in range(problems)
            for sample in range(first, first + count)
        )
        return self.shard(folder, "samples", rows)

    def verdicts(
        self,
        folder: Path,
        problems: int = 3,
        first: int = 0,
        count: int = 4,
        verifier: str = "boxed",
        version: str = "1",
        shift: int = 0,
    ) -> Path:
        rows = (
            {
                "problem_id": f"p{problem}",
                "sample": sample,
                "verifier": verifier,
                "version": version,
                "outcome": OUTCOMES[(problem * problem + sample // 2 + shift) % 4],
            }
            for problem in range(problems)
            for sample in range(first, first + count)
        )
        return self.shard(folder, "verdicts", rows, verifier)

    def complete_run(self, model: str = "base", role: str = "base", **facts: object) -> Path:
        folder = self.run(model, role, **facts)
        self.problems(folder)
        self.samples(folder)
        self.verdicts(folder)
        return folder


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path / "my study [1]")  # a name that would be a pattern if it were globbed


@pytest.fixture
def connected(study: Study) -> Iterator[Open]:
    """A function that publishes the study and connects to its store, until the test ends."""
    connections = []

    def publish_and_connect() -> duckdb.DuckDBPyConnection:
        connections.append(connect(publish(study.path).path))
        return connections[-1]

    yield publish_and_connect
    for connection in connections:
        connection.close()


@pytest.fixture
def opened(connected: Open) -> Open:
    """A function that publishes the study and gives a cursor on its store."""
    return lambda: connected().cursor()
