"""Which problems the guess filter drops, against fractions."""

from fractions import Fraction

import polars as pl

from app.analysis.guessing import guessable


def test_the_limit_itself_is_not_below_the_limit() -> None:
    """7 of 140 are 5 %, whatever 0.05 · 140 is in floating point."""
    pairs = [(n, c) for n in range(1, 300) for c in range(n + 1)]
    names = [f"{c} of {n}" for n, c in pairs]
    n, c = zip(*pairs, strict=True)
    direct = pl.DataFrame({"problem_id": names, "n": n, "c": c})
    for percent in (1, 5, 7, 29):
        below = Fraction(percent, 100)
        expected = [
            name for name, (n, c) in zip(names, pairs, strict=True) if 0 < Fraction(c, n) < below
        ]
        assert guessable(direct, percent / 100) == expected
