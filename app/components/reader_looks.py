"""How the reader shows a completion: as it is, set, or its tokens coloured by a value of theirs."""

from typing import NamedTuple

import streamlit as st

from app.components.reader_choice import OWN, scorers
from app.components.reader_view import Tokens

RENDERED = "rendered"
VIEWS = ("tokens", "raw", RENDERED)
COLOURS = ("log p", "entropy", "difference")
UNFOLDED = "reader_unfolded"  # in the URL


class Looks(NamedTuple):
    """The choice for all panes."""

    view: str
    colour: str = COLOURS[0]
    scorer: str = OWN
    other: str | None = None  # whose log-probabilities are taken away
    folded: bool = True

    @property
    def of_question(self) -> str:
        """How the question is shown."""
        return "raw" if self.view == "raw" else "set"


def choose_looks(runs: tuple[str, ...]) -> Looks:
    """Draw the selectors; those of tokens only where tokens are shown."""
    folded = UNFOLDED not in st.query_params
    chosen = st.segmented_control(
        "Show", VIEWS, default=VIEWS[0], required=True, key="reader_view", bind="query-params"
    )  # fmt: skip
    view = "set" if chosen == RENDERED else chosen
    names = scorers(runs)
    if view != "tokens" or not names:
        return Looks(str(view), folded=folded)
    colour = st.segmented_control(
        "Coloured by", COLOURS, default=COLOURS[0], required=True, key="reader_colour",
        bind="query-params",
    )  # fmt: skip
    scorer = st.selectbox(
        "Under", [OWN, *names], key="reader_scorer", bind="query-params", width=170
    )  # fmt: skip
    other = None
    if colour == "difference":
        other = st.selectbox(
            "Minus", names, index=len(names) - 1, key="reader_minus", bind="query-params",
            width=170,
        )  # fmt: skip
    return Looks(str(view), str(colour), str(scorer), other, folded)


def next_view() -> None:
    """The next of VIEWS, and after the last the first."""
    now = st.session_state.get("reader_view") or VIEWS[0]
    st.session_state["reader_view"] = VIEWS[(VIEWS.index(now) + 1) % len(VIEWS)]


def next_colour() -> None:
    """The next of COLOURS; tokens, where they were not shown."""
    now = st.session_state.get("reader_colour")
    if st.session_state.get("reader_view") != "tokens" or now is None:
        st.session_state["reader_view"] = "tokens"
        return
    st.session_state["reader_colour"] = COLOURS[(COLOURS.index(now) + 1) % len(COLOURS)]


def fold() -> None:
    """Open what was folded, or fold it."""
    if UNFOLDED in st.query_params:
        del st.query_params[UNFOLDED]
    else:
        st.query_params[UNFOLDED] = "true"


class Colouring(NamedTuple):
    """What the text view colours by, and a sentence on it."""

    colour: tuple[str, ...] | None
    said: str


def colouring(tokens: Tokens, looks: Looks) -> Colouring:
    """The wanted colours as far as the tokens have values for them."""
    if looks.colour == "entropy":
        return by_entropy(tokens, looks.scorer)
    first = looks.scorer if looks.scorer in tokens.logprobs else next(iter(tokens.logprobs), None)
    if first is None:
        return Colouring(None, "No log-probabilities of its tokens are stored.")
    if looks.colour == "difference":
        return by_difference(tokens, first, looks.other)
    missing = unknown(looks.scorer, first, "log-probabilities")
    return Colouring(("logprob", first), f"{missing}Coloured by log p under {first}.")


def unknown(wanted: str, shown: str, values: str) -> str:
    """A sentence where another scorer's values are shown than the reader wants."""
    return "" if wanted in (OWN, shown) else f"No {values} under {wanted} are stored here. "


def by_entropy(tokens: Tokens, wanted: str) -> Colouring:
    """By entropy, of the wanted scorer if it has any."""
    scorer = wanted if wanted in tokens.entropies else next(iter(tokens.entropies), None)
    if scorer is None:
        return Colouring(None, "No entropies of its tokens are stored.")
    missing = unknown(wanted, scorer, "entropies")
    return Colouring(("entropy", scorer), f"{missing}Coloured by entropy under {scorer}.")


def by_difference(tokens: Tokens, wanted: str, other: str | None) -> Colouring:
    """By the difference of two scorers that have cut the text alike.

    Where the wanted one is the other, as one of two models beside each other always is, it is that
    of another model, so that the difference has the same sign in all panes.
    """
    first = next((name for name in (wanted, *tokens.logprobs) if name != other), wanted)
    if other not in tokens.logprobs or first == other:
        said = f"{first} and {other} have not both scored these tokens, so their difference is not"
        return Colouring(("logprob", wanted), f"{said} shown. Coloured by log p under {wanted}.")
    return Colouring(
        ("difference", first, str(other)), f"Coloured by log p under {first} minus {other}."
    )
