"""Files and folders that appear whole or not at all, and never in the place of another one."""

import contextlib
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from store.shards import sync_folder


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes its name when all went well; until then nothing is there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = beside(folder)
    temporary.mkdir()
    try:
        yield temporary
        temporary.rename(folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def new_file(file: Path) -> Iterator[Path]:
    """A name to write to, which becomes the file's when all went well."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = beside(file)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.rename(file)
        sync_folder(file.parent)
    finally:
        for path in file.parent.glob(f"{temporary.name}*"):  # DuckDB has files beside its own
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def beside(path: Path) -> Path:
    """A name that nothing has, in the same folder."""
    return path.with_name(f".{uuid.uuid4().hex}.tmp")


def sha256(file: Path) -> str:
    """The file's SHA-256, hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
