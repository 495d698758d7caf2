"""Perplexity and length: whether a difference between groups is one of how long the samples are."""

from typing import NamedTuple

import numpy as np
import polars as pl

from app.analysis.perplexity import GROUP
from app.metrics.perplexity import effective_size, weighted_quantiles

QUARTILES = (("q1", 0.25), ("median", 0.5), ("q3", 0.75))


class Matched(NamedTuple):
    """Groups compared at the same lengths.

    table: scorer, run, verdict, samples, remaining (in the common bins), effective (of how many
    samples of equal weight the weighted ones say as much), median, matched_q1, matched_median,
    matched_q3. `common` of `bins` bins of length hold samples of every group.
    """

    table: pl.DataFrame
    common: int
    bins: int


def within(samples: pl.DataFrame, shortest: int, longest: int) -> pl.DataFrame:
    """The samples of these numbers of tokens, both ends included."""
    return samples.filter(pl.col("n_tokens").is_between(shortest, longest))


def in_bins(samples: pl.DataFrame, bins: int) -> pl.DataFrame:
    """Samples whose perplexity is defined, with the number `bin` of their bin of length, from 0.

    The bins are the same for all groups. Each holds about the same number of all samples
    together; of equal lengths all are in one bin, so there may be fewer bins.
    """
    known = samples.filter(pl.col("perplexity").is_not_nan())
    lengths = known["n_tokens"].to_numpy()
    if not len(lengths):
        return known.with_columns(bin=pl.lit(0, pl.Int64))
    shares = np.arange(1, bins) / bins
    ends = np.unique(np.quantile(lengths, shares, method="inverted_cdf"))
    return known.with_columns(pl.Series("bin", np.searchsorted(ends, lengths), pl.Int64))


def medians(samples: pl.DataFrame, bins: int) -> pl.DataFrame:
    """scorer, run, verdict, bin, shortest, longest, tokens (their median), samples, q1, median, q3.

    One row per group and bin of length.
    """
    value = pl.col("perplexity")
    length = pl.col("n_tokens")
    quartiles = {name: value.quantile(share, "linear") for name, share in QUARTILES}
    keys = [*GROUP[1:], "bin"]
    rows = in_bins(samples, bins).group_by(keys, maintain_order=True)
    return rows.agg(
        shortest=length.min(),
        longest=length.max(),
        tokens=length.median(),
        samples=pl.len().cast(pl.Int64),
        **quartiles,
    ).sort("bin", maintain_order=True)


def matched(samples: pl.DataFrame, bins: int) -> Matched:
    """Groups with the same distribution of lengths, made by weighting their samples.

    Only bins that hold samples of every group remain. A bin counts in every group with the mean
    of its shares of the groups' remaining samples; within a bin a group's samples weigh the same.
    """
    binned = in_bins(samples, bins)
    groups = binned.select(GROUP[1:]).unique().height
    found = binned.select(*GROUP[1:], "bin").unique()["bin"].value_counts()
    common = found.filter(pl.col("count") == groups)["bin"].to_list()
    weighed = weights(binned.filter(pl.col("bin").is_in(common)))
    rows = [
        {**dict(zip(GROUP[1:], key, strict=True)), **row(part, weighed, key)}
        for key, part in binned.group_by(GROUP[1:], maintain_order=True)
    ]
    return Matched(pl.DataFrame(rows), len(common), binned["bin"].n_unique())


def weights(remaining: pl.DataFrame) -> pl.DataFrame:
    """The remaining samples with their `weight`; the weights of each group sum to 1."""
    alike = pl.len().over([*GROUP[1:], "bin"])
    shares = remaining.group_by(*GROUP[1:], "bin").agg(count=pl.len())
    shares = shares.with_columns(share=pl.col("count") / pl.col("count").sum().over(GROUP[1:]))
    target = dict(shares.group_by("bin").agg(pl.col("share").mean()).rows())
    wanted = pl.col("bin").replace_strict(target, return_dtype=pl.Float64)
    return remaining.with_columns(weight=wanted / alike)


def row(part: pl.DataFrame, weighed: pl.DataFrame, key: tuple[object, ...]) -> dict[str, object]:
    """The numbers of one group before and after weighting."""
    same = zip(GROUP[1:], key, strict=True)
    left = weighed.filter(*(pl.col(name) == value for name, value in same))
    shares = [share for _, share in QUARTILES]
    quartiles = weighted_quantiles(left["perplexity"], left["weight"], shares)
    named = {f"matched_{name}": float(x) for (name, _), x in zip(QUARTILES, quartiles, strict=True)}
    return {
        "samples": part.height,
        "remaining": left.height,
        "effective": effective_size(left["weight"]),
        "median": part["perplexity"].median(),
        **named,
    }
