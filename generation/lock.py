"""Who may work on a study folder: one whole job, or each part of a divided job once.

Two jobs that did the same work would draw the same samples twice.
"""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from generation.division import WHOLE, Division


@contextmanager
def study_lock(folder: Path, division: Division = WHOLE) -> Iterator[None]:
    """Hold the folder's lock. The system frees it when the process ends, however it ends.

    Parts of one division share the folder; a whole job, or parts of another division, do not.
    Raises ValueError where somebody else is at work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        common = held.enter_context(_opened(folder / ".lock"))
        _lock(common, shared=division != WHOLE, folder=folder)
        if division != WHOLE:
            own = held.enter_context(_opened(folder / _name(division)))
            _lock(own, shared=False, folder=folder)
            # Last: of two divisions that begin at the same moment at least one sees the other.
            _refuse_other_divisions(folder, division)
        yield


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other part of the job does what only one may do at a time."""
    with _opened(folder / ".lock-mending") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def judge_lock(folder: Path, reviewer: str) -> Iterator[None]:
    """Hold what only one job at a time may do: ask this judge. Others may work on the folder.

    Raises ValueError where it is being asked: two jobs would pay for the same verdicts.
    """
    name = hashlib.sha256(reviewer.encode()).hexdigest()[:16]
    with _opened(folder / f".lock-judge-{name}") as file:
        _lock(file, shared=False, folder=folder)
        yield


def _name(division: Division) -> str:
    return f".lock-{division.part}-of-{division.parts}"


def _opened(path: Path) -> IO[str]:
    """For reading and writing: over NFS a shared lock needs the one, an exclusive the other."""
    return path.open("a+")


def _lock(file: IO[str], *, shared: bool, folder: Path) -> None:
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ValueError(
            f"Another job is at work on {folder}: wait until it ends, or stop it."
        ) from error
    except OSError as error:
        raise ValueError(
            f"{folder} is on a file system without file locks ({error.strerror}), and two jobs "
            "might draw the same samples: put the study on another one."
        ) from error


def _refuse_other_divisions(folder: Path, division: Division) -> None:
    """Part 1 of 2 and part 1 of 3 have samples in common."""
    for path in folder.glob(".lock-*-of-*"):
        if not path.name.endswith(f"-of-{division.parts}"):
            with _opened(path) as file:
                _lock(file, shared=False, folder=folder)


def remove_unfinished(run_folders: list[Path]) -> None:
    """Remove what killed writers left behind. Only under the whole lock: a file may be another
    part's that is still being written."""
    for folder in run_folders:
        for path in folder.glob(".*.tmp"):
            path.unlink()
