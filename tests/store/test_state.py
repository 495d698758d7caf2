"""The state of a study: digests of audits, and which files are builds."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from store.audits import Audit, record, since
from store.state import build_file, digest

FIRST = Audit("2026-01-01T00:00:00+00:00", "run", "p", 3, "a" * 64, "r-1", "valid", "ünd")
LINE = (
    '["2026-01-01T00:00:00+00:00","run","p",3,"' + "a" * 64 + '","r-1","valid","\\u00fcnd",'
    'null,null,"person",0,""]\n'
)


def test_a_digest_is_the_hash_of_a_line_of_json_for_each_row(tmp_path: Path) -> None:
    record(tmp_path, FIRST)
    assert digest(since(tmp_path, 0)) == hashlib.sha256(LINE.encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    "other",
    [
        FIRST._replace(label="flawed"),
        FIRST._replace(note=""),
        FIRST._replace(sample=4),
        FIRST._replace(span_start=1, span_end=2),
        FIRST._replace(queue="random 0"),
    ],
)
def test_another_verdict_has_another_digest(tmp_path: Path, other: Audit) -> None:
    for name, audit in (("one", FIRST), ("two", other)):
        (tmp_path / name).mkdir()
        record(tmp_path / name, audit)
    assert digest(since(tmp_path / "one", 0)) != digest(since(tmp_path / "two", 0))


def test_rows_are_told_by_their_order_and_not_by_their_ids(tmp_path: Path) -> None:
    record(tmp_path, FIRST)
    record(tmp_path, FIRST._replace(reviewer="r-2"))
    rows = since(tmp_path, 0)
    assert digest(rows) == digest(rows.with_columns(id=pl.lit(9, pl.Int64)))
    assert digest(rows) != digest(rows.reverse())


@pytest.mark.parametrize(
    "name",
    [
        "", "current", "../audits", "../../x", "0123456789ABCDEF", "0123456789abcdef\n",
        "0123456789abcdef.duckdb", "0" * 10_000, "/etc/passwd", "0123456789abcde/", "g" * 16,
        "aaaaaaaaaaaaaaaa",
    ],
)  # fmt: skip
def test_only_a_build_of_this_study_is_ever_found(tmp_path: Path, name: str) -> None:
    store = tmp_path / "study" / "store"
    store.mkdir(parents=True)
    for path in ("0123456789abcdef.duckdb", "../audits.duckdb", "../../x.duckdb", "current.duckdb"):
        (store / path).write_bytes(b"")
    (store / "aaaaaaaaaaaaaaaa.duckdb").symlink_to(tmp_path / "x.duckdb")
    assert build_file(tmp_path / "study", name) is None
    found = build_file(tmp_path / "study", "0123456789abcdef")
    assert found == (store / "0123456789abcdef.duckdb").resolve()
