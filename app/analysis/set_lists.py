"""What is read off the regions of solvable sets: their names and members, subsets, index lists."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from app.analysis.sets import Sets
from app.metrics.solvable import upper_bound

NEARLY = 0.1  # a set is nearly a subset where no more than this share of it lies outside


class Subset(NamedTuple):
    """Whether the base solves all that another run solves, and the exceptions."""

    run: str
    base_solved: int
    solved: int
    outside: pl.DataFrame  # problem_id, position

    @property
    def finding(self) -> str:
        """equal, subset, nearly (a tenth outside at most), not a subset, or empty (solves none)."""
        if not self.solved:
            return "empty"
        if not self.outside.height:
            return "equal" if self.solved == self.base_solved else "subset"
        return "nearly" if self.outside.height <= NEARLY * self.solved else "not a subset"


def region_name(region: str, names: Sequence[str]) -> str:
    """A region in words: "only A, B", "all but C", "all", "none"; of two runs "both", "neither"."""
    solvers = [name for name, bit in zip(names, region, strict=True) if bit == "1"]
    others = [name for name, bit in zip(names, region, strict=True) if bit == "0"]
    if not others:
        return "both" if len(names) == 2 else "all"
    if not solvers:
        return "neither" if len(names) == 2 else "none"
    if len(solvers) > len(others):
        return f"all but {', '.join(others)}"
    return f"only {', '.join(solvers)}"


def all_regions(runs: int) -> list[str]:
    """Every region of a few runs: those of one run, of two, …, of all, of none."""
    names = [f"{number:0{runs}b}" for number in range(2**runs)]
    return sorted(names, key=lambda name: (name.count("1") or runs + 1, name[::-1]))


def members(found: Sets, region: str) -> pl.DataFrame:
    """The problems of a region in the benchmark's order; per run that never solves one its bound.

    Columns as in `Sets.problems`, and per run bound_0, …: upper 95 % bound of p where c = 0, else
    null.
    """
    inside = found.problems.filter(pl.col("region") == region)
    bounds = {
        f"bound_{i}": pl.when(pl.col(f"c_{i}") == 0).then(pl.Series(upper_bound(inside[f"n_{i}"])))
        for i in range(len(found.runs))
    }
    return inside.with_columns(**bounds)


def bound_said(n: int) -> str:
    """What the bound is, for problems of this n."""
    return (
        f"p ≤: exact upper 95 % bound of a problem's chance of a correct sample where none of its n"
        f" is correct, 1 − 0.05^(1/n). At n = {n:,} it is {float(upper_bound(n)):.3g}; the rule of"
        f" three, 3/n, says about {3 / n:.3g}."
    )


def named_sizes(found: Sets, labels: Sequence[str], regions: Sequence[str] = ()) -> pl.DataFrame:
    """region, name, problems, percent: `regions` in their order, empty ones too; or all others."""
    rows = [(region, found.size(region)) for region in regions] or found.sizes.rows()
    total = found.problems.height or float("nan")
    return pl.DataFrame(
        {
            "region": [region for region, _ in rows],
            "name": [region_name(region, labels) for region, _ in rows],
            "problems": [size for _, size in rows],
            "percent": [100 * size / total for _, size in rows],
        },
        schema={
            "region": pl.String,
            "name": pl.String,
            "problems": pl.Float64,
            "percent": pl.Float64,
        },
    )


def exported(problems: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """problem_id, position, per run "<label> c" and "<label> n", region in words."""
    counted = [
        pl.col(f"{kind}_{i}").alias(f"{label} {kind}")
        for i, label in enumerate(labels)
        for kind in ("c", "n")
    ]
    named = pl.col("region").map_elements(
        lambda region: region_name(region, labels), return_dtype=pl.String
    )
    return problems.select("problem_id", "position", *counted, named)


def subsets(found: Sets) -> list[Subset]:
    """For each run after the first: does the first solve all that it solves?"""
    base = found.problems["solved_0"]
    result = []
    for i, run in enumerate(found.runs[1:], start=1):
        own = pl.col(f"solved_{i}")
        outside = found.problems.filter(own & ~pl.col("solved_0")).select("problem_id", "position")
        solved = int(found.problems[f"solved_{i}"].sum())
        result.append(Subset(run, int(base.sum()), solved, outside))
    return result


def index_list(found: Sets, number: int, first: int, last: int) -> pl.DataFrame:
    """problem_id, position of what a run solves, at 0-based positions from `first` to `last`."""
    between = pl.col("position").is_between(first, last)
    solved = found.problems.filter(between & pl.col(f"solved_{number}"))
    return solved.select("problem_id", "position")
