"""Audits as a file to hand over, and back: CSV, Parquet or JSONL, as the file's name ends.

A file holds every row of the history. Reading one adds what the study does not have: a row is known
by everything in it but its id, which each study gives anew, and by all but its queue where the file
tells of none, as those of other programs.
"""

import contextlib
import csv
import json
import reprlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TextIO

import polars as pl

from store.audit_database import writing
from store.audit_row import Audit, fault, is_time, utc
from store.audits import every, insert, since

NUMBERS = ("sample", "span_start", "span_end", "round")
LONGEST = 2**31 - 1  # characters of a cell of CSV; Python's own limit is 131,072
NEEDED = ("at", "run", "problem_id", "sample", "content_hash", "reviewer", "label")

Row = Mapping[str, object]
Placed = tuple[int, Row | ValueError]  # where it stands in the file, and what stands there


class Told(NamedTuple):
    """What a row of a file tells of."""

    audit: Audit
    queue: bool  # whether it tells of the queue, be it that there was none


class Refused(NamedTuple):
    """A row that cannot be an audit."""

    line: int  # of a Parquet file: the row, from 1
    reason: str


class Brought(NamedTuple):
    """What reading a file did."""

    added: int
    known: int  # rows that the study had already
    refused: tuple[Refused, ...]


def write_audits(study: Path, path: Path) -> int:
    """Write every row of the study's audits with all columns; returns how many.

    Raises ValueError where the name ends in none of .csv, .parquet and .jsonl, where there is no
    study, or where its audits cannot be read.
    """
    write = form(path).write
    if not study.is_dir():
        raise ValueError(f"There is no study at {study}.")
    rows = since(study, 0)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        write(rows, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return rows.height


def read_audits(study: Path, path: Path) -> Brought:
    """Add the rows of a file that are not there already: all of them at once, or none.

    Rows that cannot be audits are left out and named. Raises ValueError where the file cannot be
    read at all, or lacks a column that is needed.
    """
    try:
        found, refused = sorted_out(form(path).read(path))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8: {error.reason}.") from error
    except csv.Error as error:  # of the heading
        raise ValueError(f"{path} holds no audits: {error}.") from error
    with writing(study) as connection:
        new = unknown(found, {comparable(audit) for audit in every(connection)})
        for audit in new:
            insert(connection, audit)
    return Brought(len(new), len(found) - len(new), tuple(refused))


def unknown(found: list[Told], there: set[Audit]) -> list[Audit]:
    """Those that are not there, each once."""
    anyhow = {audit._replace(queue="") for audit in there}
    new = [audit for audit, queue in found if audit not in (there if queue else anyhow)]
    return list(dict.fromkeys(new))


def comparable(audit: Audit) -> Audit:
    """The audit as a file would tell of it; earlier versions took any text as a time."""
    return audit._replace(at=utc(audit.at)) if is_time(audit.at) else audit


def sorted_out(rows: Iterator[Placed]) -> tuple[list[Told], list[Refused]]:
    """The audits among the rows of a file, and why the others are none."""
    found, refused = [], []
    for line, row in rows:
        try:
            found.append(told(row))
        except ValueError as error:
            refused.append(Refused(line, str(error)))
    return found, refused


def told(row: Row | ValueError) -> Told:
    """What a row of a file tells of. Raises ValueError where it is no audit."""
    if isinstance(row, ValueError):
        raise row
    return Told(audit_of(row), "queue" in row)


def audit_of(row: Row) -> Audit:
    """The audit that a row of a file tells of. Raises ValueError where it is none."""
    given = {name: row[name] for name in Audit._fields if is_given(row.get(name))}
    if missing := lacking(given):
        raise ValueError(f"It has no {' and no '.join(missing)}.")
    numbers = {name: whole(name, given.pop(name)) for name in NUMBERS if name in given}
    for name, value in given.items():
        if not isinstance(value, str):
            raise ValueError(f"The {name} {short(value)} is no text.")
    audit = Audit(**given, **numbers)  # type: ignore[arg-type]
    if reason := fault(audit):
        raise ValueError(reason)
    return audit._replace(at=utc(audit.at))


def is_given(value: object) -> bool:
    """Whether there is a value; other programs write a missing number as NaN."""
    return value is not None and value == value


def whole(name: str, value: object) -> int:
    """A whole number, maybe written as text or with a decimal point. Raises ValueError if none."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            number = float(value)
            if number.is_integer() and abs(number) < 2**31:
                return int(number)
    raise ValueError(f"The {name} {short(value)} is no whole number.")


def short(value: object) -> str:
    """A value to name in a sentence."""
    return reprlib.repr(value)


def read_csv(path: Path) -> Iterator[Placed]:
    """The rows of a CSV file with the line on which each begins; no value is NULL.

    A quote that is not closed takes the lines after it into its row, which is then refused.
    """
    with opened_csv(path) as file:
        lines = csv.reader(file, strict=True)
        heading = next(lines, [])
        require(heading, path)
        while True:
            line = lines.line_num + 1
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                until = f" (lines {line} to {lines.line_num})" if lines.line_num > line else ""
                yield line, ValueError(f"It is no CSV: {error}{until}.")
                continue
            if cells:
                yield line, row_in(cells, heading)


def opened_csv(path: Path) -> TextIO:
    """A CSV file to read, whose cells may be as long as any that we write."""
    csv.field_size_limit(LONGEST)
    return path.open(encoding="utf-8-sig", newline="")


def row_in(cells: list[str], heading: list[str]) -> Row | ValueError:
    """The values of one row by their names, or why there is no telling."""
    if len(cells) != len(heading):
        return ValueError(f"It has {len(cells)} values, and the heading has {len(heading)}.")
    return dict(zip(heading, map(filled, heading, cells), strict=True))


def filled(name: str, cell: str) -> str | None:
    """What a cell says: nothing in it is NULL, but an empty note is one."""
    return cell if cell or name == "note" else None


def write_csv(rows: pl.DataFrame, path: Path) -> None:
    """A heading, and one row an audit."""
    with path.open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(rows.columns)
        written.writerows(rows.iter_rows())


def read_jsonl(path: Path) -> Iterator[Placed]:
    """The objects of a JSONL file with their lines."""
    with path.open(encoding="utf-8-sig") as file:
        for line, text in enumerate(file, start=1):
            if text.strip():
                yield line, object_in(text)


def object_in(text: str) -> Row | ValueError:
    """The object that a line holds, or why it holds none."""
    try:
        found = json.loads(text)
    except ValueError as error:
        return ValueError(f"It is no JSON: {error}.")
    except RecursionError:
        return ValueError("It is no JSON object, but lists or objects within one another.")
    return found if isinstance(found, dict) else ValueError("It is no JSON object.")


def write_jsonl(rows: pl.DataFrame, path: Path) -> None:
    """One object a line."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows.iter_rows(named=True):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_parquet(path: Path) -> Iterator[Placed]:
    """The rows of a Parquet file with their numbers, from 1."""
    try:
        rows = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}.") from error
    require(rows.columns, path)
    yield from enumerate(rows.iter_rows(named=True), start=1)


