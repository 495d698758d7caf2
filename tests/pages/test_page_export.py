"""The page `export`: a report that is built when asked for, tables, and commands."""

import json
from pathlib import Path

import pytest

from tests.app.reports import Page, passband
from tests.pages.conftest import Study, Tab

pytestmark = pytest.mark.browser


def saved(tab: Tab, button: str) -> tuple[str, str]:
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name=button, exact=True).click()
    return download.value.suggested_filename, Path(download.value.path()).read_text()


def test_a_report_is_built_when_asked_for_and_is_the_one_of_the_shell(
    tab: Tab, study: Study, tmp_path: Path
) -> None:
    page = tab.open(
        "export?benchmark=countdown-24&left_out=truncated&export_views=pass-at-k&export_k=1,8"
    )
    assert page.get_by_role("button", name="Download the report").count() == 0

    page.get_by_role("button", name="Build the report").click()
    page.get_by_role("button", name="Download the report").wait_for(timeout=60_000)
    name, text = saved(tab, "Download the report")
    done = passband(
        "export", "report", tmp_path / "r.html", "--study", study.path, "--benchmark",
        "countdown-24", "--leave-out", "truncated", "--views", "pass-at-k", "--k", "1,8",
    )  # fmt: skip
    assert (done.exit_code, name) == (0, f"{study.path.name}.html")
    assert text == (tmp_path / "r.html").read_text()
    assert Page(text).data("passband-data-pass-at-k")

    name, text = saved(tab, "JSON")
    shown = passband(
        "show", "pass-at-k", "--study", study.path, "--benchmark", "countdown-24", "--leave-out",
        "truncated", "--k", "1,8", "--format", "json",
    )  # fmt: skip
    assert (name, json.loads(text)) == ("pass-at-k.json", json.loads(shown.stdout))
    command = page.locator("code").first.inner_text()
    assert "--leave-out truncated --k 1,8 --views pass-at-k" in command

    page.get_by_role("textbox", name="Title").fill("Another")
    page.get_by_role("textbox", name="Title").press("Enter")
    page.get_by_text("build the report again").wait_for()
    assert page.get_by_role("button", name="Download the report").count() == 0
