"""Runs: their names for readers, a table of them, and finding one by part of its name."""

from itertools import combinations

import polars as pl

# What may tell two runs of one model apart, in the order in which it is said.
SETTINGS = ("benchmark", "prompt_template", "temperature", "top_p", "max_tokens")

TABLE = (
    "run", "model", "role", "benchmark", "problems", "samples", "n_min", "n_max", "no_answer",
    "error", "truncated",
)  # fmt: skip


SAMPLING = ("prompt_template", "temperature", "top_p", "max_tokens")


def usual_first(runs: pl.DataFrame) -> pl.DataFrame:
    """The runs in their order by role; within a role those first whose prompt and sampling settings
    most runs share, so that the first base is the one that others can be compared with.
    """
    role_place = pl.col("place").min().over("role")
    ordered = runs.with_row_index("place").sort(
        role_place, pl.len().over(SAMPLING), "place", descending=[False, True, False]
    )
    return ordered.drop("place")


def others_of(runs: pl.DataFrame, base: str) -> list[str]:
    """The other runs: first those of models trained from the base's, and of these first those
    sampled as it is; for the rest in their order.
    """
    own = runs.filter(pl.col("run") == base).row(0, named=True)
    trained = pl.col("parent").eq_missing(pl.lit(own["model"]))
    alike = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(own[name])) for name in SAMPLING)
    rest = runs.filter(pl.col("run") != base)
    first = rest.sort(trained, trained & alike, descending=True, maintain_order=True)
    return first["run"].to_list()


def labels(runs: pl.DataFrame) -> dict[str, str]:
    """A label for each run, as short as tells it from the others in `runs`.

    The model's name; where runs share it, followed by the fewest settings that differ; at worst
    the run's id.
    """
    result: dict[str, str] = {}
    for (model,), group in runs.partition_by("model", as_dict=True).items():
        result |= group_labels(str(model), group.to_dicts())
    return result


def group_labels(model: str, group: list[dict[str, object]]) -> dict[str, str]:
    """Labels of the runs of one model."""
    for size in range(len(SETTINGS) + 1):
        for chosen in combinations(SETTINGS, size):
            names = [" · ".join([model, *(said(row, name) for name in chosen)]) for row in group]
            if len(set(names)) == len(group):
                return dict(zip((str(row["run"]) for row in group), names, strict=True))
    return {str(row["run"]): str(row["run"]) for row in group}


def said(row: dict[str, object], setting: str) -> str:
    """One setting in words."""
    value = row[setting]
    if value is None:
        return f"{setting.replace('_', ' ')} unknown"
    written = {
        "temperature": f"T {value:g}" if isinstance(value, float) else f"T {value}",
        "top_p": f"top-p {value}",
        "max_tokens": f"{value} tokens",
    }
    return written.get(setting, str(value))


def runs_table(runs: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    """One row per run and verifier: the fields of `passband show runs`, then all others.

    `samples` are the judged ones, the sum of n; `stored_samples` are those with a text; `verifier`
    is the one that judged them, whatever the run named.
    """
    joined = runs.drop("samples", "verifier", strict=False).join(
        totals, on="run", how="left", maintain_order="left"
    )
    stored = runs.select("run", stored_samples="samples")
    table = joined.join(stored, on="run", how="left", maintain_order="left")
    return table.select(*TABLE, pl.exclude(TABLE))


def find_run(runs: pl.DataFrame, name: str) -> str:
    """The id of the run that `name` means: an id, a model's name, or a part of one id only.

    Raises ValueError that lists the candidates, or the available runs where none matches.
    """
    ids = [str(run) for run in runs["run"]]
    if name in ids:
        return name
    by_model = [str(run) for run in runs.filter(pl.col("model") == name)["run"]]
    matches = by_model or [run for run in ids if name.casefold() in run.casefold()]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ValueError(f"{name!r} is part of several runs: {', '.join(matches)}. Name one fully.")
    raise ValueError(f"No run is named {name!r}. Available: {', '.join(ids) or 'none'}.")
