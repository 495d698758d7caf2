"""Fingerprints of checkpoints, so that samples of two of them are never pooled in silence."""

import hashlib
from pathlib import Path

PATTERNS = ("*.safetensors", "*.bin", "config.json")
MIB = 2**20


def fingerprint(path: str | None) -> str | None:
    """Hash over names, sizes and the first and last MiB of a checkpoint's files.

    None for a hub id: its revision says which weights they are. Cheap, since a checkpoint may have
    hundreds of gigabytes; training changes every weight, also those at both ends of a file.
    """
    if path is None or not Path(path).is_dir():
        return None
    digest = hashlib.sha256()
    for file in sorted(file for pattern in PATTERNS for file in Path(path).glob(pattern)):
        size = file.stat().st_size
        digest.update(f"{file.name}\0{size}\0".encode())
        with file.open("rb") as content:
            digest.update(content.read(MIB))
            content.seek(max(0, size - MIB))
            digest.update(content.read(MIB))
    return digest.hexdigest()[:16]
