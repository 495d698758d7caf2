"""Which files are shards, and what is said of those that are not."""

import hashlib
import os
import random
from pathlib import Path

import polars as pl
import pytest

from store.runs import Model, Run, read_run, write_run
from store.shards import fault, read_shards


def under_its_checksum(folder: Path, kind: str, content: bytes) -> Path:
    path = folder / f"{kind}-{hashlib.sha256(content).hexdigest()[:32]}.parquet"
    path.write_bytes(content)
    return path


def test_a_written_shard_has_no_fault_and_reads_back(study):
    folder = study.run()
    path = study.samples(folder)
    assert fault(path) is None
    assert read_shards(folder, "samples", columns=["sample"]).height == 12


def test_the_same_rows_written_twice_are_one_file(study):
    folder = study.run()
    assert study.samples(folder) == study.samples(folder)


def test_a_link_to_nothing_a_folder_and_a_pipe_are_named_and_not_waited_for(study):
    folder = study.run()
    name = f"samples-{'0' * 32}.parquet"
    (folder / name).mkdir()
    (folder / f"verdicts-{'0' * 32}.parquet").symlink_to("nowhere")
    os.mkfifo(folder / f"scores-{'0' * 32}.parquet")
    for path in folder.glob("*.parquet"):
        assert "not a file" in fault(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 9, bytes(range(256)) * 40])
def test_bytes_that_are_no_parquet_are_named_even_under_their_own_checksum(study, content):
    assert "unreadable" in fault(under_its_checksum(study.run(), "samples", content))


def test_fault_never_raises_on_damaged_parquet_under_its_own_checksum(study):
    folder = study.run()
    sound = study.samples(folder).read_bytes()
    draw = random.Random(0)
    for _ in range(60):
        damaged = bytearray(sound)
        for _ in range(draw.choice([1, 5])):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        path = under_its_checksum(folder, "samples", bytes(damaged))
        assert isinstance(fault(path), str | None)
        path.unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.drop("sample"), "column sample is missing"),
        (lambda rows: rows.with_columns(sample=pl.lit("x")), "column sample is String"),
        (
            lambda rows: rows.with_columns(sample=pl.lit(None, pl.Int32)),
            "sample must not be empty",
        ),
    ],
)
def test_columns_that_are_not_those_of_the_kind_are_named(study, change, said):
    folder = study.run()
    other = folder.parent / "other.parquet"
    change(pl.read_parquet(study.samples(folder), glob=False)).write_parquet(other)
    assert said in fault(under_its_checksum(folder, "samples", other.read_bytes()))


def test_only_the_columns_that_came_later_may_be_missing_and_are_then_null(study):
    folder = study.run()
    row = {"problem_id": "p0", "sample": 0, "scorer": "m", "n_tokens": 2, "sum_logprob": -1.0}
    rows = pl.read_parquet(study.shard(folder, "scores", [row]), glob=False)
    other = folder.parent / "other.parquet"
    rows.drop("token_ids", "token_ends").write_parquet(other)
    earlier = under_its_checksum(study.run("earlier"), "scores", other.read_bytes())
    assert fault(earlier) is None
    assert read_shards(earlier.parent, "scores").equals(rows)
    assert read_shards(earlier.parent, "scores", columns=["token_ends"]).rows() == [(None,)]
    rows.drop("token_logprobs").write_parquet(other)
    assert "column token_logprobs is missing" in fault(
        under_its_checksum(folder, "scores", other.read_bytes())
    )


def test_samples_of_an_earlier_version_have_no_ranks(study):
    folder = study.run()
    path = study.samples(folder)
    rows = pl.read_parquet(path, glob=False)
    other = folder.parent / "other.parquet"
    rows.drop("token_ranks").write_parquet(other)
    earlier = under_its_checksum(study.run("earlier"), "samples", other.read_bytes())
    assert fault(earlier) is None
    assert rows["token_ranks"].to_list() == [[1, 3]] * 12
    found = read_shards(earlier.parent, "samples")
    assert found["token_ranks"].to_list() == [None] * 12
    assert found.drop("token_ranks").equals(rows.drop("token_ranks"))


def test_an_unreadable_file_is_named(study):
    path = study.samples(study.run())
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "unreadable: Permission denied" in fault(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"model": {"name": "m", "role": "boss"}, "benchmark": "b"}',
        '{"model": {"name": "m", "role": "rl"}, "benchmark": 3}',
        '{"model": {"name": "m", "role": "rl"}, "benchmark": "b", "temperature": "hot"}',
        '{"model": {"name": "m", "role": "rl"}, "benchmark": "b", "unknown": 1}',
        "[" * 100_000,
    ],
)
def test_a_run_json_that_is_not_ours_is_refused_by_name(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(ValueError, match=r"run\.json does not describe a run"):
        read_run(tmp_path)


def test_a_run_reads_back_and_a_whole_temperature_is_the_same_run(tmp_path):
    run = Run(Model("m", "rl", step=3), "b", temperature=1.0, versions={"vllm": "0.32.0"})
    assert read_run(write_run(tmp_path, run)) == run
    assert Run(Model("m", "rl"), "b", temperature=1).run_id == run.run_id
