"""Which problems does only one of two models solve within k samples?"""

import polars as pl
import streamlit as st

from app.analysis.solvable import REGIONS, regions
from app.cache import ask
from app.charts import venn_chart
from app.components.figure import show_figure
from app.components.solvable import choose_budget, choose_pair, correct_of_both, how_counted
from app.components.tables import heading, show_counted, show_problems, show_two_by_two
from app.selection import chosen, counts, run_labels, run_roles, spoken
from store import queries

heading("Solvable problems", __doc__)
selection = chosen()
base, other = choose_pair(selection)
pair = [base, other]

counted, labels, roles = counts(selection), run_labels(selection), run_roles(selection)
counted = counted.filter(pl.col("run").is_in(pair))
k, threshold = choose_budget(counted)
within = ask(queries.correct_within, pair, selection.verifier, k, selection.left_out)
found = regions(counted, base, other, k, threshold, within)

names = (labels[base], labels[other])
sizes = found.summary[:4]
said = how_counted(found.summary)
chart = venn_chart(*sizes, names, (roles[base], roles[other]), said)
marks = show_figure(chart, "solvable_figure", "problems solved by both, one or neither")
st.markdown("##### Numbers of problems")
st.caption(said)
show_two_by_two(found.summary, *names)

st.markdown("##### Problems: correct of n")
region = st.segmented_control(
    "Solved by", REGIONS, default="only_base", required=True, format_func=spoken,
    key="solvable_region", bind="query-params",
)  # fmt: skip
if found.summary.how == "expected":
    st.info("Which problems these are cannot be told: only counts of a run are stored and k < n.")
else:
    wanted = marks[0][0] if marks else region
    shown = found.problems.filter(pl.col("region") == wanted)
    st.caption(f"{spoken(wanted)}: {shown.height} problems. Each row leads to the samples.")
    reading = other if wanted == "only_other" else base
    show_problems(correct_of_both(shown, *names), selection, reading, "solvable_problems")
show_counted(counted, labels)
