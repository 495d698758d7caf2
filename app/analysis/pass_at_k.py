"""pass@k curves of runs, with a confidence band."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from app.analysis.counting import by_run, total_left_out
from app.metrics import bootstrap
from app.metrics.pass_at_k import Floats, mean_over_problems, pass_at_k, pass_at_k_curve

SCHEMA = {
    "run": pl.String, "k": pl.Int64, "pass_at_k": pl.Float64, "low": pl.Float64,
    "high": pl.Float64, "problems": pl.Int64, "undefined": pl.Int64, "n_min": pl.Int64,
    "n_max": pl.Int64, "left_out": pl.Int64,
}  # fmt: skip


def curves(
    counts: pl.DataFrame, ks: Sequence[int] | None = None, band: bool = True
) -> pl.DataFrame:
    """One row per run and k: the mean pass@k over its problems and the 95 % band.

    Columns: run, k, pass_at_k, low, high, problems, undefined (problems with fewer than k samples),
    n_min, n_max, left_out (samples). `ks` None means every k up to the run's n_max. Where a problem
    is undefined so are pass_at_k, low and high: NaN. Without `band`, low and high are NaN.
    """
    parts = [run_curve(run, part, ks, band) for run, part in by_run(counts)]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts])


def run_curve(run: str, counts: pl.DataFrame, ks: Sequence[int] | None, band: bool) -> pl.DataFrame:
    """The rows of one run; see `curves`."""
    n, k_values = counts["n"].to_numpy(), wanted(ks, counts)
    values = problem_values(counts, k_values)
    limits = limits_of(values, band)
    return pl.DataFrame(
        {
            "run": run,
            "k": k_values,
            "pass_at_k": mean_over_problems(values),
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


def wanted(
    ks: Sequence[int] | None, counts: pl.DataFrame
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The values of k asked for, or all up to the run's largest n."""
    if ks is None:
        return np.arange(1, int(counts["n"].to_numpy().max(initial=0)) + 1)
    return np.array(sorted(set(ks)), dtype=np.int64)


def problem_values(counts: pl.DataFrame, ks: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """pass@k of each problem (row) at each of the ks (column)."""
    n, c = counts["n"].to_numpy(), counts["c"].to_numpy()
    if len(ks) and np.array_equal(ks, np.arange(1, len(ks) + 1)):
        return pass_at_k_curve(n, c, len(ks))
    return pass_at_k(n[:, None], c[:, None], ks[None, :])


def limits_of(values: Floats, band: bool) -> bootstrap.Band:
    """The band, or NaN where none is wanted."""
    if band:
        return bootstrap.bootstrap_band(values)
    nothing = np.full(values.shape[1], np.nan)
    return bootstrap.Band(nothing, nothing)
