"""Samples that a reader has marked, kept in the URL, so that a link to the page carries them."""

from typing import NamedTuple

import polars as pl
import streamlit as st

from app.cache import ask
from app.components.reader_choice import sample_key, shown_runs, start_again
from app.components.text import escaped
from app.selection import address, chosen
from store import queries

MARKED = "reader_marked"  # URL parameter, once per sample
MOST = 200  # so that the URL stays short enough


class Mark(NamedTuple):
    """A marked sample."""

    run: str
    problem: str
    sample: int

    @property
    def name(self) -> str:
        """How it is written in the URL; a problem's name, which may hold anything, comes last."""
        return f"{self.sample}@{address(self.run)}@{self.problem}"


def marks() -> dict[str, Mark]:
    """The marked samples of this store by how they are written, in the order of marking."""
    runs = {address(run): run for run in ask(queries.runs)["run"]}
    return {
        written: Mark(runs[parts[1]], parts[2], int(parts[0]))
        for written in st.query_params.get_all(MARKED)
        if len(parts := written.split("@", 2)) == 3
        and parts[0].isascii()
        and parts[0].isdecimal()
        and parts[1] in runs
    }


def toggle(mark: Mark) -> None:
    """Mark a sample, or take its mark away."""
    written = st.query_params.get_all(MARKED)
    if mark.name in written:
        written.remove(mark.name)
    elif len(written) < MOST:
        written.append(mark.name)
    if written:
        st.query_params[MARKED] = written
    else:
        del st.query_params[MARKED]


def open_mark(mark: Mark) -> None:
    """Show a marked sample: in its run's pane, or, where it has none, alone."""
    selection = chosen()
    st.session_state["benchmark"] = benchmark_of(mark.run)
    runs = shown_runs(selection)
    if mark.run not in runs:
        st.session_state["run"], runs = [mark.run], (mark.run,)
    pane = runs.index(mark.run)
    if st.session_state["problem"] != mark.problem:
        st.session_state["problem"] = mark.problem
        start_again()
    st.session_state[sample_key(pane)] = mark.sample
    st.session_state["reader_pane"] = pane + 1


def benchmark_of(run: str) -> str:
    """The benchmark of a run."""
    return str(ask(queries.runs).filter(pl.col("run") == run)["benchmark"][0])


def next_mark(now: Mark | None) -> None:
    """Show the marked sample after this one, or the first."""
    found = list(marks().values())
    if found:
        after = (found.index(now) + 1) % len(found) if now in found else 0
        open_mark(found[after])


def show_marks(labels: dict[str, str]) -> None:
    """Every marked sample as a button that leads to it; nothing where none is."""
    found = list(marks().values())
    if not found:
        return
    with st.expander(f"{len(found)} marked"):
        st.caption("They are in the address of this page, which can be shared.")
        with st.container(horizontal=True, key="reader_marks"):
            for place, mark in enumerate(found):
                label = labels.get(mark.run, address(mark.run))
                st.button(
                    escaped(f"{mark.sample} of {mark.problem}, {label}"),
                    key=f"reader_mark_{place}",
                    on_click=open_mark,
                    args=(mark,),
                )
