"""The job as a whole, with two tiny models sampled for real."""

import fcntl
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from generation.job import generate
from generation.scoring import score_study
from generation.shard_writer import stored_logprobs
from generation.verification import verify_study
from store.runs import read_run
from store.shards import fault, read_shards, shard_paths, write_shard
from tests.generation.small_study import PROBLEMS
from tests.generation.tiny_model import save_tiny_model

Write = Callable[..., Path]
KEY = ["problem_id", "sample"]


def run_folders(study: Path) -> dict[str, Path]:
    found = (path.parent for path in sorted(study.parent.glob("shards/*/run.json")))
    return {read_run(folder).model.name: folder for folder in found}


def test_a_job_makes_samples_verdicts_and_scores_and_then_has_nothing_to_do(
    small_study: Write,
) -> None:
    study = small_study()
    first = generate(study)
    assert [row[1:5] for row in first.rows] == [(PROBLEMS, 48, 48, 48)] * 2
    folders = run_folders(study)
    assert set(folders) == {"base", "rl"}
    for folder in folders.values():
        for kind in ("samples", "verdicts", "scores"):
            assert read_shards(folder, kind).height == 48
    before = sorted(path.name for path in study.parent.rglob("*.parquet"))
    assert [row[2:5] for row in generate(study).rows] == [(0, 0, 0)] * 2
    assert sorted(path.name for path in study.parent.rglob("*.parquet")) == before


def test_what_is_stored_of_a_sample_is_right(small_study: Write) -> None:
    study = small_study()
    generate(study)
    folder = run_folders(study)["base"]
    samples = read_shards(folder, "samples")
    for row in samples.iter_rows(named=True):
        assert row["n_tokens"] == len(row["token_ids"]) == len(row["token_logprobs"])
        assert row["sum_logprob"] == math.fsum(row["token_logprobs"])
        assert len(row["token_ranks"]) == row["n_tokens"]
        assert row["token_ends"][-1] == len(row["completion"])
    both = samples.join(read_shards(folder, "scores"), on=KEY, suffix="_scored")
    pairs = both.explode("token_logprobs", "token_logprobs_scored")
    difference = pl.col("token_logprobs") - pl.col("token_logprobs_scored")
    assert pairs.select(difference.abs().max()).item() < 1e-4
    ranks = both.explode("token_ranks", "token_ranks_scored")
    same = ranks.select(pl.col("token_ranks") == pl.col("token_ranks_scored")).to_series()
    # Rounding swaps neighbours that are almost as likely.
    assert same.mean() > 0.99
    problems = read_shards(folder, "problems")
    assert problems["prompt"].to_list() == problems["question"].to_list()
    assert json.loads(problems["metadata"][3])["numbers"] == [1, 2, 3, 3]


def test_a_run_says_what_made_it(small_study: Write) -> None:
    study = small_study()
    generate(study)
    run = read_run(run_folders(study)["rl"])
    assert run.model.parent == "base"
    assert (run.engine, run.seed, run.prompt_template) == ("transformers", 1, "plain")
    assert set(run.versions) == {"transformers", "torch"}
    assert run.weights
    assert run.weights != read_run(run_folders(study)["base"]).weights


def test_a_larger_n_extends_the_run_and_a_smaller_one_keeps_it(small_study: Write) -> None:
    generate(small_study(n="4"))
    study = small_study(n="70")
    before = read_shards(run_folders(study)["base"], "samples").filter(pl.col("sample") < 4)
    assert [row.samples for row in generate(study).rows] == [66 * PROBLEMS] * 2
    after = read_shards(run_folders(study)["base"], "samples").sort(KEY)
    expected = [(f"p{problem}", sample) for problem in range(PROBLEMS) for sample in range(70)]
    assert after.select(KEY).rows() == expected
    assert after.filter(pl.col("sample") < 4).equals(before.sort(KEY))
    fewer = generate(small_study(n="8"))
    assert [row.samples for row in fewer.rows] == [0, 0]
    assert len(fewer.notes) == 2
    assert f"holds {62 * PROBLEMS} samples beyond n = 8" in fewer.notes[0]


