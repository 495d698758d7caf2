"""Where a study keeps its store, and how to open it."""

from pathlib import Path

import duckdb

from store.scratch import scratch

Cursor = duckdb.DuckDBPyConnection  # what questions are put to: `connect(path).cursor()`


def current(study: Path) -> Path:
    """The build that the study points at now, with its own name: it stays as it is for ever.

    DuckDB gives a process that has a file open the old content when the same path is opened again;
    that is why builds have names of their own and `current` is only a link.
    """
    link = study / "store" / "current"
    # Not resolved further: the name is the build's, wherever the file itself lies.
    path = link.parent.resolve() / link.readlink() if link.is_symlink() else link
    if not path.is_file():
        raise ValueError(f"No store at {link}. Build it with: passband publish --study {study}")
    return path


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a store for reading. Every query needs a cursor of its own: `connect(path).cursor()`.

    What does not fit into memory goes to a folder of this process: DuckDB would make one beside
    the store. Where there is no room for one, such a query fails instead.
    """
    try:
        spilled = str(scratch() / "spilled")
    except OSError:
        spilled = ""
    return duckdb.connect(str(path), read_only=True, config={"temp_directory": spilled})
