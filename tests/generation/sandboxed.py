"""The mark of tests that run code, skipped where no sandbox starts, and what is still running."""

import time
from pathlib import Path

import pytest

from generation import sandbox


def _fault() -> str:
    try:
        sandbox.ready()
    except ValueError as error:
        return str(error)
    return ""


REASON = _fault()


def needs_sandbox(test):
    """For tests that need a sandbox."""
    return pytest.mark.sandbox(pytest.mark.skipif(bool(REASON), reason=REASON)(test))


def processes_with(argument):
    """Ids of processes on this machine whose command line holds this text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if argument.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def gone(argument, seconds=20):
    """Whether no process with this argument is left, after some time for the kernel."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not processes_with(argument):
            return True
        time.sleep(0.05)
    return False
