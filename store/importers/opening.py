"""Files of any size as a stream of records, with the place of each: JSONL, JSON, CSV, Parquet.

Files may be compressed (gzip, zstandard). What cannot be read as a record is `Bad`, and the rest of
the file follows. Nothing here knows any format.
"""

import csv
import gzip
import hashlib
import io
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import ijson
import pyarrow
import pyarrow.parquet

from store.importers.facts import Facts
from store.importers.found import LONGEST_EXCERPT, Bad, Found, Unfit, clean
from store.importers.json_constants import NullForConstants

GZIP, ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
SMALL = 64 * 2**20  # bytes of a JSON file that is parsed at once
MOST_LINES = 2000  # of one CSV row: a quote that is still open then was never meant to be one
csv.field_size_limit(2**27)

Record = tuple[str, dict[str, object]]  # where it stands, and its fields


def untold(done: int, total: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True)
class Source:
    """One file to read: what was given about it, the fields that were named, and who is told how
    many of its bytes are done. An `uploaded` one is known again by its name alone."""

    path: Path
    given: Facts = field(default_factory=Facts)
    fields: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[int, int], None] = untold
    uploaded: bool = False


class Counted(io.RawIOBase):
    """The bytes of a file; tells how far it has been read."""

    def __init__(self, source: Source) -> None:
        self.file = source.path.open("rb")
        self.size = source.path.stat().st_size
        self.tell_progress = source.progress
        self.told = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into the buffer, and tell how far that is."""
        count = self.file.readinto(buffer)
        if (done := self.file.tell()) - self.told >= 2**20 or not count:
            self.told = done
            self.tell_progress(done, self.size)
        return count

    def close(self) -> None:
        """Close the file."""
        self.file.close()
        super().close()


def opened(source: Source) -> IO[bytes]:
    """The file's bytes, uncompressed. Raises ValueError where it cannot be opened."""
    try:
        raw = io.BufferedReader(Counted(source), 2**20)
    except OSError as error:
        raise ValueError(f"{source.path} cannot be read: {error.strerror}.") from error
    magic = raw.peek(4)[:4]
    if magic[:2] == GZIP:
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if magic == ZSTANDARD:
        return io.BufferedReader(pyarrow.CompressedInputStream(raw, "zstd"), 2**20)
    return raw


