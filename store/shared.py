"""A store in one file, as somebody handed it over, opened as if it were a study's.

    current(as_study(Path("shared.duckdb")))

Who asks for a study asks here first: a folder is a study already. Of a file a folder is made that
this process removes when it ends; it holds a link to the file, by the name of its build, and the
audits that came with it. Nothing is recorded there: app.access says that it is only read.
"""

import contextlib
import functools
import tempfile
from pathlib import Path

import duckdb

from store.audit_database import writing
from store.audit_row import Audit
from store.audits import insert
from store.build import SCHEMA_VERSION, info
from store.location import connect
from store.scratch import scratch


def as_study(path: Path) -> Path:
    """The folder of this study. Raises ValueError where it is a file but no store of our form."""
    return unpacked(path.resolve()) if path.is_file() else path


@functools.cache
def unpacked(file: Path) -> Path:
    """A folder in which the file is the current build."""
    try:
        with contextlib.closing(connect(file)) as connection:
            facts, audits = info(connection), audits_of(connection)
    except duckdb.Error as error:
        raise ValueError(f"{file} is no store that Passband has written.") from error
    if facts.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(
            f"{file} was written by Passband {facts.get('passband_version')}, whose stores this "
            "version cannot read. Install that one, or ask for a newer file."
        )
    folder = Path(tempfile.mkdtemp(dir=scratch()))
    (folder / "store").mkdir()
    build = folder / "store" / f"{facts['content_hash']}.duckdb"
    build.symlink_to(file)
    (folder / "store" / "current").symlink_to(build.name)
    if audits:
        with writing(folder) as connection:
            for audit in audits:
                insert(connection, audit)
    return folder


def audits_of(connection: duckdb.DuckDBPyConnection) -> list[Audit]:
    """The audits that came with the store, in the order in which they were made."""
    if "audits" not in info(connection):
        return []
    found = connection.execute("""
        SELECT "at", run, problem_id, sample, content_hash, reviewer, label, note, span_start,
            span_end, kind, round, queue
        FROM audits
        ORDER BY id
    """)
    return [Audit(*row) for row in found.fetchall()]
