"""The records of a table, whatever kind of file it is in; a column of a JSON object may be a list,
or an object by the problem's id.

Columns that stand one after another in a JSON file are read as often as there are columns: all but
the texts are in memory.
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from store.importers.found import Bad
from store.importers.opening import (
    Record,
    Source,
    csv_rows,
    excerpt,
    json_items,
    json_lines,
    json_pairs,
    json_values,
    parquet_rows,
    untold,
)
from store.importers.peek import Peek
from store.importers.table_leaves import walk
from store.importers.table_names import (
    COMPLETION,
    COUNTS,
    DOUBTFUL,
    PROBLEM,
    SCORE,
    VERDICT,
    normal,
    place_in,
)
from store.importers.table_outline import outline

FIRST = 200  # records that are looked at to know what is what,
FIRST_CHARACTERS = 16 * 2**20  # and how much of them
KEY, VALUE = "key", "value"


@dataclass(frozen=True)
class Shape:
    """Where the records of a file are: `form` is rows, one, items, pairs, split, lists or columns;
    the last three have their columns named."""

    form: str
    prefix: str = ""
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        at = f" at `{self.prefix}`" if self.prefix else ""
        return {
            "items": f"a list{at}",
            "pairs": f"an object by key{at}",
            "lists": "columns that are lists",
            "columns": "columns that are objects by key",
            "split": f"rows that are lists, at `{self.prefix}`",
        }.get(self.form, "")


def shape_of(peek: Peek) -> Shape | None:
    """Where the records are; None where the file has none."""
    if peek.kind == "json-list":
        return Shape("items")
    if peek.kind in ("jsonl", "csv", "parquet"):
        return Shape("rows")
    return object_shape(outline(peek)) if peek.kind == "json-object" else None


def object_shape(whole: Mapping[str, object]) -> Shape | None:
    """Where the records of one JSON object are."""
    if shape := split_of(whole) or columns_of(whole):
        return shape
    lists = {k: v for k, v in whole.items() if isinstance(v, list) and dicts(v)}
    longest = max(lists, key=lambda name: len(lists[name]), default="")
    if lists and any(asks(item) for item in lists[longest][:20]):
        return Shape("items", longest)
    if asks(whole) or any(normal(name) in ("idx", "id") for name in whole):
        return Shape("one")
    if by_key(whole):
        return Shape("pairs")
    inner = (name for name, value in whole.items() if isinstance(value, dict) and by_key(value))
    if name := next(inner, ""):
        return Shape("pairs", name)
    if lists:
        return Shape("items", longest)
    within = (
        replace(shape, prefix=f"{name}.{shape.prefix}".rstrip("."))
        for name, value in whole.items()
        if isinstance(value, dict)
        and (shape := object_shape(value))
        and shape.form in ("items", "pairs")
    )
    return next(within, None)


def split_of(whole: Mapping[str, object]) -> Shape | None:
    """The names in `columns` and the rows in `data`, as data frames are written."""
    names, data = whole.get("columns"), whole.get("data")
    if not (isinstance(names, list) and isinstance(data, list) and names and data):
        return None
    fits = all(isinstance(row, list) and len(row) == len(names) for row in data[:1])
    return Shape("split", "data", tuple(map(str, names))) if fits else None


def asks(record: Mapping[str, object]) -> bool:
    """Whether it names its problem or question, by what can be nothing else."""
    plain = {"idx", "id", "index", "key", "sampleid", "slug", "input"}
    usual = {*PROBLEM["problem_id"].split(), *PROBLEM["question"].split()} - plain
    return any(
        isinstance(value, str | int) and place_in(" ".join(usual), (name,)) is not None
        for name, value in record.items()
    )


def dicts(values: Sequence[object]) -> bool:
    """Whether these are objects."""
    return bool(values) and all(isinstance(value, dict) for value in values[:20])


def by_key(whole: Mapping[str, object]) -> bool:
    """Whether every value is a record, or the samples, of the problem that its key names."""
    values = list(whole.values())[:20]
    if len(values) > 1 and isinstance(values[-1], list | dict):
        values = values[:-1]  # it may have been cut off
    if values and all(isinstance(value, list) for value in values):
        return all(dicts(v) or isinstance(v[0], str) for v in values if v)  # type: ignore[index, arg-type]
    if not dicts(values) or not all(map(has_sample, values)):
        return False
    return bool(frozenset.intersection(*map(frozenset, values)))  # type: ignore[arg-type]


def has_sample(record: object) -> bool:
    """Whether it has a text, a verdict or a count by a usual name, however deep."""
    names = f"{COMPLETION} {VERDICT} {SCORE} {COUNTS['c']}"
    return any(path and place_in(names, path) is not None for path, *_ in walk(record, (), 0, None))


def columns_of(whole: Mapping[str, object]) -> Shape | None:
    """The columns of an object that is a table, if it is one: two of them or more."""
    for kind, form in ((list, "lists"), (dict, "columns")):
        every: dict[str, Any] = {k: v for k, v in whole.items() if isinstance(v, kind) and v}
        size = next((len(v) for k, v in every.items() if usual(k)), 0)
        # The last one may have been cut off.
        found = {k: v for k, v in every.items() if len(v) == size or k == list(every)[-1]}
        known = [name for name in found if usual(name)]
        asked = any(place_in(PROBLEM["question"], (name,)) is not None for name in known)
        others = {name: value for name, value in whole.items() if name not in every}
        single = kind is list and ((asks(others) and not asked) or any(map(dicts, found.values())))
        if len(known) > 1 and not single:
            return Shape(form, columns=tuple(found))
    return None


def usual(name: str) -> bool:
    """Whether it is a usual name of what a sample or a problem has."""
    problem = " ".join(PROBLEM.values())
    return place_in(f"{COMPLETION} {DOUBTFUL} {VERDICT} {SCORE} {problem}", (name,)) is not None


def records_of(source: Source, kind: str, shape: Shape) -> Iterator[Record | Bad]:
    """All records of the file."""
    if shape.form == "rows":
        readers = {"jsonl": json_lines, "csv": csv_rows, "parquet": parquet_rows}
        return iter(readers[kind](source))
    if shape.form == "items":
        return json_items(source, shape.prefix)
    if shape.form == "one":
        return one(source)
    if shape.form == "split":
        return split_rows(source, shape)
    return pairs(source, shape.prefix) if shape.form == "pairs" else rows_of_columns(source, shape)


def one(source: Source) -> Iterator[Record | Bad]:
    """The whole file is one record."""
    for value in json_values(source, ""):
        if isinstance(value, Bad):
            yield value
        elif isinstance(value, dict):
            yield "the file", value


def split_rows(source: Source, shape: Shape) -> Iterator[Record | Bad]:
    """The rows of a table whose columns are named once."""
    for number, row in enumerate(json_values(source, f"{shape.prefix}.item"), start=1):
        if isinstance(row, Bad):
            yield row
        elif isinstance(row, list) and len(row) == len(shape.columns):
            yield f"row {number}", dict(zip(shape.columns, row, strict=True))
        else:
            said = f"is no list of {len(shape.columns)}, as many as there are columns"
            yield Bad(f"row {number}", "row", said, excerpt(row))


def pairs(source: Source, prefix: str) -> Iterator[Record | Bad]:
    """Every key with its value: a record, or the samples of the problem with this name."""
    for pair in json_pairs(source, prefix):
        if isinstance(pair, Bad):
            yield pair
            continue
        key, value = pair
        yield f"key {key}", {KEY: key, **(value if isinstance(value, dict) else {VALUE: value})}


def rows_of_columns(source: Source, shape: Shape) -> Iterator[Record | Bad]:
    """The rows of a table that is written column by column."""
    texts = min(shape.columns, key=rank)
    quiet = replace(source, progress=untold)
    broken: list[Bad] = []
    others = {n: dict(column(quiet, shape, n, broken)) for n in shape.columns if n != texts}
    seen = set()
    for key, value in column(source, shape, texts, broken):
        seen.add(key)
        row = {name: values[key] for name, values in others.items() if key in values}
        by_key = {KEY: key} if shape.form == "columns" else {}
        yield f"{'key' if by_key else 'row'} {key}", {**by_key, texts: value, **row}
    for name, values in others.items():
        for key in values.keys() - seen:
            seen.add(key)
            reason = f"is missing of this row, which `{name}` has"
            yield Bad(f"row {key}", texts, reason, excerpt(json.dumps(values[key])))
    yield from broken[:1]  # each column is read for itself, and finds the same


def rank(name: str) -> int:
    """How likely the column holds texts, which need not be in memory."""
    place = place_in(f"{COMPLETION} {DOUBTFUL}", (name,))
    return 1000 if place is None else place


def column(
    source: Source, shape: Shape, name: str, broken: list[Bad]
) -> Iterator[tuple[str, object]]:
    """The values of one column by row or key; where the file breaks off, what stands before."""
    items: Iterator[tuple[str, object] | Bad]
    if shape.form == "columns":
        items = json_pairs(source, name)
    else:
        values = enumerate(json_values(source, f"{name}.item"), start=1)
        items = (v if isinstance(v, Bad) else (str(number), v) for number, v in values)
    for item in items:
        if isinstance(item, Bad):
            broken.append(item)
        else:
            yield item


def first_records(source: Source, kind: str, shape: Shape) -> list[dict[str, object]]:
    """The first records that are sound."""
    found, size = [], 0
    records = records_of(replace(source, progress=untold), kind, shape)
    for record in itertools.islice(records, 5 * FIRST):
        if isinstance(record, Bad):
            continue
        found.append(record[1])
        size += len(json.dumps(record[1], default=str))
        if len(found) == FIRST or size > FIRST_CHARACTERS:
            break
    return found
