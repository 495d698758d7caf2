"""What links say of the study's state, and what is told of them."""

import pytest

from app.links import Known, Named, address, compared, named, parameters_of, same_said, then_said
from store.state import State

OLD, NEW = "ab12" * 4, "cd34" * 4
NOW = State(NEW, 40, "0123456789ab")
KNOWN = Known(NOW, "2026-11-22T10:00:00+00:00", built_then="2026-11-03T09:05:00+00:00")


@pytest.mark.parametrize("then", [False, True])
@pytest.mark.parametrize("state", [NOW, State(OLD, 0, "")])
def test_a_state_comes_back_from_its_parameters(state: State, then: bool) -> None:
    found = named(dict(parameters_of(state, then)))
    assert found == Named(state.build, (state.audits, state.digest), then)


@pytest.mark.parametrize(
    "build", ["../../x", "/etc/passwd", "AB12" * 4, "ab12", "", "x" * 10_000, f"{OLD}\n", "None"]
)
def test_what_is_no_build_is_ignored_and_told_in_short(build: str) -> None:
    found = named({"build": build, "as": "then"})
    assert found.build is None
    assert len(found.faults) == 1
    assert len(found.faults[0]) < 200
    assert not compared(found, KNOWN).older


@pytest.mark.parametrize(
    "audits",
    ["", "-1", "1", "01-0123456789ab", "1-0123456789aB", "1-0123456789ab0", "9" * 99, "0-", "٣"],
)
def test_what_is_no_number_of_audits_is_ignored_and_told(audits: str) -> None:
    found = named({"build": OLD, "audits": audits})
    assert (found.build, found.audits, len(found.faults)) == (OLD, None, 1)


def test_the_same_data_is_confirmed() -> None:
    asked = named(dict(parameters_of(NOW)))
    assert compared(asked, KNOWN).differing == ()
    assert not compared(asked, KNOWN).older
    said = "The data is the same as when this link was made: build cd34cd34…, 40 verdicts."
    assert same_said(asked, KNOWN) == said


def test_another_build_and_more_verdicts_are_named_and_can_be_shown() -> None:
    asked = Named(OLD, (3, "ffffffffffff"))
    found = compared(asked, KNOWN)
    assert found.differing == (
        "This link was made from build ab12ab12… of 3 Nov 2026, 09:05 UTC; the newest build is"
        " cd34cd34… of 22 Nov 2026, 10:00 UTC, so numbers may differ.",
        "37 verdicts were added since the link was made.",
    )
    assert (found.build, found.audits, found.hindrances) == (OLD, 3, ())
    assert then_said(found, KNOWN) == (
        "You see the study as it was when the link was made: build ab12ab12… of 3 Nov 2026,"
        " 09:05 UTC, with 3 verdicts. Since then: the newest build is cd34cd34… of 22 Nov 2026,"
        " 10:00 UTC; 37 verdicts came later."
    )


def test_a_build_that_is_gone_is_told_and_cannot_be_shown() -> None:
    found = compared(Named(OLD), Known(NOW, None, there=False))
    assert found.differing[0].startswith("This link was made from build ab12ab12…; the newest")
    assert "is not in this study's folder store/ any more" in found.hindrances[0]
    assert not found.older


def test_verdicts_of_another_file_are_told_and_cannot_be_shown() -> None:
    asked = Named(NEW, (39, "ffffffffffff"))
    found = compared(asked, Known(NOW, None, matching=False))
    assert len(found.differing) == 1
    assert "39 verdicts, which are not the first of the 40 here" in found.differing[0]
    assert not found.older


@pytest.mark.parametrize(
    ("base", "full"),
    [
        ("http://localhost:8501/runs", "http://localhost:8501/pass-at-k?run=a~1&x=%26"),
        (
            "https://lab.example/tools/pb/runs",
            "https://lab.example/tools/pb/pass-at-k?run=a~1&x=%26",
        ),
        ("https://lab.example/", "https://lab.example/pass-at-k?run=a~1&x=%26"),
    ],
)
def test_a_link_has_the_address_by_which_the_browser_came(base: str, full: str) -> None:
    assert address(base, "pass-at-k", [("run", "a~1"), ("x", "&")]) == full
