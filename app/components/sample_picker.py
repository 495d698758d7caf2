"""Choosing one sample of a run: its number, in the URL, and what comes before and after it."""

from functools import partial
from typing import NamedTuple

import polars as pl
import streamlit as st

from app.analysis.reading_order import unranked
from app.cache import ask
from app.components.reader_choice import Reading, groups_of, sample_key, samples_of
from app.components.reader_groups import show_groups
from app.selection import spoken
from store import queries


class Place(NamedTuple):
    """Where a sample is, and what is around it."""

    run: str
    problem: str
    sample: int
    pane: int  # from 0
    samples: pl.DataFrame  # the wanted ones in the order to read

    @property
    def position(self) -> int:
        """From 0, among the wanted samples."""
        return self.samples["sample"].to_list().index(self.sample)

    def beside(self, step: int) -> int | None:
        """The sample so many steps on, or back; None beyond the ends."""
        wanted = self.position + step
        return int(self.samples["sample"][wanted]) if 0 <= wanted < self.samples.height else None

    def of_next_answer(self) -> int | None:
        """The first sample, in this order, of the next final answer; after the last the first."""
        groups = self.samples["group"].unique().sort().to_list()
        if len(groups) < 2:
            return None
        now = groups.index(self.samples["group"][self.position])
        other = self.samples.filter(pl.col("group") == groups[(now + 1) % len(groups)])
        return int(other["sample"][0])


def pick_sample(reading: Reading, pane: int) -> Place | None:
    """Draw the answers and the selector; None, with a sentence for the reader, without a sample."""
    run, wanted = reading.runs[pane], reading.wanted
    groups = groups_of(reading.selection, run, wanted)
    if groups.is_empty():
        st.info(absence(run))
        return None
    samples = samples_of(groups, wanted)
    stored = int(groups["samples"].sum())
    if samples.is_empty():
        st.info(f"None of the {stored} samples here is {spoken(wanted.kind)}.")
        return None
    answers = st.container()
    number = pick_number(samples, pane, stored, wanted.order)
    with answers:
        show_groups(groups, samples, number, partial(go_to, pane), key=f"reader_groups_{pane + 1}")
    return Place(run, wanted.problem, number, pane, samples)


def absence(run: str) -> str:
    """Why there is nothing to read."""
    stored = ask(queries.runs).filter(pl.col("run") == run)["samples"].sum()
    if stored:
        return "This run has no samples of this problem. Choose another."
    return "Only counts of this run were imported, no samples: there is nothing to read."


def pick_number(samples: pl.DataFrame, pane: int, stored: int, order: str) -> int:
    """The sample's number, from a list in the order to read."""
    unknown = unranked(samples, order)
    numbers = samples["sample"].to_list()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            "Sample", numbers, key=sample_key(pane), bind="query-params", width=110
        )  # fmt: skip
        last = f"; {unknown} of unknown rank come last" if unknown else ""
        how = order if order == "at random" else f"in order of {order}"
        place = f"{numbers.index(number) + 1} of {len(numbers)} shown, {how}"
        st.caption(f"{place}; {stored} stored{last}")
    return int(number)


def go_to(pane: int, number: int) -> None:
    """Choose this sample at the next rerun, and have the keys move in its pane."""
    st.session_state[sample_key(pane)] = number
    st.session_state["reader_pane"] = pane + 1
