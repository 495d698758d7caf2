"""Is the other run ahead of the base, at which k, and how sure is that?"""

import streamlit as st

from app.analysis.finding import Names
from app.analysis.outcomes import diverging, outcomes
from app.charts.comparison import gap_chart, outcomes_chart
from app.components import compare, compare_measures
from app.components.definitions import show_definitions
from app.components.figure import show_figure
from app.components.tables import heading, show_counted, show_problems
from app.counted import counts
from app.selection import chosen, run_labels, run_roles

heading("Compare", __doc__)
selection = chosen()
pair = compare.choose_runs(selection)
base, other = pair.runs
kind, level, log_k = compare.choose_band()

counted, labels, roles = counts(pair), run_labels(pair), run_roles(pair)
names, pair_roles = (labels[base], labels[other]), (roles[base], roles[other])
found = compare.compared(pair, counted, kind, level)

compare.show_parity(pair, counted, labels)
compare.show_finding(found, Names(*names, kind, level))
show_definitions(*compare.TERMS)
if found.crossing is None:
    show_counted(counted, labels)
    st.stop()

said = compare.band_said(found, kind, level)
chart = gap_chart(found.gaps, names, found.crossing, pair_roles, said, log_k)
alt = "both curves, and their gap with its band"
marks = show_figure(chart, "compare_gap", alt, found.gaps, linked_by=[0])
compare.show_left_out(found)
compare.show_gap_numbers(found, names)
compare_measures.show_settling(found, level)

st.markdown("##### Problems behind the gap")
k = int(marks[0][0]) if marks else compare.choose_k(found)
st.caption(f"The largest differences of pass@{k} first. Each row leads to the samples.")
show_problems(compare.behind(found, k, names), pair, other, "compare_behind")
compare.show_links(pair, k)

st.markdown("##### Wins, ties and losses")
table = outcomes(found.both, found.discordance)
compare_measures.show_tests(found, dict(zip(pair.runs, names, strict=True)))
bars = diverging(table, compare.WORDS)
drawn = outcomes_chart(bars, names, pair_roles, compare_measures.bars_said(found))
alt = "problems won, tied and lost"
clicked = show_figure(drawn, "compare_outcomes", alt, bars, linked_by=[2])
group = str(clicked[0][2]) if clicked else compare.choose_group(table)
compare.show_group(table, group, pair, names)

st.markdown("##### In one number")
compare_measures.show_measures(found, pair, names, (kind, level))
show_counted(counted, labels)
