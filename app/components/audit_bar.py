"""What stays in sight while reading: progress, the labels, the note; and the keys for all of it."""

import streamlit as st

from app.access import why_not
from app.analysis.audit_work import Progress, Queue, Verdict
from app.cache import shows_older
from app.components.audit_sample import HIDDEN, REFERENCE, TEXT, WRITTEN, is_set, switch
from app.components.audit_verdicts import (
    Reading,
    Shown,
    go,
    judge,
    may_judge,
    note_key,
    take_back,
)
from app.components.keys import Key, listen
from app.components.text import escaped

LABELS = {
    "valid": "the reasoning holds",
    "flawed": "a step is wrong, though the answer may be right",
    "guess": "the answer does not follow from the reasoning",
    "ambiguous": "you cannot tell",
}


def show_bar(
    now: Reading,
    shown: Shown | None,
    verdict: Verdict | None,
    place: int,
    queue: Queue,
    done: Progress,
) -> None:
    """Progress, one button for each label, the note, and the way to other samples."""
    show_progress(place, done, verdict)
    name = queue.names[place]
    writable = may_judge() and shown is not None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for label in LABELS:
            st.button(
                f"{label.capitalize()} :gray[{label[0]}]",
                key=f"audit_{label}_{name}",
                type="primary" if verdict and verdict.label == label else "secondary",
                disabled=not writable,
                on_click=judge,
                args=(now, shown, label, place),
            )
        st.text_input(
            "Note", value=verdict.note if verdict else "", key=note_key(name),
            placeholder="note (n)", label_visibility="collapsed", disabled=not writable,
        )  # fmt: skip
        show_ways(now, name, place, queue)
    show_said(now, shown)
    if queue.found > len(queue.names):
        st.caption(f"These are the first {len(queue.names):,} of {queue.found:,} such samples.")


def show_progress(place: int, done: Progress, verdict: Verdict | None) -> None:
    """How far this reviewer and all are, and where in the queue this is."""
    told = f"{done.mine} of {done.samples} read by you, {done.anybody} by anybody"
    here = f"sample {place + 1} of {done.samples}"
    yours = f"your verdict: {verdict.label}" if verdict else "not read by you"
    st.progress(done.mine / done.samples, escaped(f"{told}   ·   {here}   ·   {yours}"))


def show_ways(now: Reading, name: str, place: int, queue: Queue) -> None:
    """Buttons for undo, and for the samples before and after."""
    before, after = (
        queue.names[max(place - 1, 0)],
        queue.names[min(place + 1, len(queue.names) - 1)],
    )
    st.button(
        "Undo :gray[u]", key=f"audit_undo_{name}", type="tertiary", on_click=take_back,
        args=(now, name), disabled=not now.done or not may_judge(),
    )  # fmt: skip
    for label, key, to in (("Previous", "k", before), ("Next", "j", after)):
        st.button(
            f"{label} :gray[{key}]", key=f"audit_{label.lower()}_{name}", type="tertiary",
            on_click=go, args=(now, name, to), disabled=to == name,
        )  # fmt: skip
    written, hidden = is_set(TEXT, WRITTEN), is_set(REFERENCE, HIDDEN)
    st.button(
        f"{'Rendered' if written else 'As written'} :gray[r]", key="audit_switch", type="tertiary",
        on_click=switch, args=(TEXT, WRITTEN),
    )  # fmt: skip
    st.button(
        f"{'Show' if hidden else 'Hide'} reference :gray[h]", key="audit_hide", type="tertiary",
        on_click=switch, args=(REFERENCE, HIDDEN),
    )  # fmt: skip


def show_said(now: Reading, shown: Shown | None) -> None:
    """What the reader should know of the last key, and which span their verdict will name."""
    if refused := why_not():
        st.caption(refused)
    elif shows_older():
        st.caption("This is the study as it was: verdicts are given on the data of today only.")
    if now.said:
        st.info(escaped(now.said))
    if shown and shown.span:
        start, end = shown.span
        st.caption(f"The span that decides: characters {start:,} to {end:,}.")


def show_keys() -> None:
    """Listen to the keys; ? lists them."""
    listen(
        [
            *(
                Key(label[0], f"Judge {label}: {meaning}", f"button:audit_{label}_*")
                for label, meaning in LABELS.items()
            ),
            Key("n", "Write a note; Enter keeps it, Escape leaves", f"focus:{note_key('*')}"),
            Key("t", "Enter the response: arrows move, with Shift they select", "event:text"),
            Key("s", "Take the selected text as the span that decides", "event:span"),
            Key("u", "Take back your last verdict", "button:audit_undo_*"),
            Key("j", "Show the next sample", "button:audit_next_*"),
            Key("k", "Show the previous sample", "button:audit_previous_*"),
            Key("r", "Switch between rendered and as written", "button:audit_switch"),
            Key("o", "Fold or unfold the thinking", "event:fold"),
            Key("h", "Hide or show the reference answer", "button:audit_hide"),
            Key(" ", "Scroll down", "event:down"),
            Key("b", "Scroll up", "event:up"),
        ]
    )
