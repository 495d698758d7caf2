"""Samples in the format of Every Eval Ever, which other tools read and a public collection takes.

    write_logs(current(study), Path("exported"), Reporter("our group", "third_party"))

Of each run come two files, in the folders that the format prescribes: an aggregate, which is
pass@1, and one line per sample. What it has no field for is in the lines' `metadata`, as text.
"""

import contextlib
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from duckdb import DuckDBPyConnection

from store.exporters.aggregates import Aggregate, Reporter, aggregate_of, log_of
from store.exporters.instances import instance, samples_of
from store.exporters.whole import new_file, sha256
from store.location import connect

MOST_IN_MEMORY = 64  # samples: a response may have a megabyte of log-probabilities


class Exported(NamedTuple):
    """What came of it."""

    folder: Path
    runs: int
    samples: int
    known: int  # runs whose files are there already
    left_out: tuple[str, ...]  # sentences

    def __str__(self) -> str:
        """In sentences."""
        known = f" ({self.known} there already)" if self.known else ""
        said = f"{self.samples} samples of {self.runs} runs{known} are in {self.folder}/data."
        return "\n".join([said, *self.left_out])


def write_logs(
    store: Path,
    folder: Path,
    reporter: Reporter,
    runs: Sequence[str] | None = None,
    verifier: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write these runs, by default all, as `verifier` judges them, by default the run's own.

    A run whose files are there already is not written again: their names tell what is in them.
    """
    found = []
    left_out = []
    with contextlib.closing(connect(store)) as connection:
        connection.execute("SET memory_limit = '1GB'")
        for run in stored_runs(connection.cursor()) if runs is None else runs:
            one = aggregate_of(connection.cursor(), run, verifier, reporter.developer)
            left_out += unsaid(one)
            if one.problems:
                progress(f"writing {run}")
                found.append(write_run(connection.cursor(), folder, one, reporter))
    samples = sum(rows for rows, _ in found)
    known = sum(not new for _, new in found)
    return Exported(folder, len(found), samples, known, tuple(left_out))


def unsaid(one: Aggregate) -> list[str]:
    """What of a run cannot be said in this format."""
    if not one.problems:
        return [f"{one.run} has no verdicts of {one.verifier or 'any verifier'}: left out."]
    if not one.stored:
        return [f"{one.run} has counts only: no lines, but an aggregate."]
    if missing := one.stored - one.samples:
        return [f"{one.run}: {missing} samples without a verdict of {one.verifier}: left out."]
    return []


def write_run(
    cursor: DuckDBPyConnection, folder: Path, one: Aggregate, reporter: Reporter
) -> tuple[int, bool]:
    """The two files of a run; returns its lines, and whether they are new."""
    place = Path("data", *one.folders)
    number = uuid.UUID(bytes=hashlib.sha256(one.evaluation_id.encode()).digest()[:16], version=4)
    log, lines = place / f"{number}.json", place / f"{number}_samples.jsonl"
    there = one.samples if one.stored else 0
    if (folder / log).exists():
        return there, False
    if there:
        with new_file(folder / lines) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.writelines(lines_of(cursor, one))
    checksum = sha256(folder / lines) if there else ""
    detailed = {
        "format": "jsonl", "file_path": lines.as_posix(), "hash_algorithm": "sha256",
        "checksum": checksum, "total_rows": there,
    }  # fmt: skip
    content = {
        **log_of(one, reporter),
        **({"detailed_evaluation_results": detailed} if there else {}),
    }
    with new_file(folder / log) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return there, True


def lines_of(cursor: DuckDBPyConnection, one: Aggregate) -> Iterator[str]:
    """The lines of a run, problem by problem in the benchmark's order."""
    for problem in problems_of(cursor, one.run):
        found = samples_of(cursor, one.run, problem, one.verifier or "")
        while rows := found.fetchmany(MOST_IN_MEMORY):
            for row in rows:
                line = instance(one, problem, row)
                yield json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"


def stored_runs(cursor: DuckDBPyConnection) -> list[str]:
    """All runs."""
    return [run for (run,) in cursor.execute("SELECT run FROM runs ORDER BY run").fetchall()]


def problems_of(cursor: DuckDBPyConnection, run: str) -> list[str]:
    """The problems of a run's samples."""
    statement = """
        SELECT DISTINCT samples.problem_id, problems.position
        FROM samples
        JOIN runs USING (run)
        JOIN problems USING (benchmark, problem_id)
        WHERE run = ?
        ORDER BY problems.position, samples.problem_id
    """
    return [problem for problem, _ in cursor.execute(statement, [run]).fetchall()]
