"""A reader who has chosen three runs of the made-up study, without a browser."""

import pytest
import streamlit as st

from app.cache import look_up_build
from app.selection import Selection
from tests.pages.conftest import Study

ROLES = ("base", "rl", "distilled")


def select(study: Study, monkeypatch: pytest.MonkeyPatch) -> Selection:
    """All three, judged by each run's own verifier, in a session that has seen nothing yet."""
    monkeypatch.setenv("PASSBAND_STUDY", str(study.path))
    st.session_state.clear()
    look_up_build()
    return Selection("countdown-24", tuple(study.runs[role] for role in ROLES), (), None, ())
