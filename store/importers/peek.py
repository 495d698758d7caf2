"""A look at the beginning of a file: what kind it is and which names stand in it.

Every format is recognised from this (`recognises(peek)`), so a file is opened once for all of them.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import ijson
import pyarrow
import pyarrow.parquet
from ijson.common import ObjectBuilder

from store.importers.opening import Source, bom_free, opened

HEAD = 4 * 2**20  # bytes that are looked at


@dataclass(frozen=True)
class Peek:
    """`kind` is jsonl, json-list, json-object, csv, parquet, yaml, zip or unknown.

    `first` is the first record (JSONL line, list item, row of a CSV as texts), or the whole object
    of json-object as far as it was looked at; `names` are its keys, the columns of a Parquet file,
    or the entries of a zip. `fields` is what the user named of the file (--field).
    """

    path: Path
    kind: str
    first: Mapping[str, object] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether all of these are there."""
        return set(names) <= self.names

    def has_any(self, *names: str) -> bool:
        """Whether one of these is there."""
        return bool(set(names) & self.names)


def peek(path: Path) -> Peek:
    """Look at this file. Raises ValueError where it cannot be read."""
    if not path.is_file():
        raise ValueError(f"{path} is not a file. Name the files to import, or a folder of them.")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return Peek(path, "zip", names=frozenset(archive.namelist()))
    with opened(Source(path)) as file:
        try:
            head = bom_free(file.read(HEAD))
        except (OSError, EOFError) as error:
            raise ValueError(f"{path} cannot be read: {error}.") from error
    if head[:4] == b"PAR1":
        return parquet(path)
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if suffixes & {".yaml", ".yml"}:
        return Peek(path, "yaml")
    if head.lstrip()[:1] in (b"{", b"["):
        return json_kind(path, head)
    if suffixes & {".csv", ".tsv"} or b"," in head.partition(b"\n")[0]:
        return columns(path, head)
    return Peek(path, "unknown")


def parquet(path: Path) -> Peek:
    """The columns of a Parquet file, and its first row."""
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            rows = next(file.iter_batches(batch_size=1), None)
            first = rows.to_pylist()[0] if rows is not None and rows.num_rows else {}
            return Peek(path, "parquet", first, frozenset(file.schema_arrow.names))
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}.") from error


def json_kind(path: Path, head: bytes) -> Peek:
    """JSONL if several lines begin like objects, or the name says so; else a list or an object."""
    lines = [line for line in head.split(b"\n") if line.strip()]
    named = ".jsonl" in path.suffixes or ".ndjson" in path.suffixes
    if head.lstrip()[:1] == b"{" and (named or sum(line[:1] == b"{" for line in lines) > 1):
        for line in first_lines(path) if len(lines) == 1 else lines[:50]:
            if fields := json_object(line):  # the first lines may be damaged
                return Peek(path, "jsonl", fields, frozenset(fields))
        return Peek(path, "jsonl")
    whole = beginning(head)
    if isinstance(whole, list):
        first = next((item for item in whole if isinstance(item, dict)), {})
        return Peek(path, "json-list", first, frozenset(first))
    if isinstance(whole, dict):
        return Peek(path, "json-object", whole, frozenset(whole))
    return Peek(path, "unknown")


def first_lines(path: Path) -> list[bytes]:
    """The first line, however long it is."""
    with opened(Source(path)) as file:
        return [bom_free(file.readline())]


def json_object(line: bytes) -> dict[str, object]:
    """The object on this line; empty where there is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def beginning(head: bytes) -> object:
    """What stands in the beginning of a JSON text that may break off."""
    builder = ObjectBuilder()
    try:
        for event, value in ijson.basic_parse(io.BytesIO(head), use_float=True):
            builder.event(event, value)
    except (ijson.JSONError, UnicodeDecodeError):
        pass
    return getattr(builder, "value", None)


def columns(path: Path, head: bytes) -> Peek:
    """The columns of a CSV, and its first row."""
    separator = "\t" if ".tsv" in path.suffixes else ","
    text = io.StringIO(head.decode(errors="replace"), newline="")
    try:
        rows = csv.reader(text, delimiter=separator)
        names, first = next(rows, []), next(rows, [])
    except csv.Error:
        return Peek(path, "unknown")
    return Peek(path, "csv", dict(zip(names, first, strict=False)), frozenset(names))
