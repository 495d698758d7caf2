"""Checkpoints: which runs form the course of one training, and what each is compared with."""

import json
from collections.abc import Mapping, Sequence
from itertools import combinations

import polars as pl

from app.analysis.runs import SETTINGS, said

IDENTITY = SETTINGS[1:]  # of one benchmark: what has to be alike for two runs to be compared
# Facts that runs carry beside the tags of their study file: of the tokenizer, and the step itself.
NO_TAGS = ("vocabulary", "step")
PLACED = {
    "run": pl.String, "model": pl.String, "role": pl.String, "algorithm": pl.String,
    "step": pl.Int64, "benchmark": pl.String, **dict.fromkeys(IDENTITY[:1], pl.String),
    "temperature": pl.Float64, "top_p": pl.Float64, "max_tokens": pl.Int64,
    "tags": pl.String, "origin": pl.String, "base": pl.String, "mismatch": pl.String,
    "unknown": pl.String, "series": pl.String,
}  # fmt: skip
Row = dict[str, object]


def placed(runs: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The runs of one benchmark, each with its place in a training; columns as in PLACED.

    `stored` are all runs of the store: they tell the parents and tags of models. `base`: the run
    of the model that it was trained from, under the same settings, else the nearest; null for a
    base and where there is none. `mismatch` names the settings that differ from those of the base,
    `unknown` those that neither run states. `tags`: hyper-parameters as JSON. `series`: name of the
    training that a model with a step belongs to (one algorithm, origin, tags and settings).
    """
    tags, rows = model_tags(stored), runs.to_dicts()
    facts = {str(row["model"]): row for row in stored.to_dicts()}
    bases = [row for row in rows if row["role"] == "base"]
    for row in rows:
        row["tags"] = json.dumps(tags.get(str(row["model"]), {}), sort_keys=True)
        row["origin"] = origin(row, facts, bases)
        base = nearest(row, [each for each in rows if each["model"] == row["origin"]])
        row["base"] = base["run"] if base else None
        row["mismatch"] = mismatch(row, base)
        row["unknown"] = unknown(row, base)
    names = series_names([row for row in rows if is_checkpoint(row)])
    for row in rows:
        row["series"] = names.get(str(row["run"]))
    return pl.DataFrame([{name: row[name] for name in PLACED} for row in rows], schema=PLACED)


def is_checkpoint(row: Row) -> bool:
    """Whether the run's model was saved at a known step of a training."""
    return row["step"] is not None and row["role"] != "base"


def model_tags(stored: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Hyper-parameters of each model: what any of its runs states."""
    merged: dict[str, dict[str, str]] = {}
    for model, text in stored.select("model", "hyper_parameters").sort("model").rows():
        stated = json.loads(text or "{}")
        known = {str(k): str(v) for k, v in stated.items() if k not in NO_TAGS}
        merged[model] = known | merged.get(model, {})
    return merged


def origin(row: Row, facts: Mapping[str, Row], bases: Sequence[Row]) -> str | None:
    """The model that a run is compared with: the nearest ancestor that is no checkpoint itself.

    `facts`: model → the row of any of its runs. Without a parent the only base there is. None for a
    base itself.
    """
    if row["role"] == "base":
        return None
    if row["parent"] is None:
        names = {str(base["model"]) for base in bases}
        return names.pop() if len(names) == 1 else None
    model, seen = str(row["parent"]), {str(row["model"])}
    while (known := facts.get(model)) and (known["role"] == "rl" or is_checkpoint(known)):
        seen.add(model)
        if known["parent"] is None or known["parent"] in seen:
            break
        model = str(known["parent"])
    return model


def nearest(row: Row, candidates: Sequence[Row]) -> Row | None:
    """The candidate with the most settings in common; of several the first by its id."""
    ordered = sorted(candidates, key=lambda each: (len(differing(row, each)), str(each["run"])))
    return ordered[0] if ordered else None


def differing(row: Row, base: Row) -> list[str]:
    """Settings that are not the same; one that only one of the runs states counts as well."""
    return [name for name in IDENTITY if row[name] != base[name]]


def mismatch(row: Row, base: Row | None) -> str:
    """What differs from the base, such as "T 1.2 (base: T 0.6)"; empty where nothing does."""
    if base is None:
        return ""
    return ", ".join(
        f"{said(row, name)} (base: {said(base, name)})" for name in differing(row, base)
    )


def unknown(row: Row, base: Row | None) -> str:
    """Settings of which neither run says anything, so that nobody knows whether they are alike."""
    if base is None:
        return ""
    return ", ".join(
        name.replace("_", " ") for name in IDENTITY if row[name] is None and base[name] is None
    )


def series_names(rows: Sequence[Row]) -> dict[str, str]:
    """Run → name of its training, as short as tells the trainings of an algorithm apart."""
    keys = {str(row["run"]): series_key(row, rows) for row in rows}
    named: dict[tuple[object, ...], str] = {}
    for title in {key[0] for key in keys.values()}:
        named |= told_apart(sorted({key for key in keys.values() if key[0] == title}, key=repr))
    return {run: named[key] for run, key in keys.items()}


def series_key(row: Row, rows: Sequence[Row]) -> tuple[object, ...]:
    """What all checkpoints of one training share.

    Two models that would share a step are two trainings: the last part counts them.
    """
    key = same_training(row)
    rivals = sorted(
        str(each["run"])
        for each in rows
        if same_training(each) == key and each["step"] == row["step"]
    )
    return (*key, rivals.index(str(row["run"])))


def same_training(row: Row) -> tuple[object, ...]:
    """Title, origin, tags and settings."""
    title = row["algorithm"] or row["role"]
    return (title, row["origin"], row["tags"], *(row[name] for name in IDENTITY))


def told_apart(keys: Sequence[tuple[object, ...]]) -> dict[tuple[object, ...], str]:
    """A name for each training of one algorithm, with the fewest facts that differ."""
    tags = [json.loads(str(key[2])) for key in keys]
    varying = sorted(
        {name for each in tags for name in each if len({t.get(name) for t in tags}) > 1}
    )
    facts = [key_facts(key, own, varying) for key, own in zip(keys, tags, strict=True)]
    for size in range(len(facts[0]) + 1):
        for chosen in combinations(range(len(facts[0])), size):
            names = [
                " · ".join([str(key[0]), *(own[i] for i in chosen)])
                for key, own in zip(keys, facts, strict=True)
            ]
            if len(set(names)) == len(keys):
                return dict(zip(keys, names, strict=True))
    return {key: f"{key[0]} · {i + 1}" for i, key in enumerate(keys)}


def key_facts(
    key: tuple[object, ...], tags: Mapping[str, str], varying: Sequence[str]
) -> list[str]:
    """What may be said of a training, tags first: each a few words."""
    settings: dict[str, object] = dict(zip(IDENTITY, key[3:-1], strict=True))
    return [
        *(said_tag(name, tags.get(name)) for name in varying),
        *(said(settings, name) for name in IDENTITY),
        f"from {key[1] or 'an unknown model'}",
        f"{int(str(key[-1])) + 1}",
    ]


def said_tag(name: str, value: str | None) -> str:
    """A hyper-parameter in words."""
    return f"no {name}" if value is None else f"{name} {value}"


def paired_only(runs: pl.DataFrame) -> pl.DataFrame:
    """The runs that have a base to be compared with."""
    return runs.filter(pl.col("base").is_not_null())
