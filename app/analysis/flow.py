"""Two runs problem by problem: their accuracies, and from which bin to which a problem goes."""

from typing import NamedTuple
from zlib import crc32

import polars as pl

from app.analysis.accuracy import placed
from app.metrics.accuracy import BINS
from app.metrics.comparison import accuracy_order

AHEAD = {1: "other", 0: "equal", -1: "base"}
WIDEST = 0.4  # of the step 1 / n: a moved point stays nearer to its place than to the next
KINDS = ("never", "sometimes", "always")


class Pair(NamedTuple):
    """Problems with samples of both runs, and how many have samples of one or none only.

    `problems`: problem_id, position, base_n, base_c, other_n, other_c, base_accuracy,
    other_accuracy, base_bin, other_bin (names of BINS), ahead (other, equal, base).
    """

    problems: pl.DataFrame
    left_out: int


def paired(counts: pl.DataFrame, base: str, other: str) -> Pair:
    """The problems of two runs side by side, in the benchmark's order."""
    known = placed(counts.filter(pl.col("run").is_in([base, other])))
    sides = [
        known.filter((pl.col("run") == run) & (pl.col("n") > 0)).select(
            "problem_id",
            "position",
            pl.col("n").alias(f"{side}_n"),
            pl.col("c").alias(f"{side}_c"),
            pl.col("accuracy").alias(f"{side}_accuracy"),
            bin_name().alias(f"{side}_bin"),
        )
        for side, run in (("base", base), ("other", other))
    ]
    both = sides[0].join(sides[1].drop("position"), on="problem_id", maintain_order="left")
    return Pair(with_ahead(both), known["problem_id"].n_unique() - both.height)


def bin_name() -> pl.Expr:
    """The name of a bin."""
    return pl.col("bin_index").replace_strict(dict(enumerate(BINS)), return_dtype=pl.String)


def with_ahead(both: pl.DataFrame) -> pl.DataFrame:
    """A new column `ahead`: which run has the higher accuracy, compared with integers."""
    columns = (both[name].to_numpy() for name in ("base_n", "base_c", "other_n", "other_c"))
    signs = pl.Series(accuracy_order(*columns), dtype=pl.Int64)
    return both.with_columns(ahead=signs.replace_strict(AHEAD, return_dtype=pl.String))


def points(pair: pl.DataFrame) -> pl.DataFrame:
    """The distinct pairs of accuracies: base_accuracy, other_accuracy, ahead, base_c, base_n,
    other_c, other_n, problem_id (of the first problem there), count.
    """
    first = pl.col("base_c", "base_n", "other_c", "other_n", "problem_id").first()
    keys = ["base_accuracy", "other_accuracy", "ahead"]
    grouped = pair.group_by(keys, maintain_order=True).agg(first, count=pl.len().cast(pl.Int64))
    return grouped.sort("base_accuracy", "other_accuracy")


def jittered(pair: pl.DataFrame) -> pl.DataFrame:
    """One point per problem, moved at random by at most 0.4 / n each way; columns as in `points`.

    Where it is moved to depends on the problem's name only, so that a figure stays as it is.
    """
    return pair.with_columns(
        (pl.col(f"{side}_accuracy") + moved(salt) / pl.col(f"{side}_n")).alias(f"{side}_accuracy")
        for side, salt in (("base", 1), ("other", 2))
    ).with_columns(count=pl.lit(1, pl.Int64))


def moved(salt: int) -> pl.Expr:
    """From −WIDEST to WIDEST, by the problem's name."""
    return pl.col("problem_id").map_elements(
        lambda name: WIDEST * (2 * crc32(name.encode(), salt) / 0xFFFFFFFF - 1),
        return_dtype=pl.Float64,
    )


def at_point(pair: pl.DataFrame, problem: str) -> pl.DataFrame:
    """The problems whose two accuracies are those of this problem; none where it is unknown."""
    keys = ["base_accuracy", "other_accuracy"]
    wanted = pair.filter(pl.col("problem_id") == problem).select(keys)
    return pair.join(wanted, on=keys, how="semi", maintain_order="left")


def flow(pair: pl.DataFrame) -> pl.DataFrame:
    """Twelve by twelve rows: base_bin, other_bin, base_index, other_index, count, way.

    `way` says in which bin the other run has the problems: higher, same or lower.
    """
    bins = pl.DataFrame({"bin": BINS, "index": range(len(BINS))})
    every = bins.select(pl.all().name.prefix("base_")).join(
        bins.select(pl.all().name.prefix("other_")), how="cross"
    )
    sizes = pair.group_by("base_bin", "other_bin").agg(count=pl.len().cast(pl.Int64))
    return (
        every.join(sizes, on=["base_bin", "other_bin"], how="left", maintain_order="left")
        .with_columns(pl.col("count").fill_null(0), way=way())
        .select("base_bin", "other_bin", "base_index", "other_index", "count", "way")
    )


def way() -> pl.Expr:
    """Where the other run's bin is, seen from the base's."""
    difference = pl.col("other_index") - pl.col("base_index")
    return (
        pl.when(difference > 0)
        .then(pl.lit("higher"))
        .when(difference < 0)
        .then(pl.lit("lower"))
        .otherwise(pl.lit("same"))
    )


def between(pair: pl.DataFrame, base_bin: str | None, other_bin: str | None) -> pl.DataFrame:
    """The problems that go from one bin to the other; None: any."""
    shown = pair
    for name, wanted in (("base_bin", base_bin), ("other_bin", other_bin)):
        if wanted is not None:
            shown = shown.filter(pl.col(name) == wanted)
    return shown


def kinds(pair: pl.DataFrame) -> pl.DataFrame:
    """Three rows, never, sometimes and always solved by a sample of the base, and as many columns
    for the other run: base, never, sometimes, always (numbers of problems).
    """
    named = pair.select(
        kind("base").alias("base"),
        kind("other").alias("other"),
    )
    rows = [
        (own, *(named.filter(base=own, other=theirs).height for theirs in KINDS)) for own in KINDS
    ]
    return pl.DataFrame(rows, schema=["base", *KINDS], orient="row")


def kind(side: str) -> pl.Expr:
    """Whether no sample, some or every one is correct."""
    correct = pl.col(f"{side}_c")
    return (
        pl.when(correct == 0)
        .then(pl.lit(KINDS[0]))
        .when(correct == pl.col(f"{side}_n"))
        .then(pl.lit(KINDS[2]))
        .otherwise(pl.lit(KINDS[1]))
    )
