"""Every page in a real browser: the figure, the numbers, the URL, and where links lead."""

import time
from collections.abc import Iterator
from math import comb
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
import polars as pl
import pytest
from playwright.sync_api import Browser

from store.build import publish
from store.runs import Model, Run, write_run
from store.shards import write_shard
from tests.pages.conftest import SIZE, Study, Tab, check, make_study, serve, watched
from tests.pages.reading import address, choose, click, correct, overflow, query, table

pytestmark = pytest.mark.browser

PAGES = ("runs", "pass-at-k", "solvable", "accuracy", "perplexity", "reader")
COMPLETION = 1  # the first text is the question
FIGURES = ("pass-at-k", "solvable", "accuracy", "perplexity")


@pytest.mark.parametrize("path", FIGURES)
def test_page_draws_its_figure_with_points(tab: Any, path: str) -> None:
    page = tab.open(path)

    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    drawn = page.locator(".js-plotly-plot").evaluate(
        "plot => plot.data.reduce((sum, trace) => sum + (trace.x ? trace.x.length : 0), 0)"
    )
    assert drawn > 3


def test_root_shows_the_curves_of_all_runs(tab: Any) -> None:
    page = tab.open("")

    assert urlsplit(page.url).path == "/pass-at-k"
    header = table(page, 0)[0]
    assert {"small-base", "small-rl", "small-distilled", "published-instruct"} <= header.keys()


@pytest.mark.parametrize("role", ["base", "rl", "distilled"])
def test_pass_at_k_is_that_of_the_raw_verdicts(tab: Any, study: Any, role: str) -> None:
    rows = {row["k"]: row[f"small-{role}"] for row in table(tab.open("pass-at-k"), 0)}

    for k in (1, 4, 32):
        chances = [1 - comb(32 - c, k) / comb(32, k) for c in correct(study, role).values()]
        assert rows[str(k)].startswith(f"{np.mean(chances):.3f} [")
    assert rows["64"] == "–"


def test_what_is_left_out_is_counted(tab: Any, study: Any) -> None:
    page = tab.open("pass-at-k?left_out=no+answer&left_out=error")
    judged = study.verdicts["base"]["outcome"]
    removed = sum(outcome in ("no_answer", "error") for outcome in judged)

    row = next(row for row in table(page, 1) if row["run"] == "small-base")
    assert row["left out of n"] == str(removed)
    assert "–" in row["n"]


def test_solvable_numbers_are_those_of_the_raw_verdicts(tab: Any, study: Any) -> None:
    base, rl = correct(study, "base"), correct(study, "rl")
    sizes = [
        sum((base[p] > 0) is by_base and (rl[p] > 0) is by_rl for p in base)
        for by_base in (True, False)
        for by_rl in (True, False)
    ]
    pair = "&".join(f"solvable_runs=small-{r}~{study.runs[r][-6:]}" for r in ("base", "rl"))
    rows = table(tab.open(f"solvable?{pair}"), 0)

    shown = [row[column] for row in rows[:2] for column in list(row)[1:3]]
    assert [int(cell.split(" ")[0]) for cell in shown] == sizes
    assert f"({100 * sizes[0] / 24:.1f} %)" in shown[0]


def test_solvable_below_n_takes_the_first_samples(tab: Any, study: Any) -> None:
    first = study.verdicts["base"].filter(pl.col("sample") < 3)
    solved = first.filter(pl.col("outcome") == "correct")["problem_id"].n_unique()
    pair = "&".join(f"solvable_runs=small-{r}~{study.runs[r][-6:]}" for r in ("base", "rl"))
    page = tab.open(f"solvable?{pair}&solvable_k=3")

    assert page.get_by_text("the first k samples").count()
    assert table(page, 0)[0]["sum"].startswith(f"{solved} ")


def test_accuracy_counts_are_those_of_the_raw_verdicts(tab: Any, study: Any) -> None:
    values = list(correct(study, "distilled").values())
    rows = {row["accuracy"]: row["small-distilled"] for row in table(tab.open("accuracy"), 0)}

    assert rows["0"].startswith(f"{values.count(0)} (")
    assert rows["1"].startswith(f"{values.count(32)} (")
    assert rows["(0.9,1)"].startswith(f"{sum(28.8 < c < 32 for c in values)} (")


def test_perplexity_quartiles_are_those_of_the_samples(tab: Any, study: Any) -> None:
    scores = study.scores["rl"]
    values = np.exp(-scores["sum_logprob"].to_numpy() / scores["n_tokens"].to_numpy())
    rows = table(tab.open("perplexity"), 0)

    row = next(r for r in rows if (r["scorer"], r["samples of"]) == ("small-base", "small-rl"))
    expected = [f"{value:.3f}" for value in np.percentile(values, [25, 50, 75])]
    assert [row["q1"], row["median"], row["q3"]] == expected
    assert (row["n"], row["not scored"]) == ("768", "0")


