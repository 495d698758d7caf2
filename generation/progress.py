"""What the job shows: how many samples, how fast, how long still."""

import sys

from tqdm import tqdm


def progress(total: int, what: str) -> "tqdm[None]":
    """A bar on standard error that appears only if the work takes longer than a second."""
    return tqdm(total=total, desc=what, unit=" samples", delay=1, mininterval=0.5)


def say(sentence: str) -> None:
    """A line on standard error, before what takes long and has no bar: loading a model."""
    tqdm.write(sentence, file=sys.stderr)
