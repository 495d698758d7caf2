"""A made-up study with known numbers, served by the real server to a real browser."""

import dataclasses
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    sync_playwright,
)

from store.build import publish
from store.runs import Model, Run, write_run
from store.shards import write_shard

ROOT = Path(__file__).parents[2]
PROBLEMS, SAMPLES = 24, 32
SIZE: ViewportSize = {"width": 1400, "height": 1000}
SETTINGS = {
    "prompt_template": "think",
    "temperature": 1.0,
    "top_p": 0.95,
    "max_tokens": 64,
    "engine": "none",
    "seed": 0,
}
MODELS = {
    "base": Model("small-base", "base"),
    "rl": Model("small-rl", "rl", "small-base", "GRPO", 200),
    "distilled": Model("small-distilled", "distilled", "small-base"),
}
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=\"alert('img')\"> $x^2$ *bold* `tick` :red[hot]"
    " [link](javascript:alert(2)) ![i](http://192.0.2.1/x.png) </textarea></code></pre>\n# title\n"
    + "unbroken"
    * 200
)
HOSTILE_ID = "h1 <b>&*`$x$"


class Study(NamedTuple):
    """The folder, ids of runs by role, and what the verdicts are, as they were written."""

    path: Path
    runs: dict[str, str]
    verdicts: dict[str, pl.DataFrame]  # role → problem_id, sample, outcome, answer, finish_reason
    samples: dict[str, pl.DataFrame]
    scores: dict[str, pl.DataFrame]  # role → those by the base


def problems_frame(ids: list[str], questions: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "problem_id": ids,
            "position": range(len(ids)),
            "question": questions,
            "reference": [str(10 + i) for i in range(len(ids))],
            "subject": "arithmetic",
            "level": "1",
            "images": [[] for _ in ids],
            "metadata": "{}",
            "prompt": [f"Solve:\n{question}\nAnswer:" for question in questions],
            "prompt_token_ids": [[1, 2, 3] for _ in ids],
        }
    )


def sample_row(
    random: np.random.Generator, problem: str, number: int, text: str, truncated: bool
) -> dict[str, object]:
    """A sample whose tokens are words with the space before them, and the end token."""
    words = [word if i == 0 else f" {word}" for i, word in enumerate(text.split(" "))]
    ends = list(np.cumsum([len(word) for word in words]))
    ends += [] if truncated else [ends[-1]]
    logprobs = -random.gamma(0.5, 1.5, len(ends)).astype(np.float32)
    return {
        "problem_id": problem,
        "sample": number,
        "completion": text,
        "finish_reason": "length" if truncated else "stop",
        "n_tokens": len(ends),
        "sum_logprob": float(logprobs.astype(np.float64).sum()),
        "token_ids": list(range(len(ends))),
        "token_logprobs": logprobs.tolist(),
        "token_ranks": (1 + np.argsort(-logprobs).argsort()).tolist(),
        "token_ends": [int(end) for end in ends],
    }


def write_main_run(
    shards: Path, role: str, chances: np.ndarray
) -> tuple[str, pl.DataFrame, pl.DataFrame]:
    """One run on the main benchmark; returns its id, verdicts and samples."""
    random = np.random.default_rng(sum(map(ord, role)))
    run = Run(MODELS[role], "countdown-24", **SETTINGS)
    folder = write_run(shards, run)
    ids = [f"p{i:02d}" for i in range(PROBLEMS)]
    questions = [f"Make {10 + i} from 1, 2, 3 and {i}." for i in range(PROBLEMS)]
    write_shard(folder, "problems", problems_frame(ids, questions))
    samples, verdicts = [], []
    for i, problem in enumerate(ids):
        for number in range(SAMPLES):
            correct = random.random() < chances[i]
            other = random.choice(["incorrect", "no_answer", "error"], p=[0.9, 0.08, 0.02])
            outcome = "correct" if correct else str(other)
            truncated = outcome == "no_answer" and random.random() < 0.5
            answer = None if outcome == "no_answer" else str(10 + i if correct else i)
            said = (
                f"I think: 1 + 2 = 3, so {role} answers <answer> {answer} </answer> for {problem}"
            )
            samples.append(sample_row(random, problem, number, f"{said} #{number}", truncated))
            verdicts.append(
                {
                    "problem_id": problem, "sample": number, "verifier": "countdown",
                    "version": "1", "outcome": outcome, "answer": answer, "detail": "as made up",
                }
            )  # fmt: skip
    judged = pl.DataFrame(verdicts, infer_schema_length=None)
    drawn = pl.DataFrame(samples, infer_schema_length=None)
    write_shard(folder, "samples", drawn)
    write_shard(folder, "verdicts", judged, "countdown")
    return run.run_id, judged, drawn


