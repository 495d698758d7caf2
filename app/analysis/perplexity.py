"""Perplexities of samples under a model: groups of them, and what describes each group.

A group is PPL_scorer(Y_run), the samples of one run under one scorer, perhaps of one verdict only;
a panel is a problem, or "" where the samples of all problems are pooled.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from app.metrics.perplexity import density, perplexity

GROUP = ("panel", "scorer", "run", "verdict")
VERDICTS = ("correct", "incorrect", "no_answer", "error", "unverified")
GRID = 200  # points at which a density is drawn


class Drawing(NamedTuple):
    """What a figure of distributions shows.

    boxes: GROUP and the columns of `summary`. points: the samples that are drawn, each with the
    `share` of its group at or below it. panels: panel, top (where its axis ends), samples,
    infinite, drawn (as points), above (samples whose finite perplexity is above the axis).
    """

    boxes: pl.DataFrame
    points: pl.DataFrame
    panels: pl.DataFrame


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


def grouped(samples: pl.DataFrame, split: bool = False, panels: bool = False) -> pl.DataFrame:
    """Samples with the columns `verdict` and `panel`: "" each unless it is what divides them."""
    verdict = pl.col("outcome").fill_null("unverified") if split else pl.lit("")
    panel = pl.col("problem_id") if panels else pl.lit("")
    return samples.with_columns(verdict=verdict, panel=panel)


def of_verdict(samples: pl.DataFrame, verdict: str | None) -> pl.DataFrame:
    """The samples with this outcome, one of VERDICTS; all where None."""
    if verdict is None:
        return samples
    return samples.filter(pl.col("outcome").fill_null("unverified") == verdict)


def summary(distributions: pl.DataFrame, by: Sequence[str] = ("scorer", "run")) -> pl.DataFrame:
    """One row per group: `by`, samples, left_out, infinite, q1, median, q3, mean, low, high.

    `left_out` samples have no log-probability or no tokens; `samples` are the others, `infinite`
    of which have a token of probability 0: they are larger than any number. Quartiles interpolate
    linearly. `low` and `high` end the whiskers: the outermost values within 1.5 interquartile
    ranges of the box (Tukey). Without any sample they are NaN.
    """
    value = pl.col("perplexity")
    known = value.filter(value.is_not_nan())
    quartiles = {
        name: known.quantile(share, "linear").fill_null(float("nan"))
        for name, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
    }
    table = distributions.group_by(by, maintain_order=True).agg(
        samples=known.len().cast(pl.Int64),
        left_out=value.is_nan().sum().cast(pl.Int64),
        infinite=value.is_infinite().sum().cast(pl.Int64),
        **quartiles,
        mean=known.mean().fill_null(float("nan")),
    )
    ends = whiskers(distributions, table, by)
    return table.join(ends, on=by, how="left", maintain_order="left")


def whiskers(
    distributions: pl.DataFrame, table: pl.DataFrame, by: Sequence[str] = ("scorer", "run")
) -> pl.DataFrame:
    """`by`, low, high: the ends of the whiskers."""
    reach = 1.5 * (pl.col("q3") - pl.col("q1"))
    inside = pl.col("perplexity").is_between(pl.col("q1") - reach, pl.col("q3") + reach)
    value = pl.col("perplexity").filter(inside)
    joined = distributions.join(table, on=by, how="left")
    return joined.group_by(by).agg(low=value.min(), high=value.max())


def accounted(
    boxes: pl.DataFrame, scored: pl.DataFrame, stored: pl.DataFrame, split: bool, panels: bool
) -> pl.DataFrame:
    """The boxes of all groups of `scored`, with `outside` and `not_scored`.

    `scored` are the samples whatever their length, of which the boxes are a part: `outside` is how
    many are shorter or longer than asked. `stored` has run, problem_id, outcome and how many
    samples there are: those that the scorer has not scored are `not_scored`.
    """
    keys = ["panel", "run", "verdict"]
    there = grouped(stored, split, panels).group_by(keys).agg(stored=pl.col("samples").sum())
    known = pl.col("perplexity").is_not_nan()
    groups = scored.group_by(GROUP, maintain_order=True).agg(scored=known.sum())
    table = groups.join(boxes, on=GROUP, how="left", maintain_order="left")
    counts = pl.col("samples", "left_out", "infinite").fill_null(0)
    values = pl.col(pl.Float64).fill_null(float("nan"))
    return (
        table.join(there, on=keys, how="left", maintain_order="left")
        .with_columns(counts, values)
        .with_columns(
            outside=pl.col("scored") - pl.col("samples"),
            not_scored=(pl.col("stored").fill_null(0) - pl.col("scored")).cast(pl.Int64),
        )
        .drop("scored", "stored")
    )


def drawing(samples: pl.DataFrame, boxes: pl.DataFrame, most: int = 5000) -> Drawing:
    """What a figure of the samples shows; `boxes` is their summary by GROUP."""
    points = thinned(with_share(samples), most)
    tops = {panel: axis_top(part) for (panel,), part in boxes.group_by("panel")}
    value = pl.col("perplexity")
    top = pl.col("panel").replace_strict(tops, return_dtype=pl.Float64)
    above = (value.is_finite() & (value > top)).sum().cast(pl.Int64)
    drawn = points.group_by("panel").agg(drawn=pl.len().cast(pl.Int64))
    panels = boxes.group_by("panel", maintain_order=True).agg(
        pl.col("samples", "infinite").sum(), top=top.first()
    )
    panels = panels.join(drawn, on="panel", how="left", maintain_order="left")
    over = samples.group_by("panel").agg(above=above)
    panels = panels.join(over, on="panel", how="left", maintain_order="left")
    return Drawing(boxes, points, panels.with_columns(pl.col("drawn", "above").fill_null(0)))


def with_share(samples: pl.DataFrame) -> pl.DataFrame:
    """Samples with a perplexity, and the `share` of their group that is at or below it (ECDF)."""
    known = samples.filter(pl.col("perplexity").is_not_nan())
    return known.with_columns(share=(pl.col("perplexity").rank("max") / pl.len()).over(GROUP))


def axis_top(boxes: pl.DataFrame) -> float:
    """Where the axis ends: above all whiskers, so that outliers do not flatten the boxes."""
    ends = [high for high in boxes["high"].to_list() if high is not None and np.isfinite(high)]
    highest = max(ends, default=1.0)
    return 1 + 1.15 * (highest - 1) if highest > 1 else 2.0


def thinned(distributions: pl.DataFrame, most: int = 5000) -> pl.DataFrame:
    """At most `most` of the samples whose perplexity is finite, as many of each group.

    A browser draws about 5,000 points in a second and 50,000 in six. Within a group each sample
    has the same chance, and the choice is reproducible.
    """
    known = distributions.filter(pl.col("perplexity").is_finite())
    if known.height <= most:
        return known
    keys = [name for name in GROUP if name in known.columns]
    share = most // max(known.select(keys).n_unique(), 1) if keys else most
    place = pl.int_range(pl.len()).shuffle(seed=0)
    return known.filter((place.over(keys) if keys else place) < share)


def densities(samples: pl.DataFrame, panels: pl.DataFrame) -> pl.DataFrame:
    """GROUP, value, width: the outline of each group's violin, 1 at its widest.

    Between 1 and the end of the panel's axis; a kernel density over all samples of the group.
    """
    tops = dict(panels.select("panel", "top").rows())
    parts = [
        outline(key, part["perplexity"].to_numpy(), tops[key[0]])
        for key, part in samples.group_by(GROUP, maintain_order=True)
    ]
    return pl.concat(parts) if parts else pl.DataFrame()


def outline(
    key: tuple[object, ...], values: np.ndarray[tuple[int], np.dtype[np.float64]], top: float
) -> pl.DataFrame:
    """The density of one group at GRID points."""
    grid = np.linspace(1, top, GRID)
    height = density(values, grid)
    highest = height.max() if len(height) else np.nan
    width = height / highest if highest > 0 else np.zeros(GRID)
    named = {name: [value] * GRID for name, value in zip(GROUP, key, strict=True)}
    return pl.DataFrame({**named, "value": grid, "width": width})


def cut_differently(samples: pl.DataFrame) -> int:
    """Samples that have another number of tokens under one scorer than under another."""
    lengths = samples.group_by("run", "problem_id", "sample").agg(pl.col("n_tokens").n_unique())
    return lengths.filter(pl.col("n_tokens") > 1).height
