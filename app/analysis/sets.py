"""Which of several runs solve which problems: the regions of their sets, and questions about them.

A region's name is one character per run, in the order of the runs: "101" are the problems that the
first and the third solve and the second does not.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from app.analysis.counting import by_run
from app.metrics.pass_at_k import Floats
from app.metrics.solvable import expected_sizes, solved_probability

EXACT, FIRST, EXPECTED = "exact", "first k samples", "expected"  # k = n; stored; only counts known


class Sets(NamedTuple):
    """The problems that all runs have, with their regions, and the sizes of the regions.

    `problems`: problem_id, position, per run (numbered from 0) n_0, c_0, solved_0, …, region.
    `sizes`: region, problems; the largest first, empty ones left out; numbers need not be whole
    where `how` is "expected", and then solved_0, … and region are null. `undefined`: problem_id,
    position, run (its number), n: problems with fewer than k samples in a run, or whose first k
    samples are not all stored and verified. They are in no region.
    """

    problems: pl.DataFrame
    sizes: pl.DataFrame
    undefined: pl.DataFrame
    runs: tuple[str, ...]
    uncommon: int  # problems that only some of the runs have
    k: int
    threshold: int
    how: str

    def size(self, region: str) -> float:
        """Number of problems in the region."""
        return float(self.sizes.filter(region=region)["problems"].sum())

    def total(self, run: int) -> float:
        """Number of problems that the run of this number solves."""
        solves = pl.col("region").str.slice(run, 1) == "1"
        return float(self.sizes.filter(solves)["problems"].sum())


class Solved(NamedTuple):
    """How many correct among k of each problem of one run; null where it is not known."""

    correct: pl.Series
    known: bool  # False: only counts, and k < n


def solvable_sets(
    counts: pl.DataFrame,
    runs: Sequence[str],
    k: int,
    threshold: int = 1,
    within: pl.DataFrame | None = None,
) -> Sets:
    """The regions of the problems that all `runs` have.

    Solvable: at least `threshold` correct among k samples. Where k is the n of every problem of a
    run, its counts tell; else `within` (store.queries.correct_within: the first k samples).
    Where neither does for some run, the sizes are expected numbers over draws of k samples.
    """
    check_question(runs, k, threshold)
    common, uncommon = aligned(counts, runs)
    enough = pl.min_horizontal(f"n_{i}" for i in range(len(runs))) >= k
    problems = common.filter(enough)
    told = [correct_in_k(problems, i, run, k, within) for i, run in enumerate(runs)]
    facts = (tuple(runs), uncommon, k, threshold)
    left = too_few(common, k)
    if not all(solved.known for solved in told):
        return expected(problems, left, *facts)
    marked = problems.with_columns(
        (solved.correct >= threshold).alias(f"solved_{i}") for i, solved in enumerate(told)
    )
    left = pl.concat([left, unverified(marked)]).sort("position", "problem_id", "run")
    regions = marked.with_columns(region=region(len(runs))).drop_nulls("region")
    exact = all((problems[f"n_{i}"] == k).all() for i in range(len(runs)))
    return Sets(regions, sizes_of(regions), left, *facts, EXACT if exact else FIRST)


def check_question(runs: Sequence[str], k: int, threshold: int) -> None:
    """Raise ValueError where the question has no answer."""
    if repeated := sorted({run for run in runs if list(runs).count(run) > 1}):
        raise ValueError(f"The same run twice, {', '.join(repeated)}: choose different runs.")
    if k < 1 or not 1 <= threshold <= k:
        raise ValueError(f"k = {k} and threshold = {threshold}: 1 ≤ threshold ≤ k is needed.")


def aligned(counts: pl.DataFrame, runs: Sequence[str]) -> tuple[pl.DataFrame, int]:
    """problem_id, position, n_0, c_0, n_1, …: the problems of all runs; and how many others.

    Raises ValueError where a run has no counts, or no problem is in all of them.
    """
    parts = dict(by_run(counts))
    if missing := [run for run in runs if run not in parts]:
        raise ValueError(f"No counts of run {', '.join(missing)}.")
    common = parts[runs[0]].select("problem_id", "position")
    for i, run in enumerate(runs):
        own = parts[run].select(
            "problem_id", pl.col("n").alias(f"n_{i}"), pl.col("c").alias(f"c_{i}")
        )
        common = common.join(own, on="problem_id", maintain_order="left")
    if common.is_empty():
        raise ValueError(f"{', '.join(runs)} have no problem in common.")
    every = pl.concat([parts[run]["problem_id"] for run in runs]).n_unique()
    return common, every - common.height


def budgets(counts: pl.DataFrame, runs: Sequence[str]) -> tuple[int, int]:
    """The largest k at which every problem with samples in all runs counts, and at which any does.

    Raises ValueError where no problem has samples in all runs.
    """
    common, _ = aligned(counts, runs)
    shared = common.select(n=pl.min_horizontal(f"n_{i}" for i in range(len(runs))))
    sampled = shared.filter(pl.col("n") > 0)["n"].to_list()
    if not sampled:
        raise ValueError("No problem has samples that count in all of these runs.")
    return min(sampled), max(sampled)


def correct_in_k(
    problems: pl.DataFrame, number: int, run: str, k: int, within: pl.DataFrame | None
) -> Solved:
    """Correct samples among k of each problem: all where n = k, else the first k."""
    if (problems[f"n_{number}"] == k).all():
        return Solved(problems[f"c_{number}"], True)
    stored = None if within is None else within.filter(pl.col("run") == run)
    if stored is None or stored.is_empty():
        return Solved(pl.repeat(None, problems.height, dtype=pl.Int64, eager=True), False)
    first = problems.select("problem_id").join(
        stored, on="problem_id", how="left", maintain_order="left"
    )
    complete = pl.when(pl.col("drawn") == k).then("correct")
    return Solved(first.select(complete.alias("correct"))["correct"], True)


def too_few(common: pl.DataFrame, k: int) -> pl.DataFrame:
    """problem_id, position, run, n: a row per problem and run with fewer than k samples."""
    return by_problem_and_run(common, lambda i: pl.col(f"n_{i}") < k)


def unverified(marked: pl.DataFrame) -> pl.DataFrame:
    """problem_id, position, run, n: where the first k samples are not all stored and verified."""
    return by_problem_and_run(marked, lambda i: pl.col(f"solved_{i}").is_null())


def by_problem_and_run(problems: pl.DataFrame, condition: Callable[[int], pl.Expr]) -> pl.DataFrame:
    """problem_id, position, run, n: a row per problem and number of a run that meet a condition."""
    runs = [int(name[2:]) for name in problems.columns if name.startswith("n_")]
    return pl.concat(
        problems.filter(condition(i)).select("problem_id", "position", run=pl.lit(i), n=f"n_{i}")
        for i in runs
    ).sort("position", "problem_id", "run")


def region(runs: int) -> pl.Expr:
    """The name of each problem's region."""
    return pl.concat_str(pl.col(f"solved_{i}").cast(pl.Int8).cast(pl.String) for i in range(runs))


