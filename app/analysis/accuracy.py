"""How many problems have which accuracy, c / n: in twelve bins, from a value on, one by one."""

from collections.abc import Sequence

import polars as pl

from app.analysis.counting import by_run
from app.metrics.accuracy import BINS, accuracy_bin, accuracy_histogram

SCHEMA = {
    "run": pl.String, "bin": pl.String, "bin_index": pl.Int64, "count": pl.Int64,
    "percent": pl.Float64, "problems": pl.Int64, "undefined": pl.Int64, "n_min": pl.Int64,
    "n_max": pl.Int64,
}  # fmt: skip
STEPS = {
    "run": pl.String, "accuracy": pl.Float64, "c": pl.Int64, "n": pl.Int64, "count": pl.Int64,
    "share": pl.Float64, "problems": pl.Int64, "undefined": pl.Int64, "n_min": pl.Int64,
    "n_max": pl.Int64,
}  # fmt: skip
TENTHS = range(11)


def completed(counts: pl.DataFrame, problems: Sequence[str]) -> pl.DataFrame:
    """A row for each run and each of these problems: n = c = 0 where the run has none.

    Problems of a run that are not among `problems` stay. A run without any counts has no rows.
    """
    order = {name: place for place, name in enumerate(problems)}
    every = counts.select("run", "verifier").unique("run", maintain_order=True)
    asked = pl.DataFrame({"problem_id": list(order)}, schema={"problem_id": pl.String})
    missing = every.join(asked, how="cross").join(counts, on=["run", "problem_id"], how="anti")
    rows = missing.with_columns(
        position=pl.col("problem_id").replace_strict(order, return_dtype=pl.Int64),
        n=pl.lit(0, pl.Int64),
        c=pl.lit(0, pl.Int64),
    )
    return pl.concat([counts, rows], how="diagonal").sort("run", "position", "problem_id")


def histogram(counts: pl.DataFrame) -> pl.DataFrame:
    """Twelve rows per run: run, bin, bin_index, count, percent, problems, undefined, n_min, n_max.

    `problems` are those with samples, of which `percent` is the share; `undefined` are those
    without (n = 0), which are in no bin. n_min and n_max are null where all are.
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
            "n_min": sampled["n"].min(),
            "n_max": sampled["n"].max(),
        },
        schema=SCHEMA,
    )


def placed(counts: pl.DataFrame) -> pl.DataFrame:
    """Counts with `accuracy` and `bin_index`, the place in BINS; both null where n = 0.

    Rows in the benchmark's order. Two equal accuracies are the same float, also where n differs,
    since a quotient of integers is rounded correctly; unequal ones differ while n < 2^26.
    """
    ordered = counts.sort("position", "problem_id")
    sampled, empty = ordered.filter(pl.col("n") > 0), ordered.filter(pl.col("n") == 0)
    n, c = sampled["n"].to_numpy(), sampled["c"].to_numpy()
    # Not divided by polars, which multiplies one row by 1 / n, and 3 · (1 / 10) is not 3 / 10.
    known = sampled.with_columns(
        accuracy=pl.Series(c / n, dtype=pl.Float64),
        bin_index=pl.Series(accuracy_bin(n, c), dtype=pl.Int64),
    )
    return pl.concat([known, empty], how="diagonal").sort("position", "problem_id")


def in_bin(counts: pl.DataFrame, run: str, interval: str) -> pl.DataFrame:
    """problem_id, c, n of the run's problems whose accuracy is in the interval, one of BINS."""
    own = placed(counts.filter(pl.col("run") == run))
    inside = own.filter(pl.col("bin_index") == BINS.index(interval))
    return inside.select("problem_id", "c", "n")


def cumulative(counts: pl.DataFrame) -> pl.DataFrame:
    """Of each run the problems with accuracy ≥ a, at every accuracy a that occurs: run, accuracy,
    c, n (of the most sampled problem with this accuracy), count, share, problems, undefined,
    n_min, n_max.

    Between two rows the share is that of the higher accuracy, above the last one 0, so that a
    drawn step is exact. The mean of Cover@τ (arXiv 2510.08325) at τ = a.
    """
    parts = [run_steps(run, part) for run, part in by_run(counts)]
    return pl.concat([pl.DataFrame(schema=STEPS), *parts])


def run_steps(run: str, counts: pl.DataFrame) -> pl.DataFrame:
    """The rows of one run, from the lowest accuracy to the highest."""
    known = placed(counts).filter(pl.col("n") > 0)
    most_sampled = pl.col("n").arg_max()
    levels = known.group_by("accuracy").agg(
        pl.col("c", "n").get(most_sampled), here=pl.len().cast(pl.Int64)
    )
    steps = levels.sort("accuracy").with_columns(count=pl.col("here").cum_sum(reverse=True))
    return steps.select(
        pl.lit(run).alias("run"),
        "accuracy",
        "c",
        "n",
        "count",
        share=pl.Series(steps["count"].to_numpy() / max(known.height, 1), dtype=pl.Float64),
        problems=pl.lit(known.height, pl.Int64),
        undefined=pl.lit(counts.height - known.height, pl.Int64),
        n_min=pl.lit(known["n"].min(), pl.Int64),
        n_max=pl.lit(known["n"].max(), pl.Int64),
    )


def at_least(counts: pl.DataFrame, run: str, c: int, n: int) -> pl.DataFrame:
    """problem_id, c, n of the run's problems with accuracy ≥ c / n, compared with integers."""
    own = counts.filter((pl.col("run") == run) & (pl.col("n") > 0))
    reached = own.filter(pl.col("c") * n >= pl.col("n") * c)
    return reached.sort("position", "problem_id").select("problem_id", "c", "n")


def reached_tenths(counts: pl.DataFrame) -> pl.DataFrame:
    """run, tenths (0 … 10), count, percent: problems with accuracy ≥ tenths / 10, and, where
    tenths = 0, those with at least one correct sample.
    """
    rows = []
    for run, part in by_run(counts):
        known = part.filter(pl.col("n") > 0)
        for tenths in TENTHS:
            enough = (pl.col("c") > 0) & (10 * pl.col("c") >= tenths * pl.col("n"))
            count = known.filter(enough).height
            rows.append((run, tenths, count, 100 * count / (known.height or float("nan"))))
    schema = {"run": pl.String, "tenths": pl.Int64, "count": pl.Int64, "percent": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def by_problem(counts: pl.DataFrame, base: str | None, runs: Sequence[str]) -> pl.DataFrame:
    """A row per problem and run: run, problem_id, position, n, c, accuracy, bin_index, place.

    `place` counts the problems from 0: from the highest accuracy of the run `base` to the lowest,
    those without samples of it last, equal ones in the benchmark's order; in that order alone
    where `base` is None. Runs in the order of `runs`. accuracy and bin_index are null where n = 0.
    """
    known = placed(counts.filter(pl.col("run").is_in(list(runs))))
    problems = known.select("problem_id", "position").unique("problem_id")
    own = known.filter(pl.col("run").eq_missing(base)).select("problem_id", by="accuracy")
    ranked = problems.join(own, on="problem_id", how="left").sort(
        "by", "position", "problem_id", descending=[True, False, False], nulls_last=True
    )
    places = ranked.with_row_index("place").select("problem_id", pl.col("place").cast(pl.Int64))
    order = {run: rank for rank, run in enumerate(runs)}
    return (
        known.join(places, on="problem_id")
        .sort(pl.col("run").replace_strict(order, return_dtype=pl.Int64), "place")
        .select("run", "problem_id", "position", "n", "c", "accuracy", "bin_index", "place")
    )
