"""How often the band of the corrected pass@k covers the truth, where a verifier's errors are known.

    OMP_NUM_THREADS=1 python -m benchmarks.verifier_error --repeats 500

Run by hand; prints a Markdown table: coverage in percent and mean width at five k. Every repeat
draws the problems (of "problems like these"), the verdicts, and how many of the verdicts that were
read are wrong. The truth is the mean of 1 − (1 − t)^k, where t = q (1 − fp) + (1 − q) fn is the
chance of a correct sample and q that of a verdict `correct`. With `--by-truth` the verifier errs
otherwise than the correction takes it to: it passes a wrong sample with chance a and fails a
correct one with chance b, so that of the samples that it passes more are wrong where a problem is
hard. Shown are mean less truth, coverage and width of both corrections (problems like these).
"""

import argparse
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from app.metrics.intervals import KINDS, LIKE_THESE
from app.metrics.pass_at_k import Floats, Integers
from app.metrics.true_rates import corrected_by_truth_band, mean_corrected_by_truth
from app.metrics.verifier_error import Errors, Read, corrected_band, mean_corrected
from benchmarks.coverage import SETS, SHAPES, curve

SIZES = ((30, 64), (100, 128))
RATES = ((0.0, 0.0), (0.05, 0.0), (0.2, 0.0), (0.0, 0.02), (0.05, 0.02), (0.2, 0.1))
NAMES = ("uniform", "Beta(0.3, 0.8)", "40 % at 0, else Beta(0.6, 1.5)", "10^uniform(−5, −1)")
READ = (50, 200)


class Study(NamedTuple):
    """What the repeats of one line of the table have in common."""

    shape: Callable[[Floats], Floats]
    problems: int
    n: int
    errors: Errors
    read: int
    kind: str


def tested(n: int) -> Integers:
    """The k at which coverage is measured."""
    return np.array([1, 4, n // 4, n // 2, n])


def truth(q: Floats, errors: Errors, ks: Integers) -> Floats:
    """Mean pass@k of problems that the verifier calls correct with these chances."""
    right = q * (1 - errors.false_positive) + (1 - q) * errors.false_negative
    return np.asarray(curve(right, ks).mean(axis=0))


def covered(study: Study, times: int) -> tuple[Floats, Floats]:
    """Share of bands that hold the truth, and their mean width, at each tested k."""
    random = np.random.default_rng([study.problems, study.n, study.read])
    ks, hits, width = tested(study.n), np.zeros(5), np.zeros(5)
    true = truth(study.shape((np.arange(50_000) + 0.5) / 50_000), study.errors, ks)
    for time in range(times):
        if study.kind == LIKE_THESE or time % max(1, times // SETS) == 0:
            q = study.shape(random.random(study.problems))
        if study.kind != LIKE_THESE:
            true = truth(q, study.errors, ks)
        c = random.binomial(study.n, q)
        n = np.full(study.problems, study.n)
        found = corrected_band(n, c, ks, *checked_by_hand(study, c, random), study.kind)
        hits += (found.low <= true + 1e-9) & (true - 1e-9 <= found.high)
        width += found.high - found.low
    return hits / times, width / times


def checked_by_hand(study: Study, c: Integers, random: np.random.Generator) -> tuple[Read, Read]:
    """What reading found: of independent errors it does not matter which verdicts were read."""
    passed = int(c.sum())
    sizes = (max(1, min(study.read, size)) for size in (passed, study.n * len(c) - passed))
    first, second = (
        Read(int(random.binomial(size, chance)), size)
        for size, chance in zip(sizes, study.errors, strict=True)
    )
    return first, second


def rows(kinds: tuple[str, ...], times: int) -> Iterator[str]:
    """Lines of the table."""
    yield "| kind | problems | n | shape | fp | fn | read | k = 1 | 4 | n/4 | n/2 | n |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for kind in kinds:
        for problems, n in SIZES:
            for name in NAMES:
                for pair in RATES:
                    for read in READ:
                        study = Study(SHAPES[name], problems, n, Errors(*pair), read, kind)
                        cells = zip(*covered(study, times), strict=True)
                        shown = " | ".join(f"{100 * hit:.1f} · {wide:.3f}" for hit, wide in cells)
                        start = f"| {kind} | {problems} | {n} | {name} | {pair[0]} | {pair[1]}"
                        yield f"{start} | {read} | {shown} |"


BY_TRUTH = ((0.0, 0.0), (0.0, 0.05), (0.002, 0.05), (0.02, 0.05))


def by_truth(times: int) -> Iterator[str]:
    """Lines of the table for a verifier that errs by what a sample is."""
    yield "| problems | n | shape | a | b | read | of | k = 1 | 4 | n/4 | n/2 | n |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for problems, n in SIZES:
        for name in NAMES:
            for pair in BY_TRUTH:
                for read in READ:
                    study = Study(SHAPES[name], problems, n, Errors(*pair), read, LIKE_THESE)
                    start = f"| {problems} | {n} | {name} | {pair[0]} | {pair[1]} | {read}"
                    for label, (off, hit, wide) in judged_by_truth(study, times).items():
                        cells = zip(off, hit, wide, strict=True)
                        shown = " | ".join(
                            f"{o:+.3f} · {100 * h:.0f} · {w:.2f}" for o, h, w in cells
                        )
                        yield f"{start} | {label} | {shown} |"


def judged_by_truth(study: Study, times: int) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Mean less the truth of the problems drawn, coverage and width: corrected either way."""
    random, ks = np.random.default_rng([study.problems, study.n, study.read]), tested(study.n)
    true = curve(study.shape((np.arange(50_000) + 0.5) / 50_000), ks).mean(axis=0)
    sums = {label: np.zeros((3, 5)) for label in ("corrected", "by truth")}
    n = np.full(study.problems, study.n)
    for _ in range(times):
        p = study.shape(random.random(study.problems))
        c, reads = verdicts_by_truth(study, p, random)
        rates = Errors(*(part.wrong / part.read for part in reads))
        found = {
            "corrected": (mean_corrected(n, c, ks, rates), corrected_band(n, c, ks, *reads)),
            "by truth": (
                mean_corrected_by_truth(n, c, ks, rates),
                corrected_by_truth_band(n, c, ks, *reads),
            ),
        }
        for label, (mean, band) in found.items():
            held = (band.low <= true + 1e-9) & (true - 1e-9 <= band.high)
            off = mean - curve(p, ks).mean(axis=0)
            sums[label] += np.stack([off, held, band.high - band.low])
    return {label: tuple(total / times) for label, total in sums.items()}


def verdicts_by_truth(
    study: Study, p: Floats, random: np.random.Generator
) -> tuple[Integers, tuple[Read, Read]]:
    """Samples judged correct, and what reading some of either verdict has found."""
    right = random.binomial(study.n, p)
    passed = random.binomial(study.n - right, study.errors.false_positive)
    failed = random.binomial(right, study.errors.false_negative)
    c = right - failed + passed
    wrong, sizes = (passed.sum(), failed.sum()), (c.sum(), (study.n - c).sum())
    reads = []
    for mistaken, size in zip(wrong, sizes, strict=True):
        read = min(study.read, int(size))
        found = random.hypergeometric(mistaken, size - mistaken, read) if read else 0
        reads.append(Read(int(found), max(read, 1)))
    return c, (reads[0], reads[1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--by-truth", action="store_true")
    given = parser.parse_args()
    kinds = (given.kind,) if given.kind else KINDS
    for line in by_truth(given.repeats) if given.by_truth else rows(kinds, given.repeats):
        print(line, flush=True)


if __name__ == "__main__":
    main()
