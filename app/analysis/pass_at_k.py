"""pass@k curves of runs, with a confidence band."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from app.analysis.counting import by_run, total_left_out
from app.metrics.intervals import LIKE_THESE, Band, band, pass_at_k_values
from app.metrics.pass_at_k import Integers, mean_over_problems

SCHEMA = {
    "run": pl.String, "k": pl.Int64, "pass_at_k": pl.Float64, "low": pl.Float64,
    "high": pl.Float64, "problems": pl.Int64, "undefined": pl.Int64, "n_min": pl.Int64,
    "n_max": pl.Int64, "left_out": pl.Int64,
}  # fmt: skip


def curves(
    counts: pl.DataFrame,
    ks: Sequence[int] | None = None,
    band: bool = True,
    kind: str = LIKE_THESE,
    level: float = 0.95,
) -> pl.DataFrame:
    """One row per run and k: the mean pass@k over its problems and its band.

    Columns: run, k, pass_at_k, low, high, problems, undefined (problems with fewer than k samples),
    n_min, n_max, left_out (samples). `ks` None means every k up to the run's n_max. Where a problem
    is undefined so are pass_at_k, low and high: NaN. Without `band`, low and high are NaN; `kind`
    says what it is about, see app.metrics.intervals.
    """
    wanted_kind = kind if band else None
    parts = [run_curve(run, part, ks, wanted_kind, level) for run, part in by_run(counts)]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts])


def run_curve(
    run: str, counts: pl.DataFrame, ks: Sequence[int] | None, kind: str | None, level: float
) -> pl.DataFrame:
    """The rows of one run; see `curves`."""
    n, c, k_values = counts["n"].to_numpy(), counts["c"].to_numpy(), wanted(ks, counts)
    limits = band_or_nothing(n, c, k_values, kind, level)
    return pl.DataFrame(
        {
            "run": run,
            "k": k_values,
            "pass_at_k": mean_over_problems(pass_at_k_values(n, c, k_values)),
            "low": limits.low,
            "high": limits.high,
            "problems": len(n),
            "undefined": (n[:, None] < k_values).sum(axis=0),
            "n_min": int(n.min(initial=0) if not len(n) else n.min()),
            "n_max": int(n.max(initial=0)),
            "left_out": total_left_out(counts),
        },
        schema=SCHEMA,
    )


def wanted(ks: Sequence[int] | None, counts: pl.DataFrame) -> Integers:
    """The values of k asked for, or all up to the run's largest n."""
    if ks is None:
        return np.arange(1, int(counts["n"].to_numpy().max(initial=0)) + 1)
    return np.array(sorted(set(ks)), dtype=np.int64)


def band_or_nothing(n: Integers, c: Integers, ks: Integers, kind: str | None, level: float) -> Band:
    """The band, or NaN where none is wanted."""
    if kind is not None and len(ks):
        return band(n, c, ks, kind, level)
    nothing = np.full(len(ks), np.nan)
    return Band(nothing, nothing, np.ones(len(ks), dtype=np.bool_))
