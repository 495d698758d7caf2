"""Do right answers come from right reasoning, and how often do verifiers err?"""

import streamlit as st

from app.components.audit_agreement import show_agreement
from app.components.audit_errors import show_verifier_errors
from app.components.audit_queues import choose_queue, desk_of
from app.components.audit_tally import show_tally
from app.components.audit_work import work
from app.components.tables import heading
from app.components.texts_left_out import say_texts_left_out
from app.reviewer import reviewer, show_reviewer
from app.selection import chosen

READ, AGREEMENT, TALLY, ERRORS = "read", "agreement", "tally", "verifier error"

heading("Audit", __doc__)
say_texts_left_out()
selection = chosen()
view = st.segmented_control(
    "View", (READ, AGREEMENT, TALLY, ERRORS), default=READ, required=True, key="audit_view",
    bind="query-params", label_visibility="collapsed",
)  # fmt: skip

if view == AGREEMENT:
    show_agreement(selection)
elif view == TALLY:
    show_tally(selection)
elif view == ERRORS:
    show_verifier_errors(selection)
else:
    wanted = choose_queue()
    name = reviewer()
    show_reviewer(name)
    if name is None:
        st.stop()
    work(desk_of(selection, wanted, name))
