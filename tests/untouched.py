"""Everything that a folder holds: to tell that nothing in it was changed, by anybody."""

import hashlib
from pathlib import Path


def contents(folder: Path) -> dict[str, tuple[object, ...]]:
    """For each path in the folder, and itself: kind, time of change, and hash or target."""
    return {str(path.relative_to(folder)): told(path) for path in [folder, *folder.rglob("*")]}


def told(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    if path.is_symlink():
        return ("link", found.st_mtime_ns, str(path.readlink()))
    if path.is_dir():
        return ("folder", found.st_mtime_ns, found.st_mode)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ("file", found.st_mtime_ns, found.st_mode, found.st_ino, found.st_size, digest)
