"""What lies in a study's folders, and what of it can be used, before anything is built."""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from store.published import own_curves
from store.runs import Run, read_run
from store.shards import NAME, fault

Progress = Callable[[str], None]

TRAINING_LOG = {
    "model": pl.String,
    "step": pl.Int32,
    "reward": pl.Float64,
    "response_length": pl.Float64,
    "entropy": pl.Float64,
}


class Shard(NamedTuple):
    """One file as the table `shards` lists it; equal fields mean that it need not be read again."""

    path: str  # relative to the folder shards/
    kind: str
    run: str
    bytes: int
    modified: int


class SetAside(NamedTuple):
    """One row of the table `set_aside`."""

    path: str
    run: str
    rows: int | None
    reason: str


@dataclass(frozen=True)
class Inventory:
    """Everything that a build is made from."""

    folder: Path  # the study's folder shards/
    runs: dict[str, Run]
    shards: list[Shard]
    training_log: pl.DataFrame
    curves: pl.DataFrame  # published ones that the study brings itself
    set_aside: list[SetAside]

    def content_hash(self, schema: str) -> str:
        """The same inputs give the same name. A shard's name has its checksum, so names suffice."""
        runs = {run_id: asdict(run) for run_id, run in self.runs.items()}
        shards = [shard.path for shard in self.shards]
        tables = (self.training_log.rows(), self.curves.rows())
        parts = (schema, runs, shards, tables, self.set_aside)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def inventory(study: Path, trusted: Collection[Shard], progress: Progress) -> Inventory:
    """List the study's runs and sound shards; `trusted` ones are not read, only looked at."""
    folder = study / "shards"
    training_log, set_aside = read_training_log(study / "training_log")
    curves, faults = own_curves(study / "reference_curves")
    set_aside += [
        SetAside(shown(f"reference_curves/{path.name}"), "", rows, reason)
        for path, rows, reason in faults
    ]
    runs: dict[str, Run] = {}
    shards: list[Shard] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        run = run_of(path)
        if isinstance(run, str):
            set_aside.append(SetAside(shown(path.name), shown(path.name), None, shown(run)))
            continue
        progress(f"looking at {path.name}")
        runs[path.name] = run
        items = list(shards_of(path, trusted))
        shards += [item for item in items if isinstance(item, Shard)]
        set_aside += [item for item in items if isinstance(item, SetAside)]
    return Inventory(folder, runs, shards, training_log, curves, set_aside)


def shown(name: str) -> str:
    """A file's name as text that can be stored: names may have bytes that are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")


def run_of(folder: Path) -> Run | str:
    """The run that this folder holds, or why it holds none."""
    if folder.suffix == ".tmp":
        return "unfinished: its writer was stopped, or is still at work"
    if not folder.is_dir():
        return "foreign: not the folder of a run"
    try:
        run = read_run(folder)
    except ValueError as error:
        return f"the whole folder: {str(error).replace(str(folder), folder.name)}"
    if run.run_id != folder.name:
        return f"the whole folder: its run.json is that of {run.run_id}; give the folder this name"
    return run


def shards_of(folder: Path, trusted: Collection[Shard]) -> Iterator[Shard | SetAside]:
    """Every file of a run's folder but run.json: as a shard, or set aside with the reason."""
    for path in sorted(folder.iterdir()):
        if path.name == "run.json":
            continue
        shard = listed(path)
        reason = None if shard in trusted else fault(path)
        if reason is None and shard is not None:
            yield shard
        else:
            reason = reason or "unreadable: it went away while it was looked at"
            yield SetAside(shown(f"{folder.name}/{path.name}"), folder.name, None, reason)


def listed(path: Path) -> Shard | None:
    """The file as the table `shards` would list it; None if by its name it is no shard."""
    match = NAME.fullmatch(path.name)
    try:
        known = path.stat()
    except OSError:
        return None
    run = path.parent.name
    name = f"{run}/{path.name}"
    return Shard(name, match["kind"], run, known.st_size, known.st_mtime_ns) if match else None


def read_training_log(folder: Path) -> tuple[pl.DataFrame, list[SetAside]]:
    """The rows of all training_log/*.csv, and the files that could not be read."""
    frames, set_aside = [pl.DataFrame(schema=TRAINING_LOG)], []
    for path in sorted(folder.glob("*.csv")):
        try:
            frames.append(training_log_of(path))
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            reason = f"not a training log: {str(error).partition(chr(10))[0]}"
            set_aside.append(SetAside(shown(f"training_log/{path.name}"), "", None, reason))
    return pl.concat(frames), set_aside


def training_log_of(path: Path) -> pl.DataFrame:
    """One CSV with a column step; the file's name is the model's where it has no column model."""
    rows = pl.read_csv(path, infer_schema=False, glob=False)
    if "step" not in rows.columns:
        raise ValueError("there is no column step")
    if "model" not in rows.columns:
        rows = rows.with_columns(model=pl.lit(path.stem))
    absent = [pl.lit(None).alias(name) for name in TRAINING_LOG if name not in rows.columns]
    rows = rows.with_columns(absent).select(
        pl.col(name).cast(dtype) for name, dtype in TRAINING_LOG.items()
    )
    if rows["step"].null_count() or rows["model"].null_count():
        raise ValueError("step or model is empty in some row")
    return rows
