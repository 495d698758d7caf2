"""The reader in a browser, where all or nothing is known of tokens: colours, views, pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from store.build import publish
from store.runs import Run, write_run
from store.shards import write_shard
from tests.pages.at_reader import addressed, heading, link, press, query
from tests.pages.conftest import (
    MODELS,
    SETTINGS,
    Server,
    Tab,
    check,
    problems_frame,
    sample_row,
    serve,
    watched,
)
from tests.pages.looking import SCRIPT, SLOW
from tests.pages.test_vision import png

pytestmark = pytest.mark.browser

THOUGHT = "<think>\nFirst add 1 and 2.\n</think>\nSo it is $x^2 = {}$."


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A study of three problems: one run with all that is known of tokens, one with nothing, and
    one that lacks a problem.
    """
    study: Path = tmp_path_factory.mktemp("mixed")
    (study / "shards").mkdir()
    runs = {
        role: write_mixed(study / "shards", role, problems)
        for role, problems in (("base", 3), ("rl", 3), ("distilled", 2))
    }
    publish(study)
    return {"path": study, **runs}


def write_mixed(shards: Path, role: str, problems: int) -> str:
    """One run with four samples of each problem; the base's tokens have values."""
    random = np.random.default_rng(len(role))
    run = Run(MODELS[role], "mixed", **SETTINGS)
    folder = write_run(shards, run)
    ids = [f"q{i}" for i in range(problems)]
    frame = problems_frame(ids, [f"What is ${i}$?" for i in range(problems)])
    pictures = [[png((40, 30), "red")] if i == 0 else [] for i in range(problems)]
    write_shard(
        folder, "problems",
        frame.with_columns(images=pl.Series(pictures, dtype=pl.List(pl.String))),
    )  # fmt: skip
    rows = [
        sample_row(random, problem, number, THOUGHT.format(number) + f" {role}", False)
        for problem in ids for number in range(4)
    ]  # fmt: skip
    samples = pl.DataFrame(rows)
    if role == "base":
        write_values(folder, samples)
    else:
        nothing = {"sum_logprob": None, "token_logprobs": None}
        samples = samples.with_columns(
            pl.lit(value).cast(samples.schema[column]).alias(column)
            for column, value in nothing.items()
        )
    write_shard(folder, "samples", samples)
    return run.run_id


def write_values(folder: Path, samples: pl.DataFrame) -> None:
    """Scores of another model, and entropies."""
    scores = samples.select(
        "problem_id", "sample", "n_tokens", "token_logprobs", sum_logprob=-pl.col("n_tokens") * 1.0,
        scorer=pl.lit("small-rl"),
    )  # fmt: skip
    write_shard(folder, "scores", scores, "small-rl")
    entropies = samples.select(
        "problem_id", "sample", scorer=pl.lit("small-base"),
        token_entropies=pl.col("token_logprobs").list.eval(-pl.element()),
    )  # fmt: skip
    write_shard(folder, "entropies", entropies, "small-base")


@pytest.fixture(scope="module")
def mixed_server(
    mixed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    yield from serve(mixed["path"], tmp_path_factory.mktemp("server") / "log.txt")


@pytest.fixture
def mixed_tab(mixed_server: Server, context: Any) -> Iterator[Tab]:
    opened = watched(context.new_page(), mixed_server.url)
    opened.page.add_init_script(path=SCRIPT)
    yield opened
    check(opened)


@pytest.fixture(autouse=True)
def patience(request: Any) -> None:
    """A server has to load all its parts for its first page."""
    for used in {"tab", "mixed_tab"} & set(request.fixturenames):
        request.getfixturevalue(used).page.set_default_timeout(SLOW)


def test_views_colours_and_folding_are_switched_by_key_and_stay_in_the_url(
    mixed_tab: Tab, mixed: dict[str, Any]
) -> None:
    page = mixed_tab.open(link(mixed["base"]))
    page.get_by_text("Coloured by log p under small-base.").wait_for()
    for said in ("entropy under small-base", "log p under small-base minus small-rl"):
        press(mixed_tab, "c")
        page.get_by_text(f"Coloured by {said}.").wait_for()
    addressed(mixed_tab, "reader_colour=difference")
    press(mixed_tab, "v")
    addressed(mixed_tab, "reader_view=raw")
    press(mixed_tab, "o")
    addressed(mixed_tab, "reader_unfolded=true")
    press(mixed_tab, "v")
    addressed(mixed_tab, "reader_view=rendered")
    assert query(page)["reader_unfolded"] == ["true"]


def test_a_run_without_scores_is_shown_and_says_so(mixed_tab: Tab, mixed: dict[str, Any]) -> None:
    page = mixed_tab.open(link(mixed["rl"], reader_order="highest perplexity"))
    heading(page, 0)

    assert page.get_by_text("No log-probabilities of its tokens are stored.").count() == 1
    assert page.get_by_text("4 of unknown rank come last").count() == 1
    assert page.get_by_text("No verifier has judged this sample.").count() == 1
    press(mixed_tab, "j")
    heading(page, 1)


def test_a_pane_without_samples_leaves_the_others_alone(
    tab: Tab, mixed_tab: Tab, study: Any, mixed: dict[str, Any]
) -> None:
    page = tab.open(link(study.runs["counts"], study.runs["rl"], problem="p01"))
    page.get_by_text("Only counts of this run were imported").wait_for()
    heading(page, 0)
    press(tab, "x", "j")
    heading(page, 1)
    press(tab, "n")
    addressed(tab, "problem=p02")

    page = mixed_tab.open(link(mixed["distilled"], mixed["base"], problem="q2"))
    page.get_by_text("This run has no samples of this problem.").wait_for()
    heading(page, 0)


def test_images_and_the_exact_prompt_are_shown(mixed_tab: Tab, mixed: dict[str, Any]) -> None:
    page = mixed_tab.open(link(mixed["base"], problem="q0"))
    image = page.locator('[data-testid="stImage"] img')
    image.wait_for()
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    page.get_by_text("Prompt, exactly").click()

    assert image.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [40, 30]
    page.get_by_text("Solve:\nWhat is $0$?\nAnswer:").wait_for()
