"""What the dashboard says where there is nothing to show."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

MAIN = str(Path(__file__).parents[2] / "app" / "main.py")


def told(app: AppTest) -> str:
    """The only message; there must be no exception."""
    app.switch_page(str(Path(__file__).parents[2] / "pages" / "runs.py")).run(timeout=30)
    assert [exception.message for exception in app.exception] == []
    return app.info[0].value.replace("\\", "")


def test_without_a_study_it_says_how_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSBAND_STUDY", raising=False)

    assert "passband app --study DIR" in told(AppTest.from_file(MAIN))


def test_without_a_store_it_says_how_to_build_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PASSBAND_STUDY", str(tmp_path))

    assert f"passband publish --study {tmp_path}" in told(AppTest.from_file(MAIN))
