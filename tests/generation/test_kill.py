"""A job that is killed at any moment and started again ends with exactly the samples asked for."""

import json
from pathlib import Path

import polars as pl

from generation.job import generate
from store.shards import fault, read_shards
from tests.generation.own_process import succeeded
from tests.generation.small_study import PROBLEMS

KILLS = 24
KEY = ["problem_id", "sample"]
EXPECTED = [(f"p{problem}", sample) for problem in range(PROBLEMS) for sample in range(8)]


def test_a_job_killed_at_random_moments_ends_with_exactly_its_samples(
    checkpoint: Path, other_checkpoint: Path, tmp_path: Path
) -> None:
    arguments = [str(KILLS), str(checkpoint), str(other_checkpoint), str(tmp_path)]
    ended = succeeded("-m", "tests.generation.killable", *arguments)
    found = json.loads(ended.stdout)
    assert len(found["stages"]) >= KILLS
    # The kills must have struck while sampling and later, or they prove nothing.
    assert "samples" in found["stages"]
    assert {"verdicts", "scores"} & set(found["stages"])
    for folder in map(Path, found["folders"]):
        check_complete(folder)
    check_same_samples([Path(folder) for folder in found["folders"]])


def check_complete(folder: Path) -> None:
    # Nothing is left to do, and a job with nothing to do loads no engine.
    summary = generate(folder / "study.toml")
    assert [row[2:5] for row in summary.rows] == [(0, 0, 0)] * 2
    runs = sorted(path.parent for path in folder.glob("shards/*/run.json"))
    assert len(runs) == 2
    for run in runs:
        for kind in ("samples", "verdicts", "scores"):
            assert sorted(read_shards(run, kind, columns=KEY).rows()) == EXPECTED
        assert read_shards(run, "problems").height == PROBLEMS
        shards = [path for path in run.iterdir() if path.name != "run.json"]
        assert [fault(path) for path in shards] == [None] * len(shards)


def check_same_samples(folders: list[Path]) -> None:
    """However often a job was killed, with these batches the same samples come out."""
    runs = sorted(path.parent.name for path in folders[0].glob("shards/*/run.json"))
    for run in runs:
        texts = [
            read_shards(folder / "shards" / run, "samples")
            .sort(KEY)
            .select(*KEY, "completion", pl.col("sum_logprob").round(3))
            .rows()
            for folder in folders
        ]
        assert all(text == texts[0] for text in texts)
