"""Looking at any page of any study in a browser: what is wrong with it, its data, its controls."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError

from tests.pages.conftest import Tab, watched

SCRIPT = Path(__file__).with_name("looking.js")
SLOW = 60_000  # ms; many tests may run at once
VIEW_KEYS = {
    "accuracy": "accuracy_view", "perplexity": "perplexity_view", "training": "training_view",
    "audit": "audit_view",
}  # fmt: skip
OPTION = '[role="option"][aria-selected="false"]:not([data-key="__select_all__"])'


def new_tab(browser: Any, url: str, width: int, scheme: str) -> Tab:
    """A tab of a window of this width, in a context of its own."""
    context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    context.add_init_script(path=SCRIPT)
    tab = watched(context.new_page(), url)
    tab.page.set_default_timeout(SLOW)
    return tab


def visit(tab: Tab, path: str) -> Any:
    """Go to a path; return the page once all of it is drawn."""
    page = tab.open(path)
    drawn(page)
    return page


def drawn(page: Any) -> None:
    """Wait until the script has run and every figure fills its place, and stays so."""
    for pause in (150, 250):
        page.wait_for_function("look.drawn()")
        page.wait_for_timeout(pause)
    page.wait_for_function("look.drawn()")


def moved_from(page: Any, address: str) -> bool:
    """Whether the URL becomes another one, for which a slow machine has some seconds."""
    try:
        page.wait_for_function(
            "address => location.href !== address", arg=address, timeout=SLOW // 3
        )
    except TimeoutError:
        return False
    return True


def faults(page: Any) -> list[str]:
    """What is wrong with what is shown."""
    return list(page.evaluate("look.faults()"))


def data(page: Any) -> str:
    """The data of all figures and tables, once they no longer change."""
    before, now = None, page.evaluate("look.data()")
    for _ in range(20):
        if now == before:
            break
        page.wait_for_timeout(300)
        before, now = now, page.evaluate("look.data()")
    return str(now)


def views(page: Any) -> Iterator[str]:
    """Choose each view of the page in turn; yields its name once it is drawn."""
    key = VIEW_KEYS.get(urlsplit(page.url).path.strip("/"))
    buttons = page.locator(f".st-key-{key} button")
    for place in range(buttons.count() if key else 0):
        address = page.url
        name = buttons.nth(place).inner_text()
        buttons.nth(place).click()
        if place:
            page.wait_for_function("address => location.href !== address", arg=address)
        drawn(page)
        yield name
    if not buttons.count():
        yield ""


def controls(page: Any, place: str) -> dict[str, str]:
    """Key → kind of each control in `stMain` or `stSidebar`, but for the choice of view."""
    found = dict(page.evaluate("place => look.controls(place)", place))
    return {key: kind for key, kind in found.items() if key not in VIEW_KEYS.values()}


def name_of(key: str) -> str:
    """A key without the digits that name a region of sets."""
    return re.sub(r"_[01]+$", "", key)


def operate(page: Any, key: str, kind: str, turn: int) -> bool:
    """Move a control; at another turn to another value. False if it has no further value."""
    box = page.locator(f".st-key-{key}").first
    box.scroll_into_view_if_needed()
    if kind in ("select", "multiselect"):
        return choose(page, box, kind, turn)
    if kind == "buttons":
        assert box.locator('button[aria-checked="true"]').count() == 1
        return press(box.locator('button[aria-checked="false"]'), turn)
    if kind == "number":
        return step(box, 5 if turn else 1)
    if kind == "slider":
        return slide(box, turn)
    box.locator("label").first.click()
    return True


def choose(page: Any, box: Any, kind: str, turn: int) -> bool:
    """Pick an option that is not chosen; a list of which several are chosen stays open."""
    box.locator("input").first.click()
    page.locator('[role="option"]').first.wait_for()
    found = press(page.locator(OPTION), turn)
    if kind == "multiselect" or not found:
        page.keyboard.press("Escape")
    return found


def press(buttons: Any, place: int) -> bool:
    """Press one of the buttons, if there is one at this place."""
    if buttons.count() <= place:
        return False
    buttons.nth(place).click()
    return True


def step(box: Any, times: int) -> bool:
    """A number down, or up where it is at its lowest."""
    up, down = (box.get_by_test_id(f"stNumberInputStep{way}") for way in ("Up", "Down"))
    button = down if down.is_enabled() else up
    for _ in range(times):
        if button.is_enabled():
            button.click()
    return True


def slide(box: Any, turn: int) -> bool:
    """A slider to one of its ends, at the next turn to the other; of two thumbs the lower one."""
    thumbs = box.locator('input[type="range"]')
    last = thumbs.first.input_value() == thumbs.first.get_attribute("max")
    for name in ["ArrowRight"] * 2 if thumbs.count() > 1 else ["Home" if last else "End"]:
        thumbs.first.press(name)
    return turn < 2
