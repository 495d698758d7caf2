"""What is seen by who may not look, or not yet: one sentence, and buttons to log in or out."""

from pathlib import Path

import streamlit as st

from app.access import Standing, login_is_configured, providers
from app.components.text import escaped

return_to = st.components.v2.component(
    "passband.return_to", js=Path(__file__).with_name("return_to.js").read_text()
)


def show_closed(standing: Standing) -> None:
    """Why nothing is shown, and what to do. Nothing here comes from the study."""
    st.title("Passband")
    st.info(escaped(standing.said))
    if not login_is_configured():
        return
    if st.user.get("is_logged_in"):
        st.button("Log out", on_click=st.logout, key="admission_log_out")
        return
    return_to(data={"waiting": True}, key="return_to")
    for provider in providers():
        label = f"Log in with {provider}" if provider else "Log in"
        st.button(label, on_click=st.login, args=(provider,), key=f"admission_{provider}")


def go_back() -> None:
    """Open the page at which the log-in was begun; it is forgotten then."""
    if login_is_configured():
        return_to(data={"waiting": False}, key="return_to")
