"""While the study is shown as it was: the audits of then, and nothing is recorded."""

from pathlib import Path

import plotly.graph_objects as go
import pytest
import streamlit as st

from app import cache
from app.analysis.audit_work import Sample
from app.components.audit_desk import Wanted
from app.components.audit_verdicts import Reading, Shown, judge, take_back
from app.components.share_marks import marks_of, name
from store.audits import Audit, record, since
from store.state import digest

FIRST = Audit("2026-01-01T00:00:00+00:00", "run", "p", 0, "a" * 64, "r-1", "valid")
BUILD = "0123456789abcdef"


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of which only the name of the build matters, with two audits of one text."""
    monkeypatch.setenv("PASSBAND_STUDY", str(tmp_path))
    st.session_state.clear()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / f"{BUILD}.duckdb").write_bytes(b"")
    (tmp_path / "store" / "current").symlink_to(f"{BUILD}.duckdb")
    record(tmp_path, FIRST)
    record(tmp_path, FIRST._replace(at="2026-01-02T00:00:00+00:00", label="flawed"))
    cache.look_up_build()
    return tmp_path


def test_a_verdict_that_was_changed_later_counts_as_it_did_then(study: Path) -> None:
    assert cache.audits()["label"].to_list() == ["flawed"]
    now = cache.state()
    cache.show_older(None, 1)
    assert cache.audits()["label"].to_list() == ["valid"]
    assert cache.audit_rows().height == 1
    rows = since(study, 0)
    assert now == (BUILD, 2, digest(rows))
    assert cache.state() == (BUILD, 1, digest(rows.head(1)))
    cache.look_up_build()
    assert cache.audits()["label"].to_list() == ["flawed"]


def test_nothing_is_recorded_or_taken_back_on_what_is_no_longer(study: Path) -> None:
    reading = Reading(Wanted(), "r-1", waiting="a", done=[(2, "a")])
    shown = Shown(Sample("run", "p", 0), "a", "a" * 64, None, "r-1", "person")
    cache.show_older(None, 1)
    judge(reading, shown, "guess", 0)
    take_back(reading, "a")
    assert since(study, 0)["label"].to_list() == ["valid", "flawed"]

    cache.look_up_build()
    judge(reading, shown, "guess", 0)
    assert since(study, 0)["label"].to_list() == ["valid", "flawed", "guess"]


def test_a_mark_is_named_by_its_places_whatever_the_browser_makes_of_numbers() -> None:
    trace = go.Scatter(x=[1, 2], y=[3, 4], customdata=[["run-1", 16, 0.5, None], ["run-1", 32]])
    figure = go.Figure([trace, go.Bar(x=[1], y=[1])])
    found = list(marks_of(figure, [0, 1]))
    assert found == [["run-1", 16, 0.5, None], ["run-1", 32]]
    assert name(found[0], [0, 1]) == name(["run-1", 16.0, 0.75], [0, 1])
    assert name(found[0], [0, 1]) != name(found[1], [0, 1])
    assert len(list(marks_of(figure, [3]))) == 1
