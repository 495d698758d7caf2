"""One job at a time on a study folder: two would draw the same samples twice."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def study_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. The system frees it when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"Another job is at work on {folder}: wait until it ends, or stop it."
            ) from error
        yield


def remove_unfinished(run_folders: list[Path]) -> None:
    """Remove what killed writers left behind. Only under the lock: it may be a live writer's."""
    for folder in run_folders:
        for path in folder.glob(".*.tmp"):
            path.unlink()
