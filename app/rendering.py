"""A table as text: aligned for a terminal, as JSON or as CSV."""

import csv
import io
import json
import math
from collections.abc import Callable

import polars as pl


def render(frame: pl.DataFrame, form: str) -> str:
    """The table as text: `table`, `json` (one array of flat objects, NaN as null) or `csv`."""
    if form not in FORMATS:
        raise ValueError(f"No format {form!r}: choose from {', '.join(FORMATS)}.")
    return FORMATS[form](frame)


def as_json(frame: pl.DataFrame) -> str:
    """A JSON array with one object a line."""
    rows = [
        json.dumps({name: defined(value) for name, value in row.items()}, ensure_ascii=False)
        for row in frame.to_dicts()
    ]
    return "[\n" + ",\n".join(rows) + "\n]" if rows else "[]"


def as_csv(frame: pl.DataFrame) -> str:
    """Comma-separated values with a heading; undefined is empty, lists are joined by spaces."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows([cell(defined(value)) for value in row] for row in frame.rows())
    return text.getvalue().rstrip("\n")


def as_table(frame: pl.DataFrame) -> str:
    """Columns aligned for a terminal; numbers with four decimals, undefined as a dash."""
    lines = [frame.columns] + [[printed(defined(value)) for value in row] for row in frame.rows()]
    widths = [max(len(line[i]) for line in lines) for i in range(frame.width)]
    aligned = [str.rjust if dtype.is_numeric() else str.ljust for dtype in frame.dtypes]
    rows = (
        "  ".join(
            align(word, width) for align, word, width in zip(aligned, line, widths, strict=True)
        )
        for line in lines
    )
    return "\n".join(row.rstrip() for row in rows)


FORMATS: dict[str, Callable[[pl.DataFrame], str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}


def defined(value: object) -> object:
    """None for NaN and infinity, which JSON has no words for; else the value."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def cell(value: object) -> str:
    """A value as text in full precision."""
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def printed(value: object) -> str:
    """A value for people."""
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else cell(value)
