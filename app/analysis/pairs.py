"""Two runs problem by problem, and the figures that are read off the pair alone."""

from typing import NamedTuple

import numpy as np
import polars as pl

from app.metrics.area import auc_values
from app.metrics.intervals import Band, band, gap_band, pass_at_k_values
from app.metrics.pass_at_k import Integers, mean_over_problems
from app.metrics.settling import Settling, settling

SIDES = ("base_n", "base_c", "other_n", "other_c")
NOTHING = float("nan")


class Interval(NamedTuple):
    """An estimate with its band; NaN where undefined."""

    value: float
    low: float
    high: float
    reliable: bool


def common_k(both: pl.DataFrame) -> int:
    """The smallest n of any problem in either run."""
    return int(both.select(pl.min_horizontal("base_n", "other_n").min()).item())


def arrays(both: pl.DataFrame) -> tuple[Integers, Integers, Integers, Integers]:
    """n and c of the base, n and c of the other run, by problem."""
    base_n, base_c, other_n, other_c = (both[name].to_numpy() for name in SIDES)
    return base_n, base_c, other_n, other_c


def interval(value: float, limits: Band) -> Interval:
    """An estimate with a band of one column."""
    return Interval(value, float(limits.low[0]), float(limits.high[0]), bool(limits.reliable[0]))


def areas(both: pl.DataFrame, kind: str, level: float) -> dict[str, Interval]:
    """AUC@k of base and other and their difference, at the smallest n; NaN where that is 0."""
    base_n, base_c, other_n, other_c = arrays(both)
    k = common_k(both)
    if not k:
        return dict.fromkeys(("base", "other", "gap"), Interval(NOTHING, NOTHING, NOTHING, True))
    ks = np.array([k])
    runs = {"base": (base_n, base_c, ks), "other": (other_n, other_c, ks)}
    means = {name: mean_over_problems(auc_values(*run)) for name, run in runs.items()}
    found = {
        name: interval(float(means[name][0]), band(*run, kind, level, auc_values))
        for name, run in runs.items()
    }
    limits = gap_band(base_n, base_c, other_n, other_c, ks, kind, level, auc_values)
    return {**found, "gap": interval(float((means["other"] - means["base"])[0]), limits)}


def earlier_checkpoint(runs: pl.DataFrame, other: str) -> str | None:
    """The last checkpoint before `other` of the same training, sampled alike; None without one."""
    keys = ["parent", "algorithm", "benchmark", "prompt_template", "temperature", "top_p"]
    own = runs.filter(pl.col("run") == other, pl.col("parent").is_not_null())
    if own.is_empty() or own["step"][0] is None:
        return None
    kin = runs.join(own.select(keys), on=keys, how="semi", nulls_equal=True)
    before = kin.filter(pl.col("step") < own["step"][0]).sort("step")
    return str(before["run"][-1]) if before.height else None


def settled(both: pl.DataFrame, level: float) -> dict[int, Settling]:
    """k → how many problems or samples would decide who is ahead at it: k = 1 and the last."""
    last = common_k(both)
    ends = sorted({1, last}) if last else []
    return {k: settling(*arrays(both), k, level) for k in ends}


def largest_gaps(both: pl.DataFrame, k: int) -> pl.DataFrame:
    """The problems behind a gap: problem_id, base_n, base_c, other_n, other_c, base, other, gap at
    k; the largest difference first.
    """
    base_n, base_c, other_n, other_c = arrays(both)
    budget = np.array([k])
    base = pass_at_k_values(base_n, base_c, budget)[:, 0]
    other = pass_at_k_values(other_n, other_c, budget)[:, 0]
    rows = both.with_columns(base=pl.Series(base), other=pl.Series(other), gap=other - base)
    return rows.sort(pl.col("gap").abs(), descending=True, nulls_last=True, maintain_order=True)
