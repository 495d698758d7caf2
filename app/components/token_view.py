"""Text of a model, its tokens coloured by their log-probability."""

from itertools import pairwise
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

draw = st.components.v2.component(
    "passband.token_view",
    html=(HERE / "token_view.html").read_text(),
    css=(HERE / "token_view.css").read_text(),
    js=(HERE / "token_view.js").read_text(),
)


def show_text(text: str, key: str) -> None:
    """Show the text as it is, wrapped."""
    draw(data={"text": text, "tokens": [], "names": [], "scorer": 0}, key=key)


def show_tokens(
    completion: str,
    ends: list[int],
    logprobs: dict[str, list[float | None]],
    scorer: str,
    key: str,
) -> None:
    """Show the completion coloured by the values of `scorer`, one of the keys of `logprobs`.

    Token i is completion[ends[i-1]:ends[i]]; it is empty for the end token and for a part of a
    character. Pointing at a token tells its value under each scorer.
    """
    starts = [0, *ends]
    texts = [completion[start:end] for start, end in pairwise(starts)]
    values = zip(*logprobs.values(), strict=True)
    tokens = [[text, list(value)] for text, value in zip(texts, values, strict=True)]
    rest = completion[starts[-1] :]
    if rest:  # never dropped, even where the ends do not reach the end
        tokens.append([rest, [None] * len(logprobs)])
    names = list(logprobs)
    draw(
        data={"text": "", "tokens": tokens, "names": names, "scorer": names.index(scorer)}, key=key
    )
