"""Judges the stored samples that a verifier has not judged yet; needs no GPU and no engine."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from tqdm import tqdm

from generation import verifiers
from generation.lock import study_lock
from generation.plan import KEY, check_problems_stored, unjudged
from generation.progress import progress
from generation.shard_writer import Pace, ShardWriter
from generation.study_file import one_of
from generation.verifiers.pool import Pool, Question
from store.shards import fault, read_shards, shard_paths

PACE = Pace(rows=16_384)


def verify_study(folder: Path, verifier: str, runs: Sequence[str] | None = None) -> int:
    """Judge what the verifier's present version has not judged, in these runs or in all.

    Returns how many samples were judged. Ctrl-C keeps the verdicts that are there. Raises
    ValueError on a verifier or a run that does not exist, or where another job holds the folder.
    """
    one_of(verifier, verifiers.MODULES, "verifier", "the command")
    folders = _run_folders(folder, runs)
    with study_lock(folder):
        return verify_runs(dict.fromkeys(folders, verifier))


def verify_runs(verifier_of: dict[Path, str]) -> int:
    """Judge the samples of these run folders, each by its verifier. Under the study's lock."""
    todo = {folder: unjudged(folder, name) for folder, name in verifier_of.items()}
    judged = 0
    for name in sorted(set(verifier_of.values())):
        mine = {f: keys for f, keys in todo.items() if verifier_of[f] == name and keys.height}
        total = sum(keys.height for keys in mine.values())
        if total:
            with Pool(name) as pool, progress(total, f"verifying ({name})") as bar:
                for folder, keys in mine.items():
                    judged += _verify_run(folder, name, keys, pool, bar)
    return judged


def questions(folder: Path, keys: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The samples of these keys with reference and metadata, one shard after the other.

    All completions of a run may be more than memory holds.
    """
    problems = read_shards(folder, "problems", columns=["problem_id", "reference", "metadata"])
    for path in shard_paths(folder, "samples"):
        if fault(path) is None:
            stored = pl.read_parquet(path, columns=[*KEY, "completion"])
            samples = stored.join(keys, on=KEY, how="semi")
            check_problems_stored(folder, samples, problems)
            yield samples.join(problems, on="problem_id", how="left")


def _verify_run(folder: Path, name: str, keys: pl.DataFrame, pool: Pool, bar: "tqdm[None]") -> int:
    version = verifiers.load(name).VERSION
    count = 0
    with ShardWriter(folder, "verdicts", name, PACE) as writer:
        for samples in questions(folder, keys):
            asked = [
                Question(completion or "", reference or "", metadata or "{}")
                for completion, reference, metadata in samples.select(
                    "completion", "reference", "metadata"
                ).iter_rows()
            ]
            rows = samples.select(KEY).rows()
            for place, verdict in pool.judge(asked):
                writer.add([(*rows[place], name, version, *verdict)], len(verdict.answer or ""))
                bar.update()
                count += 1
    return count


def _run_folders(folder: Path, runs: Sequence[str] | None) -> list[Path]:
    shards = folder / "shards"
    found = sorted(path.parent.name for path in shards.glob("*/run.json"))
    if not found:
        raise ValueError(f"There are no runs in {shards}: make some with `passband generate`.")
    for run in runs or []:
        one_of(run, found, "run", str(shards))
    return [shards / run for run in (found if runs is None else runs)]
