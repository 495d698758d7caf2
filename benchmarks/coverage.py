"""How often the bands cover the truth, for benchmarks whose success probabilities are known.

    OMP_NUM_THREADS=1 python -m benchmarks.coverage --repeats 1000

Run by hand; prints the Markdown table of docs/intervals.md: coverage in percent, mean width and
the percentage of bands that are marked as not to be relied on. For "problems like these"
every repeat draws problems and samples anew, and the truth is the mean over the whole shape. For
"these problems" the problems are drawn SETS times and only the samples are drawn anew; the truth is
the mean over the drawn problems. The other run solves part of what the base solves more often, and
part of what the base rarely solves not at all, as after reinforcement learning.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats

from app.metrics.crossover import crossover
from app.metrics.intervals import KINDS, LIKE_THESE, Band, band, gap_band, pass_at_k_values
from app.metrics.pass_at_k import Floats, Integers

SETS = 5
SIZES = ((30, 32), (30, 256), (100, 128), (500, 128), (100, 1024))
SHAPES: dict[str, Callable[[Floats], Floats]] = {
    "uniform": lambda u: u,
    "Beta(0.3, 0.8)": lambda u: stats.beta.ppf(u, 0.3, 0.8),
    "40 % at 0, else Beta(0.6, 1.5)": lambda u: stats.beta.ppf(
        np.maximum(u - 0.4, 0) / 0.6, 0.6, 1.5
    ),
    "10^uniform(−5, −1)": lambda u: 10 ** (4 * u - 5),
    "Beta(0.1, 10)": lambda u: stats.beta.ppf(u, 0.1, 10),
    "Beta(0.2, 0.2)": lambda u: stats.beta.ppf(u, 0.2, 0.2),
    "Beta(8, 0.5)": lambda u: stats.beta.ppf(u, 8, 0.5),
}


class Cell(NamedTuple):
    """What the repeats of one shape, size and k gave."""

    covered: float
    width: float
    marked: float


def sharpened(p: Floats, luck: Floats) -> Floats:
    """Success probabilities of the other run."""
    odds = (p / (1 - p + 1e-12)) ** 0.7 * 1.25
    gone = (p < 0.02) & (luck < 0.3)
    return np.where(gone, 0.0, np.where(p < 0.02, p / 2, odds / (1 + odds)))


def curve(p: Floats, ks: Integers) -> Floats:
    """Chance that one of k samples is correct, for every p (row) and k (column)."""
    return np.asarray(1 - (1 - p[:, None]) ** ks)


def tested(n: int) -> Integers:
    """The k at which coverage is measured."""
    return np.array([1, 4, n // 4, n // 2, n])


def population(shape: Callable[[Floats], Floats], ks: Integers) -> tuple[Floats, Floats]:
    """Mean curves of base and other run over the whole shape."""
    p = np.repeat(shape((np.arange(5_000) + 0.5) / 5_000), 10)
    q = sharpened(p, np.tile((np.arange(10) + 0.5) / 10, 5_000))
    return curve(p, ks).mean(axis=0), curve(q, ks).mean(axis=0)


def drawn(shape: Callable[[Floats], Floats], problems: int, random: np.random.Generator) -> Floats:
    """Success probabilities of base (row 0) and other run (row 1)."""
    p = shape(random.random(problems))
    return np.stack([p, sharpened(p, random.random(problems))])


class Repeat(NamedTuple):
    """The bands of one repeat with what they should cover."""

    bands: list[Band]  # of the base's curve, of the gap
    truths: list[Floats]


def repeats(
    shape: Callable[[Floats], Floats], problems: int, n: int, ks: Integers, kind: str, times: int
) -> Iterator[tuple[Repeat, Floats]]:
    """Bands at ks and the mean curves of both runs."""
    random = np.random.default_rng([problems, n, times])
    if kind == LIKE_THESE:
        base, other = population(shape, ks)
    samples = np.full(problems, n)
    for time in range(times):
        if kind == LIKE_THESE or time % max(1, times // SETS) == 0:
            p = drawn(shape, problems, random)
        if kind != LIKE_THESE:
            base, other = (curve(row, ks).mean(axis=0) for row in p)
        c, d = random.binomial(n, p)
        bands = [band(samples, c, ks, kind), gap_band(samples, c, samples, d, ks, kind)]
        means = np.stack([pass_at_k_values(samples, x, ks).mean(axis=0) for x in (c, d)])
        yield Repeat(bands, [base, other - base]), means


class Outcome(NamedTuple):
    """Of one shape and size: coverage of the curve and of Δ at each tested k; crossovers."""

    curve: list[Cell]
    gap: list[Cell]
    crossover: str


def outcome(shape: str, problems: int, n: int, kind: str, times: int) -> Outcome:
    """What so many repeats gave."""
    ks = np.union1d(tested(n), 2 ** np.arange(n.bit_length()))
    columns = np.searchsorted(ks, tested(n))
    done = list(repeats(SHAPES[shape], problems, n, ks, kind, times))
    single, gap = (
        [summary([(r.bands[i], r.truths[i]) for r, _ in done], k) for k in columns] for i in (0, 1)
    )
    return Outcome(single, gap, crossovers(ks, done))


def summary(bands: list[tuple[Band, Floats]], column: int) -> Cell:
    """Coverage, mean width and share marked in one column."""
    low, high, reliable, truth = (
        np.array([part[column] for part in parts])
        for parts in zip(*((*limits, true) for limits, true in bands), strict=True)
    )
    covered = (low <= truth + 1e-9) & (truth - 1e-9 <= high)
    return Cell(covered.mean(), (high - low).mean(), 1 - reliable.mean())


def crossovers(ks: Integers, done: list[tuple[Repeat, Floats]]) -> str:
    """Share of crossover intervals that hold the true one, and the median true one, among ks."""
    hits, true, zero = [], [], np.zeros(len(ks))
    for repeat, means in done:
        gap = repeat.truths[1]
        k = crossover(ks, zero, gap, Band(gap, gap, zero == 0)).k
        found = crossover(ks, means[0], means[1], repeat.bands[1])
        late = found.high is None or (k is not None and k <= found.high)
        hits.append((k is None or found.low <= k) and late)
        true.append(np.inf if k is None else k)
    middle = float(np.median(true))
    return f"{100 * np.mean(hits):.1f} (k = {'none' if np.isinf(middle) else f'{middle:.0f}'})"


def rows(kinds: tuple[str, ...], sizes: tuple[tuple[int, int], ...], times: int) -> Iterator[str]:
    """Lines of the table."""
    yield "| kind | problems | n | shape | of | k = 1 | 4 | n/4 | n/2 | n | crossover |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for kind in kinds:
        for problems, n in sizes:
            for shape in SHAPES:
                found = outcome(shape, problems, n, kind, times)
                start = f"| {kind} | {problems} | {n} | {shape} |"
                yield f"{start} curve | {' | '.join(map(shown, found.curve))} | |"
                yield f"{start} Δ | {' | '.join(map(shown, found.gap))} | {found.crossover} |"


def shown(cell: Cell) -> str:
    """Coverage in percent, mean width, share marked."""
    return f"{100 * cell.covered:.1f} · {cell.width:.3f} · {100 * cell.marked:.0f}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--size", nargs=2, type=int, metavar=("PROBLEMS", "N"))
    given = parser.parse_args()
    kinds = (given.kind,) if given.kind else KINDS
    sizes = ((given.size[0], given.size[1]),) if given.size else SIZES
    for line in rows(kinds, sizes, given.repeats):
        print(line, flush=True)


if __name__ == "__main__":
    main()
