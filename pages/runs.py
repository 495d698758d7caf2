"""What is stored, and how was it made and judged?"""

import streamlit as st

from app.analysis.runs import runs_table
from app.cache import ask, shows_older, study
from app.components.import_files import show_import
from app.components.progress import watch
from app.components.runs import show_judged, show_made, show_set_aside
from app.components.tables import heading
from store import queries

heading("Runs", __doc__)
if not shows_older():  # the job at work is of today
    watch(study(), ask(queries.store_info))

runs, totals = ask(queries.runs), ask(queries.run_totals)
table = runs_table(runs, totals)

st.caption("All benchmarks; the selectors at the left narrow the other pages.")
st.markdown("##### How the samples were made")
show_made(table.unique("run", maintain_order=True))
st.markdown("##### How they were judged")
show_judged(table)
show_set_aside(ask(queries.set_aside))
if not shows_older():
    show_import(study())
