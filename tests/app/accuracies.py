"""Counts of ragged runs, and the bin and accuracy of a problem by exact fractions."""

import random
from bisect import bisect_left
from fractions import Fraction

import polars as pl

from tests.app.frames import counts_frame


def bin_of(c: int, n: int) -> int:
    """The bin by fractions: 0 and 1 alone, else the tenth whose upper end is not exceeded."""
    accuracy = Fraction(c, n)
    if accuracy in (0, 1):
        return 11 * int(accuracy)
    return 1 + bisect_left([Fraction(i, 10) for i in range(1, 11)], accuracy)


def ragged(run: str, problems: int, seed: int, most: int = 12) -> pl.DataFrame:
    """Counts of a run with another n at every problem, some of them 0."""
    draw = random.Random(seed)
    n = [draw.choice([0, 1, 3, 4, 6, 10, most]) for _ in range(problems)]
    return counts_frame(run, n, [draw.randint(0, samples) for samples in n])


def two_runs(problems: int = 80) -> tuple[pl.DataFrame, dict[str, list[Fraction | None]]]:
    """Counts of two ragged runs, and their accuracies by fractions."""
    parts = {"b": ragged("b", problems, 1), "r": ragged("r", problems, 2)}
    fractions = {
        run: [Fraction(c, n) if n else None for n, c in part.select("n", "c").rows()]
        for run, part in parts.items()
    }
    return pl.concat(parts.values()), fractions
