"""What a comparison found, in one sentence that claims no more than its bands allow."""

from typing import NamedTuple

import polars as pl

from app.metrics.crossover import Crossover


class Names(NamedTuple):
    """What the sentence calls both runs, and what the bands are."""

    base: str
    other: str
    kind: str
    level: float


def finding(gaps: pl.DataFrame, crossing: Crossover | None, names: Names) -> str:
    """The sentence: who is ahead at k = 1 and at the last common k, and where the curves cross.

    `gaps` has the columns of app.analysis.compare.comparison. Nobody is called ahead where the band
    holds 0: that is "undecided".
    """
    defined = gaps.filter(pl.col("gap").is_not_nan()).sort("k").to_dicts()
    if crossing is None or not defined:
        return (
            f"Undecided: a problem has no samples that count, so that pass@k of {names.base} or of"
            f" {names.other} is undefined at every k."
        )
    ends = [defined[0]] if len(defined) == 1 else [defined[0], defined[-1]]
    parts = [*sides(ends, names), crossing_said(crossing, defined[-1], names), *marked(ends)]
    said = "; ".join(part for part in parts if part)
    return f"{said[0].upper()}{said[1:]}." if said.startswith("at k") else f"{said}."


def sides(ends: list[dict[str, float]], names: Names) -> list[str]:
    """A clause for each end of the curves; the last one says what the bands are."""
    band = f" ({100 * names.level:g} % bands, {names.kind})"
    if all(holds_zero(row) for row in ends):
        each = " and ".join(f"{interval(row, 1)} at k = {row['k']}" for row in ends)
        verb = "holds 0" if len(ends) == 1 else "hold 0 both"
        return [f"Undecided: {names.other} − {names.base} is {each}, which {verb}{band}"]
    clauses = [clause(row, names) for row in ends]
    return [*clauses[:-1], clauses[-1] + band]


def holds_zero(row: dict[str, float]) -> bool:
    """Whether the band does not exclude that the gap is 0; so too an undefined band."""
    return not (row["low"] > 0 or row["high"] < 0)


def clause(row: dict[str, float], names: Names) -> str:
    """Who is ahead at one k."""
    if holds_zero(row):
        said = interval(row, 1)
        return f"at k = {row['k']} it is undecided: {names.other} − {names.base} is {said}"
    ahead, sign = (names.other, 1) if row["gap"] > 0 else (names.base, -1)
    return f"{ahead} is ahead at k = {row['k']} by {interval(row, sign)}"


def interval(row: dict[str, float], sign: int) -> str:
    """The gap and its band in points of pass@k, turned round where the base is ahead."""
    low, high = (row["low"], row["high"]) if sign > 0 else (-row["high"], -row["low"])
    return f"{points(sign * row['gap'])} points [{points(low)}, {points(high)}]"


def points(value: float) -> str:
    """A fraction in points of per cent, with the decimals that keep it from reading as 0."""
    if value != value:
        return "undefined"
    decimals = next((d for d in (1, 2, 3) if round(abs(100 * value), d)), 1)
    return f"{100 * value:.{decimals}f}".replace("-", "−") if value else "0.0"


def crossing_said(crossing: Crossover, last: dict[str, float], names: Names) -> str:
    """Where the curves cross, as far as the bands tell; nothing where k = 1 is all there is."""
    if crossing.last <= 1:
        return ""
    if crossing.k is None:
        return not_crossed(crossing, last)
    tie = f" and are equal at k = {crossing.last}" if crossing.tie else ""
    if crossing.k == 1:
        known = "" if crossing.high == 1 else f", but {latest(crossing)}"
        return f"the curve of {names.base} is nowhere below that of {names.other}{known}"
    if crossing.low == 1 or crossing.high is None or holds_zero(last):
        where = f"the estimates cross at k = {crossing.k}{tie}"
        return f"{where} (from k = {crossing.low} on; {latest(crossing)})"
    return f"they cross at k = {crossing.k} [{crossing.low}, {crossing.high}]{tie}"


def not_crossed(crossing: Crossover, last: dict[str, float]) -> str:
    """The curves do not cross: as far as the band tells, or only the estimates do not."""
    if last["low"] > 0:
        return f"they do not cross up to k = {crossing.last}"
    return (
        f"the estimates do not cross up to k = {crossing.last}, but that they do, from"
        f" k = {crossing.low} on, is not excluded"
    )


def latest(crossing: Crossover) -> str:
    """The upper end of the interval of the crossover, in words."""
    if crossing.high is None:
        return f"that they do not cross up to k = {crossing.last} is not excluded"
    return f"a crossing as late as k = {crossing.high} is not excluded"


def marked(ends: list[dict[str, float]]) -> list[str]:
    """A clause where a band is known to cover the truth more or less often than it says."""
    ks = " and ".join(f"k = {row['k']}" for row in ends if not row["reliable"])
    return [f"the band at {ks} is marked, since its real coverage is not as stated"] if ks else []
