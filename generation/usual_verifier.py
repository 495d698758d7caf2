"""The verifier that a run of samples without verdicts is usually judged by."""

import re
from pathlib import Path
from typing import NamedTuple

from generation.benchmarks.catalogue import entry
from store.runs import read_run
from store.shards import read_shards

LETTER = re.compile(r"\(?[A-J]\)?")


class Usual(NamedTuple):
    """A verifier, and why it is the usual one."""

    verifier: str
    why: str


def usual_verifier(run_folder: Path) -> Usual | None:
    """That of the benchmark where we know it, else by what the references are; None without any."""
    benchmark = read_run(run_folder).benchmark
    if known := entry(benchmark):
        return Usual(known.verifiers[0], f"the verifier of {benchmark}")
    references = read_shards(run_folder, "problems", columns=["reference"])["reference"]
    stated = [text.strip() for text in references if text and text.strip()]
    if not stated:
        return None
    if all(LETTER.fullmatch(text) for text in stated):
        return Usual("multiple_choice", "the references are letters")
    return Usual("math", "the references are answers in words or figures")
