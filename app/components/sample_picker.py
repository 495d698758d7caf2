"""Choosing one sample: run, problem, outcome and number, all in the URL."""

from typing import NamedTuple

import polars as pl
import streamlit as st

from app.cache import ask
from app.selection import Selection, address, spoken
from store import queries

FILTERS = ("all", "correct", "incorrect", "no_answer", "error", "unverified", "truncated")


class Place(NamedTuple):
    """Where a sample is, and the other samples of the same run and problem."""

    run: str
    problem: str
    sample: int
    samples: pl.DataFrame


def pick_sample(selection: Selection) -> Place | None:
    """Draw the selectors; None, with a sentence for the reader, where nothing can be read."""
    left, right = st.columns(2)
    run = left.selectbox("Run", selection.runs, format_func=address, key="run", bind="query-params")
    problems = ask(queries.problems, selection.benchmark)["problem_id"].to_list()
    if not problems:
        st.info("This benchmark has no problems stored.")
        return None
    problem = right.selectbox("Problem", problems, key="problem", bind="query-params")
    samples = ask(queries.samples_of_problem, run, problem, selection.verifier)
    if samples.is_empty():
        st.info(absence(run))
        return None
    wanted = st.segmented_control(
        "Outcome", FILTERS, default="all", required=True, format_func=spoken,
        key="reader_outcome", bind="query-params",
    )  # fmt: skip
    numbers = filtered(samples, wanted or "all")["sample"].to_list()
    if not numbers:
        st.info(f"None of the {samples.height} samples here is {spoken(wanted or 'all')}.")
        return None
    return Place(run, problem, pick_number(numbers, samples.height), samples)


def absence(run: str) -> str:
    """Why there is nothing to read."""
    stored = ask(queries.runs).filter(pl.col("run") == run)["samples"].sum()
    if stored:
        return "This run has no samples of this problem. Choose another."
    return "Only counts of this run were imported, no samples: there is nothing to read."


def filtered(samples: pl.DataFrame, wanted: str) -> pl.DataFrame:
    """The samples of one kind."""
    if wanted == "all":
        return samples
    if wanted == "truncated":
        return samples.filter(pl.col("finish_reason") == "length")
    if wanted == "unverified":
        return samples.filter(pl.col("outcome").is_null())
    return samples.filter(pl.col("outcome") == wanted)


def pick_number(numbers: list[int], stored: int) -> int:
    """The sample's number, by list, by button or by key."""
    picker, back, on, told = st.columns([3, 2, 2, 3], vertical_alignment="bottom")
    number = picker.selectbox("Sample", numbers, key="sample", bind="query-params")
    position = numbers.index(number)
    before, after = numbers[max(position - 1, 0)], numbers[min(position + 1, len(numbers) - 1)]
    back.button("Back", shortcut="K", on_click=go_to, args=(before,), disabled=before == number)
    on.button("Next", shortcut="J", on_click=go_to, args=(after,), disabled=after == number)
    told.caption(f"{position + 1} of {len(numbers)} shown; {stored} stored")
    return int(number)


def go_to(number: int) -> None:
    """Choose this sample at the next rerun."""
    st.session_state["sample"] = number
