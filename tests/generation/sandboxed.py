"""The mark of tests that run code, skipped where no sandbox starts, and what is still running."""

import os
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
    """Ids of processes whose command line holds this text, but for those of other test workers."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if argument.encode() in path.read_bytes() and not elsewhere(path.parent.name):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def elsewhere(process):
    """Whether another worker of pytest-xdist, which runs other tests at once, started it."""
    line = ancestors(process)
    return os.getppid() in line and os.getpid() not in line


def ancestors(process):
    """Ids of the processes that it descends from."""
    line = []
    while int(process) > 1:
        stat = Path(f"/proc/{process}/stat").read_text()
        process = stat.rpartition(")")[2].split()[1]
        line.append(int(process))
    return line


def gone(argument, seconds=20):
    """Whether no process with this argument is left, after some time for the kernel."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not processes_with(argument):
            return True
        time.sleep(0.05)
    return False