def test_more_problems_and_a_new_seed_extend_the_run(small_study: Write) -> None:
    generate(small_study(problems="2"))
    summary = generate(small_study(problems="3", seed="2"))
    assert [row.samples for row in summary.rows] == [8, 8]
    assert "begun with seed 1" in summary.notes[0]
    folder = run_folders(small_study())["base"]
    assert sorted(read_shards(folder, "problems")["problem_id"]) == ["p0", "p1", "p2"]


def test_a_dry_run_says_what_is_missing_and_writes_nothing(small_study: Write) -> None:
    study = small_study()
    summary = generate(study, dry_run=True)
    assert [row[2:5] for row in summary.rows] == [(48, 48, 48)] * 2
    assert not (study.parent / "shards").exists()


def test_a_dry_run_says_beforehand_exactly_what_is_then_made(small_study: Write) -> None:
    def made(study: Path) -> list[tuple[int, ...]]:
        folders = sorted(study.parent.glob("shards/*"))
        kinds = ("samples", "verdicts", "scores")
        return [tuple(read_shards(f, kind).height for kind in kinds) for f in folders]

    def check(study: Path) -> None:
        said = {row.run: row[2:5] for row in generate(study, dry_run=True).rows}
        before = dict(zip(sorted(said), made(study) or [(0, 0, 0)] * 9, strict=False))
        generate(study)
        for run, after in zip(sorted(said), made(study), strict=True):
            assert said[run] == tuple(b - a for a, b in zip(before[run], after, strict=True))

    check(small_study(n="4"))
    # As after a kill: a shard of samples with its verdicts and scores is gone.
    (lost,) = shard_paths(run_folders(small_study(n="4"))["rl"], "samples")
    lost.unlink()
    said = generate(small_study(n="4"), dry_run=True).rows
    assert sorted(row.samples for row in said) == [0, 4 * PROBLEMS]
    generate(small_study(n="4"))
    check(small_study(n="70"))


def test_a_benchmark_and_a_verifier_that_are_added_cost_only_themselves(small_study: Write) -> None:
    study = small_study(n="4")
    generate(study)
    text = study.read_text().replace('verifier = "countdown"', 'verifier = ["countdown", "exact"]')
    added = """
    [[benchmarks]]
    name = "sums"
    path = "sums.jsonl"
    prompt = "plain"
    verifier = "exact"
    models = ["rl"]
    """
    study.write_text(text + added)
    (study.parent / "sums.jsonl").write_text('{"question": "1 + 1", "reference": "2"}\n')
    rows = {row.run.split("--")[:2][0] + row.run.split("--")[1]: row[2:5]
            for row in generate(study, dry_run=True).rows}  # fmt: skip
    assert rows == {
        "basecountdown": (0, 4 * PROBLEMS, 0),
        "rlcountdown": (0, 4 * PROBLEMS, 0),
        "rlsums": (4, 4, 4),
    }
    generate(study)
    assert [row[2:5] for row in generate(study).rows] == [(0, 0, 0)] * 3


def test_an_estimate_goes_by_max_tokens_first_and_by_what_was_drawn_later(
    small_study: Write,
) -> None:
    study = small_study(n="4")
    first = generate(study, dry_run=True, rate=36.0).rows[0].estimate
    assert first == (4 * PROBLEMS * 12, False, 4 * PROBLEMS * 12 / 36 / 3600)
    generate(study)
    later = generate(small_study(n="8"), dry_run=True).rows[0].estimate
    lengths = read_shards(run_folders(study)["base"], "samples")["n_tokens"]
    assert later.measured
    assert later.tokens == pytest.approx(int(lengths.sum()))
    assert later.hours is not None
    assert 0 < later.hours < 1


def test_the_study_folder_may_be_elsewhere(small_study: Write, tmp_path: Path) -> None:
    generate(small_study(problems="1"), folder=tmp_path / "elsewhere")
    assert len(list((tmp_path / "elsewhere" / "shards").glob("*/run.json"))) == 2
    assert not (tmp_path / "shards").exists()