def lacking(columns: Collection[str]) -> list[str]:
    """What an audit needs and is not among these."""
    return [name for name in NEEDED if name not in columns]


def require(columns: Collection[str], path: Path) -> None:
    """Raise ValueError where these columns cannot be those of audits."""
    if missing := lacking(columns):
        raise ValueError(f"{path} holds no audits: it has no column {' and no '.join(missing)}.")


def csv_columns(path: Path) -> Collection[str]:
    """The heading of a CSV file."""
    with opened_csv(path) as file:
        return next(csv.reader(file, strict=True), [])


def jsonl_columns(path: Path) -> Collection[str]:
    """The names in the first object of a JSONL file."""
    with path.open(encoding="utf-8-sig") as file:
        found = object_in(next((text for text in file if text.strip()), ""))
    return [] if isinstance(found, ValueError) else list(found)


def parquet_columns(path: Path) -> Collection[str]:
    """The columns of a Parquet file; none where it is no such file."""
    try:
        return list(pl.read_parquet_schema(path))
    except pl.exceptions.PolarsError:
        return []


class Form(NamedTuple):
    """How a kind of file is looked at, read and written."""

    columns: Callable[[Path], Collection[str]]
    read: Callable[[Path], Iterator[Placed]]
    write: Callable[[pl.DataFrame, Path], object]


FORMS = {
    ".csv": Form(csv_columns, read_csv, write_csv),
    ".parquet": Form(parquet_columns, read_parquet, pl.DataFrame.write_parquet),
    ".jsonl": Form(jsonl_columns, read_jsonl, write_jsonl),
}


def recognises(path: Path) -> bool:
    """Whether the file has the columns that an audit needs."""
    try:
        return not lacking(form(path).columns(path))
    except (OSError, ValueError, csv.Error):
        return False


def form(path: Path) -> Form:
    """How this file is read and written. Raises ValueError where its name does not tell."""
    if path.suffix.lower() not in FORMS:
        raise ValueError(f"{path} must end in one of {', '.join(FORMS)}.")
    return FORMS[path.suffix.lower()]
