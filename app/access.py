"""Who may look at the study, and who may write to it: the one place that says so.

`passband app --read-only` (PASSBAND_READ_ONLY=1): nobody writes. Where people log in (`[auth]` in
Streamlit's secrets.toml), or a trusted proxy names them (PASSBAND_REVIEWER_HEADER), the same file
may list who may do what; who is on neither list sees nothing. How to write it: docs/deploy.md.
"""

import os
from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.auth_util import get_secrets_auth_section
from streamlit.errors import StreamlitSecretNotFoundError

from app.identity import HEADER, in_lower_case, named_by_proxy, verified_address

READ_ONLY = "PASSBAND_READ_ONLY"
LOGIN_REQUIRED = "PASSBAND_REQUIRE_LOGIN"
LISTS = "access"
EVERYBODY = "*"
# Log-ins that this process has known: a file that is away while somebody saves it opens nothing.
known: set[str] = set()


class Lists(NamedTuple):
    """Addresses, "@domain" for all of a domain, or "*" for all who are known."""

    reviewers: tuple[str, ...] = ()
    viewers: tuple[str, ...] = ()


class Standing(NamedTuple):
    """What a reader may do, and what to tell one who may not look."""

    looks: bool
    writes: bool
    said: str = ""


def may_write() -> bool:
    """Whether this reader may change anything in the study: verdicts, imports, saved links.

    Ask it where the change is made, not only where its button is drawn: callbacks and fragments
    run without the page around them.
    """
    return not read_only() and standing().writes


def why_not() -> str:
    """What to tell a reader who may not write; empty where they may."""
    if read_only():
        return "This dashboard is read-only: nothing can be recorded, imported or saved here."
    return "" if standing().writes else "You may look here, but not record, import or save."


def read_only() -> bool:
    """Whether this server writes nothing, whoever asks; nor to a store in one file."""
    if Path(os.environ.get("PASSBAND_STUDY", "")).is_file():
        return True
    return os.environ.get(READ_ONLY, "") not in ("", "0")


def standing() -> Standing:
    """What the reader of this rerun may do, as the lists are now."""
    try:
        lists = read_lists()
    except ValueError as error:
        return Standing(False, False, f"{error} Until then nobody is let in.")
    if login_is_configured():
        known.add("login")
        return of_a_login(lists)
    if os.environ.get(HEADER):
        return of_a_header(lists)
    if lists or known or os.environ.get(LOGIN_REQUIRED, "") not in ("", "0"):
        return Standing(
            False, False,
            "Who looks here has to be known, but nobody can log in: Streamlit's secrets.toml has no"
            " section [auth]. Ask who runs this dashboard.",
        )  # fmt: skip
    return Standing(True, True)


def login_is_configured() -> bool:
    """Whether people log in here, with Streamlit's st.login."""
    return "is_logged_in" in st.user


def of_a_login(lists: Lists | None) -> Standing:
    """Of who is logged in, or not yet."""
    if not st.user.get("is_logged_in"):
        return Standing(False, False, "Log in to look at this study.")
    address, subject = verified_address(), str(st.user.get("sub") or "")
    # A subject is told from an address: nobody becomes another by the name of an account.
    names = {name for name in (address, "" if "@" in subject else subject) if name}
    return of_known(names, lists, address or subject or "somebody without an address")


def of_a_header(lists: Lists | None) -> Standing:
    """Of whom the proxy names."""
    name = named_by_proxy()
    if name is not None:
        return of_known({name}, lists, name)
    said = (
        f"Nobody is named: the proxy did not send the header {os.environ[HEADER]}. Open the"
        " dashboard by the proxy's address, or ask who runs it."
    )
    return Standing(lists is None, False, said)


def of_known(names: set[str], lists: Lists | None, shown: str) -> Standing:
    """Of a reader with these names. Without lists, whoever is known may do everything."""
    if lists is None:
        return Standing(True, True)
    writes = is_on(lists.reviewers, names)
    if writes or is_on(lists.viewers, names):
        return Standing(True, writes)
    said = f"You are here as {shown}, and this study is not open to you. Ask who runs it."
    return Standing(False, False, said)


def is_on(entries: tuple[str, ...], names: set[str]) -> bool:
    """Whether a list has an entry for a reader with one of these names."""
    return EVERYBODY in entries or any(fits(entry, name) for entry in entries for name in names)


def fits(entry: str, name: str) -> bool:
    """Whether the entry means this name; A to Z are as a to z."""
    entry, name = in_lower_case(entry), in_lower_case(name)
    if entry.startswith("@"):
        user, at, domain = name.rpartition("@")
        return bool(user and at) and domain == entry[1:]
    return entry == name


def read_lists() -> Lists | None:
    """The lists of the secrets; None where there are none. Raises ValueError where they are wrong,
    so that a slip of the pen opens nothing.
    """
    try:
        section = st.secrets.get(LISTS)
    except (StreamlitSecretNotFoundError, OSError, UnicodeDecodeError) as error:
        if any(Path(path).exists() for path in st.config.get_option("secrets.files")):
            raise ValueError("Streamlit's secrets.toml cannot be read: mend it.") from error
        return None
    if section is None:
        return None
    if not hasattr(section, "items"):
        raise ValueError(f"{LISTS} in secrets.toml must be a section: [{LISTS}].")
    given = dict(section.items())
    if unknown := sorted(given.keys() - set(Lists._fields)):
        raise ValueError(
            f"[{LISTS}] in secrets.toml has {unknown[0]}, but only reviewers and viewers are known."
        )
    return Lists(**{name: entries(name, value) for name, value in given.items()})


def entries(name: str, value: object) -> tuple[str, ...]:
    """One list. Raises ValueError where it is none of names."""
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValueError(
            f'{name} in [{LISTS}] of secrets.toml must be a list of texts, as ["a@example.org"].'
        )
    return tuple(entry.strip() for entry in value if entry.strip() not in ("", "@"))


def providers() -> list[str | None]:
    """What people may log in with; None is the one without a name."""
    section = get_secrets_auth_section().to_dict()
    named: list[str | None] = [name for name, value in section.items() if isinstance(value, dict)]
    return ([None] if "client_id" in section else []) + [
        name for name in named if name != "client_kwargs"
    ]