def write_scores(shards: Path, run: str, samples: pl.DataFrame) -> pl.DataFrame:
    """The run's samples scored by the base: each token half as likely."""
    scores = samples.select(
        "problem_id",
        "sample",
        "n_tokens",
        scorer=pl.lit("small-base"),
        sum_logprob=pl.col("sum_logprob") - pl.col("n_tokens") * np.log(2),
        token_logprobs=pl.col("token_logprobs").list.eval(pl.element() - np.log(2)),
    )
    write_shard(shards / run, "scores", scores, "small-base")
    return scores


def write_hostile_run(shards: Path) -> str:
    """A benchmark whose every text attacks the page."""
    random = np.random.default_rng(5)
    run = Run(MODELS["base"], "hostile", **SETTINGS)
    folder = write_run(shards, run)
    write_shard(folder, "problems", problems_frame([HOSTILE_ID], [HOSTILE]))
    samples = pl.DataFrame([sample_row(random, HOSTILE_ID, i, HOSTILE, i == 2) for i in range(4)])
    write_shard(folder, "samples", samples)
    verdicts = pl.DataFrame(
        {
            "problem_id": HOSTILE_ID, "sample": range(4), "verifier": "countdown", "version": "1",
            "outcome": "incorrect", "answer": HOSTILE, "detail": HOSTILE,
        }
    )  # fmt: skip
    write_shard(folder, "verdicts", verdicts, "countdown")
    return run.run_id


def write_counts_run(shards: Path) -> str:
    """A run of which only counts are known."""
    run = Run(Model("published-instruct", "instruct"), "countdown-24", source="counts.csv")
    counts = pl.DataFrame(
        {
            "problem_id": [f"p{i:02d}" for i in range(PROBLEMS)],
            "verifier": "published",
            "n": 64,
            "c": [2 * i for i in range(PROBLEMS)],
        }
    )
    write_shard(write_run(shards, run), "counts", counts)
    return run.run_id


def make_study(path: Path) -> Study:
    """Write and publish the study."""
    shards = path / "shards"
    shards.mkdir(parents=True)
    spread = np.linspace(0, 1, PROBLEMS)
    chances = {
        "base": 0.45 * (1 - spread),
        "rl": np.where(spread < 0.55, 1 - spread, 0.0),
        "distilled": np.clip(1.1 - spread, 0, 1),
    }
    runs, verdicts, samples = {}, {}, {}
    for role, chance in chances.items():
        runs[role], verdicts[role], samples[role] = write_main_run(shards, role, chance)
    scores = {role: write_scores(shards, runs[role], samples[role]) for role in ("rl", "distilled")}
    strict = verdicts["base"].with_columns(
        verifier=pl.lit("strict"),
        outcome=pl.when(pl.col("sample") < 8).then("outcome").otherwise(pl.lit("incorrect")),
    )
    write_shard(shards / runs["base"], "verdicts", strict, "strict")
    runs["hostile"] = write_hostile_run(shards)
    runs["counts"] = write_counts_run(shards)
    (shards / runs["rl"] / "stray.parquet").write_bytes(b"not a shard")
    publish(path)
    return Study(path, runs, verdicts, samples, scores)


