"""How many problems does each model solve, given k samples of each?"""

import streamlit as st

from app.components.definitions import show_definitions
from app.components.figure import show_figure
from app.components.pass_at_k import choose_curves
from app.components.pass_at_k_behind import behind
from app.components.pass_at_k_panels import data, figure, gathered
from app.components.pass_at_k_said import (
    show_forecasts,
    show_numbers,
    show_sentences,
    terms,
)
from app.components.tables import correct_counts, heading, show_counted, show_problems
from app.components.text import escaped
from app.selection import chosen

MARK = (0, 1, 4, 5)  # its run, k, row and column

heading("pass@k", __doc__)
selection = chosen()
choice = choose_curves(selection)
measure = choice.wanted.measure

shown = gathered(selection, choice)
if shown.counted.is_empty():
    st.info("None of the chosen runs has verdicts of this verifier. Choose another at the left.")
    st.stop()

if not shown.points.is_empty():
    alt = f"{measure} over {'k' if choice.over_k else 'τ'}, one curve per run"
    drawn = figure(shown, choice)
    marks = show_figure(drawn, "pass_at_k_figure", alt, data(shown, choice), MARK)
else:
    marks = []
show_sentences(shown, choice, selection)
show_definitions(*terms(choice))

if not shown.points.is_empty():
    st.markdown("##### Numbers" + (f", with the band: {choice.band}" if shown.banded else ""))
    show_numbers(shown, choice)
show_forecasts(shown, choice)
show_counted(shown.counted, shown.full_labels)

st.markdown("##### Problems: correct of n")
found = behind(shown, marks, selection)
st.caption(escaped(found.said))
problems = correct_counts(found.counts, found.labels)
show_problems(problems, found.selection, found.run, "pass_at_k_problems")
