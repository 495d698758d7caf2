"""Samples from the harness of the paper, limit-of-RLVR, and its relatives back to Qwen2.5-Math.

One JSONL file is one seed, one line a problem with its n samples in lists: code, score, pred,
finish_reason. Several seeds of one run are pooled: samples are numbered on. A problem that a seed
has twice, as sharded or resumed jobs leave it, is taken once. Verdicts are those of the file; their
verifier is called `qwen2.5-math`, version 1.

Every seed has sample shards of its own, with its name in theirs, so that a seed is known when it
comes again. What the study has is not written again: an import that was killed is just run again.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from store.importers.facts import Facts, Imported, open_run, run_from
from store.importers.limit_of_rlvr_lines import (
    VERIFIER,
    Line,
    first_line,
    lines,
    problem,
    samples,
    verdicts,
)
from store.importers.limit_of_rlvr_paths import told_by_path
from store.runs import Run
from store.shards import COLUMNS, read_shards, write_shard

# Characters of completions in one shard.
SHARD_CHARACTERS = 64 * 2**20


Row = dict[str, object]


@dataclass(frozen=True)
class Source:
    """One file: its run, and its seed, or the file's checksum where the name tells no seed."""

    path: Path
    run: Run
    seed: str


def recognises(path: Path) -> bool:
    """Whether the first line is a problem with its completions and their scores."""
    try:
        return {"code", "score"} <= first_line(path).keys()
    except ValueError:
        return False


def import_files(paths: Sequence[Path], study: Path, facts: Facts) -> Imported:
    """Write what the files hold that the study lacks. Raises ValueError before writing anything."""
    sources = [source(path, facts) for path in paths]
    check_steps(sources)
    for each in sources:
        for _ in lines(each.path):
            pass
    return sum((import_file(each, study) for each in sources), start=Imported())


def source(path: Path, facts: Facts) -> Source:
    """The run and the seed of this file, from its path and from what was given."""
    told, seed = told_by_path(path)
    run = run_from(facts.over(told), path, f"limit-of-rlvr: {path.name}")
    if seed is None:
        try:
            seed = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    return Source(path, run, seed)


def check_steps(sources: Sequence[Source]) -> None:
    """Raise ValueError where files of different checkpoints would be pooled into one run."""
    steps: dict[str, Source] = {}
    for each in sources:
        first = steps.setdefault(each.run.run_id, each)
        if first.run.model.step != each.run.model.step:
            raise ValueError(
                f"{first.path} and {each.path} are of different training steps and would be one "
                "run: import them one by one, each with its own --model."
            )


def import_file(source: Source, study: Path) -> Imported:
    """Write what the study lacks of one file: problems, samples, verdicts."""
    folder = open_run(study, source.run)
    label = f"seed-{source.seed}"
    stored = known(folder, label)
    imported = Imported((folder.name,))
    seen: set[str] = set()
    repeated = 0
    for chunk in chunks(lines(source.path)):
        once: dict[str, Line] = {}
        for line in chunk:
            if line.problem_id not in seen:
                once.setdefault(line.problem_id, line)
        repeated += len(chunk) - len(once)
        seen |= once.keys()
        imported += write_lines(folder, label, list(once.values()), stored)
    left_out = Counter(
        {
            "lines with a problem that the file has already": repeated,
            "problems that the study has of this seed already": len(seen & stored.first.keys()),
        }
    )
    return imported + Imported(left_out=+left_out)


@dataclass(frozen=True)
class Known:
    """What the run's folder holds before the import."""

    problems: frozenset[str]
    first: dict[str, int]  # per problem of this seed, the number of its first sample
    following: dict[str, int]  # per problem, the number after its last sample of any seed
    judged: frozenset[tuple[str, int]]


def known(folder: Path, label: str) -> Known:
    """Read what is there of the run, and of the seed whose sample shards have this label."""
    keys = ["problem_id", "sample"]
    every = read_shards(folder, "samples", columns=keys).group_by("problem_id")
    seed = read_shards(folder, "samples", label, keys).group_by("problem_id")
    return Known(
        frozenset(read_shards(folder, "problems", columns=["problem_id"])["problem_id"]),
        dict(seed.agg(pl.col("sample").min()).iter_rows()),
        dict(every.agg(pl.col("sample").max() + 1).iter_rows()),
        frozenset(read_shards(folder, "verdicts", VERIFIER, keys).select(keys).iter_rows()),
    )


def chunks(read: Iterator[Line]) -> Iterator[list[Line]]:
    """Lines in groups, each for one shard."""
    chunk: list[Line] = []
    size = 0
    for line in read:
        chunk.append(line)
        size += sum(map(len, line.completions))
        if size > SHARD_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    yield chunk


def write_lines(folder: Path, label: str, read: list[Line], stored: Known) -> Imported:
    """Write the shards for these problems. Only now is it certain which numbers samples have."""
    first = {
        line.problem_id: stored.first.get(line.problem_id, stored.following.get(line.problem_id, 0))
        for line in read
    }
    fresh = [line for line in read if line.problem_id not in stored.first]
    drawn = [row for line in fresh for row in samples(line, first[line.problem_id])]
    judged = [row for line in read for row in verdicts(line, first[line.problem_id])]
    missing = [row for row in judged if (row["problem_id"], row["sample"]) not in stored.judged]
    named = [problem(line) for line in fresh if line.problem_id not in stored.problems]
    written = (
        write_rows(folder, "problems", named)
        + write_rows(folder, "samples", drawn, label)
        + write_rows(folder, "verdicts", missing, VERIFIER)
    )
    return Imported((folder.name,), written, len(fresh), len(drawn), *noted(fresh, drawn, missing))


def noted(
    fresh: Sequence[Line], drawn: Sequence[Row], judged: Sequence[Row]
) -> tuple[Counter[str], Counter[str]]:
    """How often each outcome and truncation occur; how much was left out, and why."""
    truncated = sum(row["finish_reason"] == "length" for row in drawn)
    ragged = sum(line.without_counterpart for line in fresh)
    notes = Counter(str(row["outcome"]) for row in judged) + Counter(truncated=truncated)
    return notes, +Counter({"completions or scores without the other, of ragged rows": ragged})


def write_rows(
    folder: Path, kind: str, rows: Sequence[Row], label: str | None = None
) -> tuple[Path, ...]:
    """Write the rows as a shard, if there are any; absent columns are null."""
    if not rows:
        return ()
    filled = [{**dict.fromkeys(COLUMNS[kind]), **row} for row in rows]
    return (write_shard(folder, kind, pl.DataFrame(filled, schema=COLUMNS[kind]), label),)