def test_a_corrupted_shard_is_made_again_and_unfinished_files_are_removed(
    small_study: Write,
) -> None:
    study = small_study()
    generate(study)
    folder = run_folders(study)["rl"]
    (broken,) = shard_paths(folder, "samples")
    broken.write_bytes(broken.read_bytes()[:-100])
    (folder / ".0123.tmp").write_bytes(b"half a shard")
    summary = generate(study)
    assert [row.samples for row in summary.rows] == [0, 48]
    sound = [path for path in shard_paths(folder, "samples") if fault(path) is None]
    assert pl.concat(pl.read_parquet(path) for path in sound).n_unique(KEY) == 48
    (problems,) = shard_paths(folder, "problems")
    problems.write_bytes(b"")
    generate(study)
    assert read_shards(folder, "problems").height == PROBLEMS
    assert not list(folder.glob(".*.tmp"))


def test_what_was_said_of_a_lost_sample_is_not_taken_for_the_new_one(small_study: Write) -> None:
    study = small_study(problems="2")
    generate(study)
    folder = run_folders(study)["rl"]
    (samples,) = shard_paths(folder, "samples")
    kept = pl.read_parquet(samples).filter(pl.col("problem_id") == "p0")
    samples.unlink()
    write_shard(folder, "samples", kept)
    of_p0 = read_shards(folder, "scores").filter(problem_id="p0").sort(KEY)
    # Another seed, so that other samples take the place of the lost ones.
    generate(small_study(problems="2", seed="5"))
    drawn = read_shards(folder, "samples").sort(KEY)
    scores = read_shards(folder, "scores").sort(KEY)
    assert read_shards(folder, "verdicts").height == drawn.height == scores.height == 16
    assert scores["n_tokens"].to_list() == drawn["n_tokens"].to_list()
    assert scores.filter(problem_id="p0").equals(of_p0)
    assert [row[2:5] for row in generate(study).rows] == [(0, 0, 0)] * 2


def test_a_run_is_shown_with_the_first_verifier_of_its_study(small_study: Write) -> None:
    study = small_study(problems="1")
    generate(study)
    folder = run_folders(study)["rl"]
    assert read_run(folder).verifier == "countdown"
    # Another verifier, whose name comes first and which judges as many, changes nothing.
    text = study.read_text()
    study.write_text(text.replace('verifier = "countdown"', 'verifier = ["exact", "countdown"]'))
    generate(study)
    assert read_run(folder).verifier == "exact"
    verify_study(study.parent, "math")
    assert read_run(folder).verifier == "exact"


def test_a_verifier_that_finds_nothing_to_judge_by_is_refused(small_study: Write) -> None:
    study = small_study()
    text = study.read_text()
    study.write_text(text.replace('verifier = "countdown"', 'verifier = "code_evalplus"'))
    with pytest.raises(ValueError, match='"code_evalplus" cannot judge problem "p0" of countdown'):
        generate(study, dry_run=True)


