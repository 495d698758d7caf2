"""Where a study keeps its store, and how to open it."""

from pathlib import Path

import duckdb


def current(study: Path) -> Path:
    """The build that the study points at now, with its own name: it stays as it is for ever.

    DuckDB gives a process that has a file open the old content when the same path is opened again;
    that is why builds have names of their own and `current` is only a link.
    """
    link = study / "store" / "current"
    path = link.resolve()
    if not path.is_file():
        raise ValueError(f"No store at {link}. Build it with: passband publish --study {study}")
    return path


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a store for reading. Every query needs a cursor of its own: `connect(path).cursor()`."""
    return duckdb.connect(str(path), read_only=True)
