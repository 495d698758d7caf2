"""What the views of accuracy share: what they show, how a click is followed, what is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import streamlit as st

from app.analysis.accuracy import completed
from app.cache import ask
from app.charts.style import span
from app.components.text import escaped
from app.counted import counts, dropped_problems
from app.selection import Selection, address, run_labels, run_roles
from store import queries

FEW = 2  # runs that a sentence names


@dataclass(frozen=True)
class Shown:
    """The choice, its counts (n = 0 for a problem without samples), names and roles of runs."""

    selection: Selection
    counts: pl.DataFrame
    labels: dict[str, str]
    roles: dict[str, str]

    @property
    def runs(self) -> list[str]:
        """The chosen runs that have counts, in the order of the sidebar."""
        known = set(self.counts["run"])
        return [run for run in self.selection.runs if run in known]


def shown(selection: Selection) -> Shown:
    """What the page is about. Raises ValueError where no run has a verdict of this verifier."""
    counted = counts(selection)
    if counted.is_empty():
        raise ValueError(
            "None of the chosen runs has verdicts of this verifier. Choose another at the left."
        )
    if not counted["n"].sum():
        raise ValueError("No sample is left that counts. Leave out less at the left.")
    dropped = set(dropped_problems(selection))
    asked = ask(queries.problems, selection.benchmark)["problem_id"]
    every = completed(counted, [name for name in asked if name not in dropped])
    return Shown(selection, every, run_labels(selection), run_roles(selection))


def follow(marks: Sequence[Any], *keys: str) -> None:
    """Set the selectors with these keys, which are drawn later, to what was clicked last.

    A click counts once: after it the selectors can be moved again.
    """
    memory = f"{keys[0]}_clicked"
    clicked = marks[0] if marks else None
    if clicked is not None and clicked != st.session_state.get(memory):
        for key, value in zip(keys, clicked, strict=False):
            st.session_state[key] = value
    st.session_state[memory] = clicked


def pick_run(shown: Shown, place: Any = st) -> str:
    """The run whose problems are listed."""
    return str(
        place.selectbox(
            "Run", shown.runs, format_func=address, key="accuracy_run", bind="query-params"
        )
    )


def pick_pair(shown: Shown) -> tuple[str, str]:
    """Base and other. Raises ValueError where there are not two runs to choose from."""
    if len(shown.runs) < 2:
        raise ValueError("This view compares two runs. Choose more at the left, or another view.")
    left, right = st.columns(2)
    base = left.selectbox(
        "Base", shown.runs, format_func=address, key="accuracy_base", bind="query-params"
    )
    rest = [run for run in shown.runs if run != base]
    other = right.selectbox(
        "Other", rest, format_func=address, key="accuracy_other", bind="query-params"
    )
    return str(base), str(other)


def say_what_differs(shown: Shown) -> None:
    """Sentences about runs without verdicts, and about runs whose n differs."""
    said = [*absent(shown), *coarser(shown)]
    if said:
        st.caption(escaped(" ".join(said)))


def absent(shown: Shown) -> list[str]:
    """Which chosen runs are not shown."""
    missing = [run for run in shown.selection.runs if run not in shown.runs]
    names = ", ".join(shown.labels[run] for run in missing)
    return [f"Without verdicts of this verifier, so not shown: {names}."] if missing else []


def coarser(shown: Shown) -> list[str]:
    """That accuracies of fewer samples are coarser, where n differs between runs or problems."""
    sampled = shown.counts.filter(pl.col("n") > 0)
    fewest, most = sampled["n"].min(), sampled["n"].max()
    if fewest == most:
        return []
    per_run = sampled.group_by("run").agg(low=pl.col("n").min(), high=pl.col("n").max())
    levels = per_run.group_by("low", "high").agg(pl.col("run").sort()).sort("low", "high")
    told = [f"{span([low, high])} in {named(shown, runs)}" for low, high, runs in levels.rows()]
    return [
        f"n differs: {'; '.join(told)}. The accuracy of fewer samples is coarser, in steps of"
        " 1 / n, and more problems fall into the bins 0 and 1 by chance."
    ]


def named(shown: Shown, runs: Sequence[str]) -> str:
    """The runs' names, or how many they are."""
    if len(runs) > FEW:
        return f"{len(runs)} runs"
    return " and ".join(shown.labels[run] for run in runs)


def correct_of(problems: pl.DataFrame) -> pl.DataFrame:
    """problem_id and how many samples were correct."""
    return problems.select("problem_id", pl.format("{} of {}", "c", "n").alias("correct"))


def correct_of_both(problems: pl.DataFrame, names: tuple[str, str]) -> pl.DataFrame:
    """problem_id and, named by the two runs, how many samples were correct."""
    return problems.select(
        "problem_id",
        pl.format("{} of {}", "base_c", "base_n").alias(names[0]),
        pl.format("{} of {}", "other_c", "other_n").alias(names[1]),
    )