def test_a_second_job_on_the_same_folder_is_refused(small_study: Write) -> None:
    study = small_study()
    with (study.parent / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for job in (
            lambda: generate(study),
            lambda: score_study(study),
        ):
            with pytest.raises(ValueError, match="Another job is at work"):
                job()
    generate(study, dry_run=True)


def test_samples_of_another_checkpoint_are_not_pooled(small_study: Write, tmp_path: Path) -> None:
    weights = save_tiny_model(tmp_path / "weights", seed=5)
    study = small_study(base=str(weights), problems="1")
    generate(study)
    # The same names and sizes, other weights: as when training writes over its checkpoint.
    save_tiny_model(weights, seed=6)
    with pytest.raises(ValueError, match="holds samples of another checkpoint") as refused:
        generate(study)
    assert "base--countdown" in str(refused.value)
    # The same weights in another place are the same checkpoint.
    save_tiny_model(weights, seed=5)
    moved = Path(shutil.move(weights, tmp_path / "moved"))
    assert [row.samples for row in generate(small_study(base=str(moved), problems="1")).rows] == [
        0,
        0,
    ]


def test_another_dtype_or_engine_is_not_pooled(small_study: Write) -> None:
    generate(small_study(problems="1"))
    with pytest.raises(ValueError, match=r"another dtype \(float32, now bfloat16\)"):
        generate(small_study(problems="1", dtype="bfloat16"))
    with pytest.raises(ValueError, match=r"another engine \(transformers, now vllm\)"):
        generate(small_study(problems="1"), engine="vllm")


def test_a_changed_problem_is_refused(small_study: Write) -> None:
    study = small_study()
    generate(study)
    path = study.parent / "countdown.jsonl"
    path.write_text(path.read_text().replace('"Use 1, 2, 3 and 4', '"Use 1, 2, 4 and 4'))
    with pytest.raises(ValueError, match=r'Problem "p4" of .* is not the one'):
        generate(study)


def test_a_prompt_that_is_too_long_is_named_before_any_sampling(small_study: Write) -> None:
    study = small_study(max_tokens="230")
    with pytest.raises(ValueError, match=r'Problem "p\d" of countdown is too long for "base"'):
        generate(study)
    assert not list(study.parent.rglob("samples-*"))


def test_an_unknown_engine_given_on_the_command_line_is_named(small_study: Write) -> None:
    with pytest.raises(ValueError, match='engine = "vlm" in the command'):
        generate(small_study(), engine="vlm")


def test_a_checkpoint_that_cannot_be_loaded_is_named(small_study: Write, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.json").write_text("{}")
    with pytest.raises(ValueError, match=r'Model "base" cannot be loaded from .*empty'):
        generate(small_study(base=str(tmp_path / "empty")))


def test_a_damaged_checkpoint_is_named(
    small_study: Write, tmp_path: Path, checkpoint: Path
) -> None:
    damaged = Path(shutil.copytree(checkpoint, tmp_path / "damaged"))
    weights = damaged / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(ValueError, match="its weights are damaged"):
        generate(small_study(base=str(damaged)))


def test_the_training_log_is_copied_into_the_study_folder(
    small_study: Write, tmp_path: Path
) -> None:
    (tmp_path / "log of rl.csv").write_text("step,reward\n1,0.5\n")
    # `more` comes after the second model's keys.
    generate(small_study(more='training_log = "log of rl.csv"', problems="1"))
    copied = tmp_path / "training_log" / "rl.csv"
    assert copied.read_text() == "step,reward\n1,0.5\n"


def test_verdicts_are_given_once_for_each_version(
    small_study: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = small_study(problems="2")
    generate(study)
    assert verify_study(study.parent, "countdown") == 0
    monkeypatch.setattr("generation.verifiers.countdown.VERSION", "next")
    assert verify_study(study.parent, "countdown", [run_folders(study)["rl"].name]) == 16
    versions = read_shards(run_folders(study)["rl"], "verdicts")["version"]
    assert versions.value_counts()["count"].to_list() == [16, 16]
    with pytest.raises(ValueError, match='verifier = "count" in the command'):
        verify_study(study.parent, "count")
    with pytest.raises(ValueError, match='run = "rl" in'):
        verify_study(study.parent, "countdown", ["rl"])


def test_scores_are_made_for_what_is_asked(small_study: Write) -> None:
    study = small_study(problems="2")
    generate(study)
    assert score_study(study).samples == 0
    assert score_study(study, scorer="rl", samples_of=["base"]).samples == 16
    assert read_shards(run_folders(study)["base"], "scores", "rl").height == 16
    with pytest.raises(ValueError, match='scorer = "lr" in the command'):
        score_study(study, scorer="lr")


def test_sums_are_exact_sums_of_what_is_stored() -> None:
    logprobs = [-0.1, -1e-9, -12.3456789, -0.3] * 1000
    stored = stored_logprobs(logprobs)
    assert stored.sum == math.fsum(stored.tokens)
    assert pl.Series(stored.tokens, dtype=pl.Float32).cast(pl.Float64).to_list() == stored.tokens
