"""Writing what is exported: whole or not at all."""

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write the file under another name first, so that nobody ever sees half of it."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
