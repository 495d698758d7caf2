"""A page with nothing but a response, its keys, and what was chosen; its text by the URL."""

import numpy as np
import streamlit as st

from app.components.keys import Key, listen
from app.components.reader_view import Tokens, show_response

SET = r"""## Step *one*
<think>
We need $x^2 \equiv 1 \pmod{p}$, so $\mathbb{R}$, costing $5 and $6.

$$
\sum_{i=1}^{n} \frac{1}{i}
+ 1
$$

- first \(a\)

> quoted

Broken: $\frac{a}$, $\href{javascript:alert(1)}{x}$ and $\text{<img src=x onerror=alert(1)>}$.
</think>
The answer is **42**.
"""
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=\"alert('img')\"> ![i](http://192.0.2.1/x.png)\n"
    "[l](http://192.0.2.1/z) [j](javascript:alert(2)) <iframe src=http://192.0.2.1></iframe>\n"
    "$\\text{<script>alert(3)</script>}$ $\\href{javascript:alert(4)}{x}$ $\\frac{a}{$ \\[ {{{\n"
    "NUL\0 ESC\x1b[31m RLO\u202eabc\u202c lone \ud800 ZWSP\u200b שלום مرحبا\r\n😀 </textarea> end"
)
TEXTS = {
    "set": SET,
    "hostile": HOSTILE,
    "plain": "one two three four five six",
    "line": "unbroken" * 262_144,  # 2 MB without a space
    "tokens": "some words, " * 40_000,
    "response": SET.replace("think>", "b>") * 280,  # 32,000 tokens
    "marks": "Z" + "\u0301" * 200_000,
    "control": "\u202e\0" * 200_000,
    "lines": "\n" * 100_000,
    "quotes": "> " * 20_000 + "\n" + "- " * 20_000 + "[" * 20_000,
    "braces": "$" + "{" * 40_000 + "$ $" + "\\frac" * 2_000 + "$",
}
N = {"tokens": 100_000, "line": 100_000, "response": 32_000}


def tokens_of(text: str, n: int) -> Tokens:
    """Tokens of about the same length, the end token last; the values repeat themselves."""
    ends = [*np.linspace(0, len(text), n + 1)[1:].round().astype(int).tolist(), len(text)]
    logprobs = [-((7 * i) % 11) / 2 for i in range(n + 1)]
    return Tokens(
        ends,
        list(range(n + 1)),
        {"base": logprobs, "<b>rl</b>": [None, *(value / 2 - 1 for value in logprobs[1:])]},
        {"base": [1 + i % 5 for i in range(n + 1)]},
        {"base": [i % 7 / 2 for i in range(n + 1)]},
    )


st.title("A page")
name, view = st.query_params.get("text", "plain"), st.query_params.get("view", "raw")
colour = st.query_params.get("colour")
if st.button("another", key="page_other"):
    name, view = st.query_params["then"].split(",")
if st.button("more", key="page_more"):
    st.session_state["count"] = st.session_state.get("count", 0) + 1
judged = st.session_state.setdefault("judged", [])
st.button("judge", key=f"page_judge_{len(judged)}", on_click=judged.append, args=(len(judged),))
st.button("never", key="page_never", disabled=True)
st.write(f"judged {judged}")
st.text_input("a note", key="page_note")
st.write(f"count {st.session_state.get('count', 0)}")
listen(
    [
        Key("j", "Go to the next.", "button:page_more"),
        Key("v", "Judge.", "button:page_judge_*"),
        Key("d", "Do what cannot be done.", "button:page_never"),
        Key("n", "Write a note.", "focus:page_note"),
        Key("s", "Go to a surprising token.", "event:surprise"),
        Key("f", "Fold.", "event:fold"),
        Key("p", "Take the span.", "event:span"),
    ]
)
text = TEXTS[name]
span = show_response(
    text,
    "response",
    view=view,
    tokens=tokens_of(text, N.get(name, len(text) // 3)) if view == "tokens" else None,
    colour=tuple(colour.split(",")) if colour else None,
    folded="open" not in st.query_params,
    height=400 if "low" in st.query_params else None,
    selectable=True,
)
if "twice" in st.query_params:
    show_response(TEXTS["plain"], "second", view="tokens", tokens=tokens_of(TEXTS["plain"], 9))
st.write(f"span {tuple(span) if span else None}")
st.caption(f"the end of {name}")
