"""What the page of problems is about: the row of each problem, and where the numbers come from."""

from dataclasses import dataclass

import polars as pl
import streamlit as st

from app.analysis.audited import undecided
from app.analysis.guessing import without
from app.analysis.problems import problem_table
from app.cache import ask
from app.counted import dropped_problems, labelled
from app.selection import Selection, run_labels, run_roles
from store import queries
from store.queries.passed_over import NONE
from store.queries.per_problem import answer_entropies, median_perplexities


@dataclass(frozen=True)
class Shown:
    """The choice, a row per problem (app.analysis.problems), and the names of the runs."""

    selection: Selection
    table: pl.DataFrame
    labels: dict[str, str]
    threshold: int

    @property
    def runs(self) -> list[str]:
        """The chosen runs in the order of the sidebar, which numbers the columns."""
        return list(self.selection.runs)

    @property
    def names(self) -> list[str]:
        """Their labels."""
        return [self.labels[run] for run in self.runs]

    @property
    def base(self) -> int | None:
        """The number of the first run with the role of a base; None without one."""
        roles = run_roles(self.selection)
        return next((i for i, run in enumerate(self.runs) if roles[run] == "base"), None)


def problems_of(selection: Selection, counted: pl.DataFrame, threshold: int) -> Shown:
    """What the page is about. Raises ValueError where the benchmark has no problems left."""
    stored = ask(queries.problems, selection.benchmark)
    if stored.is_empty():
        raise ValueError("This benchmark has no problems stored.")
    remaining = without(stored, dropped_problems(selection))
    if remaining.is_empty():
        raise ValueError("The guess filter drops all problems. Set it lower at the left.")
    table = problem_table(remaining, counted, *facts(selection), list(selection.runs), threshold)
    return Shown(selection, table, run_labels(selection), threshold)


def facts(selection: Selection) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Answer entropies and median perplexities of the samples that count."""
    runs, left_out = list(selection.runs), selection.left_out
    skipped = undecided_samples(selection)
    return (
        ask(answer_entropies, runs, selection.verifier, left_out, skipped),
        ask(median_perplexities, runs, selection.verifier, left_out, skipped),
    )


def undecided_samples(selection: Selection) -> pl.DataFrame:
    """run, problem_id, sample of the correct ones that audits leave out of n, where they count."""
    if not selection.audited:
        return NONE
    return labelled(selection).filter(undecided).select(NONE.columns)


def row_of_controls() -> "st.delta_generator.DeltaGenerator":
    """Where controls stand beside one another, as many as there is room for."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap="small")
