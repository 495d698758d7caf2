"""What pages keep between reruns."""

from pathlib import Path

import pytest

from app.cache import audits
from store.audits import Audit, record


def test_a_new_audit_is_seen_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSBAND_STUDY", str(tmp_path))
    first = Audit("2026-01-01T00:00:00+00:00", "run", "p", 0, "a" * 64, "reviewer-1", "valid")
    assert audits().is_empty()

    record(tmp_path, first)
    assert audits()["label"].to_list() == ["valid"]

    record(tmp_path, first._replace(at="2026-01-01T00:00:01+00:00", label="flawed"))
    assert audits()["label"].to_list() == ["flawed"]
