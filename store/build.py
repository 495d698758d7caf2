"""Publishing a study: its shards become one DuckDB file with a name of its own.

    publish(Path("my-study"))

The file is built under a temporary name and renamed when it is whole; `store/current` then points
to it. A build that is killed leaves `current` as it was, and readers keep what they have open.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
import polars as pl

from store.counting import recount
from store.insertion import batches, insert_batch, set_aside
from store.inventory import Inventory, Progress, Shard, inventory
from store.location import connect, current
from store.problems import insert_problems, restore_undescribed
from store.published import replace_references, shipped_hash
from store.registry import replace_benchmarks, replace_registry
from store.shards import COLUMNS, sync_folder

SCHEMA_VERSION = "4"
SCHEMA = Path(__file__).with_name("schema.sql").read_text()
# The shipped values are in every build, so they are part of what makes it.
FORM = f"{SCHEMA_VERSION}\n{SCHEMA}\n{shipped_hash()}"
SCHEMA_HASH = hashlib.sha256(FORM.encode()).hexdigest()[:16]

LEFTOVER = re.compile(r"\.[0-9a-f]{32}\.tmp.*")


@dataclass(frozen=True)
class Report:
    """What publishing did. `rows` are those of the whole store, by kind of shard."""

    path: Path
    shards_read: int
    shards_reused: int
    rows: dict[str, int]
    set_aside: pl.DataFrame  # path, run, rows, reason

    def __str__(self) -> str:
        """What the store holds, and a line on each thing that was set aside."""
        held = ", ".join(f"{count} {kind}" for kind, count in self.rows.items())
        read = f"{self.shards_read} shards read, {self.shards_reused} known already"
        lines = [f"{self.path}: {held} ({read}); {self.set_aside.height} things set aside"]
        for path, _, rows, reason in self.set_aside.iter_rows():
            lines.append(f"  {path}: {reason}{f' ({rows} rows left out)' if rows else ''}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Build:
    """An earlier build that the next one can start from."""

    path: Path
    shards: frozenset[Shard]
    with_rows_left_out: frozenset[str]  # runs
    with_counts: frozenset[str]  # runs that brought counts instead of samples


def silent(_: str) -> None:
    """No progress is shown."""


def publish(study: Path, progress: Progress = silent) -> Report:
    """Build the study's store from its shards and point `store/current` at it.

    What the current build has read already is not read again. Raises ValueError where there is
    nothing to publish; faulty shards are no error, the report names them.
    """
    store = study / "store"
    if not (study / "shards").is_dir():
        raise ValueError(f"{study} has no shards. Make some with passband generate or import.")
    store.mkdir(exist_ok=True)
    with only_publisher(store):
        remove_leftovers(store)
        earlier = earlier_build(study)
        trusted = earlier.shards if earlier else frozenset()
        found = inventory(study, trusted, progress)
        if not found.runs:
            raise ValueError(nothing_to_publish(study, found))
        target = store / f"{found.content_hash(SCHEMA_HASH)}.duckdb"
        reused = len(found.shards)
        if not opens(target):
            try:
                reused = build(target, found, earlier, progress)
            except (duckdb.Error, OSError) as error:
                said = str(error).partition("\n")[0]
                raise ValueError(
                    f"The store could not be built in {store}, and what was published before "
                    f"stays: {said}. If the disk is full, make room and publish again."
                ) from error
        point_current_at(target)
    return report(target, len(found.shards) - reused, reused)


def nothing_to_publish(study: Path, found: Inventory) -> str:
    """The sentence for a study in which nothing can be used."""
    first = f" {found.set_aside[0].path}: {found.set_aside[0].reason}." if found.set_aside else ""
    return f"{study / 'shards'} holds no run.{first} Make one with passband generate or import."


@contextlib.contextmanager
def only_publisher(store: Path) -> Iterator[None]:
    """Wait until no other process publishes this study; a process that dies gives way."""
    with (store / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_leftovers(store: Path) -> None:
    """Remove what killed builds left; no build is running, since we are the only publisher."""
    for path in store.iterdir():
        if LEFTOVER.fullmatch(path.name):
            remove(path)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def earlier_build(study: Path) -> Build | None:
    """The current build, if it is there, can be read, and has today's schema."""
    try:
        path = current(study)
        with contextlib.closing(connect(path)) as connection:
            if info(connection).get("schema_hash") != SCHEMA_HASH:
                return None
            listed = connection.execute("SELECT path, kind, run, bytes, modified FROM shards")
            shards = frozenset(Shard(*row) for row in listed.fetchall())
            left_out = connection.execute("SELECT DISTINCT run FROM set_aside WHERE rows > 0")
            runs = frozenset(run for (run,) in left_out.fetchall())
    except (ValueError, duckdb.Error):
        return None
    return Build(path, shards, runs, frozenset(s.run for s in shards if s.kind == "counts"))


