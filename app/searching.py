"""Searching while the reader may move on: a search that nobody waits for any more is stopped.

Streamlit runs one script per reader at a time and stops it only where it speaks to the browser. A
search that scans every text therefore runs in a thread of its own, while the script keeps asking
whether the reader still wants it.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import closing
from threading import Thread
from typing import Any, TypeVar, cast

import polars as pl
import streamlit as st

from app.cache import connection, readable

Answer = TypeVar("Answer")
PAUSE = 0.05  # seconds between two looks at whether the reader has moved on
QUIET = 0.5  # seconds after which the reader is told that something goes on
LONGEST = 60.0  # seconds; some expressions take that long on a large store
PATIENCE = 2.0  # seconds in which a search that nobody wants is to end
KEPT = 8  # searches that a reader can go back to without searching again


def search(question: Callable[..., Answer], *arguments: Any) -> Answer:
    """The answer of this rerun's build to a slow question of store.queries.

    Raises ValueError where it takes too long.
    """
    build = st.session_state["build"]
    done = st.session_state.setdefault("searches", {})
    key = (build, question.__qualname__, *map(comparable, arguments))
    if key not in done:
        place = st.empty()
        cursor = connection(build).cursor()
        with readable(build):
            done[key] = answered(question, cursor, arguments, lambda spent: tell(place, spent))
        place.empty()
    for old in list(done)[:-KEPT]:
        del done[old]
    return cast(Answer, done[key])


def comparable(argument: Any) -> Any:
    """An argument as part of a key."""
    return tuple(argument.rows()) if isinstance(argument, pl.DataFrame) else argument


def tell(place: Any, seconds: float) -> None:
    """Speak to the browser: here the script ends where the reader has moved on."""
    if seconds < QUIET:
        place.empty()
    else:
        place.caption(f"Searching … {seconds:.1f} s")


def answered(
    question: Callable[..., Answer],
    cursor: Any,
    arguments: tuple[Any, ...],
    still_wanted: Callable[[float], None],
) -> Answer:
    """The answer of a question that runs in a thread and has the cursor for itself.

    `still_wanted` is asked again and again, with the seconds since the start, and ends the search
    by raising whatever it likes. Raises ValueError where the answer takes too long.
    """
    start, answer = time.monotonic(), Future[Answer]()
    Thread(target=fulfil, args=(answer, question, cursor, arguments), daemon=True).start()
    try:
        while not wait([answer], PAUSE).done:
            spent = time.monotonic() - start
            if spent > LONGEST:
                raise ValueError(
                    f"The search took more than {LONGEST:.0f} seconds and was stopped. Choose fewer"
                    " runs, or look for something simpler."
                )
            still_wanted(spent)
    finally:
        stop(answer, cursor)
    return answer.result()


def fulfil(
    answer: Future[Answer],
    question: Callable[..., Answer],
    cursor: Any,
    arguments: tuple[Any, ...],
) -> None:
    """Put the question, and close its cursor."""
    try:
        with closing(cursor):
            value = question(cursor, *arguments)
    except Exception as error:  # raised again by the thread that waits
        answer.set_exception(error)
    else:
        answer.set_result(value)


def stop(answer: Future[Any], cursor: Any) -> None:
    """Interrupt a question until it has ended; before it has begun, an interrupt is lost.

    DuckDB looks for interrupts between blocks of 2,048 texts: what is slower ends by itself.
    """
    last = time.monotonic() + PATIENCE
    while not answer.done() and time.monotonic() < last:
        cursor.interrupt()
        wait([answer], PAUSE)
