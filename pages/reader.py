"""What did the models write, and where were they unsure?"""

import streamlit as st

from app.components.reader_choice import choose_runs_and_problem, choose_samples
from app.components.reader_difference import choose_other, compare_words
from app.components.reader_keys import choose_pane, show_actions
from app.components.reader_looks import choose_looks
from app.components.reader_marks import show_marks
from app.components.reading import show_question
from app.components.sample_card import show_panes
from app.components.tables import heading
from app.components.texts_left_out import say_texts_left_out
from app.selection import chosen

heading("Reader", __doc__)
say_texts_left_out()
selection = chosen()
runs = choose_runs_and_problem(selection)
settings = st.container(horizontal=True, vertical_alignment="bottom")
with settings:
    reading = choose_samples(selection, runs)
    looks = choose_looks(runs)
    moved = choose_pane(runs)
actions = st.container()

show_question(selection.benchmark, reading.wanted.problem, looks.of_question)
comparison = st.container()
places = show_panes(reading, looks, moved)
show_marks(reading.labels)

place = places[moved]
with settings:
    other = choose_other(place, places)
with actions:
    show_actions(reading, place)
if place and other:
    with comparison:
        compare_words(reading, place, other)
