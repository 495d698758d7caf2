"""A sentence for each switch of the sidebar that changes the numbers of a page."""

import streamlit as st

from app.analysis.audited import told
from app.components.text import escaped
from app.counted import direct_counts, dropped_problems, effect_of_audits
from app.selection import Selection, address, spoken


def show_switches(selection: Selection) -> None:
    """What is not as by default; nothing where all is."""
    said = [
        *verifier_said(selection),
        *left_out_said(selection),
        *guess_filter_said(selection),
        *audited_said(selection),
    ]
    if said:
        st.caption(escaped(" ".join(said)))


def verifier_said(selection: Selection) -> list[str]:
    """Whose verdicts count, where they are not each run's own."""
    return [f"Verdicts of {selection.verifier}."] if selection.verifier else []


def left_out_said(selection: Selection) -> list[str]:
    """Which samples are not in n."""
    kinds = " and ".join(spoken(kind) for kind in selection.left_out)
    return [f"Samples left out of n: {kinds}."] if kinds else []


def guess_filter_said(selection: Selection) -> list[str]:
    """How many problems the guess filter drops, and by which run."""
    if not selection.direct:
        return []
    asked, dropped = direct_counts(selection).height, len(dropped_problems(selection))
    return [
        f"Guess filter: {dropped} of {asked} problems dropped, which {address(selection.direct)}"
        f" answers in less than {selection.guess_below} % of its samples, but not never. Nothing is"
        " dropped on a benchmark without such a run."
    ]


def audited_said(selection: Selection) -> list[str]:
    """How many verdicts of reviewers there are, and what they change."""
    if not selection.audited:
        return []
    return told(effect_of_audits(selection))
