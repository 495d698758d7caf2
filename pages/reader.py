"""What did the model write, and where was it unsure?"""

import streamlit as st

from app.components.sample_card import (
    show_all_samples,
    show_facts,
    show_problem,
    show_sample,
    show_verdicts,
    token_values,
)
from app.components.sample_picker import pick_sample
from app.components.tables import heading
from app.selection import chosen

heading("Reader", __doc__)
selection = chosen()
place = pick_sample(selection)

if place is None:
    st.stop()

scorers = list(token_values(place))
show_problem(selection, place)
scorer = None
if scorers:
    scorer = st.selectbox(
        "Colour tokens by log-probability under", scorers, key="reader_scorer", bind="query-params"
    )
show_sample(place, scorer)
show_facts(place)
show_verdicts(place)
show_all_samples(selection, place)
