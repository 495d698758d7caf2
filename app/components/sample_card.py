"""One sample of one run in the reader: its answer among the others, facts, verdicts and text."""

from pathlib import Path

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.cache import ask
from app.components.reader_choice import Reading, runs_there
from app.components.reader_looks import Looks, colouring
from app.components.reader_view import Tokens, show_response
from app.components.reading import show_facts, show_prompt, show_verdicts, tokens_of
from app.components.sample_picker import Place, pick_sample
from app.components.text import escaped
from store import queries

HERE = Path(__file__).parent


def show_panes(reading: Reading, looks: Looks, moved: int) -> list[Place | None]:
    """The runs side by side; returns what each shows. `moved`: where the keys move, from 0."""
    places = []
    for pane, column in enumerate(columns(len(reading.runs))):
        with column:
            place = pick_in_pane(reading, pane, pane == moved)
            if place:
                show_sample(reading, place, looks)
        places.append(place)
    return places


def columns(panes: int) -> list[DeltaGenerator]:
    """A column per pane: all in a row in a wide window, in a narrow one two by two."""
    if panes == 1:
        return [st.container(key="reader_pane_1")]
    st.html(HERE / "reader_panes.css")
    with st.container(key="reader_panes"):
        found = st.columns(panes, gap="medium")
    return [column.container(key=f"reader_pane_{i}") for i, column in enumerate(found, 1)]


def pick_in_pane(reading: Reading, pane: int, moved: bool) -> Place | None:
    """The upper part of a pane: whose samples, by answer, and which."""
    if len(reading.runs) > 1:
        run = reading.runs[pane]
        role = runs_there(reading.selection).filter(pl.col("run") == run)["role"][0]
        st.markdown(f"##### {pane + 1}. {escaped(reading.labels[run])}")
        st.caption(escaped(role) + (" · **the keys move here**" if moved else ""))
    return pick_sample(reading, pane)


def show_sample(reading: Reading, place: Place, looks: Looks) -> None:
    """The lower part of a pane: facts, verdicts, prompt, and the completion."""
    st.markdown(f"##### Completion of sample {place.sample}")
    show_facts(place.run, place.problem, place.sample)
    show_completion(place, looks)
    show_verdicts(place.run, place.problem, place.sample, narrow=len(reading.runs) > 1)
    show_prompt(place.run, place.problem)


def show_completion(place: Place, looks: Looks) -> None:
    """The text; its tokens coloured where that is wanted and their values are known."""
    completion = ask(queries.sample, place.run, place.problem, place.sample)["completion"][0]
    if completion is None:
        st.info("The text of this sample is not stored.")
        return
    key = f"reader_completion_{place.pane + 1}"
    if looks.view != "tokens":
        show_response(completion, key, view=looks.view, folded=looks.folded)
        return
    tokens = tokens_of(place.run, place.problem, place.sample, looks.scorer)
    show_tokens(completion, key, tokens, looks)


def show_tokens(completion: str, key: str, tokens: Tokens | None, looks: Looks) -> None:
    """The completion token by token."""
    if tokens is None:
        st.caption("No log-probabilities of its tokens are stored.")
        show_response(completion, key, view="raw", folded=looks.folded)
        return
    colour, said = colouring(tokens, looks)
    st.caption(escaped(said))
    show_response(
        completion, key, view="tokens" if colour else "raw", tokens=tokens, colour=colour,
        folded=looks.folded,
    )  # fmt: skip