@dataclasses.dataclass(frozen=True)
class Server:
    """A running dashboard."""

    url: str
    study: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(study: Path, log: Path, script: Path = ROOT / "app" / "main.py") -> Iterator[Server]:
    """The dashboard on a free port, started in a folder that is not the repository's."""
    port = free_port()
    flags = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *flags]
    environment = {**os.environ, "PASSBAND_STUDY": str(study), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=log.parent, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield Server(f"http://127.0.0.1:{port}", study)
        finally:
            process.terminate()
            process.wait(10)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"The dashboard did not start: {url}")


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def server(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(study.path, tmp_path_factory.mktemp("server") / "log.txt")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    arguments = ["--no-sandbox", "--disable-quic", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=path, args=arguments)
        except Error as error:
            pytest.skip(f"no browser starts: {str(error).splitlines()[0]}")
        yield started
        started.close()


# The script has run, and nothing that it sent is still to be loaded or drawn.
QUIET = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
  return app?.dataset.testScriptState === "notRunning"
    && !document.querySelector('[data-testid="stSkeleton"]')
    && charts.every((chart) => chart.querySelector(".main-svg"));
}"""


def quiet(page: Page) -> None:
    """Wait until the page is as it will stay; a click takes a moment to reach the script."""
    for _ in range(2):
        page.wait_for_timeout(150)
        page.wait_for_function(QUIET, timeout=60_000)


@dataclasses.dataclass
class Tab:
    """A page in a context of its own, and what went wrong in it."""

    page: Page
    url: str
    problems: list[str]

    def open(self, path: str) -> Page:
        """Go to a path of the dashboard and wait until the script has run."""
        self.page.goto(f"{self.url}/{path}")
        self.page.get_by_role("heading", level=1).first.wait_for()
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until nothing is being recomputed or drawn."""
        quiet(self.page)


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for most tests, so that the scripts of the page are loaded once."""
    shared = browser.new_context(viewport=SIZE)
    yield shared
    shared.close()


def watched(page: Page, url: str) -> Tab:
    """The page as a tab that takes note of dialogs, errors and foreign requests."""
    page.set_default_timeout(15_000)
    tab = Tab(page, url, [])
    page.on("dialog", lambda dialog: (tab.problems.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: tab.problems.append(str(error)))
    page.on("console", lambda message: note_error(tab, message))
    page.on("request", lambda request: note_foreign(tab, request.url))
    return tab


def note_error(tab: Tab, message: ConsoleMessage) -> None:
    # Streamlit looks for its own address beside the page before it finds it at the root. And it
    # looks whether a file is there that a download button offers: of a response that a newer one
    # has replaced it may be gone. That downloads work is tested by downloading.
    beside = "/_stcore/" in message.location["url"]
    replaced = "404" in message.text and (
        "/media/" in message.location["url"] or "Download Button source error" in message.text
    )
    if message.type == "error" and not beside and not replaced:
        tab.problems.append(message.text)


def note_foreign(tab: Tab, url: str) -> None:
    if not url.startswith((tab.url, "data:", "blob:")):
        tab.problems.append(url)


def check(tab: Tab) -> None:
    boxes = tab.page.locator('[data-testid="stException"]').count()
    tab.page.close()
    assert tab.problems == []
    assert boxes == 0


def patient_tab(server: Server, context: BrowserContext) -> Iterator[Tab]:
    """A tab of a server of the test's own, whose first page takes long on a busy machine."""
    opened = watched(context.new_page(), server.url)
    opened.page.set_default_timeout(60_000)
    yield opened
    check(opened)


@pytest.fixture
def tab(server: Server, context: BrowserContext) -> Iterator[Tab]:
    """A tab of its own; afterwards there must have been no dialog and no error in it."""
    opened = watched(context.new_page(), server.url)
    yield opened
    check(opened)


@pytest.fixture
def other_browser(server: Server, browser: Browser) -> Iterator[Tab]:
    """A tab of somebody else, who has nothing but the URL."""
    context = browser.new_context(viewport=SIZE)
    opened = watched(context.new_page(), server.url)
    yield opened
    check(opened)
    context.close()
