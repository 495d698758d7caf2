"""For how many problems is a sample never, sometimes or always correct?"""

import streamlit as st

from app.analysis.accuracy import histogram
from app.charts import accuracy_histogram_chart
from app.components.figure import show_figure
from app.components.tables import (
    heading,
    problems_in_bin,
    show_counted,
    show_download,
    show_histogram_numbers,
    show_problems,
)
from app.metrics.accuracy import BINS
from app.selection import address, chosen, counts, run_labels, run_roles

heading("Accuracy", __doc__)
selection = chosen()

counted, labels = counts(selection), run_labels(selection)
if counted.is_empty():
    st.info("None of the chosen runs has verdicts of this verifier. Choose another at the left.")
    st.stop()
bins = histogram(counted)

chart = accuracy_histogram_chart(bins, labels, run_roles(selection))
marks = show_figure(chart, "accuracy_figure", "problems per interval of accuracy, by run")
st.caption("Accuracy is c / n of one problem. Click a bar, or choose below, for its problems.")

left, right = st.columns(2)
run = left.selectbox(
    "Run", selection.runs, format_func=address, key="accuracy_run", bind="query-params"
)
interval = right.selectbox("Accuracy", BINS, key="accuracy_bin", bind="query-params")
run, interval = (marks[0][0], marks[0][1]) if marks else (run, interval)
inside = problems_in_bin(counted, run, interval)
st.markdown("##### Problems of one bar")
st.caption(
    f"{labels[run]}, accuracy {interval}: {inside.height} problems. Each row leads to the samples."
)
show_problems(inside, selection, run, "accuracy_problems")

st.markdown("##### Numbers of problems")
show_histogram_numbers(bins, labels)
show_download(bins, "accuracy")
show_counted(counted, labels)
