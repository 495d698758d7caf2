"""What the component that shows a response is given: packed numbers, places, parts that fold."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

THINK = re.compile(r"<(/?)think>")
PARTS = 200  # of these at most are told apart, so that a text of nothing but tags is not too much


class Span(NamedTuple):
    """Characters of a completion, from `start` up to but without `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Tokens:
    """The tokens of a completion: token i is completion[ends[i-1]:ends[i]].

    It is empty for the end token and for a part of a character. logprobs and entropies: scorer →
    a value for each token, in nats, None where unknown. ranks: scorer, one of those of logprobs →
    for each token how many are at least as likely, itself included; 1 is the likeliest.
    """

    ends: list[int]
    ids: list[int] | None = None
    logprobs: dict[str, list[float | None]] = field(default_factory=dict)
    ranks: dict[str, list[int | None]] = field(default_factory=dict)
    entropies: dict[str, list[float | None]] = field(default_factory=dict)


class Part(NamedTuple):
    """Characters of a text; thinking: they are a block of thought; closed: with its end."""

    start: int
    end: int
    thinking: bool
    closed: bool


class Units:
    """Places in a text as Python counts them, by character, and as browsers do, by 16 bits."""

    def __init__(self, text: str) -> None:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        self.wide = bool((codes > 0xFFFF).any())
        self.before = np.concatenate([[0], np.cumsum(1 + (codes > 0xFFFF))])

    def browser(self, places: Sequence[int]) -> np.ndarray:
        """The browser's places for these; what lies outside of the text is its start or end."""
        found = self.before[np.clip(np.asarray(places, np.int64), 0, len(self.before) - 1)]
        return np.asarray(found, np.int64)

    def python(self, place: int) -> int:
        """The place for one of the browser's."""
        return int(np.searchsorted(self.before, min(max(place, 0), int(self.before[-1]))))


def fingerprint(text: str) -> str:
    """What tells the text from others."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def packed(values: Sequence[float | int | None] | np.ndarray, kind: str) -> str:
    """Numbers as the bytes of float32 ("<f4", None as NaN) or int32 ("<i4"), in base 64."""
    numbers = np.asarray(values, dtype=np.float64)
    whole = np.nan_to_num(numbers, nan=-1.0) if kind == "<i4" else numbers
    return base64.b64encode(whole.astype(kind).tobytes()).decode()


def parts(text: str) -> list[Part]:
    """The text cut into blocks of thought, <think>…</think>, and what is between them.

    Where the text begins inside of one, since the prompt opened it, it ends with </think>; one
    that is never closed goes on to the end.
    """
    found: list[Part] = []
    start, inside = 0, False
    for mark in THINK.finditer(text):
        ends = mark[1] == "/" and (inside or not found)
        opens = not mark[1] and not inside
        if len(found) >= PARTS or not (ends or opens):
            continue
        at = mark.end() if ends else mark.start()
        if at > start:
            found.append(Part(start, at, ends, ends))
        start, inside = at, opens
    last = Part(start, len(text), inside, False)
    return [*found, last] if start < len(text) or not found else found


def checked(tokens: Tokens) -> Tokens:
    """The tokens. Raises ValueError where there are not as many values as tokens."""
    columns: dict[str, Sequence[float | None]] = dict(tokens.logprobs)
    for kind, known in (("ranks", tokens.ranks), ("entropy", tokens.entropies)):
        columns |= {f"{kind} {name}": values for name, values in known.items()}
    for name, values in columns.items():
        if len(values) != len(tokens.ends):
            raise ValueError(f"{name}: {len(values)} values for {len(tokens.ends)} tokens.")
    return tokens


def packed_tokens(tokens: Tokens, units: Units) -> dict[str, object]:
    """ends and ids as int32, and for each scorer its values as float32, its ranks as int32."""
    ends = np.maximum.accumulate(units.browser(tokens.ends)) if tokens.ends else np.array([])
    return {
        "ends": packed(ends, "<i4"),
        "ids": None if tokens.ids is None else packed(tokens.ids, "<i4"),
        "logprobs": [[name, packed(each, "<f4")] for name, each in tokens.logprobs.items()],
        "ranks": [[name, packed(each, "<i4")] for name, each in tokens.ranks.items()],
        "entropies": [[name, packed(each, "<f4")] for name, each in tokens.entropies.items()],
    }


def coloured(tokens: Tokens, colour: tuple[str, ...] | None) -> dict[str, object] | None:
    """By what tokens are coloured: kind, and places of the scorers among those of its kind.

    None: by nothing. Without a wish: by the first scorer's log-probability, or entropy. Raises
    ValueError for a scorer without values.
    """
    if colour is None:
        kinds = (("logprob", tokens.logprobs), ("entropy", tokens.entropies))
        colour = next(((kind, next(iter(known))) for kind, known in kinds if known), None)
    if colour is None:
        return None
    kind, *scorers = colour
    known = list(tokens.entropies if kind == "entropy" else tokens.logprobs)
    wanted = {"logprob": 1, "entropy": 1, "difference": 2}.get(kind)
    if len(scorers) != wanted or any(name not in known for name in scorers):
        raise ValueError(f"Tokens cannot be coloured by {' '.join(colour)}: choose another colour.")
    return {"kind": kind, "scorers": [known.index(name) for name in scorers]}