def sizes_of(regions: pl.DataFrame) -> pl.DataFrame:
    """Number of problems per region, the largest first, of equal ones those of more runs."""
    sizes = regions.group_by("region").agg(problems=pl.len().cast(pl.Float64))
    return in_order(sizes)


def in_order(sizes: pl.DataFrame) -> pl.DataFrame:
    """The largest first; of equal ones those solved by more runs, then by name."""
    solvers = pl.col("region").str.count_matches("1")
    return sizes.sort("problems", solvers, "region", descending=True)


def expected(
    problems: pl.DataFrame,
    left: pl.DataFrame,
    runs: tuple[str, ...],
    uncommon: int,
    k: int,
    threshold: int,
) -> Sets:
    """The result where of some run only counts are known and k < n."""
    chances = np.stack([chance(problems, i, k, threshold) for i in range(len(runs))])
    names = [f"{number:0{len(runs)}b}" for number in range(2 ** len(runs))]
    sizes = pl.DataFrame({"region": names, "problems": expected_sizes(chances)})
    unknown = {f"solved_{i}": pl.lit(None, pl.Boolean) for i in range(len(runs))}
    regions = problems.with_columns(**unknown, region=pl.lit(None, pl.String))
    kept = in_order(sizes.filter(pl.col("problems") > 0))
    return Sets(regions, kept, left, runs, uncommon, k, threshold, EXPECTED)


def chance(problems: pl.DataFrame, number: int, k: int, threshold: int) -> Floats:
    """Probability of each problem to be solved among k samples of the run."""
    n, c = problems[f"n_{number}"].to_numpy(), problems[f"c_{number}"].to_numpy()
    return solved_probability(n, c, k, threshold)
