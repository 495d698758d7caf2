"""How many problems have which accuracy, c / n."""

import polars as pl

from app.analysis.counting import by_run
from app.metrics.accuracy import BINS, accuracy_histogram

SCHEMA = {
    "run": pl.String, "bin": pl.String, "bin_index": pl.Int64, "count": pl.Int64,
    "percent": pl.Float64, "problems": pl.Int64, "undefined": pl.Int64,
}  # fmt: skip


def histogram(counts: pl.DataFrame) -> pl.DataFrame:
    """Twelve rows per run: run, bin, bin_index, count, percent, problems, undefined.

    `problems` are those with samples, of which `percent` is the share; `undefined` are those
    without (n = 0), which are in no bin.
    """
    parts = [run_histogram(run, part) for run, part in by_run(counts)]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts])


def run_histogram(run: str, counts: pl.DataFrame) -> pl.DataFrame:
    """The twelve rows of one run."""
    sampled = counts.filter(pl.col("n") > 0)
    sizes = accuracy_histogram(sampled["n"].to_numpy(), sampled["c"].to_numpy())
    return pl.DataFrame(
        {
            "run": run,
            "bin": BINS,
            "bin_index": range(len(BINS)),
            "count": sizes,
            "percent": 100 * sizes / (sampled.height or float("nan")),
            "problems": sampled.height,
            "undefined": counts.height - sampled.height,
        },
        schema=SCHEMA,
    )
