"""Perplexities of samples under a model."""

import polars as pl

from app.metrics.perplexity import perplexity


def distribution(
    samples: pl.DataFrame, scorer: str | None = None, run: str | None = None
) -> pl.DataFrame:
    """The samples (of store.queries.perplexities) with their `perplexity`, NaN where undefined.

    `scorer` and `run` add columns of these names, by which `summary` groups.
    """
    named = {"scorer": scorer, "run": run}
    values = perplexity(
        samples["sum_logprob"].cast(pl.Float64).to_numpy(),
        samples["n_tokens"].cast(pl.Float64).to_numpy(),
    )
    return samples.with_columns(
        pl.Series("perplexity", values, pl.Float64),
        **{name: pl.lit(value) for name, value in named.items() if value is not None},
    )


def summary(distributions: pl.DataFrame) -> pl.DataFrame:
    """One row per scorer and run: scorer, run, samples, left_out, q1, median, q3, mean, low, high.

    `left_out` samples have no log-probability or no tokens; `samples` are the others. Quartiles
    interpolate linearly. `low` and `high` end the whiskers: the outermost values within 1.5
    interquartile ranges of the box (Tukey). Without any sample they are NaN.
    """
    value = pl.col("perplexity")
    known = value.filter(value.is_not_nan())
    quartiles = {
        name: known.quantile(share, "linear").fill_null(float("nan"))
        for name, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
    }
    table = distributions.group_by("scorer", "run", maintain_order=True).agg(
        samples=known.len().cast(pl.Int64),
        left_out=value.is_nan().sum().cast(pl.Int64),
        **quartiles,
        mean=known.mean().fill_null(float("nan")),
    )
    return table.join(
        whiskers(distributions, table), on=["scorer", "run"], how="left", maintain_order="left"
    )


def whiskers(distributions: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """scorer, run, low, high: the ends of the whiskers."""
    reach = 1.5 * (pl.col("q3") - pl.col("q1"))
    inside = pl.col("perplexity").is_between(pl.col("q1") - reach, pl.col("q3") + reach)
    value = pl.col("perplexity").filter(inside)
    joined = distributions.join(table, on=["scorer", "run"], how="left")
    return joined.group_by("scorer", "run").agg(low=value.min(), high=value.max())


def thinned(distributions: pl.DataFrame, most: int = 5000) -> pl.DataFrame:
    """At most `most` of the samples whose perplexity is defined, each with the same chance.

    A browser draws about 5,000 points in a second and 50,000 in six. The choice is reproducible.
    """
    known = distributions.filter(pl.col("perplexity").is_finite())
    return known if known.height <= most else known.sample(most, seed=0)
