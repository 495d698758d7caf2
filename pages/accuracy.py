"""For how many problems is a sample never, sometimes or always correct?"""

import streamlit as st

from app.components.accuracy import say_what_differs, shown
from app.components.accuracy_pairs import show_flow, show_heatmap, show_scatter
from app.components.accuracy_views import show_cumulative, show_histogram
from app.components.definitions import show_definitions
from app.components.tables import heading, show_counted
from app.counted import counts
from app.selection import chosen

VIEWS = {
    "histogram": show_histogram,
    "cumulative": show_cumulative,
    "scatter": show_scatter,
    "flow": show_flow,
    "heatmap": show_heatmap,
}

heading("Accuracy", __doc__)
accuracies = shown(chosen())
view = st.segmented_control(
    "View", list(VIEWS), default="histogram", required=True, key="accuracy_view",
    bind="query-params", label_visibility="collapsed",
)  # fmt: skip
say_what_differs(accuracies)
VIEWS[view or "histogram"](accuracies)
show_counted(counts(accuracies.selection), accuracies.labels)
show_definitions("accuracy", "accuracy bins", "cumulative accuracy", "flow between bins")
