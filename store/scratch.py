"""A folder of this process outside any study: reading a study leaves nothing in it."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path


@functools.cache
def scratch() -> Path:
    """An empty folder that only this user may enter, removed when the process ends.

    It is made where TMPDIR says. Raises OSError where nothing can be written there.
    """
    folder = tempfile.mkdtemp(prefix="passband-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
