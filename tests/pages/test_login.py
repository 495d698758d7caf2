"""Who logs in with a provider sees what the lists allow; nobody else is sent anything."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.pages.auditing import read_by_me, rows_of, sit_down
from tests.pages.conftest import Server, Study, Tab, check, make_study, quiet, serve

pytest.importorskip("joserfc", reason="streamlit[auth] is not installed")
from tests.pages.provider import provider, secrets_file

pytestmark = pytest.mark.browser

LISTS = '[access]\nreviewers = ["ana@lab.org"]\nviewers = ["@crowd.org"]'
PEOPLE = {
    "Ana": {"email": "ana@lab.org", "email_verified": True, "name": "Ana"},
    "Bo": {"email": "bo@crowd.org", "name": "Bo"},
    "Eve": {"email": "eve@evil.org", "email_verified": True, "name": "ana@lab.org"},
    "Mallory": {"email": "ana@lab.org", "email_verified": False, "name": "Mallory"},
}
TWENTY = "audit?audit_queue=random&audit_size=20"
DEEP = "solvable?k=16"
EVE = re.compile("You are here as eve@.?evil.org")  # what is between keeps it from being a link


@pytest.fixture(scope="module")
def listed_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of its own, to which verdicts are written."""
    return make_study(tmp_path_factory.mktemp("secretive"))


@pytest.fixture(scope="module")
def listed(listed_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("server")
    (place / ".streamlit").mkdir()
    with provider(PEOPLE) as at:
        (place / ".streamlit" / "secrets.toml").write_text(secrets_file(at, LISTS))
        yield from serve(listed_study.path, place / "log.txt")


def words_of(study: Study) -> list[bytes]:
    """What only somebody knows who has seen the study."""
    models = ["small-base", "small-rl", "small-distilled", "published-instruct"]
    return [word.encode() for word in [*models, *study.runs.values(), "countdown-24", "secretive"]]


class Visit:
    """One person's browser, with all that the dashboard sends it."""

    def __init__(self, server: Server, browser: Browser) -> None:
        self.tab: Tab = sit_down(server, browser, None)
        self.page: Page = self.tab.page
        self.sent: list[bytes] = []
        self.page.on("websocket", lambda socket: socket.on("framereceived", self.keep))
        self.page.set_default_timeout(20_000)
        self.page.goto(f"{server.url}/{DEEP}")
        self.page.get_by_text("Log in to look at this study.").wait_for()

    def keep(self, frame: Any) -> None:
        self.sent.append(frame if isinstance(frame, bytes) else frame.encode())

    def log_in(self, person: str) -> None:
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("heading", name="Who are you?").wait_for()
        self.page.get_by_role("link", name=person, exact=True).click()

    def knows(self, study: Study) -> set[bytes]:
        """Words of the study that have come here, in any message or in the page itself."""
        everything = b"\n".join([*self.sent, self.page.content().encode()])
        return {word for word in words_of(study) if word in everything}

    def leave(self) -> None:
        # The pages of the provider are foreign, and meant to be.
        self.tab.problems = [said for said in self.tab.problems if "/authorize?" not in said]
        self.tab.problems = [said for said in self.tab.problems if "/end?" not in said]
        context = self.page.context
        check(self.tab)
        context.close()


def test_a_stranger_is_sent_nothing_of_the_study(
    listed: Server, listed_study: Study, browser: Browser
) -> None:
    visit = Visit(listed, browser)
    assert visit.page.get_by_test_id("stSidebarNavLink").count() == 0
    visit.log_in("Eve")
    visit.page.get_by_text(EVE).wait_for()
    for path in (DEEP, "audit", "runs?name=figure-2", "reader?audited=true"):
        visit.page.goto(f"{listed.url}/{path}")
        visit.page.get_by_text(EVE).wait_for()
        quiet(visit.page)
    assert len(visit.sent) > 10
    assert visit.knows(listed_study) == set()
    visit.page.get_by_role("button", name="Log out").click()
    visit.page.get_by_text("Log in to look at this study.").wait_for()
    visit.log_in("Mallory")
    visit.page.get_by_text("You are here as subject of Mallory").wait_for()
    assert visit.knows(listed_study) == set()
    visit.leave()


def test_a_viewer_looks_and_does_not_judge(
    listed: Server, listed_study: Study, browser: Browser
) -> None:
    visit = Visit(listed, browser)
    visit.log_in("Bo")
    visit.page.wait_for_url(f"**/{DEEP}*")  # where the log-in was begun
    visit.page.get_by_role("heading", name="Solvable").first.wait_for()
    page = visit.tab.open(TWENTY)
    page.get_by_text("You may look here, but not record").wait_for()
    page.get_by_text(re.compile("Reading as bo@.?crowd")).wait_for()
    assert page.get_by_role("button", name="Valid").is_disabled()
    page.keyboard.press("v")
    page.wait_for_timeout(300)
    assert rows_of(listed_study, "bo@crowd.org") == []
    assert any(b"small-base" in message for message in visit.sent)  # so it would have been seen
    visit.leave()


def test_a_reviewer_judges_by_the_address_of_the_log_in(
    listed: Server, listed_study: Study, browser: Browser
) -> None:
    visit = Visit(listed, browser)
    visit.log_in("Ana")
    visit.page.get_by_role("heading", name="Solvable").first.wait_for()
    page = visit.tab.open(TWENTY)
    read_by_me(page, 0)
    page.keyboard.press("v")
    read_by_me(page, 1)
    assert [row["label"] for row in rows_of(listed_study, "ana@lab.org")] == ["valid"]
    visit.leave()


@pytest.mark.parametrize(
    "path", ["", "runs", "media/x.csv", "app/static/x", "_stcore/agent/openapi.json"]
)
def test_no_address_answers_with_anything_of_the_study(
    listed: Server, listed_study: Study, path: str
) -> None:
    try:
        with urllib.request.urlopen(f"{listed.url}/{path}", timeout=10) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    assert not [word for word in words_of(listed_study) if word in body]
