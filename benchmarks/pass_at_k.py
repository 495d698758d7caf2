"""How fast and how exact our pass@k curve is beside two other ways to compute it.

    python -m benchmarks.pass_at_k --problems 4000 --samples 1024

Run by hand. The loop is that of human-eval, which computes one value at a time; it is timed on a
few problems and scaled up. Errors are against exact integers, on a few problems and values of k.
"""

import argparse
import resource
import time
from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from app.metrics.intervals import KINDS, band
from app.metrics.pass_at_k import pass_at_k_curve

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Method = Callable[[Integers, Integers, int], Floats]

FEW = 50  # problems on which the loop is timed


def human_eval_loop(n: Integers, c: Integers, k_max: int) -> Floats:
    """1 − Π (1 − k / i) over i = n−c+1 … n, as in human-eval's evaluation.py."""

    def one(samples: int, correct: int, k: int) -> float:
        if samples - correct < k:
            return 1.0
        return float(1.0 - np.prod(1.0 - k / np.arange(samples - correct + 1, samples + 1)))

    pairs = zip(n.tolist(), c.tolist(), strict=True)
    return np.array([[one(*pair, k) for k in range(1, k_max + 1)] for pair in pairs])


def log_gamma(n: Integers, c: Integers, k_max: int) -> Floats:
    """1 − exp(ln C(n−c, k) − ln C(n, k)) through log-gamma."""
    k, total, wrong = np.arange(1, k_max + 1), n[:, None], (n - c)[:, None]
    room = np.maximum(wrong - k, 0)
    log_share = gammaln(wrong + 1) - gammaln(room + 1) - gammaln(total + 1) + gammaln(total - k + 1)
    return np.where(wrong >= k, -np.expm1(log_share), 1.0)


METHODS: dict[str, Method] = {
    "passband": pass_at_k_curve,
    "human-eval loop": human_eval_loop,
    "log-gamma": log_gamma,
}


class Measured(NamedTuple):
    """Seconds for all problems, and the largest errors on a few."""

    seconds: float
    absolute: float
    relative: float


def exact_values(n: Integers, c: Integers, ks: list[int]) -> list[list[Fraction]]:
    """pass@k of each problem (row) in exact arithmetic."""
    pairs = zip(n.tolist(), c.tolist(), strict=True)
    return [[1 - Fraction(comb(a - b, k), comb(a, k)) for k in ks] for a, b in pairs]


def errors(values: Floats, exact: list[list[Fraction]]) -> tuple[float, float]:
    """Largest absolute and relative error."""
    pairs = [
        (Fraction(float(value)), truth)
        for row, truths in zip(values, exact, strict=True)
        for value, truth in zip(row, truths, strict=True)
    ]
    absolute = max(abs(value - truth) for value, truth in pairs)
    relative = max(abs(value / truth - 1) for value, truth in pairs if truth)
    return float(absolute), float(relative)


def measured(method: Method, n: Integers, c: Integers, few: bool) -> Measured:
    """Time and errors of one method; with `few`, timed on a few problems and scaled up."""
    k_max, size = int(n.max()), FEW if few else len(n)
    start = time.perf_counter()
    values = method(n[:size], c[:size], k_max)
    seconds = (time.perf_counter() - start) * len(n) / size
    ks = sorted({1, 2, 10, k_max // 2, k_max - 1, k_max})
    exact = exact_values(n[:FEW], c[:FEW], ks)
    return Measured(seconds, *errors(values[:FEW, [k - 1 for k in ks]], exact))


def main() -> None:
    """Print one line per method, then the band and the memory."""
    parser = argparse.ArgumentParser(description="pass@k side by side")
    parser.add_argument("--problems", type=int, default=4000)
    parser.add_argument("--samples", type=int, default=1024)
    chosen = parser.parse_args()
    random = np.random.default_rng(0)
    n = np.full(chosen.problems, chosen.samples)
    c = random.binomial(n, random.beta(0.4, 0.8, chosen.problems))

    results = {name: measured(way, n, c, "loop" in name) for name, way in METHODS.items()}
    ours = results["passband"].seconds
    print(f"{chosen.problems} problems × k = 1 … {chosen.samples}")
    for name, (seconds, absolute, relative) in results.items():
        ratio = f"{seconds / ours:8.1f} × ours"
        print(f"{name:16}{seconds:9.3f} s{ratio}   error {absolute:.1e}, relative {relative:.1e}")
    for kind in KINDS:
        start = time.perf_counter()
        band(n, c, np.arange(1, chosen.samples + 1), kind)
        print(f"band, {kind}: {time.perf_counter() - start:.2f} s")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
