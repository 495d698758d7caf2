"""What does training change, step by step, and which algorithm changes most?"""

import streamlit as st

from app.components.course import course_of
from app.components.definitions import show_definitions
from app.components.tables import heading, show_counted
from app.components.training_views import TERMS, VIEWS
from app.selection import chosen

heading("Training", __doc__)
selection = chosen()
view = st.segmented_control(
    "View", list(VIEWS), default="by step", required=True, key="training_view", bind="query-params"
)
course = course_of(selection)
show_definitions(*TERMS)
VIEWS[str(view)](course)
if view != "training log" and course.counted.height:
    show_counted(course.counted, course.labels)
