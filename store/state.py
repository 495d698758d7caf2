"""The state of a study: its build and the first audits. Together they decide every number.

A build's name is the hash of what is in it, and audits are only added: so a state that was named
once can be told from every other, and shown again as long as the build's file is there.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

import polars as pl

BUILD = re.compile(r"[0-9a-f]{16}")
DIGITS = 12  # of a digest


class State(NamedTuple):
    """A build by its name, and how many audits there were with the digest of these rows."""

    build: str
    audits: int
    digest: str


def digest(rows: pl.DataFrame) -> str:
    """Of audits with the columns of store.audits.COLUMNS, in their order, whatever their ids.

    Equal for equal rows on every machine and with every version of the libraries.
    """
    found = hashlib.sha256()
    for row in rows.drop("id").iter_rows():
        found.update(json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")
    return found.hexdigest()[:DIGITS]


def build_file(study: Path, name: str) -> Path | None:
    """The file of the build with this name; None where it is no name of one, or no file of ours."""
    if not BUILD.fullmatch(name):
        return None
    path = study.resolve() / "store" / f"{name}.duckdb"
    return path if path.is_file() and not path.is_symlink() else None
