"""Runs by their labels in sentences, where a label is what the reader sees elsewhere."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from app.selection import Selection, run_labels


def label_of(selection: Selection, run: str) -> str:
    """The label of a run that need not be among the chosen ones: what tells it from those."""
    runs = selection.runs if run in selection.runs else (*selection.runs, run)
    return run_labels(replace(selection, runs=runs))[run]


def named(sentence: str, labels: Mapping[str, str]) -> str:
    """The sentence with labels in place of the ids of runs, each a word of its own."""
    ids = "|".join(re.escape(run) for run in sorted(labels, key=len, reverse=True))
    return re.sub(rf"(?<!\S)({ids})(?![\w-])", lambda found: labels[found[0]], sentence)


@contextmanager
def told_by_label(labels: Mapping[str, str]) -> Iterator[None]:
    """Have a ValueError, whose sentence the reader sees, name runs by their labels."""
    try:
        yield
    except ValueError as error:
        raise ValueError(named(str(error), labels)) from error
