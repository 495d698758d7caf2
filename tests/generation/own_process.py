"""Python in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def succeeded(*arguments: str | Path, timeout: int = 200) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments, on one core; it must end without an error."""
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    return ended
