"""Counts per problem from a CSV with the columns problem_id, n, c: one file is one run.

The verifier is called `imported`: it is not known who judged. The columns question, reference,
subject and level are taken where they are there, others are passed over.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from store.importers.facts import Facts, Imported, open_run, run_from
from store.shards import COLUMNS, read_shards, write_shard

VERIFIER = "imported"
NEEDED = ("problem_id", "n", "c")
DESCRIPTION = ("question", "reference", "subject", "level")

# Above this, whole numbers are no longer exact in the double precision that estimators use.
LARGEST = 2**53


def recognises(path: Path) -> bool:
    """Whether the first line of this file names the columns."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return set(NEEDED) <= set(next(csv.reader(file), []))
    except (OSError, UnicodeDecodeError, csv.Error):
        return False


def import_files(paths: Sequence[Path], study: Path, facts: Facts) -> Imported:
    """Write the counts of one run. The same file again changes nothing.

    Raises ValueError naming file, line and value where a row cannot be right.
    """
    if len(paths) > 1:
        raise ValueError(f"One counts file is one run; {len(paths)} were given. Import one by one.")
    path = paths[0]
    counts = pl.DataFrame(list(rows_of(path)), infer_schema_length=None)
    if counts.is_empty():
        raise ValueError(f"{path} has no rows.")
    folder = open_run(study, run_from(facts, path, f"counts: {path.name}"))
    new = not_yet_stored(path, folder, counts)
    described = counts.with_columns(
        pl.lit(None).alias(name) for name in unknown(counts, "problems")
    )
    written = (
        write_shard(folder, "problems", described),
        write_shard(folder, "counts", counts, VERIFIER),
    )
    return Imported((folder.name,), written, problems=counts.height if new else 0)


def unknown(counts: pl.DataFrame, kind: str) -> list[str]:
    """The columns of this kind of shard that the file does not have."""
    return [name for name in COLUMNS[kind] if name not in counts.columns]


def not_yet_stored(path: Path, folder: Path, counts: pl.DataFrame) -> bool:
    """Whether the run lacks these counts. Raises ValueError where it has others in their place."""
    keys = ["problem_id", "verifier", "n", "c"]
    stored = read_shards(folder, "counts", VERIFIER)
    if stored.join(counts, on=keys).height == counts.height:
        return False
    taken = stored.join(counts, on="problem_id", how="semi")["problem_id"]
    if not taken.is_empty():
        raise ValueError(
            f"{folder.name} has counts of problem {taken[0]} already, other than those in {path}: "
            f"remove {folder} first, or give facts that make it another run."
        )
    return True


def rows_of(path: Path) -> Iterator[dict[str, str | int | None]]:
    """The rows of the file, checked."""
    seen: set[str] = set()
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if missing := [name for name in NEEDED if name not in (reader.fieldnames or [])]:
                raise ValueError(f"{path} has no column {', '.join(missing)}.")
            for position, row in enumerate(reader):
                yield checked(row, position, seen, f"{path} line {reader.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as CSV: {error}.") from error


def checked(
    row: dict[str, str], position: int, seen: set[str], where: str
) -> dict[str, str | int | None]:
    """One row; `seen` are the problem ids so far. Raises ValueError where it cannot be right."""
    problem_id = row["problem_id"] or ""
    if not problem_id.strip():
        raise ValueError(f"{where}: problem_id is empty.")
    if problem_id in seen:
        raise ValueError(f"{where}: problem_id {problem_id} is there for the second time.")
    seen.add(problem_id)
    n, c = (whole_number(row[name], f"{where}: {name}") for name in ("n", "c"))
    if n < 1:
        raise ValueError(f"{where}: n is {n}, and must be at least 1.")
    if not 0 <= c <= n:
        raise ValueError(f"{where}: c is {c}, and must be between 0 and n, which is {n}.")
    described = {name: row.get(name) or None for name in DESCRIPTION}
    return {
        "problem_id": problem_id,
        "position": position,
        "verifier": VERIFIER,
        "n": n,
        "c": c,
        **described,
    }


def whole_number(text: str | None, what: str) -> int:
    """The number that this text is. Raises ValueError where it is none."""
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text or "") or abs(int(text or 0)) > LARGEST:
        raise ValueError(f"{what} is {text or 'missing'!r}, and must be a whole number.")
    return int(text or 0)
