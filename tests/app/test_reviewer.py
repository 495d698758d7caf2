"""Who is reading: a name chosen once, a proxy's header, or who is logged in."""

from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import reviewer as module
from app.reviewer import HEADER, proper


def script() -> None:
    """A page with nothing but the reviewer."""
    import streamlit as st

    from app.reviewer import reviewer, show_reviewer

    name = reviewer()
    show_reviewer(name)
    st.markdown(f"name: {name!r}")


def said(app: AppTest) -> str:
    return str(app.markdown[-1].value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("reviewer-1", "reviewer-1"),
        ("  reviewer \t 1 ", "reviewer 1"),
        ("审稿人 é", "审稿人 é"),
        ("", None),
        (" \n", None),
        ("x" * 80, "x" * 80),
        ("x" * 81, None),
        ("judge:model", None),  # or it would count as one of a judge model
        ("Judge:model", None),
        ("a\x00b", None),
        ("a\u202eb", None),  # turns the direction of what follows
        ("\ud800", None),
    ],
)
def test_a_name_is_short_printable_and_no_judges(given: str, expected: str | None) -> None:
    assert proper(given) == expected


def test_a_reader_says_a_name_once() -> None:
    app = AppTest.from_function(script).run()
    assert said(app) == "name: None"
    assert "Say who you are" in app.info[0].value
    app.text_input(key="audit_name").set_value(" reviewer-1 ")
    app.button[0].click().run()
    assert said(app) == "name: 'reviewer-1'"
    app.button(key="audit_rename").click().run()
    assert said(app) == "name: None"


def test_a_name_that_cannot_be_one_is_asked_for_again() -> None:
    app = AppTest.from_function(script).run()
    app.text_input(key="audit_name").set_value("judge:me")
    app.button[0].click().run()
    assert "does not begin with judge:" in app.info[-1].value


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, dict[str, str]]]:
    """What the browser sent."""
    sent: dict[str, dict[str, str]] = {"headers": {}, "cookies": {}}
    kind = type(st.context)
    monkeypatch.setattr(kind, "headers", property(lambda _: sent["headers"]))
    monkeypatch.setattr(kind, "cookies", property(lambda _: sent["cookies"]))
    yield sent


def test_the_name_of_the_last_visit_is_in_a_cookie(context: Any) -> None:
    context["cookies"]["passband_reviewer"] = "reviewer%201"
    app = AppTest.from_function(script).run()
    assert said(app) == "name: 'reviewer 1'"


def test_a_cookie_that_somebody_made_up_is_no_name(context: Any) -> None:
    context["cookies"]["passband_reviewer"] = "judge%3Amodel"
    app = AppTest.from_function(script).run()
    assert said(app) == "name: None"


def test_the_header_of_a_proxy_says_who_reads_and_nobody_else_does(
    context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    context["cookies"]["passband_reviewer"] = "somebody"
    monkeypatch.setenv(HEADER, "X-Remote-User")
    nobody = AppTest.from_function(script).run()
    context["headers"]["X-Remote-User"] = "reviewer-2"
    named = AppTest.from_function(script).run()
    assert said(nobody) == "name: None"
    assert "did not send the header" in nobody.info[0].value
    assert not nobody.text_input
    assert said(named) == "name: 'reviewer-2'"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"is_logged_in": False}, None),
        ({"is_logged_in": True, "email": "reviewer@example.org", "name": "R"},
         "reviewer@example.org"),
        ({"is_logged_in": True, "name": "R"}, "R"),
        ({"is_logged_in": True, "sub": "12"}, "12"),
    ],
)  # fmt: skip
def test_who_is_logged_in_reads(
    context: Any, monkeypatch: pytest.MonkeyPatch, claims: dict[str, Any], expected: str | None
) -> None:
    context["cookies"]["passband_reviewer"] = "somebody"
    monkeypatch.setattr("streamlit.user_info._get_user_info", lambda: claims)
    app = AppTest.from_function(script).run()
    assert said(app) == f"name: {expected!r}"
    assert [button.label for button in app.button] == ["Log out" if expected else "Log in"]


def test_the_name_is_kept_where_no_link_shows_it() -> None:
    assert module.COOKIE == "passband_reviewer"
    app = AppTest.from_function(script).run()
    app.text_input(key="audit_name").set_value("reviewer-1")
    app.button[0].click().run()
    assert "reviewer-1" not in str(app.query_params)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"email": "a@x.org", "email_verified": False, "name": "R"}, "R"),
        ({"name": "b@x.org", "sub": "12"}, "12"),
        ({"email": "a@x.org", "email_verified": False, "name": "b@x.org"}, None),
    ],
)
def test_nobody_takes_an_address_that_is_not_theirs(
    monkeypatch: pytest.MonkeyPatch, claims: dict[str, Any], expected: str | None
) -> None:
    user = {"is_logged_in": True, **claims}
    monkeypatch.setattr("streamlit.user_info._get_user_info", lambda: user)
    app = AppTest.from_function(script).run()
    assert said(app) == f"name: {expected!r}"
