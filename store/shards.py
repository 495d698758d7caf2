"""Shards: immutable Parquet files, each with its checksum in its name.

A shard appears whole or not at all (temporary name, fsync, rename), so a job that is killed leaves
no half shard behind under a final name, and any number of processes can write at once.
"""

import errno
import hashlib
import os
import re
import uuid
from functools import lru_cache
from pathlib import Path

import polars as pl

TEXTS, IDS, LOGPROBS = pl.String, pl.List(pl.Int32), pl.List(pl.Float32)

# Columns of each kind of shard; the run is the folder. The meaning of each column is in schema.sql.
COLUMNS: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "problems": {
        "problem_id": TEXTS, "position": pl.Int64, "question": TEXTS, "reference": TEXTS,
        "subject": TEXTS, "level": TEXTS, "images": pl.List(pl.String), "metadata": TEXTS,
        "prompt": TEXTS, "prompt_token_ids": IDS,
    },
    "samples": {
        "problem_id": TEXTS, "sample": pl.Int32, "completion": TEXTS, "finish_reason": TEXTS,
        "n_tokens": pl.Int32, "sum_logprob": pl.Float64, "token_ids": IDS,
        "token_logprobs": LOGPROBS, "token_ranks": IDS, "token_ends": IDS,
    },
    "verdicts": {
        "problem_id": TEXTS, "sample": pl.Int32, "verifier": TEXTS, "version": TEXTS,
        "outcome": TEXTS, "answer": TEXTS, "detail": TEXTS,
    },
    "scores": {
        "problem_id": TEXTS, "sample": pl.Int32, "scorer": TEXTS, "n_tokens": pl.Int32,
        "sum_logprob": pl.Float64, "token_logprobs": LOGPROBS, "token_ranks": IDS,
        "token_ids": IDS, "token_ends": IDS,
    },
    "entropies": {
        "problem_id": TEXTS, "sample": pl.Int32, "scorer": TEXTS, "token_entropies": LOGPROBS,
    },
    "counts": {"problem_id": TEXTS, "verifier": TEXTS, "n": pl.Int64, "c": pl.Int64},
}  # fmt: skip

# Columns of a shard that are never null.
REQUIRED: dict[str, tuple[str, ...]] = {
    "problems": ("problem_id", "position"),
    "samples": ("problem_id", "sample"),
    "verdicts": ("problem_id", "sample", "verifier", "version", "outcome"),
    "scores": ("problem_id", "sample", "scorer", "n_tokens"),
    "entropies": ("problem_id", "sample", "scorer", "token_entropies"),
    "counts": ("problem_id", "verifier", "n", "c"),
}

# Columns that a kind did not have from the beginning: null in the shards that lack them.
LATER: dict[str, tuple[str, ...]] = {
    "samples": ("token_ranks",),
    "scores": ("token_ids", "token_ends", "token_ranks"),
}

# What reading a file that is no shard can raise; polars panics at some broken Parquet files.
UNREADABLE = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)

NAME = re.compile(
    r"(?P<kind>[a-z]+)(?:-(?P<label>[A-Za-z0-9.+-]+))?-(?P<checksum>[0-9a-f]{32})\.parquet"
)


