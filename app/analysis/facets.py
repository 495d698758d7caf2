"""Small multiples: which panel a problem, a benchmark or a model's family belongs to."""

import json
from collections.abc import Sequence
from datetime import date

import polars as pl

from app.analysis.runs import SETTINGS, labels

UNKNOWN = "unknown"
SUBJECT, LEVEL, DIFFICULTY, DATE = "subject", "level", "difficulty", "date"
FACETS = (SUBJECT, LEVEL, DIFFICULTY, DATE)

# Accuracy of the base run, from hard to easy; the first holds what it never solved.
BINS = ("base 0 %", "base up to 25 %", "base up to 75 %", "base above 75 %")
LIMITS = (0.0, 0.25, 0.75)
DATES = ("contest_date", "date")  # keys of a problem's metadata


def panels_of(problems: pl.DataFrame, facet: str, base: pl.DataFrame) -> pl.DataFrame:
    """problem_id, panel: the problems in the order of their panels.

    `problems` is as store.queries.problems gives them; `base` are the counts of the run by whose
    accuracy difficulty is judged. What a problem does not say is the panel "unknown", the last.
    """
    if facet == DIFFICULTY:
        panels = by_difficulty(base)
    elif facet == DATE:
        panels = problems.select("problem_id", panel=pl.Series(quarters(problems), dtype=pl.String))
    else:
        panels = problems.select("problem_id", panel=pl.col(facet).cast(pl.String))
    known = panels.with_columns(pl.col("panel").fill_null(UNKNOWN).replace("", UNKNOWN))
    if facet == DIFFICULTY:
        return known.sort(pl.col("panel").cast(pl.Enum([*BINS, UNKNOWN])), maintain_order=True)
    return known.sort(pl.col("panel") == UNKNOWN, place(), "panel", maintain_order=True)


def place() -> pl.Expr:
    """The number that a panel's name begins or ends with, so that level 10 comes after 9."""
    number = pl.col("panel").str.extract(r"^(?:[Ll]evel )?(\d+)$").cast(pl.Int64, strict=False)
    return number.fill_null(0)


def by_difficulty(base: pl.DataFrame) -> pl.DataFrame:
    """problem_id, panel: one of BINS; unknown where the base has no samples."""
    accuracy = pl.col("c") / pl.col("n")
    panel = (
        pl.when(pl.col("n") == 0).then(None)
        .when(accuracy <= LIMITS[0]).then(pl.lit(BINS[0]))
        .when(accuracy <= LIMITS[1]).then(pl.lit(BINS[1]))
        .when(accuracy <= LIMITS[2]).then(pl.lit(BINS[2]))
        .otherwise(pl.lit(BINS[3]))
    )  # fmt: skip
    return base.select("problem_id", panel=panel)


def quarters(problems: pl.DataFrame) -> list[str | None]:
    """The quarter of each problem's date, such as 2024 Q3."""
    return [quarter(text) for text in problems["metadata"]]


def quarter(metadata: str | None) -> str | None:
    """The quarter of the first date in the metadata; None without one that can be read."""
    try:
        said = json.loads(metadata or "{}")
        text = next((str(said[key]) for key in DATES if said.get(key)), "")
        day = date.fromisoformat(text[:10])
    except (ValueError, AttributeError):
        return None
    return f"{day.year} Q{(day.month + 2) // 3}"


def labels_across(benchmarks: Sequence[pl.DataFrame]) -> dict[str, str]:
    """Labels of the runs of several benchmarks, without the benchmark: runs of one model with the
    same settings are named alike, since each benchmark has a panel of its own.

    Where a benchmark has two such runs, those of each benchmark are labelled by themselves.
    """
    same = ["model", *(name for name in SETTINGS if name != "benchmark")]
    if any(runs.select(same).is_duplicated().any() for runs in benchmarks):
        return {run: label for runs in benchmarks for run, label in labels(runs).items()}
    runs = pl.concat(benchmarks).with_columns(benchmark=pl.lit(""))
    first = runs.unique(same, keep="first", maintain_order=True)
    named = first.with_columns(label=pl.col("run").replace_strict(labels(first)))
    found = runs.join(named.select(*same, "label"), on=same, nulls_equal=True)
    return dict(found.select("run", "label").rows())


def families(models: pl.DataFrame) -> dict[str, str]:
    """Each model's base: the model from which its line of parents begins, itself without one."""
    parents = {model: parent for model, parent in models.select("model", "parent").rows() if parent}
    return {model: root(model, parents) for model in models["model"]}


def root(model: str, parents: dict[str, str]) -> str:
    """The first of the line of parents; a line that closes a circle ends before it repeats."""
    line = [model]
    while (parent := parents.get(line[-1])) is not None and parent not in line:
        line.append(parent)
    return line[-1]
