"""One row of the audits: its columns, and what it must be."""

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

LABELS = ("valid", "flawed", "guess", "ambiguous")
WITHDRAWN = "withdrawn"  # the reviewer has no verdict on the sample any more
LAST_YEAR = 9000  # a later row needs a later time, and Python's end with the year 9999
KINDS = ("person", "judge", "adjudicator")

COLUMNS = {
    "id": pl.Int64, "at": pl.String, "run": pl.String, "problem_id": pl.String,
    "sample": pl.Int32, "content_hash": pl.String, "reviewer": pl.String, "label": pl.String,
    "note": pl.String, "span_start": pl.Int32, "span_end": pl.Int32, "kind": pl.String,
    "round": pl.Int32, "queue": pl.String,
}  # fmt: skip


class Audit(NamedTuple):
    """One reviewer's judgement of one chain of thought, at one time."""

    at: str  # UTC, ISO 8601
    run: str
    problem_id: str
    sample: int
    content_hash: str
    reviewer: str
    label: str  # one of LABELS, or WITHDRAWN
    note: str = ""
    span_start: int | None = None  # the characters of the completion that decide
    span_end: int | None = None
    kind: str = "person"
    round: int = 0  # of the verdicts of one judge
    queue: str = ""  # through which the reviewer came to it, such as "random 7": its seed


def content_hash(completion: str) -> str:
    """What an audit knows the text of a sample by."""
    return hashlib.sha256(completion.encode()).hexdigest()


def fault(audit: Audit) -> str | None:
    """Why this cannot be an audit, in a sentence; None where it can."""
    start, end = audit.span_start, audit.span_end
    spanned = start is None if end is None else start is not None and 0 <= start < end
    wrong = {
        f"The label {audit.label!r} is none of {', '.join(LABELS)}.": (
            audit.label not in (*LABELS, WITHDRAWN)
        ),
        "An audit needs the name of its reviewer.": not audit.reviewer.strip(),
        "An audit needs the hash of the text that was read.": not audit.content_hash,
        f"The kind {audit.kind!r} is none of {', '.join(KINDS)}.": audit.kind not in KINDS,
        f"{start} to {end} is no span of characters.": not spanned,
        f"Sample {audit.sample} or round {audit.round} is below 0.": (
            audit.sample < 0 or audit.round < 0
        ),
        f"The queue {audit.queue!r} is no text.": not isinstance(audit.queue, str),
        "It holds half a character, which no file can hold.": not is_text(audit),
        f"{audit.at!r} is no time such as 2026-01-02T03:04:05+00:00, up to {LAST_YEAR}.": (
            not is_time(audit.at)
        ),
    }
    return next((sentence for sentence, is_so in wrong.items() if is_so), None)


def is_time(at: str) -> bool:
    """Whether it is ISO 8601, and in a year up to LAST_YEAR."""
    try:
        return datetime.fromisoformat(utc(at)).year <= LAST_YEAR
    except (ValueError, OverflowError):
        return False


def is_text(audit: Audit) -> bool:
    """Whether what it says can be written as UTF-8: it has no lone surrogates."""
    try:
        "".join(value for value in audit if isinstance(value, str)).encode()
    except UnicodeEncodeError:
        return False
    return True


def utc(at: str) -> str:
    """The time in UTC, written so that the order of texts is that of times."""
    moment = datetime.fromisoformat(at)
    known = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return known.isoformat()
