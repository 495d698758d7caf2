"""Keys of the keyboard that press buttons, enter fields and speak to components of a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

HERE = Path(__file__).parent
TARGETS = ("button", "focus", "event")

draw = st.components.v2.component(
    "passband.keys",
    html=(HERE / "keys.html").read_text(),
    css=(HERE / "keys.css").read_text(),
    js=(HERE / "keys.js").read_text(),
)


class Key(NamedTuple):
    """What a key does.

    key: as KeyboardEvent.key names it, such as "j", "ArrowRight" or "Enter".
    does: a sentence for the list of keys.
    target: "button:<widget key>" presses that button, unless it is disabled; while the page is at
    work, the last such press waits until it is done, and counts if the button is still there: what
    must not be done twice needs a key that says what it is about. "focus:<widget key>" enters that
    field; "event:<name>" dispatches the CustomEvent passband:<name> on the document. A widget key
    that ends with * is that of the first widget whose key begins so.
    """

    key: str
    does: str
    target: str


def listen(keys: Sequence[Key], key: str = "keys") -> None:
    """Listen to these keys on the page, and list them where "?" or the small button asks.

    Nothing happens while a text is being typed, nor with Ctrl, Alt or Meta; Escape leaves a field.
    Raises ValueError for a key given twice and for a target that is none of the three.
    """
    check(keys)
    draw(data={"keys": [list(each) for each in keys]}, key=key)


def check(keys: Sequence[Key]) -> None:
    """Raises ValueError for a key given twice and for a target that is none of the three."""
    names = [each.key for each in keys]
    twice = sorted({name for name in names if names.count(name) > 1} | {"?"} & {*names})
    if twice:
        raise ValueError(f"Each key can do one thing; these do several: {', '.join(twice)}.")
    for each in keys:
        kind, _, name = each.target.partition(":")
        if kind not in TARGETS or not name:
            told = ", ".join(f"{target}:NAME" for target in TARGETS)
            raise ValueError(f"The target {each.target!r} of a key is none of {told}.")