def checksum(path: Path) -> str:
    """The first 32 hexadecimal digits of the file's SHA-256, as in its name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def write_shard(folder: Path, kind: str, rows: pl.DataFrame, label: str | None = None) -> Path:
    """Write `rows`, which have the columns of `kind` in any order, as a new shard; return its path.

    Columns that came later may be left out: they are null. `label` is the verifier or the scorer,
    for the kinds that have one. The same rows written again get the same name.
    """
    columns = COLUMNS[kind]
    absent = {name: pl.lit(None) for name in LATER.get(kind, ()) if name not in rows.columns}
    known = rows.with_columns(**absent)
    frame = known.select(pl.col(name).cast(dtype) for name, dtype in columns.items())
    temporary = folder / f".{uuid.uuid4().hex}.tmp"
    try:
        with temporary.open("wb") as file:
            frame.write_parquet(file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
    except pl.exceptions.ComputeError as error:
        # Of a full disk polars says "Invalid thrift: transport error".
        raise OSError(
            errno.EIO, f"cannot be written, is the disk full? {error}", str(temporary)
        ) from error
    name = [kind, re.sub(r"[^A-Za-z0-9.+]+", "-", label)] if label else [kind]
    path = folder / f"{'-'.join([*name, checksum(temporary)])}.parquet"
    temporary.rename(path)
    sync_folder(folder)
    return path


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def fault(path: Path) -> str | None:
    """Why this file is not a shard that can be used, in one sentence; None if it is one.

    Reads the whole file, once for as long as it stays untouched: the checksum in the name must be
    that of the content. Never raises.
    """
    if path.suffix == ".tmp":
        return "unfinished: its writer was stopped, or is still at work"
    match = NAME.fullmatch(path.name)
    if not match or match["kind"] not in COLUMNS:
        return "foreign: the name is not that of a shard"
    if not path.is_file():
        return "foreign: not a file, or a link to nothing"
    try:
        known = path.stat()
    except OSError as error:
        return unreadable(error)
    version = (known.st_ino, known.st_size, known.st_mtime_ns, known.st_ctime_ns)
    return content_fault(path, match["kind"], match["checksum"], version)


# A job looks at every shard of a run several times, and a run may have a hundred gigabytes.
@lru_cache(maxsize=2**16)
def content_fault(path: Path, kind: str, stated: str, version: tuple[int, ...]) -> str | None:  # noqa: ARG001
    """What is wrong with the content of this `version` of the file, if anything."""
    try:
        if checksum(path) != stated:
            return "corrupted: the content does not have the checksum in the name"
        return column_fault(path, kind)
    except UNREADABLE as error:
        return unreadable(error)


def unreadable(error: BaseException) -> str:
    """The sentence for a file that could not be read; tables show the path beside it."""
    said = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
    return f"unreadable: {said or type(error).__name__}"


def column_fault(path: Path, kind: str) -> str | None:
    """Why the columns of this Parquet file are not those of `kind`; None if they are."""
    with path.open("rb") as file:
        found = pl.read_parquet_schema(file)
    for name, dtype in COLUMNS[kind].items():
        if name not in found and name in LATER.get(kind, ()):
            continue
        if name not in found:
            return f"foreign: column {name} is missing"
        if found[name] != dtype:
            return f"foreign: column {name} is {found[name]} and should be {dtype}"
    nulls = pl.read_parquet(path, columns=list(REQUIRED[kind]), glob=False).null_count()
    empty = [name for name in REQUIRED[kind] if nulls.height and nulls[name][0]]
    return f"foreign: {', '.join(empty)} must not be empty" if empty else None


def shard_paths(folder: Path, kind: str, label: str | None = None) -> list[Path]:
    """Paths in this run's folder that by their names are shards of this kind, sorted by name."""
    slug = label and re.sub(r"[^A-Za-z0-9.+]+", "-", label)
    matches = ((path, NAME.fullmatch(path.name)) for path in sorted(folder.glob(f"{kind}-*")))
    return [path for path, m in matches if m and m["kind"] == kind and (slug in (None, m["label"]))]


def read_shards(
    folder: Path, kind: str, label: str | None = None, columns: list[str] | None = None
) -> pl.DataFrame:
    """All rows of the sound shards of one kind in a run's folder; `columns` narrows them.

    Faulty shards are left out here, as they are when building: what they held is made again.
    """
    schema = {
        name: dtype for name, dtype in COLUMNS[kind].items() if not columns or name in columns
    }
    sound = [path for path in shard_paths(folder, kind, label) if fault(path) is None]
    frames = [read_shard(path, kind, list(schema)) for path in sound]
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def read_shard(path: Path, kind: str, columns: list[str] | None = None) -> pl.DataFrame:
    """These columns of a shard, or all; one that the kind got only later is null."""
    wanted = columns or list(COLUMNS[kind])
    with path.open("rb") as file:
        found = pl.read_parquet_schema(file)
    present = [name for name in wanted if name in found or name not in LATER.get(kind, ())]
    # Without any column it would have no rows.
    rows = pl.read_parquet(path, columns=present or list(REQUIRED[kind]), glob=False)
    absent = {name: pl.lit(None, COLUMNS[kind][name]) for name in wanted if name not in present}
    return rows.with_columns(**absent).select(wanted)
