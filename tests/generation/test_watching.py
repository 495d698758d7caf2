"""Partial results while a job is at work: judged and published by a child that harms nobody."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from generation import watching
from generation.log import job_log
from generation.watching import publishing
from store.interim import LIST, publish_interim, remove_replaced
from store.location import connect, current
from store.runs import Model, Run, write_run
from store.shards import COLUMNS, read_shards, write_shard

ROOT = Path(__file__).parents[2]
PROBLEMS = 4
JOB = """
import sys, time
from pathlib import Path
from generation.watching import publishing
folder = Path(sys.argv[1])
with publishing(folder, {path.parent: "math" for path in folder.glob("shards/*/run.json")}, 0.1):
    time.sleep(60)
"""


def write_problems(folder: Path) -> None:
    problems = [
        {"problem_id": f"p{i}", "position": i, "reference": f"{i}"} for i in range(PROBLEMS)
    ]
    write_shard(folder, "problems", pl.DataFrame(problems, schema=COLUMNS["problems"]))


def write_samples(folder: Path, first: int, count: int, completion: str = "\\boxed{1}") -> None:
    """Samples of every problem that all say 1: right for the problem p1 alone."""
    rows = [
        {
            "problem_id": f"p{problem}", "sample": sample, "completion": completion,
            "finish_reason": "stop", "n_tokens": 2, "sum_logprob": -1.0, "token_ids": [1, 2],
            "token_logprobs": [-0.5, -0.5], "token_ends": [4, 8],
        }
        for problem in range(PROBLEMS)
        for sample in range(first, first + count)
    ]  # fmt: skip
    write_shard(folder, "samples", pl.DataFrame(rows, schema=COLUMNS["samples"]))


@pytest.fixture(autouse=True)
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose first samples are drawn, and a job that does not rest between two looks."""
    monkeypatch.setattr(watching, "REST", 0)
    run = Run(Model("m", "base"), "sums", "plain", 1.0, 1.0, 8, engine="none")
    folder = write_run(tmp_path / "shards", run)
    write_problems(folder)
    write_samples(folder, 0, 2)
    return folder