def test_runs_page_tells_what_is_stored_and_what_was_set_aside(tab: Any, study: Any) -> None:
    page = tab.open("runs")
    outcomes = study.verdicts["base"]["outcome"].to_list()

    row = next(r for r in table(page, 1) if r["verifier"] == "countdown 1")
    assert (row["run"], row["n"], row["verdicts"]) == ("small-base", "32", "768")
    assert int(row["no answer"]) == outcomes.count("no_answer")
    assert int(row["error"]) == outcomes.count("error")
    assert "counts only" in [r["stored samples"] for r in table(page, 1)]
    assert "stray.parquet" in table(page, 2)[0]["path"]


def test_a_chosen_run_is_in_the_url_and_shows_again_elsewhere(tab: Any, other_browser: Any) -> None:
    page = tab.open("pass-at-k")
    choose(tab, "Runs", "small-rl")
    page.wait_for_url("**runs=small-rl*")
    copy = other_browser.open(page.url.removeprefix(tab.url).removeprefix("/"))

    assert list(table(copy, 0)[0]) == ["k", "small-rl"]
    assert query(copy) == query(page)


def test_a_control_of_one_page_is_in_the_url_too(tab: Any, other_browser: Any) -> None:
    page = tab.open("solvable")
    choose(tab, "Runs to compare", "small-base")
    choose(tab, "Runs to compare", "small-distilled")
    page.wait_for_url("**solvable_runs=*solvable_runs=small-distilled*")
    copy = other_browser.open(page.url.removeprefix(tab.url).removeprefix("/"))
    for shown in (page, copy):
        shown.get_by_text("small-distilled solves").first.wait_for()

    assert table(copy, 0) == table(page, 0)
    assert "small-distilled solves" in table(copy, 0)[0]


def test_the_selection_is_kept_on_the_next_page(tab: Any) -> None:
    page = tab.open("pass-at-k?benchmark=hostile")
    page.get_by_role("link", name="Accuracy").click()
    page.get_by_role("heading", level=1, name="Accuracy").wait_for()
    tab.settle()

    assert query(page)["benchmark"] == ["hostile"]
    assert list(table(page, 0)[0]) == ["accuracy", "small-base"]


def test_another_benchmark_shows_its_own_runs(tab: Any) -> None:
    page = tab.open("pass-at-k?runs=small-rl~48dad6")
    choose(tab, "Benchmark", "hostile")
    page.get_by_text("1 problem, n = 4").first.wait_for()

    assert list(table(page, 0)[0]) == ["k", "small-base"]


@pytest.mark.parametrize("path", PAGES)
def test_nonsense_in_the_url_does_no_harm_in_a_narrow_window(tab: Any, path: str) -> None:
    tab.page.set_viewport_size({"width": 900, "height": 900})
    nonsense = (
        "benchmark=%3Cscript%3E&runs=none&runs=%00&verifier=x&left_out=y&run=z&problem=-1&sample=x"
        "&solvable_k=-5&solvable_threshold=1e99&solvable_base=q&pass_at_k_log=maybe"
        "&accuracy_bin=7&reader_outcome=no&perplexity_scorers=nobody&solvable_region=all"
    )
    page = tab.open(f"{path}?{nonsense}")

    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.locator('[data-testid="stAlert"]').count() == 0
    assert overflow(page) <= 0


@pytest.mark.parametrize("k", [0, 33])
def test_a_budget_out_of_range_is_not_asked_for(tab: Any, k: int) -> None:
    page = tab.open(f"solvable?solvable_k={k}")

    assert page.get_by_text("k = 32").first.is_visible()


def test_reader_shows_one_sample_with_its_verdicts(tab: Any, study: Any) -> None:
    run = address(study, "base")
    page = tab.open(f"reader?benchmark=countdown-24&run={run}&problem=p07&sample=5")
    row = study.samples["base"].filter((pl.col("problem_id") == "p07") & (pl.col("sample") == 5))
    verdict = study.verdicts["base"].filter(
        (pl.col("problem_id") == "p07") & (pl.col("sample") == 5)
    )

    text = page.locator(".text").nth(COMPLETION)
    text.wait_for()
    assert text.evaluate("node => node.textContent") == row["completion"][0]
    assert text.locator(".token").count() == row["n_tokens"][0]
    value = row["token_logprobs"][0][2]
    text.locator(".token").nth(2).hover()
    told = page.locator(".card:not([hidden])").inner_text()
    assert f"log p under small-base: −{-value:.3f} " in told
    assert f"), rank {row['token_ranks'][0][2]}" in told
    shown = table(page, 0)[0]
    assert shown["outcome"] == verdict["outcome"][0].replace("_", " ")
    assert page.get_by_text(f"length: {row['n_tokens'][0]} tokens").count() == 1