def digest(path: Path) -> str:
    """SHA-256 of the file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error


def bom_free(line: bytes) -> bytes:
    """The first line without a byte-order mark."""
    return line.removeprefix(b"\xef\xbb\xbf")


def json_lines(source: Source) -> Iterator[Record | Bad]:
    """The objects of a JSONL file, by line; blank lines are passed over."""
    for number, line in numbered_lines(source):
        if line.strip():
            yield json_record(f"line {number}", line)


def numbered_lines(source: Source) -> Iterator[tuple[int, bytes]]:
    """The lines, numbered from 1."""
    try:
        with opened(source) as file:
            for number, line in enumerate(file, start=1):
                yield number, bom_free(line) if number == 1 else line
    except (OSError, EOFError) as error:
        raise ValueError(f"{source.path} cannot be read to its end: {error}.") from error


def json_record(where: str, line: bytes) -> Record | Bad:
    """The object of one line, or why it is none."""
    try:
        found = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return Bad(where, "encoding", f"is not UTF-8: {error.reason}", excerpt(line))
    except (ValueError, RecursionError) as error:
        return Bad(where, "json", f"is not JSON: {error}", excerpt(line))
    if not isinstance(found, dict):
        return Bad(where, "json", "is not an object", excerpt(line))
    return where, found


def excerpt(line: bytes | object) -> str:
    """The beginning of a record, for a report."""
    if not isinstance(line, bytes):
        line = json.dumps(line, ensure_ascii=False, default=str).encode(errors="replace")
    return line[: 4 * LONGEST_EXCERPT].decode(errors="replace").strip()[:LONGEST_EXCERPT]


def json_items(source: Source, prefix: str = "") -> Iterator[Record | Bad]:
    """The objects of the list at `prefix` (dotted keys; empty: the whole file is the list)."""
    for number, item in enumerate(json_values(source, f"{prefix}.item" if prefix else "item"), 1):
        if isinstance(item, Bad):
            yield item
        elif isinstance(item, dict):
            yield f"item {number}", item
        else:
            yield Bad(f"item {number}", "json", "is not an object", excerpt(item))


def json_pairs(source: Source, prefix: str = "") -> Iterator[tuple[str, object] | Bad]:
    """The keys and values of the object at `prefix` (empty: the whole file)."""
    with opened(source) as file:
        try:
            yield from ijson.kvitems(NullForConstants(file), prefix, use_float=True)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            yield Bad("end", "json", f"is not JSON from here on: {said_of(error)}")


def json_values(source: Source, prefix: str) -> Iterator[object]:
    """The values at an ijson prefix; where the file breaks off, what stands before."""
    with opened(source) as file:
        try:
            yield from ijson.items(NullForConstants(file), prefix, use_float=True)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            yield Bad("end", "json", f"is not JSON from here on: {said_of(error)}")


def said_of(error: Exception) -> str:
    """The first line of an error."""
    return clean(str(error).strip().partition("\n")[0])


def json_whole(source: Source) -> object:
    """A JSON file at once. Raises ValueError where it is none."""
    with opened(source) as file:
        try:
            return json.load(file)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{source.path} is not JSON: {error}.") from error


def csv_rows(source: Source) -> Iterator[Record | Bad]:
    """The rows of a CSV (or, by its name, TSV) with a header, by the line on which each begins.

    A row with too many or too few cells is bad, and reading goes on with the very next line: a
    quote that was never closed does not swallow the rows after it.
    """
    separator = "\t" if ".tsv" in source.path.suffixes else ","
    lines = numbered_lines(source)
    number, header = next(lines, (0, b""))
    names = cells([header], separator)
    if names is None or len(set(names)) < len(names):
        raise ValueError(f"{source.path} line {number} is no header with a name for each column.")
    waiting: deque[tuple[int, bytes]] = deque()
    while row := assembled(waiting, lines):
        found = cells([line for _, line in row], separator)
        where = f"line {row[0][0]}"
        if found is not None and len(found) == len(names):
            yield where, dict(zip(names, found, strict=True))
            continue
        waiting.extendleft(reversed(row[1:]))
        yield Bad(where, *cell_fault(row[0][1], found, names), excerpt(row[0][1]))


def assembled(
    waiting: deque[tuple[int, bytes]], lines: Iterator[tuple[int, bytes]]
) -> list[tuple[int, bytes]]:
    """The lines of the next row: up to the one that closes the quotes. Empty at the end."""
    row: list[tuple[int, bytes]] = []
    quotes = 0
    while len(row) < MOST_LINES:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            break
        if not row and not line[1].strip():
            continue
        row.append(line)
        quotes += line[1].count(b'"')
        if quotes % 2 == 0:
            break
    return row


def cells(lines: Sequence[bytes], separator: str) -> list[str] | None:
    """The cells of one row; None where it is not CSV in UTF-8."""
    try:
        text = b"".join(lines).decode()
        read: list[list[str]] = []
        if len(lines) == 1:
            read = list(csv.reader([text], delimiter=separator, strict=True))
        if len(read) != 1:
            read = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    return read[0] if len(read) == 1 else None


def cell_fault(line: bytes, found: Sequence[str] | None, names: Sequence[str]) -> tuple[str, str]:
    """What is wrong with a row, as field and reason."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return "encoding", f"is not UTF-8: {error.reason}"
    if found is None or line.count(b'"') % 2:
        return "row", "has quotes that do not match"
    return "row", f"has {len(found)} cells, and the header {len(names)}"


def parquet_rows(source: Source, batch: int = 64) -> Iterator[Record]:
    """The rows of a Parquet file, numbered from 1. Raises ValueError where it is none."""
    try:
        with pyarrow.parquet.ParquetFile(source.path) as file:
            total, number = max(file.metadata.num_rows, 1), 0
            size = source.path.stat().st_size
            for rows in file.iter_batches(batch_size=batch):
                for row in rows.to_pylist():
                    number += 1
                    yield f"row {number}", row
                source.progress(size * number // total, size)
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"{source.path} cannot be read as Parquet: {said_of(error)}.") from error


def understood(
    records: Iterator[Record | Bad],
    understand: Callable[[str, dict[str, object]], Iterator[Found] | Sequence[Found]],
) -> Iterator[Found | Bad]:
    """What each record tells; where `understand` raises Unfit, nothing of it is taken."""
    for record in records:
        if isinstance(record, Bad):
            yield record
            continue
        where, fields = record
        try:
            told = list(understand(where, fields))
        except Unfit as error:
            yield Bad(where, error.field, error.reason, excerpt(fields))
            continue
        yield from told
