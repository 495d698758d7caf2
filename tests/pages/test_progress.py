"""A job at work, as the dashboard shows it: without a rerun of the page, and before any store."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest

from store import progress
from store.build import publish
from store.progress import Heartbeat
from store.runs import Model, Run, write_run
from tests.pages.conftest import Server, Study, Tab, make_study, patient_tab, serve
from tests.pages.reading import overflow, table

ROOT = Path(__file__).parents[2]
HOSTILE = "<img src=x onerror=alert(1)>--[a](javascript:alert(2))--abc"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats without the wait of seconds."""
    monkeypatch.setattr(progress, "CHANGED", 0.1)


@pytest.fixture(scope="module")
def own_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A published study of its own, so that no other test sees the jobs."""
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def own_server(own_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(own_study.path, tmp_path_factory.mktemp("server") / "log.txt")


@pytest.fixture
def at_work(own_study: Study) -> Study:
    """The study without what the jobs of other tests have left."""
    shutil.rmtree(own_study.path / "progress", ignore_errors=True)
    return own_study


@pytest.fixture
def watching_tab(own_server: Server, context: Any) -> Iterator[Tab]:
    yield from patient_tab(own_server, context)


@pytest.fixture
def first_job_tab(tmp_path: Path, context: Any) -> Iterator[Tab]:
    """A dashboard that was opened before anything is published."""
    study = tmp_path / "study"
    (study / "shards").mkdir(parents=True)
    for server in serve(study, tmp_path / "log.txt"):
        yield from patient_tab(server, context)


def finished(frames: list[bytes]) -> set[int]:
    """How the script ended each time that it ran: as a whole, or one fragment of it."""
    messages = [ForwardMsg.FromString(frame) for frame in frames]
    return {m.script_finished for m in messages if m.WhichOneof("type") == "script_finished"}


@pytest.mark.browser
def test_progress_moves_without_a_rerun_of_the_page(watching_tab: Tab, at_work: Study) -> None:
    frames: list[bytes] = []
    page = watching_tab.page
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: frames.append(f)))
    with Heartbeat(at_work.path, at_work.runs["rl"], "verifying (math)", 6400, 1200) as beat:
        beat.add(4, errors=2)
        beat._write()
        watching_tab.open("runs")
        page.get_by_text("1,204 of 6,400 samples (18.8 %)").wait_for()
        assert page.get_by_text("2 verifier errors · running on").count() == 1
        assert "small-rl · countdown-24" in page.locator('[data-testid="stProgress"]').inner_text()
        assert ForwardMsg.FINISHED_SUCCESSFULLY in finished(frames)
        frames.clear()
        beat.add(3196)
        page.get_by_text("4,400 of 6,400 samples (68.8 %)").wait_for()
        watching_tab.settle()
        assert finished(frames) == {ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
    page.get_by_text("Finished: 1").wait_for()


@pytest.mark.browser
def test_a_new_build_shows_by_itself(watching_tab: Tab, at_work: Study) -> None:
    with Heartbeat(at_work.path, at_work.runs["rl"], "sampling", 6400):
        page = watching_tab.open("runs")
        page.get_by_text("Nothing was stored since").wait_for()
        write_run(at_work.path / "shards", Run(Model("late", "rl", "small-base"), "countdown-24"))
        page.get_by_text("More was stored since; the job publishes it").wait_for()
        publish(at_work.path)
        page.get_by_role("cell", name="late").first.wait_for()


@pytest.mark.browser
def test_before_the_first_build_every_page_shows_the_job_and_then_itself(
    first_job_tab: Tab, tmp_path: Path
) -> None:
    study, page = tmp_path / "study", first_job_tab.page
    run = write_run(study / "shards", Run(Model("m", "base"), "sums", "plain", 1.0, 1.0, 8))
    with Heartbeat(study, run.name, "sampling", 100) as beat:
        page.goto(f"{first_job_tab.url}/runs")
        page.get_by_text("0 of 100 samples").wait_for()
        assert page.get_by_text("passband publish --study").count() == 1
        beat.add(50)
        page.get_by_text("50 of 100 samples").wait_for()
        publish(study)
        page.get_by_role("heading", level=1, name="Runs").wait_for()


@pytest.mark.browser
def test_names_of_others_stay_text_in_a_narrow_window(watching_tab: Tab, at_work: Study) -> None:
    for run in (HOSTILE, "x" * 300):
        with Heartbeat(at_work.path, run, "sampling *under* $x$", 10):
            pass
    with (
        pytest.raises(ValueError),
        Heartbeat(at_work.path, HOSTILE, "verifying", 10),
    ):
        raise ValueError(f"No. {HOSTILE} " + "unbroken" * 60)
    (at_work.path / "progress" / "damaged.json").write_text("{")
    watching_tab.page.set_viewport_size({"width": 900, "height": 900})
    page = watching_tab.open("runs")
    page.get_by_text("Finished: 2").click()

    rows = table(page, 0)
    assert {"sampling *under* $x$"} == {row["stage"] for row in rows}
    assert page.locator('img[src="x"], a[href^="javascript"]').count() == 0
    assert page.get_by_text("failed: No. <img src=x").count() == 1
    assert page.get_by_text("could not be read: 1").count() == 1
    assert overflow(page) <= 0


def captions(study: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the runs page says in small print."""
    monkeypatch.setenv("PASSBAND_STUDY", str(study))
    app = AppTest.from_file(str(ROOT / "app" / "main.py"))
    app.switch_page(str(ROOT / "pages" / "runs.py")).run(timeout=60)
    assert [exception.message for exception in app.exception] == []
    return [caption.value.replace("\\", "") for caption in app.caption]


def test_without_store_and_job_it_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert any("passband generate STUDY.toml" in said for said in captions(tmp_path, monkeypatch))


def test_a_study_that_no_job_of_ours_has_made_shows_no_progress(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any("job" in said for said in captions(study.path, monkeypatch))


def test_where_no_job_runs_it_says_how_to_publish_what_was_stored_since(
    at_work: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Heartbeat(at_work.path, at_work.runs["rl"], "sampling", 10):
        pass
    link = at_work.path / "store" / "current"
    before = json.dumps(captions(at_work.path, monkeypatch))
    write_run(at_work.path / "shards", Run(Model("late", "rl", "small-base"), "countdown-24"))
    after = json.dumps(captions(at_work.path, monkeypatch))

    assert link.exists()
    assert "Nothing was stored since." in before
    assert "Publish it with: passband publish" in after
