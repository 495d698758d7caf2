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
    holds 0 or cannot be relied on: that is "undecided".
    """
    defined = gaps.filter(pl.col("gap").is_not_nan()).sort("k").to_dicts()
    if crossing is None or not defined:
        return (
            f"Undecided: a problem has no samples that count, so that pass@k of {names.base} or of"
            f" {names.other} is undefined at every k."
        )
    ends = [defined[0]] if len(defined) == 1 else [defined[0], defined[-1]]
    parts = [*sides(ends, names), crossing_said(crossing, defined, names), *marked(ends)]
    said = "; ".join(part for part in parts if part)
    return f"{said[0].upper()}{said[1:]}." if said.startswith("at k") else f"{said}."


def sides(ends: list[dict[str, float]], names: Names) -> list[str]:
    """A clause for each end of the curves; the last one says what the bands are."""
    band = f" ({100 * names.level:g} % bands, {names.kind})"
    if not any(decides(row) for row in ends):
        each = " and ".join(f"{interval(row, 1)} at k = {row['k']}" for row in ends)
        verb = "holds 0" if len(ends) == 1 else "hold 0 both"
        why = f", which {verb}" if all(holds_zero(row) for row in ends) else ""
        return [f"Undecided: {names.other} − {names.base} is {each}{why}{band}"]
    clauses = [clause(row, names) for row in ends]
    return [*clauses[:-1], clauses[-1] + band]


def holds_zero(row: dict[str, float]) -> bool:
    """Whether the band does not exclude that the gap is 0; so too an undefined band."""
    return not (row["low"] > 0 or row["high"] < 0)


def decides(row: dict[str, float]) -> bool:
    """Whether the band tells who is ahead: it excludes 0, and covers as often as it says."""
    return bool(row["reliable"]) and not holds_zero(row)


def clause(row: dict[str, float], names: Names) -> str:
    """Who is ahead at one k."""
    if not decides(row):
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


def crossing_said(crossing: Crossover, defined: list[dict[str, float]], names: Names) -> str:
    """Where the curves cross, as far as the bands tell; nothing where k = 1 is all there is."""
    if crossing.last <= 1:
        return ""
    if crossing.k is None:
        return not_crossed(crossing, defined[-1])
    if crossing.tie and all(not row["gap"] for row in defined if row["k"] >= crossing.k):
        return met(crossing)
    tie = f" and are equal at k = {crossing.last}" if crossing.tie else ""
    if crossing.k == 1:
        known = "" if crossing.high == 1 else f", but {latest(crossing)}"
        return f"the curve of {names.base} is nowhere below that of {names.other}{known}"
    if crossing.low == 1 or crossing.high is None or not decides(defined[-1]):
        return f"the estimates cross at {place(crossing)}{tie} ({allowed(crossing)})"
    return f"they cross at k = {crossing.k} [{crossing.low}, {crossing.high}]{tie}"


def met(crossing: Crossover) -> str:
    """The curves are equal from the crossover on."""
    if crossing.k == 1:
        return "the estimates are equal at every k"
    to = "" if crossing.k == crossing.last else f" and are equal up to k = {crossing.last}"
    return f"the estimates meet at {place(crossing)}{to} ({allowed(crossing)})"


def place(crossing: Crossover) -> str:
    """The k of the crossover."""
    return f"the last k, {crossing.k}" if crossing.k == crossing.last else f"k = {crossing.k}"


def allowed(crossing: Crossover) -> str:
    """The k at which the bands let the curves cross, in words."""
    return f"the bands allow k = {reach(crossing)}{'' if crossing.high else ', or no crossing'}"


def reach(crossing: Crossover) -> str:
    """The interval of the crossover up to the last k: one k, or from one to another."""
    end = crossing.high or crossing.last
    return f"{end}" if crossing.low == end else f"{crossing.low} to {end}"


def not_crossed(crossing: Crossover, last: dict[str, float]) -> str:
    """The curves do not cross: as far as the band tells, or only the estimates do not."""
    if decides(last) and last["low"] > 0:
        return f"they do not cross up to k = {crossing.last}"
    where = f"from k = {crossing.low} on" if crossing.low < crossing.last else "at the last k"
    return (
        f"the estimates do not cross up to k = {crossing.last}, but a crossing {where} is not"
        " excluded"
    )


def latest(crossing: Crossover) -> str:
    """The upper end of the interval of the crossover, in words."""
    if crossing.high is None:
        return f"that they do not cross up to k = {crossing.last} is not excluded"
    return f"a crossing as late as k = {crossing.high} is not excluded"


def strip_said(gaps: pl.DataFrame, crossing: Crossover) -> str:
    """What the figure's shaded strip is, and the crossover that it belongs to."""
    last = gaps.filter(k=crossing.last).row(0, named=True)
    if crossing.k is None and last["low"] > 0:
        return f"No crossover up to k = {crossing.last}, and the band allows none."
    if crossing.k is None and crossing.low == crossing.last:
        return f"No crossover; the earliest that the band allows is k = {crossing.last}."
    estimate = "no crossover" if crossing.k is None else f"crossover at k = {crossing.k}"
    if crossing.low == crossing.high:
        return f"{estimate.capitalize()}; the band allows no other k."
    none = "" if crossing.high else ", or none"
    ks = f"k = {reach(crossing)}{none}"
    return f"Shaded: the band allows the crossover at {ks}; the estimate: {estimate}."


def marked(ends: list[dict[str, float]]) -> list[str]:
    """A clause where a band is known to cover the truth more or less often than it says."""
    ks = " and ".join(f"k = {row['k']}" for row in ends if not row["reliable"])
    return [f"the band at {ks} is marked, since its real coverage is not as stated"] if ks else []
