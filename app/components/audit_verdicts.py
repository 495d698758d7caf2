"""What a key or a button of the audit page does: record a verdict, take it back, go elsewhere.

A verdict belongs to the text that was on the screen. The controls of each sample have keys of their
own and carry that sample and the hash of its text; so a key that is pressed while the page changes,
or while a new store is published, cannot reach another sample.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import streamlit as st

from app.access import may_write
from app.analysis.audit_work import Queue, Sample, Verdict, unread_from
from app.cache import shows_older, study
from app.components.audit_desk import Wanted
from store.audits import Audit, SupersededError, record, undo

STATE = "audit_reading"
ADDRESS = "audit_sample"


@dataclass(frozen=True)
class Shown:
    """What is on the screen: the sample, its name in controls, the text's hash, and the span."""

    sample: Sample
    name: str
    content_hash: str
    span: tuple[int, int] | None
    reviewer: str
    kind: str  # of the verdict


@dataclass
class Reading:
    """Where a reader is in a queue, and what they did in this session."""

    wanted: Wanted
    reviewer: str
    at: str = ""  # the sample's name; empty: the next one that is unread
    after: int = 0  # the position to look from
    waiting: str = ""  # the sample whose verdict can be recorded; empty while the page changes
    done: list[tuple[int, str]] = field(default_factory=list)  # ids of verdicts and their samples
    said: str = ""  # to tell at the next look


def may_judge() -> bool:
    """Whether a verdict can be recorded: not on what is no longer, even by who may write."""
    return may_write() and not shows_older()


def reading(wanted: Wanted, reviewer: str) -> Reading:
    """Where the reader is in this queue. In another one they start at what they have not read; in
    a new session at the sample of the URL.
    """
    found = st.session_state.get(STATE)
    if isinstance(found, Reading) and (found.wanted, found.reviewer) == (wanted, reviewer):
        return found
    linked = "" if found else str(st.query_params.get(ADDRESS, ""))
    st.session_state[STATE] = Reading(wanted, reviewer, at=linked)
    return st.session_state[STATE]  # type: ignore[no-any-return]


def position(now: Reading, queue: Queue, mine: dict[Sample, Verdict]) -> int:
    """The position of the sample to show: where the reader is, or the next that is unread."""
    if now.at not in queue.positions:
        found = unread_from(queue, mine, now.after)
        now.at = queue.names[min(now.after, len(queue.names) - 1) if found is None else found]
    return queue.positions[now.at]


def judge(now: Reading, shown: Shown, label: str, place: int) -> None:
    """Record the verdict, once, and go on to the next sample that is unread."""
    if now.waiting != shown.name or not may_judge():
        return
    now.waiting = ""
    note = str(st.session_state.get(note_key(shown.name), ""))
    start, end = shown.span or (None, None)
    audit = Audit(
        at(), *shown.sample, shown.content_hash, shown.reviewer, label, note, start, end,
        shown.kind, queue=now.wanted.through,
    )  # fmt: skip
    try:
        number = record(study(), audit)
    except ValueError as error:
        now.said = str(error)
        return
    now.done.append((number, shown.name))
    now.at, now.after, now.said = "", place + 1, ""


def take_back(now: Reading, name: str) -> None:
    """Undo the last verdict of this session, and show its sample."""
    if now.waiting != name or not now.done or not may_judge():
        return
    now.waiting = ""
    number, sample = now.done[-1]
    try:
        undo(study(), number, at())
    except SupersededError as error:  # from another window: what counts now stays
        now.at, now.said = sample, str(error)
    except ValueError as error:
        now.said = str(error)
        return
    else:
        now.at, now.said = sample, "Your last verdict was taken back."
    now.done.pop()


def go(now: Reading, name: str, to: str) -> None:
    """Show another sample of the queue."""
    if now.waiting == name:
        now.waiting, now.at, now.said = "", to, ""


def note_key(name: str) -> str:
    """The key of the field for the note on a sample."""
    return f"audit_note_{name}"


def at() -> str:
    """Now, as audits have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
