"""A store in one file, to hand over: `passband app --study FILE.duckdb` opens it, and only reads.

    write_store(current(study), Path("shared.duckdb"), Part(texts=False))

It is a new file into which rows are copied. In a copy from which rows were deleted, DuckDB would
leave their bytes.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl

from store.build import SCHEMA, SCHEMA_VERSION
from store.exporters.part import ALL, TABLES, Part, attached, rows, store_info
from store.exporters.whole import new_file
from store.location import connect


class Copied(NamedTuple):
    """What came of it."""

    file: Path
    bytes: int
    content_hash: str
    new: bool  # False: the same was there already

    def __str__(self) -> str:
        """In one line."""
        verb = "Wrote" if self.new else "There already, and the same:"
        return f"{verb} {self.file}: the build {self.content_hash}, {self.bytes:,} bytes."


def write_store(
    store: Path,
    file: Path,
    part: Part = ALL,
    audits: pl.DataFrame | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Copied:
    """Write a part of a store, by default all of it, as a store of its own.

    `audits`: rows to go with it, with the columns of store.audits.COLUMNS. Raises ValueError where
    they should go without the texts that they are about, and where something else is there already.
    """
    if audits is not None and not part.texts:
        raise ValueError("An audit is of a text: audits cannot go without the texts.")
    facts = shared_facts(store, part, audits)
    if file.exists():
        return known(file, facts)
    with (
        new_file(file) as temporary,
        contextlib.closing(attached(store, temporary)) as connection,
    ):
        connection.execute(SCHEMA)
        for table in TABLES[1:]:
            progress(f"copying {table}")
            rows(connection, table, part).insert_into(table)
        if audits is not None:
            insert_audits(connection, audits)
        insert_info(connection, facts)
        connection.execute("CHECKPOINT")
    return Copied(file, file.stat().st_size, facts["content_hash"], new=True)


def shared_facts(store: Path, part: Part, audits: pl.DataFrame | None) -> dict[str, str]:
    """What store_info of the file will say. Raises ValueError where the store has an older form."""
    with contextlib.closing(attached(store)) as connection:
        info = store_info(connection)
    if info["schema_version"] != SCHEMA_VERSION:
        raise ValueError(
            f"{store} was made by Passband {info['passband_version']} in a form of its time. Build "
            "it anew with: passband publish"
        )
    facts = part.facts(info)
    return facts if audits is None else {**facts, "audits": str(audits.height)}


def known(file: Path, facts: dict[str, str]) -> Copied:
    """What is there, where it is what would be written. Raises ValueError where it is not."""
    try:
        with contextlib.closing(connect(file)) as connection:
            there = dict(connection.execute("SELECT key, value FROM store_info").fetchall())
    except duckdb.Error:
        there = {}
    if there != facts:
        raise ValueError(f"{file} holds something else. Name a file that is not there yet.")
    return Copied(file, file.stat().st_size, facts["content_hash"], new=False)


def insert_audits(connection: duckdb.DuckDBPyConnection, audits: pl.DataFrame) -> None:
    """The table `audits`, which only a store that was handed over may have."""
    connection.register("given", audits)
    connection.execute("""
        CREATE TABLE audits AS
        SELECT id, "at", run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM given
        ORDER BY id
    """)


def insert_info(connection: duckdb.DuckDBPyConnection, facts: dict[str, str]) -> None:
    """The table store_info."""
    connection.register(
        "facts", pl.DataFrame([*facts.items()], schema=["key", "value"], orient="row")
    )
    connection.execute("INSERT INTO store_info (key, value) SELECT key, value FROM facts")
