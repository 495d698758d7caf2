"""Which state of the study is shown: as it is, or as it was when a link was made; and saying so."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from app import cache
from app.components.text import escaped
from app.links import (
    AS_KEY,
    STATE_KEYS,
    THEN,
    Compared,
    Known,
    Named,
    compared,
    named,
    same_said,
    then_said,
)
from store.state import State, build_file

KEPT = "state_kept"  # the parameters of the older state that is shown
PAGE = "state_page"


class Told(NamedTuple):
    """What the URL asks for, what is known of it, and what differs."""

    asked: Named
    known: Known
    found: Compared
    older: bool  # whether the older state is shown


def look_up_state(page: str) -> Told | None:
    """Choose the build and the audits of this rerun; None where the URL names none.

    Raises ValueError where the study has no store.
    """
    cache.look_up_build()
    asked = named(parameters(page))
    if not asked.anything:
        st.session_state[KEPT] = {}
        return None
    known, file = known_of(asked)
    found = compared(asked, known)
    older = asked.then and found.older
    if older:
        cache.show_older(file if found.build else None, found.audits)
    st.session_state[KEPT] = in_address() if older else {}
    return Told(asked, known, found, older)


def parameters(page: str) -> dict[str, str]:
    """What the URL says of the state. An older one that is shown stays so on every page."""
    kept = st.session_state.get(KEPT)
    if kept and page != st.session_state.get(PAGE) and AS_KEY not in st.query_params:
        st.query_params.update(kept)
    st.session_state[PAGE] = page
    return in_address()


def in_address() -> dict[str, str]:
    """The parameters of the state that the URL has."""
    return {key: st.query_params[key] for key in STATE_KEYS if key in st.query_params}


def known_of(asked: Named) -> tuple[Known, Path | None]:
    """What the study knows of the state that is asked for, and the file of its build."""
    now = cache.state()
    file = build_file(cache.study(), asked.build) if asked.build else None
    then = made_at(file) if file else None
    count, digest = asked.audits or (0, "")
    matching = count <= now.audits and cache.audits_digest(count) == digest
    there = asked.build is None or then is not None
    return Known(now, current_made_at(now), there, then, matching), file


def made_at(file: Path) -> str | None:
    """When a build was made; None where its file cannot be read as one."""
    try:
        return cache.built_at(file)
    except ValueError:
        return None


def current_made_at(now: State) -> str | None:
    """When the current build was made."""
    file = build_file(cache.study(), now.build)
    return made_at(file) if file else None


def show_state(told: Told | None) -> None:
    """A notice above the page; nothing where the URL names no state."""
    if told is None:
        return
    for sentence in told.asked.faults:
        st.caption(escaped(sentence))
    if told.older:
        show_older(told)
    elif told.found.differing:
        show_newer(told)
    elif told.asked.build or told.asked.audits:
        st.caption(f":material/check: {escaped(same_said(told.asked, told.known))}")


def show_older(told: Told) -> None:
    """That an older state is shown, and the way back."""
    with st.container(border=True, key="state_notice"):
        sentences = [then_said(told.found, told.known), *unlike(told)]
        st.markdown(f":material/history: {escaped(' '.join(sentences))}")
        st.button("Show the data of today", on_click=leave, key="state_now")


def unlike(told: Told) -> list[str]:
    """Which part of the state is not as it was."""
    if told.asked.audits is None or told.known.matching:
        return list(told.found.hindrances)
    return [*told.found.hindrances, told.found.differing[-1]]


def show_newer(told: Told) -> None:
    """What differs from the state that the link names, and the way to it."""
    with st.container(border=True, key="state_notice"):
        sentences = [*told.found.differing, *told.found.hindrances]
        st.markdown(f":material/difference: {escaped(' '.join(sentences))}")
        if told.found.older:
            label = "Show the old build" if told.found.build else "Show it as it was then"
            st.button(label, on_click=go_back, key="state_then")


def go_back() -> None:
    """Show the study as it was when the link was made."""
    st.query_params[AS_KEY] = THEN


def leave() -> None:
    """Show the study as it is, and forget the link."""
    st.session_state[KEPT] = {}
    for key in STATE_KEYS:
        if key in st.query_params:
            del st.query_params[key]
