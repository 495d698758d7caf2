"""pass@k beyond n: forecasts, and how far they would have missed what is known."""

import numpy as np
import polars as pl

from app.analysis.counting import by_run
from app.metrics.extrapolation import fitted, forecast, held_out

FURTHER = 8  # times the largest n of a run
SCHEMA = {
    "run": pl.String, "x": pl.Float64, "value": pl.Float64, "solved": pl.Float64,
    "problems": pl.Int64, "n_min": pl.Int64, "n_max": pl.Int64,
}  # fmt: skip
SCORES = {
    "run": pl.String, "never": pl.Float64, "k": pl.Int64, "forecast": pl.Float64,
    "drawn": pl.Int64, "error": pl.Float64, "worst": pl.Float64,
}  # fmt: skip


def forecasts(counts: pl.DataFrame) -> pl.DataFrame:
    """run, x (k from the smallest n to FURTHER times the largest), value, solved, problems, n_min,
    n_max. No rows for a run without samples.
    """
    parts = [run_forecast(run, part) for run, part in by_run(counts) if part["n"].sum()]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts])


def run_forecast(run: str, counts: pl.DataFrame) -> pl.DataFrame:
    """The rows of one run."""
    n, c = counts["n"].to_numpy(), counts["c"].to_numpy()
    low, high = max(int(n.min()), 1), int(n.max())
    ks = np.unique(np.geomspace(low, FURTHER * high, 40).round().astype(np.int64))
    values = forecast(fitted(n, c), ks)
    return pl.DataFrame(
        {
            "run": run, "x": ks, "value": values, "solved": values * len(n), "problems": len(n),
            "n_min": int(n.min()), "n_max": high,
        },
        schema=SCHEMA,
    )  # fmt: skip


def scores(counts: pl.DataFrame) -> pl.DataFrame:
    """Of each run: never (the fitted share of problems that are never solved), k and forecast (the
    last one drawn), drawn (samples per problem of the held-out test), error and worst (mean and
    greatest distance of its forecasts from the estimates at larger k; NaN where n is too small).
    """
    parts = [run_scores(run, part) for run, part in by_run(counts) if part["n"].sum()]
    return pl.DataFrame(parts, schema=SCORES, orient="row")


def run_scores(run: str, counts: pl.DataFrame) -> tuple[str | int | float, ...]:
    """The row of one run."""
    n, c = counts["n"].to_numpy(), counts["c"].to_numpy()
    model, far, test = fitted(n, c), FURTHER * int(n.max()), held_out(n, c)
    error = float(test.error.mean()) if len(test.ks) else float("nan")
    worst = float(test.error.max()) if len(test.ks) else float("nan")
    return run, model.never, far, float(forecast(model, far)), test.drawn, error, worst
