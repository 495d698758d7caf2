"""Which problems are shown, in what order, and which columns: all of it in the URL."""

from typing import Any, NamedTuple

import polars as pl
import streamlit as st

from app.analysis.hits import Found, per_problem, with_hits
from app.analysis.problems import (
    EVERY_RUN,
    MEASURES,
    SOLVED,
    SOME_RUN,
    Kept,
    kept_said,
    ordered,
    padded,
    sort_key,
)
from app.components.problems import Shown
from app.components.text import escaped
from app.selection import address

POSITION, HITS, PROBLEM = "position", "hits", "problem"
SORTED = (POSITION, PROBLEM, "question", "subject", "level", *MEASURES, HITS)
OF_RUNS = (*MEASURES, HITS)
ALL_RUNS = "all runs"
WORDS = (SOME_RUN, EVERY_RUN, ALL_RUNS)
ORDERS = ("ascending", "descending")
THRESHOLD = "problems_threshold"
WIDTH = 170  # pixels of a control


class Order(NamedTuple):
    """What to sort by: a word of SORTED, of which run (None: of all), the largest first or not."""

    name: str
    run: int | None
    descending: bool


def choose_threshold(place: Any, counted: pl.DataFrame) -> int:
    """How many correct samples make a problem solvable."""
    most = max([1, *counted["n"].to_list()]) if counted.height else 1
    if st.session_state.get(THRESHOLD, 1) > most:
        st.session_state[THRESHOLD] = most
    number = place.number_input(
        "Correct to be solvable", 1, most, 1, key=THRESHOLD, bind="query-params", width=WIDTH,
        help="A run solves a problem where so many of all its n samples, or more, are correct.",
    )  # fmt: skip
    return int(number)


def choose_problems(place: Any, shown: Shown, found: Found | None) -> pl.DataFrame:
    """The problems that the reader wants in the order asked for, with the hits of the search."""
    kept = choose_kept(place, shown)
    order = choose_order(place, shown)
    table = shown.table.filter(kept.condition)
    said = [kept.said(shown.names)]
    if found is not None:
        table = with_hits(per_problem(found, table, shown.runs))
        said.append("what the search finds")
    why = "; ".join(part for part in said if part)
    st.caption(escaped(kept_said(table.height, shown.table.height, why)))
    return ordered(table, key_of(order, table, shown), order.descending)


def key_of(order: Order, table: pl.DataFrame, shown: Shown) -> pl.Expr:
    """The column to sort by; the benchmark's order where there are no hits to sort by."""
    if order.name == HITS and "hits_0" not in table.columns:
        return pl.col(POSITION)
    name = "problem_id" if order.name == PROBLEM else order.name
    return sort_key(name, order.run, len(shown.runs))


def choose_kept(place: Any, shown: Shown) -> Kept:
    """Which problems the reader wants to see."""
    paired = shown.base is not None and len(shown.runs) > 1
    solved = place.selectbox(
        "Solvable", SOLVED if paired else SOLVED[:3], key="problems_solved", bind="query-params",
        width=WIDTH,
    )  # fmt: skip
    low, high = place.slider(
        "Accuracy, %", 0, 100, (0, 100), key="problems_accuracy", bind="query-params", width=WIDTH
    )
    run = choose_accuracy_run(place, shown) if (low, high) != (0, 100) else SOME_RUN
    subjects, levels = (choose_names(place, shown, name) for name in ("subject", "level"))
    return Kept(len(shown.runs), shown.base, str(solved), low, high, run, subjects, levels)


def choose_accuracy_run(place: Any, shown: Shown) -> int | str:
    """Whose accuracies are to be in the range."""
    if len(shown.runs) == 1:
        return 0
    run = place.selectbox(
        "… accuracy of", [SOME_RUN, EVERY_RUN, *shown.runs], format_func=run_or_word,
        key="problems_accuracy_of", bind="query-params", width=WIDTH,
    )  # fmt: skip
    return shown.runs.index(run) if run in shown.runs else str(run)


def choose_names(place: Any, shown: Shown, column: str) -> tuple[str, ...]:
    """Subjects or levels; not asked where all problems are of one."""
    options = sorted(shown.table[column].unique(), key=padded)
    if len(options) < 2:
        return ()
    picked = place.multiselect(
        column.capitalize(), options, key=f"problems_{column}", bind="query-params",
        placeholder="all", width=WIDTH,
    )  # fmt: skip
    return tuple(name for name in picked if name in options)


def choose_order(place: Any, shown: Shown) -> Order:
    """What to sort by."""
    name = place.selectbox("Sort by", SORTED, key="problems_sort", bind="query-params", width=WIDTH)
    run = choose_sort_run(place, shown) if name in OF_RUNS else None
    order = place.selectbox("Order", ORDERS, key="problems_order", bind="query-params", width=WIDTH)
    return Order(str(name), run, order == ORDERS[1])


def choose_sort_run(place: Any, shown: Shown) -> int | None:
    """Of which run the measure is; None: of all."""
    if len(shown.runs) == 1:
        return 0
    run = place.selectbox(
        "… of", [ALL_RUNS, *shown.runs], format_func=run_or_word, key="problems_sort_of",
        bind="query-params", width=WIDTH, help="Of all runs: the mean; of flags and hits the sum.",
    )  # fmt: skip
    return shown.runs.index(run) if run in shown.runs else None


def run_or_word(option: str) -> str:
    """A run by its name in URLs; a word as it is."""
    return option if option in WORDS else address(option)
