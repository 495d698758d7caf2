"""Audits for tests, and how to read back what the file holds without the code under test."""

import contextlib
import hashlib
import sqlite3
from pathlib import Path

from store.audits import FILE, Audit

AT = "2026-01-02T03:04:05+00:00"


def audit(
    label="valid", reviewer="reviewer-1", sample=0, problem="p0", run="run", text="t", at=AT, **more
):
    hashed = hashlib.sha256(text.encode()).hexdigest()
    return Audit(at, run, problem, sample, hashed, reviewer, label, **more)


def stored(study: Path, columns: str = "id, reviewer, label", where: str = "TRUE") -> list[tuple]:
    """What plain SQLite says is in the file, by id."""
    statement = f"SELECT {columns} FROM audits WHERE {where} ORDER BY id"
    with contextlib.closing(sqlite3.connect(study / FILE)) as connection:
        return connection.execute(statement).fetchall()
