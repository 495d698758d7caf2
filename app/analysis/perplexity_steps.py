"""Perplexity over training: PPL_base(Y_checkpoint) by the rule of arXiv 2504.13837, App. C.4."""

import json
from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl

# Checkpoints belong to one series where they share these; the last four are settings of sampling.
SERIES = ("parent", "algorithm", "tags", "prompt_template", "temperature", "top_p", "max_tokens")
SETTINGS = SERIES[3:]


class Steps(NamedTuple):
    """Perplexity by training step.

    points: series, name, run, step, perplexity (mean over problems of the median of samples, NaN
    where undefined), problems, n_min, n_max (samples per problem), low, high (the smallest and
    largest median). `missing` of the problems asked for have no scored sample in some run.
    """

    points: pl.DataFrame
    problems: int
    missing: int


def checkpoints(runs: pl.DataFrame) -> pl.DataFrame:
    """series, name, run, step: the runs of models with a training step, and where they started.

    A series has the checkpoints of one parent, algorithm and hyper-parameters, sampled alike. The
    run of the parent that was sampled alike is its step 0. Runs that are in no series are left out.
    """
    tagged = runs.with_columns(
        tags=pl.col("hyper_parameters").map_elements(tags, return_dtype=pl.String)
    )
    trained = tagged.filter(pl.col("step").is_not_null() & (pl.col("role") != "base"))
    parts = trained.partition_by(SERIES, maintain_order=True)
    names = series_names(parts)
    found = [
        pl.concat([start(tagged, part), part.select("run", "step")]).select(
            pl.lit(place, pl.Int64).alias("series"), pl.lit(name).alias("name"), "run", "step"
        )
        for place, (name, part) in enumerate(zip(names, parts, strict=True))
    ]
    empty = {"series": pl.Int64, "name": pl.String, "run": pl.String, "step": pl.Int64}
    return pl.concat(found).sort("series", "step") if found else pl.DataFrame(schema=empty)


def tags(hyper_parameters: str) -> str:
    """What else is known of the training, without the step, such as `kl 0.001, rollouts 32`."""
    known = json.loads(hyper_parameters)
    if not isinstance(known, dict):
        return ""
    return ", ".join(f"{name} {value}" for name, value in sorted(known.items()) if name != "step")


def start(tagged: pl.DataFrame, part: pl.DataFrame) -> pl.DataFrame:
    """run, step: the parent's run that was sampled as these checkpoints were, as step 0."""
    parents = part.select(pl.col("parent").alias("model"), *SETTINGS).unique()
    runs = tagged.filter(pl.col("step").fill_null(0) == 0)
    own = runs.join(parents, on=["model", *SETTINGS], how="semi", nulls_equal=True)
    return own.select("run", pl.lit(0, part.schema["step"]).alias("step"))


def series_names(parts: Sequence[pl.DataFrame]) -> list[str]:
    """What tells each series from the others, the algorithm at least."""
    firsts = [part.row(0, named=True) for part in parts]
    differ = [name for name in SERIES if len({str(first[name]) for first in firsts}) > 1]
    shown = [name for name in SERIES if name in differ or name == "algorithm"]
    return [
        " · ".join(said(first, name) for name in shown if said(first, name)) for first in firsts
    ]


def said(first: dict[str, object], name: str) -> str:
    """One thing that tells a series, in words; empty where nothing is known."""
    value = first[name]
    if name == "algorithm":
        return str(value) if value else "checkpoints"
    if value is None or value == "":
        return ""
    form = {"parent": "from {}", "temperature": "T {}", "top_p": "top-p {}"}
    return form.get(name, "{} tokens" if name == "max_tokens" else "{}").format(value)


def steps(samples: pl.DataFrame, placed: pl.DataFrame, problems: Collection[str]) -> Steps:
    """The median over a problem's samples, then the mean over problems, for each checkpoint.

    `samples` are those of one scorer, `placed` the checkpoints, `problems` those asked for. Only
    problems with a scored sample in every checkpoint count, so that all are about the same ones.
    """
    runs = placed["run"].unique().to_list()
    wanted = pl.col("run").is_in(runs) & pl.col("problem_id").is_in(list(problems))
    known = samples.filter(wanted & pl.col("perplexity").is_not_nan())
    value = pl.col("perplexity")
    by_problem = known.group_by("run", "problem_id").agg(median=value.median(), n=pl.len())
    scored = by_problem["run"].n_unique()
    everywhere = pl.len().over("problem_id") == scored
    shared = by_problem.filter(everywhere)
    means = shared.group_by("run").agg(
        perplexity=pl.col("median").mean(),
        problems=pl.len().cast(pl.Int64),
        n_min=pl.col("n").min().cast(pl.Int64),
        n_max=pl.col("n").max().cast(pl.Int64),
        low=pl.col("median").min(),
        high=pl.col("median").max(),
    )
    points = placed.join(means, on="run", how="inner", maintain_order="left")
    count = shared["problem_id"].n_unique()
    return Steps(points, count, len(problems) - count)
