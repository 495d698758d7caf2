"""What the reader reads: up to four runs, a problem, and in which order its samples come."""

from dataclasses import dataclass, replace

import polars as pl
import streamlit as st

from app.address_bar import imply
from app.analysis.reading_order import (
    BY_PERPLEXITY,
    FILTERS,
    ORDERS,
    in_order,
    of_kind,
    one_by_one,
)
from app.analysis.runs import others_of, usual_first
from app.cache import ask
from app.selection import Selection, address, chosen, run_labels, spoken
from store import queries
from store.queries import reading

PANES = 4
OWN = "each run's own"


@dataclass(frozen=True)
class Wanted:
    """Which samples of which problem, in which order."""

    problem: str
    kind: str  # one of FILTERS
    order: str  # one of ORDERS
    scorer: str | None  # of perplexities; None: each run's own model
    seed: int


@dataclass(frozen=True)
class Reading:
    """The runs side by side, what is wanted of them, and all problems of the benchmark."""

    selection: Selection
    runs: tuple[str, ...]
    labels: dict[str, str]
    problems: tuple[str, ...]
    wanted: Wanted


def choose_runs_and_problem(selection: Selection) -> tuple[str, ...]:
    """Draw the first selectors; returns the runs that are side by side.

    Raises ValueError, with a sentence for the reader, where there is no problem.
    """
    problems = ask(reading.problem_ids, selection.benchmark)
    if not problems:
        raise ValueError("This benchmark has no problems stored.")
    left, right = st.columns([3, 2])
    with left:
        runs = choose_runs(selection)
    right.selectbox("Problem", problems, key="problem", bind="query-params", on_change=start_again)
    return runs


def choose_runs(selection: Selection) -> tuple[str, ...]:
    """One to four runs side by side; without a choice a base and what was trained from it."""
    there = usual_first(runs_there(selection))["run"].to_list()
    usual = usual_pair(selection)
    picked = st.multiselect(
        "Side by side", there, format_func=address, key="run", bind="query-params",
        max_selections=PANES, on_change=start_again,
        placeholder=" and ".join(map(address, usual)),
        help="One to four runs. Without a choice: a base and the run trained from it.",
    )  # fmt: skip
    imply("run", [address(run) for run in usual])
    return tuple(picked[:PANES]) or usual


def runs_there(selection: Selection) -> pl.DataFrame:
    """The rows of all runs on this benchmark."""
    return ask(queries.runs).filter(pl.col("benchmark") == selection.benchmark)


def usual_pair(selection: Selection) -> tuple[str, ...]:
    """The first base that has samples, and the first run beside it, of those in the sidebar."""
    in_sidebar = runs_there(selection).filter(pl.col("run").is_in(selection.runs))
    readable = usual_first(in_sidebar.filter(pl.col("samples") > 0))
    if readable.is_empty():
        return selection.runs[:1]
    first = str(readable["run"][0])
    return (first, *others_of(readable, first)[:1])


def shown_runs(selection: Selection) -> tuple[str, ...]:
    """The runs that are side by side, as the selectors have them now."""
    picked = st.session_state.get("run") or []
    return tuple(str(run) for run in picked[:PANES]) or usual_pair(selection)


def choose_samples(selection: Selection, runs: tuple[str, ...]) -> Reading:
    """Draw what is wanted of the samples; returns all that was chosen."""
    st.selectbox(
        "Outcome", FILTERS, format_func=spoken, key="reader_outcome", bind="query-params",
        on_change=start_again, width=140,
    )  # fmt: skip
    order = st.selectbox(
        "In order of", ORDERS, key="reader_order", bind="query-params", on_change=start_again,
        width=180,
    )  # fmt: skip
    if order in BY_PERPLEXITY:
        st.selectbox(
            "Perplexity under", [OWN, *scorers(runs)], key="reader_perplexity",
            bind="query-params", on_change=start_again, width=170,
        )  # fmt: skip
    if order == "at random":
        st.number_input(
            "Seed", 0, 10**6, 0, key="reader_seed", bind="query-params", on_change=start_again,
            width=130,
        )  # fmt: skip
    problems = tuple(ask(reading.problem_ids, selection.benchmark))
    return Reading(selection, runs, labelled(selection, runs), problems, wanted_now())


def scorers(runs: tuple[str, ...]) -> list[str]:
    """The models that scored samples of any of the runs."""
    found = [name for run in runs for name in ask(reading.scorers_of_run, run)]
    return list(dict.fromkeys(found))


def wanted_now() -> Wanted:
    """What the selectors say now; those that are not drawn as by default."""
    state = st.session_state
    scorer = state.get("reader_perplexity", OWN)
    return Wanted(
        str(state["problem"]),
        state.get("reader_outcome") or "all",
        state.get("reader_order") or ORDERS[0],
        None if scorer == OWN else scorer,
        int(state.get("reader_seed") or 0),
    )


def labelled(selection: Selection, runs: tuple[str, ...]) -> dict[str, str]:
    """Labels that tell the shown runs apart."""
    return run_labels(replace(selection, runs=runs))


def groups_of(selection: Selection, run: str, wanted: Wanted) -> pl.DataFrame:
    """The samples of one run by final answer, with the perplexities that are wanted."""
    return ask(reading.answer_groups, run, wanted.problem, selection.verifier, wanted.scorer)


def samples_of(groups: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """The wanted samples in the wanted order, a row each."""
    return in_order(of_kind(one_by_one(groups), wanted.kind), wanted.order, wanted.seed)


def sample_key(pane: int) -> str:
    """The widget, and URL parameter, that holds the number of a pane's sample; panes from 0."""
    return "sample" if pane == 0 else f"reader_sample_{pane + 1}"


def start_again() -> None:
    """Go to the first sample of every pane."""
    selection, wanted = chosen(), wanted_now()
    for pane, run in enumerate(shown_runs(selection)):
        samples = samples_of(groups_of(selection, run, wanted), wanted)["sample"]
        if len(samples):
            st.session_state[sample_key(pane)] = int(samples[0])


def open_problem(problem: str) -> None:
    """Go to the first samples of another problem."""
    st.session_state["problem"] = problem
    start_again()
