"""The selectors that all pages share, drawn in the sidebar by the entry point."""

import polars as pl
import streamlit as st

from app.analysis.counting import KINDS
from app.analysis.runs import usual_first
from app.cache import ask, audits
from app.components.definitions import show_definitions
from app.components.share_state import KEPT
from app.selection import Selection, address, spoken
from store import queries
from store.audits import people

EACH_RUNS_OWN = "each run's own"
NONE = "none"


def choose() -> Selection:
    """Draw the selectors and return what they say."""
    stored = ask(queries.runs)
    if stored.is_empty():
        raise ValueError("The store holds no run. Add some with passband generate or import.")
    with st.sidebar:
        benchmarks = sorted(stored["benchmark"].unique())
        benchmark = st.selectbox("Benchmark", benchmarks, key="benchmark", bind="query-params")
        there = stored.filter(pl.col("benchmark") == benchmark)
        available = usual_first(there)["run"].to_list()
        picked = choose_runs(available)
        with st.expander("What counts", expanded=True):
            selection = choose_what_counts(str(benchmark), available, picked)
            show_definitions(
                "n, c, k", "verdict", "truncated", "guess filter", "audited", label="What is this?"
            )
    st.session_state["selection"] = selection
    return selection


def choose_runs(available: list[str]) -> list[str]:
    """The runs that the reader picked; none picked means all."""
    picked = st.multiselect(
        "Runs",
        available,
        format_func=address,
        key="runs",
        bind="query-params",
        placeholder="all runs",
        help="Model and first digits of the run's identity. The page 'Runs' tells the settings.",
    )
    return [run for run in picked if run in available]


def choose_what_counts(benchmark: str, available: list[str], picked: list[str]) -> Selection:
    """The switches of sensitivity: they change every number in the same way on every page."""
    verifier = choose_verifier(picked or available)
    kinds = st.multiselect(
        "Leave out",
        KINDS,
        format_func=spoken,
        key="left_out",
        bind="query-params",
        placeholder="nothing: all count",
        help="Samples without an answer, with a verifier's error, or truncated count as"
        " incorrect in n. Left out, they make n smaller, and different between problems.",
    )
    direct, below = choose_guess_filter(available)
    shown = tuple(picked or [run for run in available if run != direct])
    audited = choose_audited(available)
    older = tuple(st.session_state.get(KEPT, {}).items())
    return Selection(
        benchmark, shown, tuple(picked), verifier, tuple(kinds), direct, below, audited, older
    )


def choose_verifier(runs: list[str]) -> str | None:
    """The verifier whose verdicts count; None: each run's own."""
    verifiers = sorted(set(ask(queries.verifiers, runs)["verifier"]))
    options = [EACH_RUNS_OWN, *verifiers]
    verifier = st.selectbox("Verifier", options, key="verifier", bind="query-params")
    return None if verifier == EACH_RUNS_OWN else verifier


def choose_guess_filter(available: list[str]) -> tuple[str | None, int]:
    """The run that answers without reasoning, and the accuracy below which a problem is dropped."""
    picked = st.selectbox(
        "Direct-answer run",
        [NONE, *available],
        format_func=lambda run: run if run == NONE else address(run),
        key="direct",
        bind="query-params",
        help="A run that was asked for the answer without reasoning. Problems that it answers"
        " rarely, but not never, can be solved by guessing (arXiv 2504.13837, App. C.2).",
    )
    if picked in (None, NONE):
        return None, 0
    below = st.slider(
        "Drop problems guessed in less than … %",
        0, 50, 5, key="guess_below", bind="query-params",
        help="Of the direct answers, and more than none. 0 drops nothing.",
    )  # fmt: skip
    return str(picked), int(below)


def choose_audited(available: list[str]) -> bool:
    """Whether reviewers' verdicts change what is correct; not asked where there are none."""
    if not people(audits())["run"].is_in(available).any():
        return False
    return st.toggle(
        "Audited", False, key="audited", bind="query-params",
        help="A correct answer is not counted as correct where reviewers found its reasoning"
        " flawed or a guess, and is left out of n where they are undecided. What nobody has read"
        " stays.",
    )  # fmt: skip
