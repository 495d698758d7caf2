"""The keys of a page in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.components.keys import Key
from app.components.keys import check as check_keys
from tests.pages.conftest import Server, Tab, check, serve, watched

SCRIPT = Path(__file__).with_name("reading_script.py")


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("keys")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text("browser.gatherUsageStats = false\n")
    yield from serve(folder, folder / "log.txt", SCRIPT)


@pytest.fixture
def page(reading: Server, browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    tab = watched(context.new_page(), reading.url)
    tab.page.set_default_timeout(60_000)
    ready(tab).get_by_text("count 0").wait_for()
    yield tab.page
    check(tab)
    context.close()


def ready(tab: Tab) -> Any:
    page = tab.open("")
    page.get_by_text("the end of").wait_for()
    page.get_by_role("button", name="? keys").wait_for()
    page.wait_for_timeout(300)
    return page


@pytest.mark.browser
def test_a_key_presses_a_button(page: Any) -> None:
    page.keyboard.press("j")
    page.get_by_text("count 1").wait_for()
    page.wait_for_timeout(300)
    page.keyboard.press("j")
    page.get_by_text("count 2").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize(("key", "told"), [("v", "judged [0]"), ("j", "count 2")])
def test_of_keys_pressed_while_the_page_is_at_work_the_last_waits(
    page: Any, key: str, told: str
) -> None:
    """What it judges is judged once, however often it is pressed; another button is there still."""
    for _ in range(4):
        page.keyboard.press(key)
    page.get_by_text(told).wait_for()
    page.wait_for_timeout(1000)

    assert page.get_by_text(told).count() == 1


@pytest.mark.browser
def test_keys_pressed_as_soon_as_their_turn_is_shown_all_count(page: Any) -> None:
    for turn in range(20):
        page.keyboard.press("v")
        page.get_by_text(f"judged {list(range(turn + 1))}").wait_for()


@pytest.mark.browser
def test_keys_do_nothing_while_typing_and_with_modifiers(page: Any) -> None:
    page.keyboard.press("n")
    page.keyboard.type("jf?")
    assert page.get_by_label("a note").input_value() == "jf?"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") != "INPUT"
    page.keyboard.press("Control+j")
    page.keyboard.press("Alt+j")
    page.keyboard.press("d")  # a button that is disabled
    page.wait_for_timeout(800)

    assert page.get_by_text("count 0").count() == 1
    assert page.get_by_role("dialog").count() == 0


@pytest.mark.browser
def test_the_keys_are_listed(page: Any) -> None:
    dialog = page.get_by_role("dialog")
    page.keyboard.press("?")
    dialog.wait_for()
    assert "Go to the next." in dialog.inner_text()
    page.keyboard.press("j")  # not while the list is open
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.get_by_role("button", name="? keys").click()
    dialog.wait_for()
    page.keyboard.press("?")
    dialog.wait_for(state="hidden")
    page.wait_for_timeout(500)

    assert page.get_by_text("count 0").count() == 1


def test_a_key_has_one_meaning() -> None:
    with pytest.raises(ValueError, match="these do several: j"):
        check_keys([Key("j", "a", "event:a"), Key("j", "b", "event:b")])
    with pytest.raises(ValueError, match=r"several: \?"):
        check_keys([Key("?", "a", "event:a")])


@pytest.mark.parametrize("target", ["", "button:", "click:x", "page_more"])
def test_a_target_is_one_of_three(target: str) -> None:
    with pytest.raises(ValueError, match="none of button:NAME, focus:NAME, event:NAME"):
        check_keys([Key("j", "a", target)])
