"""A search that nobody waits for any more is stopped, and one that takes too long says so."""

import threading
import time
from typing import Any

import duckdb
import pytest

from app import searching
from app.searching import answered

ENDLESS = "SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE hash(a, b) = 1"


STUBBORN = 3.0  # seconds


def stubborn(_: Any) -> None:
    """What DuckDB cannot interrupt."""
    time.sleep(STUBBORN)


@pytest.fixture
def cursor() -> Any:
    with duckdb.connect() as connection:
        yield connection.cursor()


def endless(cursor: Any) -> object:
    return cursor.execute(ENDLESS).fetchall()


class MovedOn(BaseException):
    """What Streamlit raises is no Exception either."""


def test_an_answer_is_returned_as_it_is(cursor: Any) -> None:
    def question(cursor: Any, number: int) -> int:
        return int(cursor.execute("SELECT 2 * ?", [number]).fetchall()[0][0])

    assert answered(question, cursor, (21,), lambda _: None) == 42


def test_the_search_ends_soon_after_the_reader_has_moved_on(cursor: Any) -> None:
    def still_wanted(seconds: float) -> None:
        if seconds > 0.2:
            raise MovedOn

    start, before = time.monotonic(), threading.active_count()
    with pytest.raises(MovedOn):
        answered(endless, cursor, (), still_wanted)
    assert time.monotonic() - start < 5
    assert threading.active_count() == before


def test_a_search_that_takes_too_long_is_told_in_a_sentence(
    cursor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LONGEST", 0.2)
    with pytest.raises(ValueError, match="was stopped"):
        answered(endless, cursor, (), lambda _: None)


def test_an_error_of_the_question_is_raised(cursor: Any) -> None:
    def question(_: Any) -> None:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        answered(question, cursor, (), lambda _: None)


def test_a_search_that_cannot_be_stopped_is_not_waited_for(
    cursor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "PATIENCE", 0.2)

    def still_wanted(_: float) -> None:
        raise MovedOn

    start = time.monotonic()
    with pytest.raises(MovedOn):
        answered(stubborn, cursor, (), still_wanted)
    assert time.monotonic() - start < STUBBORN / 2