def test_reader_colours_by_another_scorer_and_steps_by_key(tab: Any, study: Any) -> None:
    run = f"small-rl~{study.runs['rl'][-6:]}"
    page = tab.open(f"reader?run={run}&problem=p03&sample=5&reader_scorer=small-base")

    page.locator(".legend", has_text="log p under small-base").wait_for()
    page.locator(".text").nth(COMPLETION).locator(".token").nth(1).hover()
    assert "log p under small-rl: " in page.locator(".card:not([hidden])").inner_text()
    page.locator(".st-key-keys .open").wait_for()
    page.locator("h1").click()
    page.keyboard.press("j")
    page.wait_for_url("**sample=6*")
    page.get_by_role("heading", name="Completion of sample 6").wait_for()


def test_a_run_of_counts_says_that_there_is_nothing_to_read(tab: Any, study: Any) -> None:
    page = tab.open(f"reader?run=published-instruct~{study.runs['counts'][-6:]}")

    assert page.get_by_text("Only counts of this run were imported").count() == 1


def test_text_of_a_model_stays_text(tab: Any, study: Any) -> None:
    run = f"small-base~{study.runs['hostile'][-6:]}"
    page = tab.open(f"reader?benchmark=hostile&run={run}&sample=1")
    completion = study_text(page)
    page.get_by_text("Prompt, exactly").click()
    page.wait_for_timeout(500)

    assert completion.startswith("<script>alert(1)</script><img src=x onerror=")
    assert (
        page.locator('img[src="x"], .stMarkdown a[href^="javascript"], img[src*="192"]').count()
        == 0
    )
    assert "<script>alert(1)</script>" in table(page, 0)[0]["extracted answer"]
    assert overflow(page) <= 0


def study_text(page: Any) -> str:
    """The completion that is shown."""
    return str(page.locator(".text").nth(COMPLETION).evaluate("node => node.textContent"))


def test_links_of_runs_lead_to_their_samples(tab: Any, study: Any) -> None:
    page = tab.open("runs")
    link = page.locator('[data-testid="stTable"] a').nth(1)
    target = str(link.get_attribute("href"))
    copy = tab.open(target.split("/")[-1])

    assert f"small-rl~{study.runs['rl'][-6:]}" in target.replace("%7E", "~")
    assert "so rl answers" in study_text(copy)


def test_a_clicked_point_leads_to_its_sample(tab: Any) -> None:
    page = tab.open("perplexity?perplexity_scorers=small-rl")
    click(page, page.locator(".js-plotly-plot .boxlayer path.point").nth(40))
    link = page.get_by_role("link", name="Read sample")
    link.wait_for()
    name = link.inner_text()
    copy = tab.open(str(link.get_attribute("href")).split("/")[-1])

    number, problem = name.split()[2], name.split()[4].rstrip(",")
    assert f"for {problem} #{number}" in study_text(copy)


def test_a_clicked_bar_shows_its_problems(tab: Any, study: Any) -> None:
    page = tab.open("accuracy?runs=" + f"small-rl~{study.runs['rl'][-6:]}")
    click(page, page.locator(".js-plotly-plot .barlayer .point path").nth(11))
    never_failed = sum(c == 32 for c in correct(study, "rl").values())

    page.get_by_text(f"accuracy 1: {never_failed} problems").wait_for()


@pytest.fixture
def changing(tmp_path: Path) -> Study:
    """A study of one test's own: what is added to it is not there for others."""
    return make_study(tmp_path / "study")


@pytest.fixture
def changing_tab(changing: Study, browser: Browser, tmp_path: Path) -> Iterator[Tab]:
    for server in serve(changing.path, tmp_path / "log.txt"):
        page = browser.new_page(viewport=SIZE)
        tab = watched(page, server.url)
        yield tab
        check(tab)
        page.close()


def test_page_notices_a_newly_published_store(changing_tab: Tab, changing: Study) -> None:
    page = changing_tab.open("accuracy")
    run = Run(Model("late-rl", "rl", "small-base"), "countdown-24", source="counts.csv")
    counts = pl.DataFrame(
        {"problem_id": ["p00", "p01"], "verifier": "published", "n": 2, "c": [1, 2]}
    )
    write_shard(write_run(changing.path / "shards", run), "counts", counts)
    publish(changing.path)

    asked = time.monotonic()
    choose(changing_tab, "Verifier", "published")
    page.get_by_role("cell", name="late-rl").first.wait_for(timeout=5000)
    assert time.monotonic() - asked < 5
    rows = {row["accuracy"]: row["late-rl"] for row in table(page, 0)}
    assert (rows["(0.4,0.5]"], rows["1"]) == ("1 (50.0 %)", "1 (50.0 %)")


def test_a_link_of_a_problem_with_strange_name_works(tab: Any) -> None:
    strange = quote("h1 <b>&*`$x$")
    page = tab.open(f"reader?benchmark=hostile&problem={strange}&sample=3")

    page.get_by_role("heading", name="Completion of sample 3").wait_for()
