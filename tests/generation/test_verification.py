"""Verification over stored samples: workers that die, and a reader who presses Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from generation.verification import verify_study
from generation.verifiers.pool import Pool, Question
from store.runs import Model, Run, write_run
from store.shards import COLUMNS, fault, read_shards, shard_paths, write_shard

ROOT = Path(__file__).parents[2]
PROBLEMS, N = 20, 100
VERIFY = (
    "import sys; from pathlib import Path; from generation.verification import verify_study; "
    "print('begun', flush=True); verify_study(Path(sys.argv[1]), 'math')"
)


@pytest.fixture
def study_folder(tmp_path: Path) -> Path:
    """A run of which every sample has another answer, in two shards."""
    run = Run(Model("m", "base"), "sums", "plain", 1.0, 1.0, 8)
    folder = write_run(tmp_path / "shards", run)
    keys = [(f"p{problem}", sample) for problem in range(PROBLEMS) for sample in range(N)]
    problems = [{"problem_id": f"p{i}", "position": i, "reference": f"{i}"} for i in range(20)]
    write_shard(folder, "problems", pl.DataFrame(problems, schema=COLUMNS["problems"]))
    for half in (keys[::2], keys[1::2]):
        rows = [
            {"problem_id": p, "sample": s, "completion": f"\\boxed{{\\sqrt{{{s}^2}}}}"}
            for p, s in half
        ]
        write_shard(folder, "samples", pl.DataFrame(rows, schema=COLUMNS["samples"]))
    return tmp_path


def verdicts(study_folder: Path) -> pl.DataFrame:
    (folder,) = (path.parent for path in study_folder.glob("shards/*/run.json"))
    assert all(fault(path) is None for path in shard_paths(folder, "verdicts"))
    return read_shards(folder, "verdicts")


def test_ctrl_c_keeps_verdicts_and_the_rest_follows_later(study_folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", VERIFY, str(study_folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    kept = verdicts(study_folder).height
    assert verify_study(study_folder, "math") == PROBLEMS * N - kept
    judged = verdicts(study_folder)
    assert judged.n_unique(["problem_id", "sample"]) == judged.height == PROBLEMS * N
    right = judged.filter(pl.col("outcome") == "correct").select("problem_id", "sample").rows()
    assert sorted(right) == sorted((f"p{i}", i) for i in range(PROBLEMS))


def test_samples_whose_problems_are_damaged_are_not_judged(study_folder: Path) -> None:
    (broken,) = study_folder.glob("shards/*/problems-*")
    broken.write_bytes(b"")
    with pytest.raises(ValueError, match='Problem "p0" of run m--sums'):
        verify_study(study_folder, "math")


def test_a_sample_of_which_only_the_tokens_are_known_is_not_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # It was judged as an empty text, which is wrong.
    folder = write_run(tmp_path / "shards", Run(Model("m", "base"), "sums"))
    problem = [{"problem_id": "p", "position": 0, "reference": "7"}]
    write_shard(folder, "problems", pl.DataFrame(problem, schema=COLUMNS["problems"]))
    texts = ["7", None, ""]
    rows = [{"problem_id": "p", "sample": i, "completion": text} for i, text in enumerate(texts)]
    write_shard(folder, "samples", pl.DataFrame(rows, schema=COLUMNS["samples"]))
    verify_study(tmp_path, "exact")
    judged = verdicts(tmp_path).sort("sample").select("sample", "outcome").rows()
    assert judged == [(0, "correct"), (2, "no_answer")]
    assert "samples without a text, not judged: 1." in capsys.readouterr().err


def test_a_folder_without_runs_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There are no runs in"):
        verify_study(tmp_path, "math")


def test_a_worker_that_dies_is_replaced_and_its_sample_is_an_error() -> None:
    asked = [Question("\\boxed{27}", "27", json.dumps({}))] * 8
    with Pool("math", workers=1, seconds=20) as pool:
        found = []
        for judged in pool.judge(asked):
            found.append(judged)
            if len(found) == 3:
                (worker,) = pool._workers()
                os.kill(worker._process.pid, signal.SIGKILL)
    outcomes = [verdict.outcome for _, verdict in sorted(found)]
    assert len(outcomes) == 8
    assert outcomes.count("error") <= 1
    assert set(outcomes) <= {"correct", "error"}
