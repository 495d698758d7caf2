"""How many problems does each model solve, given k samples of each?"""

import polars as pl
import streamlit as st

from app.analysis.pass_at_k import curves
from app.cache import work_out
from app.charts import pass_at_k_chart
from app.components.figure import show_figure
from app.components.tables import (
    correct_counts,
    heading,
    show_counted,
    show_curve_numbers,
    show_download,
    show_problems,
)
from app.selection import chosen, counts, run_labels, run_roles

heading("pass@k", __doc__)
selection = chosen()
log_k = st.toggle("Logarithmic k", True, key="pass_at_k_log", bind="query-params")

counted, labels = counts(selection), run_labels(selection)
if counted.is_empty():
    st.info("None of the chosen runs has verdicts of this verifier. Choose another at the left.")
    st.stop()
curve = work_out(curves, counted)

chart = pass_at_k_chart(curve, labels, run_roles(selection), log_k)
marks = show_figure(chart, "pass_at_k_figure", "pass@k over k, one curve per run")
st.caption(
    "Unbiased estimate, mean over problems, at every k up to n; undefined beyond a problem's n."
    " Click a mark for the problems behind it."
)
st.markdown("##### Numbers, with the 95 % band over problems")
show_curve_numbers(curve, labels)
show_download(curve, "pass-at-k")
show_counted(counted, labels)

run = str(marks[0][0]) if marks else selection.runs[0]
shown = counted.filter(pl.col("run") == run) if marks else counted
st.markdown("##### Problems: correct of n")
st.caption("Each row leads to the samples.")
show_problems(correct_counts(shown, labels), selection, run, "pass_at_k_problems")
