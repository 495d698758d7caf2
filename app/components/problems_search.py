"""Looking for a text in questions and completions: what is looked for, and what was found."""

from typing import NamedTuple

import polars as pl
import streamlit as st

from app.analysis.hits import Found, said
from app.cache import ask
from app.components.problems import Shown, undecided_samples
from app.components.text import escaped
from app.searching import search
from store.queries.search import Wanted, check, matching_questions, matching_samples
from store.queries.search_pace import check_pace

QUESTIONS, COMPLETIONS = "questions", "completions"
BOTH = "questions and completions"
PLACES = (BOTH, COMPLETIONS, QUESTIONS)
LONGEST = 500  # characters of what is looked for


class Asked(NamedTuple):
    """What is looked for, and where."""

    wanted: Wanted
    place: str


def choose_search() -> Asked | None:
    """Draw the controls; None where nothing is looked for."""
    text = st.text_input(
        "Search", key="problems_search", bind="query-params",
        max_chars=LONGEST, type="search", live="500ms", placeholder="a text, or an expression",
    )  # fmt: skip
    row = st.container(horizontal=True, vertical_alignment="center")
    place = row.segmented_control(
        "In", PLACES, default=PLACES[0], required=True, key="problems_in", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    regex = row.toggle(
        "Regular expression", False, key="problems_regex", bind="query-params",
        help="RE2: . matches no newline unless (?s) stands before it, and ^ and $ are the ends of"
        " the text unless (?m) does. It has no lookahead and no references back to a group.",
    )  # fmt: skip
    case = row.toggle("Match case", False, key="problems_case", bind="query-params")
    return Asked(Wanted(text, regex, case), place or PLACES[0]) if text else None


def find(shown: Shown, asked: Asked | None) -> Found | None:
    """What was found; None, and the reader is told, where nothing can be looked for."""
    if asked is None:
        return None
    try:
        ask(check, asked.wanted)
        search(check_pace, shown.selection.runs, asked.wanted)
        found = found_of(shown, asked).among(shown.table["problem_id"].to_list())
    except ValueError as error:
        st.info(escaped(str(error)))
        return None
    st.caption(escaped(said(found)))
    return found


def found_of(shown: Shown, asked: Asked) -> Found:
    """Which questions and samples match, among those that count."""
    selection, wanted = shown.selection, asked.wanted
    questions: pl.DataFrame | None = None
    samples: pl.DataFrame | None = None
    if asked.place != COMPLETIONS:
        questions = search(matching_questions, selection.benchmark, wanted)
    if asked.place != QUESTIONS:
        chosen = (selection.runs, wanted, selection.verifier, selection.left_out)
        samples = search(matching_samples, *chosen, undecided_samples(selection))
    return Found(questions, samples)