def wait_until(happened: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def correct(study: Path) -> list[tuple[str, int, int]]:
    """Problem, n and c of the published store."""
    try:
        path = current(study)
    except ValueError:
        return []
    with connect(path) as connection:
        rows = connection.execute("SELECT problem_id, n, c FROM counts ORDER BY ALL").fetchall()
    return [(str(problem), int(n), int(c)) for problem, n, c in rows]


def events(study: Path) -> list[dict[str, Any]]:
    (path,) = (study / "log").glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def children(pid: int) -> list[int]:
    """Processes that watch and have this parent; other tests may have left some of their own."""
    command = ["ps", "-o", "pid=,args=", "--ppid", str(pid)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    watching = (line for line in listed.splitlines() if "generation." in line)
    return [int(line.split()[0]) for line in watching]


def published(study: Path) -> int:
    """How often the log says that something was published."""
    return len([line for line in events(study) if line["event"] == "published"])


def test_what_is_drawn_is_on_the_pages_with_verdicts_while_the_job_runs(
    tmp_path: Path, run_folder: Path
) -> None:
    with job_log(tmp_path, "generate s.toml"), publishing(tmp_path, {run_folder: "math"}, 0.2):
        wait_until(lambda: bool(correct(tmp_path)))
        first = correct(tmp_path)
        write_samples(run_folder, 2, 3)
        # The store is there a moment before the log says so.
        wait_until(lambda: correct(tmp_path) != first and published(tmp_path) >= 2)
    told = events(tmp_path)

    assert first == [("p0", 2, 0), ("p1", 2, 2), ("p2", 2, 0), ("p3", 2, 0)]
    assert correct(tmp_path) == [("p0", 5, 0), ("p1", 5, 5), ("p2", 5, 0), ("p3", 5, 0)]
    judged = [line["samples"] for line in told if line["event"] == "verified meanwhile"]
    assert judged == [8, 12]
    assert told[-1]["stored"]["verdicts"]["stored"] == 20


def test_a_short_job_starts_no_child(tmp_path: Path, run_folder: Path) -> None:
    with publishing(tmp_path, {run_folder: "math"}, 60):
        time.sleep(0.3)
        assert children(os.getpid()) == []

    assert not (tmp_path / "store").exists()


def test_nothing_is_published_where_that_is_not_wanted(tmp_path: Path, run_folder: Path) -> None:
    with publishing(tmp_path, {run_folder: "math"}, None):
        pass

    assert not (tmp_path / "store").exists()


def test_a_fault_is_told_once_and_stops_neither_the_job_nor_publishing(
    tmp_path: Path, run_folder: Path
) -> None:
    (damaged,) = run_folder.glob("problems-*")
    damaged.write_bytes(b"")
    with (
        job_log(tmp_path, "generate"),
        publishing(tmp_path, {run_folder: ["math", "llm_judge"]}, 0.1),
    ):
        wait_until(lambda: (tmp_path / "store" / "current").exists())
        published = (tmp_path / "store" / "current").lstat().st_mtime_ns
        wait_until(lambda: (tmp_path / "store" / "current").lstat().st_mtime_ns > published)
    warnings = [line for line in events(tmp_path) if line["event"] == "warning"]
    assert len(warnings) == 1, warnings
    warning = warnings[0]

    assert warning["what"] == "verifying (math)"
    assert 'Problem "p0" of run m--sums' in warning["fault"]


def test_on_leaving_the_child_ends_and_keeps_its_verdicts(tmp_path: Path, run_folder: Path) -> None:
    write_samples(run_folder, 2, 20_000)
    with publishing(tmp_path, {run_folder: "math"}, 0.1):
        wait_until(lambda: bool(children(os.getpid())))
        (child,) = children(os.getpid())
        wait_until(lambda: bool(children(child)))
        time.sleep(1)
        begun = time.monotonic()
    verdicts = read_shards(run_folder, "verdicts")

    assert time.monotonic() - begun < watching.SECONDS_TO_END
    assert not Path(f"/proc/{child}").exists()
    assert verdicts.n_unique(["problem_id", "sample"]) == verdicts.height
    assert verdicts.height < PROBLEMS * 20_002


def test_the_child_ends_when_the_job_is_killed(tmp_path: Path, run_folder: Path) -> None:
    write_samples(run_folder, 2, 2000)
    with subprocess.Popen([sys.executable, "-c", JOB, str(tmp_path)], cwd=ROOT) as job:
        wait_until(lambda: bool(children(job.pid)))
        (child,) = children(job.pid)
        wait_until(lambda: bool(children(child)))
        job.send_signal(signal.SIGKILL)

    wait_until(lambda: not Path(f"/proc/{child}").exists(), 20)


def test_a_child_that_cannot_start_does_not_stop_the_job(
    tmp_path: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-such-python"))
    with job_log(tmp_path, "generate"), publishing(tmp_path, {run_folder: "math"}, 0.05):
        wait_until(lambda: len(events(tmp_path)) > 1)
        time.sleep(0.3)

    assert [line["event"] for line in events(tmp_path)] == ["started", "warning", "finished"]


def test_replaced_interim_builds_are_removed_and_others_are_kept(
    tmp_path: Path, run_folder: Path
) -> None:
    from store.build import publish

    store = tmp_path / "store"
    chosen = publish(tmp_path).path
    made = []
    for number in range(2, 6):
        write_samples(run_folder, number, 1)
        made.append(publish_interim(tmp_path).path)
        assert publish_interim(tmp_path).path == made[-1]

    assert set(store.glob("*.duckdb")) == {chosen, *made[-2:]}
    assert (store / LIST).read_text().split() == [path.name for path in made[-2:]]
    write_samples(run_folder, 9, 1)
    final = publish(tmp_path).path
    remove_replaced(tmp_path, kept=0)
    assert set(store.glob("*.duckdb")) == {chosen, final}


def test_a_list_of_builds_that_was_tampered_with_removes_nothing_else(tmp_path: Path) -> None:
    outside = tmp_path / "precious.duckdb"
    outside.touch()
    publish_interim(tmp_path)
    (tmp_path / "store" / LIST).write_text("../precious.duckdb\n" * 5)
    remove_replaced(tmp_path, kept=0)

    assert outside.exists()
