"""A judge that is asked about texts of one problem, by a server whose answers are the tests'."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from generation.judge_plan import Judge, Wanted
from generation.judge_prompt import Material
from generation.judging import Report, judge_study
from store import audits
from store.audits import content_hash
from tests.generation.server import Scripted

KEY = "PASSBAND_TEST_KEY"
AT = "2026-01-02T03:04:05+00:00"


def judge(server: Scripted | str, **more: object) -> Judge:
    endpoint = server if isinstance(server, str) else server.endpoint
    return Judge("m", endpoint, KEY, concurrency=4)._replace(**more)  # type: ignore[arg-type]


def sizes(texts: Sequence[str | None], question: str | None = "2 + 2?") -> pl.DataFrame:
    """What the store tells of these samples of one problem."""
    rows = [
        {
            "run": "r", "problem_id": "p", "sample": i,
            "content_hash": None if text is None else content_hash(text),
            "empty": not (text or "").strip(), "asked": question is not None,
            "characters": len(text or "") + len(question or ""),
        }
        for i, text in enumerate(texts)
    ]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def judged(
    study: Path, server: Scripted, texts: Sequence[str], retries: int = 2, **more: object
) -> Report:
    def load(wanted: Sequence[Wanted]) -> list[Material]:
        return [Material("2 + 2?", texts[one.sample], "4") for one in wanted]

    return judge_study(study, judge(server, **more), sizes(texts), load, "audit …", retries)


def rows(study: Path) -> list[tuple[int, int, str]]:
    """Sample, round and label of what counts now."""
    return sorted(audits.newest(study).select("sample", "round", "label").rows())
