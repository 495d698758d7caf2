"""Who may look and who may write: read-only servers, lists of people, and slips in the lists."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import access
from app.access import LOGIN_REQUIRED, READ_ONLY, fits, is_on
from app.identity import HEADER

LISTS = '[access]\nreviewers = ["ana@lab.org", "@crowd.org", "subject-7"]\nviewers = ["bo@x.org"]\n'
ALL, LOOK, NONE = (True, True), (True, False), (False, False)


def script() -> None:
    """A page that says what its reader may do."""
    import streamlit as st

    from app.access import may_write, standing, why_not

    found = standing()
    st.markdown(repr((found.looks, may_write())))
    st.caption(found.said)
    st.text(why_not())


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes Streamlit's file of secrets; before, there is none."""
    monkeypatch.setattr(access, "known", set())
    file = tmp_path / "secrets.toml"
    st.config.set_option("secrets.files", [str(file)])
    st.secrets._reset()

    def write(text: str) -> None:
        file.write_text(text)
        st.secrets._reset()

    yield write
    st.secrets._reset()
    st.config.set_option("secrets.files", [])


def log_in(monkeypatch: pytest.MonkeyPatch, **claims: Any) -> None:
    """Be somebody to Streamlit, whose own part in this is tested with a browser."""
    user = {"is_logged_in": True, **claims} if claims else {"is_logged_in": False}
    monkeypatch.setattr("streamlit.user_info._get_user_info", lambda: user)


def rights() -> tuple[bool, bool]:
    app = AppTest.from_function(script).run()
    assert not app.exception
    return {repr(each): each for each in (ALL, LOOK, NONE)}[app.markdown[0].value]


def told() -> str:
    return str(AppTest.from_function(script).run().caption[0].value)


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(("value", "expected"), [("", ALL), ("0", ALL), ("1", LOOK), ("yes", LOOK)])
def test_nobody_writes_to_a_read_only_server(monkeypatch, value, expected) -> None:
    monkeypatch.setenv(READ_ONLY, value)
    assert rights() == expected


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, NONE),
        ({"email": "ana@lab.org"}, ALL),
        ({"email": "Ana@LAB.org", "email_verified": True}, ALL),
        ({"email": "ana@lab.org", "email_verified": False}, NONE),
        ({"email": "ana@lab.org", "email_verified": "false"}, NONE),  # as one provider says it
        ({"email": "bo@x.org"}, LOOK),
        ({"email": "anybody@crowd.org"}, ALL),
        ({"email": "eve@evil.org"}, NONE),
        ({"email": "eve@sub.crowd.org"}, NONE),
        ({"email": "eve@notcrowd.org"}, NONE),
        ({"email": "@crowd.org"}, NONE),
        ({"email": "ana@lab.org@evil.org"}, NONE),
        ({"email": "bo@x.org\u200b"}, NONE),
        ({"email": "ana@\u212aab.org"}, NONE),
        ({"sub": "subject-7"}, ALL),
        ({"sub": "Subject-70"}, NONE),
        ({"sub": "ana@lab.org"}, NONE),  # an account may be called what its owner likes
        ({"name": "ana@lab.org"}, NONE),
        ({"preferred_username": "ana@lab.org", "email": ""}, NONE),
    ],
)
def test_the_lists_say_who_may_do_what(secrets, monkeypatch, claims, expected) -> None:
    secrets(LISTS)
    log_in(monkeypatch, **claims)
    assert rights() == expected


def test_a_look_alike_letter_is_another_letter() -> None:
    # The Kelvin sign: str.lower would make it a k.
    assert "\u212a".lower() == "k"
    assert not fits("@k.org", "eve@\u212a.org")
    assert fits("@k.org", "eve@K.org")
    assert is_on(("*",), set())


@pytest.mark.parametrize(
    ("text", "claims", "expected"),
    [
        ("", {"email": "a@b.c"}, ALL),
        ("", {}, NONE),
        ("[other]\nx = 1\n", {"email": "a@b.c", "email_verified": False}, ALL),
        ('[access]\nviewers = ["*"]\n', {"sub": "x"}, LOOK),
        ('[access]\nviewers = ["*"]\n', {}, NONE),
        ("[access]\n", {"email": "a@b.c"}, NONE),
        ('[access]\nreviewers = ["", "@"]\n', {"email": "a@"}, NONE),
    ],
)
def test_without_lists_all_who_log_in_may_do_both(
    secrets, monkeypatch, text, claims, expected
) -> None:
    secrets(text)
    log_in(monkeypatch, **claims)
    assert rights() == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[access]\nreviewers = "ana@lab.org"\n', "reviewers in [access] of secrets.toml must be"),
        ("[access]\nviewers = [1]\n", "viewers in [access] of secrets.toml must be a list"),
        ('[access]\nreviewer = ["ana@lab.org"]\n', "has reviewer, but only reviewers and viewers"),
        ('access = "ana@lab.org"\n', "must be a section: [access]"),
        ("[access\n", "secrets.toml cannot be read"),
    ],
)
def test_a_slip_in_the_lists_lets_nobody_in(secrets, monkeypatch, text, said) -> None:
    secrets(text)
    assert rights() == NONE
    log_in(monkeypatch, email="ana@lab.org")
    assert rights() == NONE
    assert said in told()
    assert "nobody is let in" in told()


def test_lists_without_a_way_to_log_in_let_nobody_in(secrets, monkeypatch) -> None:
    assert rights() == ALL
    monkeypatch.setenv(LOGIN_REQUIRED, "1")  # for one who forgets to bring the file
    assert rights() == NONE
    monkeypatch.delenv(LOGIN_REQUIRED)
    secrets(LISTS)
    assert rights() == NONE
    assert "no section [auth]" in told()


@pytest.mark.usefixtures("secrets")
def test_a_file_that_is_away_while_it_is_saved_opens_nothing(monkeypatch) -> None:
    log_in(monkeypatch, email="ana@lab.org")
    assert rights() == ALL
    monkeypatch.setattr("streamlit.user_info._get_user_info", dict)
    assert rights() == NONE


@pytest.mark.parametrize(
    ("lists", "sent", "expected"),
    [
        ("", "ana@lab.org", ALL),
        ("", "", LOOK),
        ("", "judge:model", LOOK),
        (LISTS, "", NONE),
        (LISTS, "ANA@lab.org", ALL),
        (LISTS, "bo@x.org", LOOK),
        (LISTS, "subject-7", ALL),
        (LISTS, "eve", NONE),
    ],
)
def test_a_proxy_names_people_as_well(secrets, monkeypatch, lists, sent, expected) -> None:
    secrets(lists)
    monkeypatch.setenv(HEADER, "X-Remote-User")
    headers = {"X-Remote-User": sent} if sent else {}
    monkeypatch.setattr(type(st.context), "headers", property(lambda _: headers))
    assert rights() == expected


def test_who_may_not_look_is_told_as_whom_they_came(secrets, monkeypatch) -> None:
    secrets(LISTS)
    log_in(monkeypatch, email="eve@evil.org", name="Ana")
    assert "You are here as eve@evil.org" in told()
