"""A store in one file, without its texts, in the browser: the same numbers, and it says so."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from store.exporters.part import Part
from store.exporters.single_file import write_store
from store.location import current
from tests.pages.conftest import Server, Study, Tab, patient_tab, serve

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shared") / "numbers.duckdb"
    write_store(current(study.path), path, Part(texts=False))
    return path


@pytest.fixture(scope="module")
def file_server(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(file, tmp_path_factory.mktemp("file_server") / "log.txt")


@pytest.fixture
def file_tab(file_server: Server, context: BrowserContext) -> Iterator[Tab]:
    yield from patient_tab(file_server, context)


def test_a_file_without_texts_shows_its_numbers_and_says_what_is_missing(
    file_tab: Tab, file: Path, study: Study
) -> None:
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    build = current(study.path).stem

    # A link that was made on the study names its build, which this is, and its audits, if any.
    page = file_tab.open(f"pass-at-k?build={build}&audits=0")
    assert page.get_by_test_id("stPlotlyChart").count() == 1
    assert page.get_by_test_id("stMain").get_by_text("the same", exact=False).first.is_visible()
    for path in ("reader", "problems", "audit"):
        page = file_tab.open(f"{path}?benchmark=countdown-24")
        page.get_by_text("handed over without its texts").wait_for()
        assert page.get_by_text("I think: 1 + 2").count() == 0
    page = file_tab.open("reader?benchmark=countdown-24")
    assert page.get_by_text("The question is not stored").count() == 1
    assert page.get_by_text("The text of this sample is not stored").count() >= 1
    page = file_tab.open("runs")
    assert page.get_by_test_id("stMain").get_by_text("small-rl").first.is_visible()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