def info(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The table store_info."""
    return dict(connection.execute("SELECT key, value FROM store_info").fetchall())


def opens(path: Path) -> bool:
    """Whether this build exists, can be read and is whole: its name is what is written last."""
    if not path.is_file():
        return False
    try:
        with contextlib.closing(connect(path)) as connection:
            return info(connection).get("content_hash") == path.stem
    except duckdb.Error:
        return False


def build(target: Path, found: Inventory, earlier: Build | None, progress: Progress) -> int:
    """Build `target`; return how many shards did not have to be read.

    Which of two rows with the same key stays depends on the order of reading. So that a build does
    not depend on how the study grew, a shard whose rows are partly left out makes all be read anew,
    in order of name.
    """
    temporary = target.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        reused = 0
        if earlier and earlier.shards and can_extend(earlier, found):
            shutil.copyfile(earlier.path, temporary)
            if fill(temporary, target.stem, found, earlier.shards, progress):
                reused = len(earlier.shards)
            else:
                progress("rows were left out: reading all shards again, in order")
                remove(temporary)
        if not reused:
            fill(temporary, target.stem, found, frozenset(), progress)
        check_finished(temporary, target.stem)
        temporary.replace(target)
        sync_folder(target.parent)
    finally:
        for path in target.parent.glob(f"{temporary.name}*"):
            remove(path)
    return reused


def check_finished(path: Path, name: str) -> None:
    """Raise OSError where what was written is not all in the file."""
    with contextlib.closing(connect(path)) as connection:
        if info(connection).get("content_hash") != name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def can_extend(earlier: Build, found: Inventory) -> bool:
    """Whether adding the new shards to the earlier build gives what a full build would give."""
    now = frozenset(found.shards)
    new_runs = {shard.run for shard in now - earlier.shards}
    known = earlier.with_rows_left_out & found.runs.keys()
    unsettled = {found.runs[run].benchmark for run in known}
    touched = {found.runs[run].benchmark for run in new_runs}
    return earlier.shards <= now and not (unsettled & touched or earlier.with_counts & new_runs)


def fill(
    path: Path, name: str, found: Inventory, stored: frozenset[Shard], progress: Progress
) -> bool:
    """Bring the file at `path` up to date; False if it had an earlier build and rows were left out.

    `stored` are the shards whose rows it has already.
    """
    with contextlib.closing(duckdb.connect(str(path))) as connection:
        if not stored:
            connection.begin()
            connection.execute(SCHEMA)
            connection.commit()
        connection.execute("DELETE FROM set_aside WHERE rows IS NULL OR rows = 0 OR run = ''")
        before = rows_left_out(connection)
        replace_registry(connection, found)
        insert(connection, found, [s for s in found.shards if s not in stored], progress)
        if stored and rows_left_out(connection) > before:
            return False
        restore_undescribed(connection)
        replace_benchmarks(connection)
        replace_references(connection, found.curves)
        set_aside(connection, found.set_aside)
        replace_info(connection, name)
        # Closing does this too, but keeps silent where the disk is full.
        connection.execute("CHECKPOINT")
    return True


def insert(
    connection: duckdb.DuckDBPyConnection, found: Inventory, shards: list[Shard], progress: Progress
) -> None:
    """Insert new shards kind by kind: what is said of samples needs them to be there."""
    order = list(COLUMNS)
    new = sorted(shards, key=lambda shard: (order.index(shard.kind), shard.path))
    counted = False
    for batch in batches(new):
        run, kind = batch[0].run, batch[0].kind
        progress(f"reading {len(batch)} {kind} shards of {run}")
        if kind == "counts" and not counted:
            counted = True
            recount(connection, {shard.run for shard in new})
        insert_batch(connection, found.folder, batch)
        if kind == "problems":
            insert_problems(connection, found.runs[run].benchmark)
    if not counted:
        progress("counting")
        recount(connection, {shard.run for shard in new})


def rows_left_out(connection: duckdb.DuckDBPyConnection) -> int:
    """How many entries of set_aside are about rows of shards that were read."""
    query = "SELECT count(*) FROM set_aside WHERE rows > 0"
    return connection.execute(query).fetchall()[0][0]  # type: ignore[no-any-return]


def replace_info(connection: duckdb.DuckDBPyConnection, content_hash: str) -> None:
    """Write the facts about this build."""
    connection.execute("DELETE FROM store_info")
    connection.execute(
        """
        INSERT INTO store_info (key, value)
        VALUES ('schema_version', ?), ('schema_hash', ?), ('passband_version', ?),
            ('built_at', ?), ('content_hash', ?)
        """,
        [SCHEMA_VERSION, SCHEMA_HASH, passband_version(), now(), content_hash],
    )


def passband_version() -> str:
    """Our version, or 'not installed' when run from a checkout."""
    try:
        return version("passband")
    except PackageNotFoundError:
        return "not installed"


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def point_current_at(target: Path) -> None:
    """Swap the link in one step, so that a reader finds the old build or the new one."""
    temporary = target.with_name(f".{uuid.uuid4().hex}.tmp")
    temporary.symlink_to(target.name)
    temporary.replace(target.with_name("current"))
    sync_folder(target.parent)


def report(path: Path, shards_read: int, shards_reused: int) -> Report:
    """Count what the store holds now."""
    with contextlib.closing(connect(path)) as connection:
        rows = connection.execute("""
            SELECT (SELECT count(*) FROM problems), (SELECT count(*) FROM samples),
                (SELECT count(*) FROM verdicts), (SELECT count(*) FROM scores),
                (SELECT count(*) FROM entropies), (SELECT count(*) FROM counts)
        """).fetchall()[0]
        query = "SELECT path, run, rows, reason FROM set_aside ORDER BY path, reason"
        left_out = connection.sql(query).pl()
    return Report(path, shards_read, shards_reused, dict(zip(COLUMNS, rows, strict=True)), left_out)
