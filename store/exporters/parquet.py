"""A store as Parquet: one file per table, and one per run of those that grow with the samples.

    write_data(current(study), Path("exported"))

The folder says of itself what it holds: README.md for people, manifest.json for programs.
"""

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypedDict

import duckdb
import polars as pl

from store.exporters.part import ALL, BY_RUN, SMALL, Part, attached, rows, store_info
from store.exporters.readme import readme
from store.exporters.whole import new_folder, sha256

MANIFEST = "manifest.json"
# Rows that are compressed together, and so are in memory at once: those with long lists are few.
LONG_ROWS, SHORT_ROWS = 2048, 122_880


class Filed(TypedDict):
    """What the manifest says of a file."""

    rows: int
    bytes: int
    sha256: str


class Manifest(TypedDict):
    """What a folder holds: the facts about the store that it was made from, and its files."""

    store: dict[str, str]
    files: dict[str, Filed]


class Written(NamedTuple):
    """What came of it."""

    folder: Path
    rows: dict[str, int]  # of each table
    bytes: int
    new: bool  # False: the same was there already

    def __str__(self) -> str:
        """In one line."""
        held = ", ".join(f"{count} {table}" for table, count in self.rows.items() if count)
        verb = "Wrote" if self.new else "There already, and the same:"
        return f"{verb} {self.folder}: {held}; {self.bytes:,} bytes."


def write_data(
    store: Path,
    folder: Path,
    part: Part = ALL,
    progress: Callable[[str], None] = lambda _: None,
) -> Written:
    """Write a part of a store, by default all of it, as a new folder of Parquet files.

    Raises ValueError where something else is there already.
    """
    with contextlib.closing(attached(store)) as connection:
        info = part.facts(store_info(connection))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        return known(folder, info)
    with new_folder(folder) as temporary:
        # What does not fit into memory goes there, and not to where we were started.
        spilled = temporary / "spilled"
        with contextlib.closing(attached(store)) as connection:
            connection.execute("SET temp_directory = $folder", {"folder": str(spilled)})
            write_tables(connection, part, temporary, progress)
        shutil.rmtree(spilled, ignore_errors=True)
        write_info(temporary, info)
        manifest = described(temporary, info)
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        (temporary / "README.md").write_text(readme(info, row_counts(manifest)))
    return written(folder, manifest, new=True)


def write_tables(
    connection: duckdb.DuckDBPyConnection,
    part: Part,
    folder: Path,
    progress: Callable[[str], None],
) -> None:
    """All tables but store_info."""
    for table in SMALL[1:]:
        progress(f"writing {table}")
        write_table(connection, table, part, folder / f"{table}.parquet")
    for table in BY_RUN:
        write_by_run(connection, table, part, folder, progress)


def write_info(folder: Path, info: dict[str, str]) -> None:
    """The table store_info."""
    frame = pl.DataFrame(
        [*info.items()], schema={"key": pl.String, "value": pl.String}, orient="row"
    )
    frame.write_parquet(folder / "store_info.parquet")


def write_by_run(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    part: Part,
    folder: Path,
    progress: Callable[[str], None],
) -> None:
    """One file per run that has rows in this table."""
    for run in runs_in(connection, table):
        if part.runs is None or run in part.runs:
            progress(f"writing {table} of {run}")
            (folder / table).mkdir(exist_ok=True)
            only = Part((run,), part.texts)
            write_table(connection, table, only, folder / table / f"{run}.parquet", LONG_ROWS)


def runs_in(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The runs that have rows in this table."""
    found = connection.table(f"source.{table}").select(duckdb.ColumnExpression("run"))
    return sorted(run for (run,) in found.distinct().fetchall())


def write_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    part: Part,
    file: Path,
    together: int = SHORT_ROWS,
) -> None:
    """One file, row group by row group. JSON is text in it, which is what others read it as."""
    found = rows(connection, table, part)
    columns = zip(found.columns, found.types, strict=True)
    plain = [
        duckdb.ColumnExpression(name).cast("VARCHAR").alias(name)
        if str(kind) == "JSON"
        else duckdb.ColumnExpression(name)
        for name, kind in columns
    ]
    found.select(*plain).to_parquet(str(file), compression="zstd", row_group_size=together)


def described(folder: Path, info: dict[str, str]) -> Manifest:
    """The manifest of a folder that is otherwise complete."""
    files = {
        str(file.relative_to(folder)): Filed(
            rows=int(pl.scan_parquet(file, glob=False).select(pl.len()).collect().item()),
            bytes=file.stat().st_size,
            sha256=sha256(file),
        )
        for file in sorted(folder.rglob("*.parquet"))
    }
    return Manifest(store=info, files=files)


def known(folder: Path, info: dict[str, str]) -> Written:
    """What is there, where it is what would be written. Raises ValueError where it is not."""
    try:
        manifest: Manifest = json.loads((folder / MANIFEST).read_text())
        same = manifest["store"] == info and all(
            sha256(folder / name) == file["sha256"] for name, file in manifest["files"].items()
        )
    except (OSError, ValueError, TypeError, KeyError):
        same = False
    if not same:
        raise ValueError(f"{folder} holds something else. Name a folder that is not there yet.")
    return written(folder, manifest, new=False)


def written(folder: Path, manifest: Manifest, new: bool) -> Written:
    """What the manifest says."""
    size = sum(file["bytes"] for file in manifest["files"].values())
    return Written(folder, row_counts(manifest), size, new)


def row_counts(manifest: Manifest) -> dict[str, int]:
    """Rows of each table."""
    counted = dict.fromkeys((*SMALL, *BY_RUN), 0)
    for name, file in manifest["files"].items():
        counted[Path(name).parts[0].removesuffix(".parquet")] += file["rows"]
    return counted
