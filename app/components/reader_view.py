"""Text of a model: as it is, set as Markdown and mathematics, or token by token."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import streamlit as st

from app.components.reader_view_data import (
    Part,
    Span,
    Tokens,
    Units,
    checked,
    coloured,
    fingerprint,
    packed_tokens,
    parts,
)
from app.typeset import LONGEST, set_text

__all__ = ["VIEWS", "Span", "Tokens", "show_response"]

HERE = Path(__file__).parent
VIEWS = ("raw", "set", "tokens")
SECONDS = 0.3  # of setting a text before it is shown; the browser then asks for the rest
SCRIPTS = (
    "reader_view_text.js", "reader_view_set.js", "reader_view_tokens.js", "reader_view_moves.js",
    "reader_view.js",
)  # fmt: skip

draw = st.components.v2.component(
    "passband.reader_view",
    html=(HERE / "reader_view.html").read_text(),
    css=(HERE / "reader_view.css").read_text(),
    js="\n".join((HERE / name).read_text() for name in SCRIPTS),
)


def show_response(
    text: str,
    key: str,
    *,
    view: str = "raw",
    tokens: Tokens | None = None,
    colour: tuple[str, ...] | None = None,
    folded: bool = True,
    span: tuple[int, int] | None = None,
    height: int | None = None,
    selectable: bool = False,
) -> Span | None:
    """Show the text; returns the span of it that the reader chose, where one can be chosen.

    view: "raw", as it is; "set", as Markdown and LaTeX; "tokens", which need `tokens`, coloured
    by ("logprob", scorer), ("entropy", scorer) or ("difference", scorer, scorer). folded: blocks
    of thought are. span: characters that are marked. height: pixels, beyond which it scrolls.
    Raises ValueError for another view and for tokens or a colour that do not fit.
    """
    if view not in VIEWS:
        raise ValueError(f"No view {view!r}: choose from {', '.join(VIEWS)}.")
    own, units = fingerprint(text), Units(text)
    data = {
        "text": text, "own": own, "view": view, "wide": units.wide, "height": height,
        "folded": folded, "selectable": selectable, "notes": [],
        "parts": [told(part, text, tokens, units) for part in parts(text)],
        "span": placed(span, units), "chosen": stored(key, own) if selectable else None,
    }  # fmt: skip
    if view == "tokens" and tokens is not None:
        data["tokens"] = packed_tokens(checked(tokens), units)
        data["colour"] = coloured(tokens, colour)
    if view == "set":
        data |= set_blocks(text, units)
    result = draw(data=data, key=key, on_span_change=ignore, on_more_change=ignore)
    return span_of(result.get("span"), own, units) if selectable else None


def ignore() -> None:
    """A change is read from the result; the component only needs to have names."""


def told(part: Part, text: str, tokens: Tokens | None, units: Units) -> dict[str, object]:
    """A part for the browser: its place, and of a block of thought its length."""
    start, end = units.browser([part.start, part.end]).tolist()
    ends = np.maximum.accumulate(tokens.ends) if tokens and tokens.ends else None
    within = None if ends is None else np.searchsorted(ends, part[:2], side="right").tolist()
    alone = not (text[: part.start].strip() or text[part.end :].strip())
    return {
        "start": start, "end": end, "thinking": part.thinking, "closed": part.closed,
        "characters": part.end - part.start, "alone": alone,
        "tokens": None if within is None else within[1] - within[0],
    }  # fmt: skip


def set_blocks(text: str, units: Units) -> dict[str, object]:
    """The text's blocks for the browser, whether more is to come, and what is not set at all."""
    found = set_text(text, SECONDS, [part.start for part in parts(text)[1:]])
    edges = units.browser([0, *(block.end for block in found)]).tolist()
    trees = [block.trees for block in found]
    rest = f"Only the first {LONGEST:,} characters are set; the rest is shown as it is."
    notes = [rest] if len(text) > LONGEST else []
    return {"edges": edges, "trees": trees, "more": None in trees, "notes": notes}


def placed(span: tuple[int, int] | None, units: Units) -> list[int] | None:
    """The span in the browser's places."""
    return None if span is None else [int(place) for place in units.browser(span)]


def stored(key: str, own: str) -> list[int] | None:
    """The span that the browser chose in this text before, in its places."""
    state = st.session_state.get(key)
    span = state.get("span") if isinstance(state, Mapping) else None
    valid = isinstance(span, list) and len(span) == 3 and span[0] == own
    return [int(span[1]), int(span[2])] if valid and span is not None else None


def span_of(found: object, own: str, units: Units) -> Span | None:
    """The span chosen in this text; what was chosen in another does not count."""
    if not isinstance(found, list) or len(found) != 3 or found[0] != own:
        return None
    start, end = sorted(units.python(int(place)) for place in found[1:])
    return Span(start, end) if start < end else None
