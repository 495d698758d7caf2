"""Runs side by side over the problems that all of them have."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from app.analysis.counting import by_run
from app.metrics.pass_at_k import Integers


class Counted(NamedTuple):
    """n and c of one run, problem by problem."""

    n: Integers
    c: Integers

    @property
    def most(self) -> int:
        """The largest k at which pass@k is defined; 0 without problems or samples."""
        return int(self.n.min()) if len(self.n) else 0


class Aligned(NamedTuple):
    """The common problems in the benchmark's order, and each run's counts of them."""

    problems: list[str]
    runs: dict[str, Counted]
    left_out: (
        int  # problems that some of the runs lack, or of which they have no sample that counts
    )

    @property
    def most(self) -> int:
        """The largest k at which pass@k of every run is defined."""
        return min((run.most for run in self.runs.values()), default=0)


def aligned(counts: Mapping[str, pl.DataFrame], runs: Sequence[str]) -> Aligned:
    """The counts of these runs; `counts` as `split` makes them. A run without any has none."""
    parts = {run: counts.get(run, NOTHING) for run in runs}
    everything = set().union(*(part["problem_id"] for part in parts.values()))
    sampled = [set(part.filter(pl.col("n") > 0)["problem_id"]) for part in parts.values()]
    common = set.intersection(*sampled) if sampled else set()
    kept = {
        run: part.filter(pl.col("problem_id").is_in(list(common))) for run, part in parts.items()
    }
    order = next(iter(kept.values()))["problem_id"].to_list() if kept else []
    numbers = {run: in_order(part, order) for run, part in kept.items()}
    return Aligned(order, numbers, len(everything) - len(common))


def in_order(part: pl.DataFrame, order: Sequence[str]) -> Counted:
    """n and c of the problems in this order."""
    wanted = pl.DataFrame({"problem_id": order}, schema={"problem_id": pl.String})
    rows = wanted.join(part, on="problem_id", how="left", maintain_order="left")
    return Counted(rows["n"].to_numpy(), rows["c"].to_numpy())


def split(counts: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Each run's counts, problems in the benchmark's order."""
    return dict(by_run(counts)) if counts.height else {}


NOTHING = pl.DataFrame(schema={"problem_id": pl.String, "n": pl.Int64, "c": pl.Int64})
