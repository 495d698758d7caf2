"""Where the numbers come from: how runs were made and judged, and what was left out."""

import json
from pathlib import PurePath
from typing import NamedTuple

import polars as pl

from app.analysis.runs import runs_table
from store import queries
from store.audits import judges, people
from store.location import Cursor
from store.queries.provenance import versions
from store.state import State

MOST_FILES = 100  # rows of the table of what was set aside
UNKNOWN = ("no_answer", "error", "truncated", "unverified")  # of runs with counts only


class Provenance(NamedTuple):
    """Tables of text and numbers; null is not known."""

    runs: pl.DataFrame
    models: pl.DataFrame
    judged: pl.DataFrame
    set_aside: pl.DataFrame
    set_aside_rows: int  # of all, of which the table has the first


def provenance(cursor: Cursor, runs: pl.DataFrame) -> Provenance:
    """What the store says of these runs, rows of store.queries.runs."""
    aside = queries.set_aside(cursor)
    return Provenance(
        made(runs, versions(cursor)),
        origins(queries.models(cursor), runs["model"].unique()),
        judged(runs, queries.run_totals(cursor)),
        aside.head(MOST_FILES),
        aside.height,
    )


def made(runs: pl.DataFrame, packages: pl.DataFrame) -> pl.DataFrame:
    """A row per run: identity, sampling settings, engine, seed, hyper-parameters, source."""
    joined = runs.join(packages, on="run", how="left", maintain_order="left")
    return joined.select(
        "run", "benchmark", "prompt_template", "temperature", "top_p", "max_tokens", "engine",
        spelled("versions"), "seed", spelled("hyper_parameters"), place("source"),
    )  # fmt: skip


def origins(models: pl.DataFrame, named: pl.Series) -> pl.DataFrame:
    """A row per model of these names: role, and what it was trained from and how."""
    return models.filter(pl.col("model").is_in(named.implode())).select(
        "model", "role", "parent", "algorithm", "step", place("path"), "revision", "dtype"
    )


def judged(runs: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    """A row per run and verifier: its version, and how many samples it called what."""
    table = runs_table(runs, totals).rename({"samples": "verdicts", "c": "correct"})
    only_counts = pl.col("stored_samples") == 0
    return table.select(
        "run", "verifier", "version", "problems", "n_min", "n_max", "verdicts", "correct",
        *(pl.when(~only_counts).then(name).alias(name) for name in UNKNOWN), "stored_samples",
    )  # fmt: skip


def spelled(column: str) -> pl.Expr:
    """A JSON object as text: name value, name value."""
    return pl.col(column).map_elements(pairs, return_dtype=pl.String)


def pairs(text: str) -> str:
    """The names and values of a JSON object; any other text as it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if not isinstance(found, dict):
        return text
    return ", ".join(f"{name} {value}" for name, value in found.items())


def place(column: str) -> pl.Expr:
    """A path without the folders of the machine that it was on; other text as it is."""
    return pl.col(column).map_elements(
        lambda text: " ".join(map(shorn, text.split(" "))), return_dtype=pl.String
    )


def shorn(word: str) -> str:
    """The last name of an absolute path."""
    return PurePath(word).name or word if word.startswith("/") else word


def audit_state(audits: pl.DataFrame, state: State, heeded: bool) -> str:
    """How many verdicts on chains of thought there are, and whether they change the numbers.

    `audits` are those that stand; `state` counts every row ever added, as links do.
    """
    if not state.audits:
        return "Nobody has judged a chain of thought of this study."
    persons, machines = people(audits), judges(audits)
    effect = "heed them" if heeded else "do not heed them: verifiers alone decide"
    return (
        f"{persons.height:,} standing verdicts of {persons['reviewer'].n_unique():,} people and"
        f" {machines.height:,} of judge models (state: {state.audits:,} rows, {state.digest})."
        f" The numbers {effect}."
    )
