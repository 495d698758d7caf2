"""Trainings that differ in a hyper-parameter: what its value does to pass@1 and pass@k."""

import json

import polars as pl

from app.analysis.aligned import aligned
from app.analysis.checkpoints import said_tag
from app.analysis.estimates import pass_curve
from app.analysis.runs import labels
from app.analysis.training import LAST, ONE, Counts, described
from app.metrics.intervals import LIKE_THESE
from app.metrics.pass_at_k import log_spaced


def tag_values(placed: pl.DataFrame) -> dict[str, list[str]]:
    """Hyper-parameters that differ between the checkpoints → their values in words, in order.

    A training that does not state one has the value "no …".
    """
    tags = [json.loads(text) for text in checkpoints(placed)["tags"]]
    names = sorted({name for each in tags for name in each})
    found = {
        name: [said_tag(name, value) for value in ordered({each.get(name) for each in tags})]
        for name in names
    }
    return {name: values for name, values in found.items() if len(values) > 1}


def ordered(values: set[str | None]) -> list[str | None]:
    """Numbers by size, words by the alphabet, what is not stated first."""
    return sorted(values, key=lambda value: (value is not None, *sort_key(value or "")))


def sort_key(value: str) -> tuple[int, float, str]:
    """Numbers before words."""
    try:
        return 0, float(value), value
    except ValueError:
        return 1, 0.0, value


def compared(placed: pl.DataFrame, tag: str, step: int | None) -> pl.DataFrame:
    """One checkpoint of each training, at `step` or else its last; and the bases.

    New columns: `setting` (the tag's value in words; "base" for a base) and `label`.
    """
    own = checkpoints(placed)
    last = pl.col("step") == pl.col("step").max().over("series")
    own = own.filter(last if step is None else pl.col("step") == step)
    bases = placed.filter(pl.col("run").is_in(own["base"].drop_nulls().implode()))
    settings = [said_tag(tag, json.loads(text).get(tag)) for text in own["tags"]]
    names = [label(str(name), said) for name, said in zip(own["series"], settings, strict=True)]
    called = labels(bases)
    return pl.concat(
        [
            bases.with_columns(
                setting=pl.lit("base"),
                label=pl.col("run").replace_strict(called, return_dtype=pl.String),
                step=pl.lit(0, pl.Int64),
            ),
            own.with_columns(
                setting=pl.Series(settings, dtype=pl.String),
                label=pl.Series(names, dtype=pl.String),
            ),
        ]
    )


def label(series: str, setting: str) -> str:
    """The training's name with the value, unless the name says it already."""
    return series if setting in series.split(" · ") else f"{series} · {setting}"


def alone(placed: pl.DataFrame, tag: str) -> int:
    """How many groups of trainings differ in this hyper-parameter and in nothing else."""
    groups: dict[tuple[object, ...], set[str]] = {}
    for row in checkpoints(placed).rows(named=True):
        others = json.loads(row["tags"])
        value = said_tag(tag, others.pop(tag, None))
        rest = (*(row[name] for name in REST), json.dumps(others, sort_keys=True))
        groups.setdefault(rest, set()).add(value)
    return sum(len(values) > 1 for values in groups.values())


REST = ("algorithm", "role", "origin", "prompt_template", "temperature", "top_p", "max_tokens")


def ablation_curves(
    counts: Counts, chosen: pl.DataFrame, kind: str | None = LIKE_THESE, level: float = 0.95
) -> pl.DataFrame:
    """pass@k of the chosen runs over k, over the problems that all of them have.

    Columns: those of training.STEPS without `measure`, and label, setting.
    """
    side = aligned(counts, chosen["run"].to_list())
    ks = log_spaced(side.most, 60).tolist() if side.most else [1]
    parts = []
    for row in chosen.rows(named=True):
        points = pass_curve(side.runs[row["run"]], ks, kind, level)
        named = points.with_columns(label=pl.lit(row["label"]), setting=pl.lit(row["setting"]))
        parts.append(described(named, row["series"] or "base", row, side))
    return pl.concat(parts)


def by_value(
    counts: Counts,
    chosen: pl.DataFrame,
    k: int | None,
    kind: str | None = LIKE_THESE,
    level: float = 0.95,
) -> pl.DataFrame:
    """pass@1 and pass@k of the chosen runs: a row per run and measure, columns as in the curves."""
    side = aligned(counts, chosen["run"].to_list())
    budget = k or max(side.most, 1)
    parts = []
    for row in chosen.rows(named=True):
        points = pass_curve(side.runs[row["run"]], [1, budget], kind, level)
        named = points.with_columns(
            label=pl.lit(row["label"]), setting=pl.lit(row["setting"]),
            measure=pl.Series([ONE, LAST]),
        )  # fmt: skip
        parts.append(described(named, row["series"] or "base", row, side))
    return pl.concat(parts)


def checkpoints(placed: pl.DataFrame) -> pl.DataFrame:
    """The runs of models at a step of a training."""
    return placed.filter(pl.col("series").is_not_null()).sort("series", "step")


def steps_of(placed: pl.DataFrame) -> list[int]:
    """All steps at which a checkpoint was saved."""
    return sorted(checkpoints(placed)["step"].unique())
