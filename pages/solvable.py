"""Which problems does only one of several models solve within k samples?"""

import polars as pl
import streamlit as st

from app.analysis.sets import EXPECTED
from app.components.definitions import show_definitions
from app.components.solvable import (
    choose_budget,
    choose_region,
    choose_runs,
    sets_of,
    show_left_out,
    show_numbers,
    show_sets,
)
from app.components.solvable_lists import (
    UNKNOWN,
    show_index_lists,
    show_members,
    show_retest,
    show_subsets,
)
from app.components.tables import heading, show_counted
from app.counted import counts
from app.selection import chosen, run_labels, run_roles

heading("Solvable problems", __doc__)
selection = chosen()
counted, labels, roles = counts(selection), run_labels(selection), run_roles(selection)
runs = choose_runs(selection, counted)
k, threshold = choose_budget(counted, runs)

found = sets_of(selection, counted, runs, k, threshold)
names = [labels[run] for run in runs]

clicked = show_sets(found, names, roles)
show_left_out(found, names)
show_definitions(
    "solvable at k", "expected number of problems", "UpSet plot", "subset check",
    "upper bound of an unsolved problem",
)  # fmt: skip
show_numbers(found, names)
if found.how == EXPECTED:
    st.markdown("##### Problems of a region")
    st.markdown(UNKNOWN)
else:
    st.markdown("##### Problems of a region")
    region = choose_region(found, names, clicked)
    show_members(selection, found, region, names)
    show_retest(selection, found, region, names)
    show_subsets(found, names)
    show_index_lists(found, region, names)
show_counted(counted.filter(pl.col("run").is_in(runs)), labels)
