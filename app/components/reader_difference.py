"""Word by word: the sample in which the keys move against another one."""

from typing import NamedTuple

import streamlit as st

from app.cache import ask
from app.components.reader_choice import Reading
from app.components.reader_marks import Mark, marks
from app.components.reading import show_difference
from app.components.sample_picker import Place
from app.components.text import escaped
from store import queries

NOTHING, NEXT = "nothing", "the next sample"
KEY, OFFERED = "reader_against", "reader_against_offered"


class Other(NamedTuple):
    """A sample to compare with."""

    run: str
    problem: str
    sample: int


def choose_other(place: Place | None, places: list[Place | None]) -> Other | None:
    """Draw what the sample that the keys move is compared with; None for nothing."""
    others = comparable(place, places) if place else {}
    st.session_state[OFFERED] = list(others)
    wanted = st.selectbox(
        "Words that differ from", [NOTHING, *others], key=KEY, bind="query-params", width=180,
        help="The sample that the keys move against another pane's, the next, or a marked one.",
    )  # fmt: skip
    return others.get(str(wanted))


def compare_words(reading: Reading, place: Place, other: Other) -> None:
    """Which words differ between the sample that the keys move and another one."""
    own = Other(place.run, place.problem, place.sample)
    texts = [text_of(*own), text_of(*other)]
    if None in texts:
        st.info("The text of one of the two is not stored.")
        return
    names = [named(reading, *own), named(reading, *other)]
    st.caption(escaped(f"First: {names[0]}. Second: {names[1]}."))
    show_difference(str(texts[0]), str(texts[1]), key="reader_difference")


def comparable(place: Place, places: list[Place | None]) -> dict[str, Other]:
    """What the reader is offered → the sample that it is."""
    panes = {
        f"pane {other.pane + 1}": Other(other.run, other.problem, other.sample)
        for other in places
        if other and other.pane != place.pane
    }
    after = place.beside(1)
    following = {} if after is None else {NEXT: Other(place.run, place.problem, after)}
    own = Mark(place.run, place.problem, place.sample)
    marked = {name: Other(*mark) for name, mark in marks().items() if mark != own}
    return {**panes, **following, **marked}


def text_of(run: str, problem: str, sample: int) -> str | None:
    """The completion; None where it is not stored, or there is no such sample."""
    found = ask(queries.sample, run, problem, sample)["completion"]
    return found[0] if len(found) else None


def named(reading: Reading, run: str, problem: str, sample: int) -> str:
    """A sample in words."""
    return f"sample {sample} of {problem}, {reading.labels.get(run, run)}"


def toggle_difference() -> None:
    """Compare with the first that is offered, or no longer."""
    offered = st.session_state.get(OFFERED) or [NOTHING]
    now = st.session_state.get(KEY)
    st.session_state[KEY] = offered[0] if now in (None, NOTHING) else NOTHING
