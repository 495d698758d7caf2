"""Who is reading: the name that stands beside a verdict. It is never in the URL.

Where the server asks people to log in (OIDC, Streamlit's `[auth]` secrets), it is who is logged in.
Where PASSBAND_REVIEWER_HEADER names a header that a trusted proxy sets, it is what that says. Only
where there is neither does a reader choose a name, once: it is kept in a cookie.
"""

import os
from urllib.parse import unquote

import streamlit as st

from app.access import read_only
from app.components.reviewer_cookie import keep_in_cookie
from app.components.text import escaped
from app.identity import (
    HEADER,
    JUDGE,
    LONGEST,
    named_by_proxy,
    proper,
    verified_address,
)

__all__ = ["HEADER", "choose", "proper", "reviewer", "show_reviewer"]

COOKIE = "passband_reviewer"
STATE = "reviewer"
VISITOR = "a visitor"  # of a server that writes nothing; there it is no matter who it is


def reviewer() -> str | None:
    """The name of who is reading; None where it is not known."""
    if "is_logged_in" in st.user:  # log-in is configured
        return logged_in()
    if os.environ.get(HEADER):
        return named_by_proxy()
    chosen = proper(str(st.session_state.get(STATE, from_cookie())))
    return VISITOR if chosen is None and read_only() else chosen


def logged_in() -> str | None:
    """The e-mail address or name of who is logged in; None where nobody is.

    People choose their `name` themselves: one that looks like an address is not taken.
    """
    if not st.user.is_logged_in:
        return None
    name, subject = (str(st.user.get(claim) or "") for claim in ("name", "sub"))
    claims = (verified_address(), "" if "@" in name else name, subject)
    return next((found for claim in claims if (found := proper(claim))), None)


def from_cookie() -> str:
    """The name that was chosen in this browser before; empty where none was."""
    return unquote(st.context.cookies.get(COOKIE, ""))


def show_reviewer(name: str | None) -> None:
    """Who is reading, or how to say it."""
    if "is_logged_in" in st.user:
        show_log_in(name)
    elif header := os.environ.get(HEADER):
        show_proxy(name, header)
    elif name is None:
        ask_for_name()
    elif read_only():
        return
    else:
        show_chosen(name)


def show_log_in(name: str | None) -> None:
    """Who is logged in, or a button to do so."""
    if name is None:
        st.info("Log in to read: your name stands beside each of your verdicts.")
        st.button("Log in", on_click=st.login, key="audit_log_in")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(escaped(f"Reading as {name}."))
        st.button("Log out", on_click=st.logout, type="tertiary", key="audit_log_out")


def show_proxy(name: str | None, header: str) -> None:
    """Who the proxy says is reading, or that it says nothing."""
    if name is None:
        st.info(
            escaped(
                f"Nobody is named: the proxy did not send the header {header}. Open the dashboard"
                " by the proxy's address, or ask who runs it."
            )
        )
    else:
        st.caption(escaped(f"Reading as {name}."))


def show_chosen(name: str) -> None:
    """The name that was chosen, which this browser keeps, and a way to choose another."""
    keep_in_cookie(COOKIE, name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(escaped(f"Reading as {name}."))
        st.button(
            "Change the name", on_click=choose, args=("",), type="tertiary", key="audit_rename"
        )


def ask_for_name() -> None:
    """A form for the name."""
    st.info("Say who you are: your name stands beside each of your verdicts.")
    with st.form("audit_who", border=False):
        name = st.text_input("Your name", max_chars=LONGEST, key="audit_name")
        if not st.form_submit_button("Start reading"):
            return
    if proper(name) is None:
        st.info(f"Write a name of 1 to {LONGEST} characters which does not begin with {JUDGE}")
        return
    choose(name)
    st.rerun()


def choose(name: str) -> None:
    """Take this name from now on; an empty one asks again."""
    st.session_state[STATE] = name
