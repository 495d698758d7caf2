"""By what a reader is known: the address of a log-in, or the name that a trusted proxy sends."""

import os

import streamlit as st

HEADER = "PASSBAND_REVIEWER_HEADER"
LONGEST = 80  # characters
JUDGE = "judge:"  # what names of judge models begin with


def named_by_proxy() -> str | None:
    """Whom the proxy's header names; None where it names nobody."""
    return proper(st.context.headers.get(os.environ[HEADER], ""))


def verified_address() -> str:
    """The e-mail address of who is logged in; empty where the provider does not vouch for it."""
    if in_lower_case(str(st.user.get("email_verified"))) == "false":
        return ""
    return str(st.user.get("email") or "")


def proper(name: str) -> str | None:
    """The name without space around it; None where it cannot be one of a person."""
    name = " ".join(name.split())
    allowed = name.isprintable() and len(name) <= LONGEST and not name.lower().startswith(JUDGE)
    return name if name and allowed else None


def in_lower_case(text: str) -> str:
    """With a to z for A to Z and nothing else: other letters look alike and are not the same."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
