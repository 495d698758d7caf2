"""Audits that another study exported: CSV, Parquet or JSONL (store/audit_files.py)."""

from collections.abc import Sequence
from pathlib import Path

from store.audit_files import Brought, read_audits
from store.audit_files import recognises as is_audit_file
from store.importers.facts import Facts, Imported
from store.importers.peek import Peek

__all__ = ["import_files", "recognises"]

NAMED = 5  # rows that a report names


def recognises(peek: Peek) -> str | None:
    """The columns of an export of audits."""
    return "audits that passband export wrote" if is_audit_file(peek.path) else None


def import_files(paths: Sequence[Path], study: Path, facts: Facts) -> Imported:  # noqa: ARG001
    """Add the audits that the study lacks; what cannot be one is left out and named by its line."""
    return sum((imported(path, read_audits(study, path)) for path in paths), start=Imported())


def imported(path: Path, brought: Brought) -> Imported:
    """What is said of one file."""
    named = {
        f"row: {path.name}, line {line}: {reason.removesuffix('.')}": 1
        for line, reason in brought.refused[:NAMED]
    }
    more = len(brought.refused) - NAMED
    return Imported(
        audits=brought.added,
        notes={"were there already": brought.known} if brought.known else {},
        left_out={**named, f"more rows of {path.name}": more} if more > 0 else named,
    )
