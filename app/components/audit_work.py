"""The work of an audit: one sample of a queue, and the keys that judge it.

It is a fragment: a verdict draws this part of the page again and nothing else.
"""

import streamlit as st

from app.address_bar import write_address
from app.analysis.audit_work import progress, said_by, standing
from app.cache import audits
from app.components.audit_bar import show_bar, show_keys
from app.components.audit_desk import Desk
from app.components.audit_sample import show_sample
from app.components.audit_scroll import start_at_top
from app.components.audit_verdicts import ADDRESS, position, reading


@st.fragment
def work(desk: Desk) -> None:
    """The sample that is next, or the one that the reader went to."""
    given = standing(audits(), desk.outdated, desk.kind)
    mine = said_by(given, desk.reviewer)
    now = reading(desk.wanted, desk.reviewer)
    place = position(now, desk.queue, mine)
    sample, name = desk.queue.samples[place], desk.queue.names[place]
    with st.container(key="audit_work"):
        bar = st.container(key="audit_bar")
        shown = show_sample(desk, sample, mine.get(sample), desk.queue.why[place])
        with bar:
            done = progress(desk.queue, given, desk.reviewer)
            show_bar(now, shown, mine.get(sample), place, desk.queue, done)
        show_keys()
        start_at_top(name)
    st.query_params[ADDRESS] = name
    write_address()
    now.waiting = name  # only now: what is on the screen is what a key means
