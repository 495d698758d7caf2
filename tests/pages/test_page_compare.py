"""The page that compares two runs: numbers from the raw verdicts, sentences, controls."""

from math import comb
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from scipy.stats import binomtest

from tests.pages.reading import address, choose, click, correct, overflow, query, table_with

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def patience(tab: Any) -> None:
    """The bands of every k take their time where many tests share few cores."""
    tab.page.set_default_timeout(60_000)


def path(study: Any, base: str, other: str, **more: str) -> str:
    """The page for two runs."""
    extra = "".join(f"&{key}={value}" for key, value in more.items())
    pair = f"compare_base={address(study, base)}&compare_other={address(study, other)}"
    return f"compare?benchmark=countdown-24&{pair}{extra}"


def mean_pass(correct_samples: dict[str, int], n: int, k: int) -> float:
    """pass@k by exact integers."""
    values = [1 - comb(n - c, k) / comb(n, k) for c in correct_samples.values()]
    return sum(values) / len(values)


def limits(row: dict[str, str]) -> tuple[float, float]:
    """The band of a row, whose minus signs are true ones."""
    low, high = row["band"].replace("−", "-").strip("[]").split(", ")
    return float(low), float(high)


def finding(page: Any) -> str:
    """The sentence."""
    said = page.locator("strong").first
    said.wait_for()
    return str(said.inner_text())


@pytest.mark.parametrize("other", ["rl", "distilled"])
def test_the_gap_is_that_of_the_raw_verdicts(tab: Any, study: Any, other: str) -> None:
    page = tab.open(path(study, "base", other))
    ours, theirs = correct(study, "base"), correct(study, other)

    rows = {row["k"]: row for row in table_with(page, "band") if row["k"]}
    for k in (1, 2, 4, 8, 16, 32):
        gap = mean_pass(theirs, 32, k) - mean_pass(ours, 32, k)
        assert rows[str(k)]["gap"] == f"{gap:+.3f}".replace("-", "−")
        low, high = limits(rows[str(k)])
        assert low - 5e-4 <= gap <= high + 5e-4
    assert list(rows) == ["1", "2", "4", "8", "16", "32"]


def test_the_finding_names_who_is_ahead_only_where_the_band_leaves_out_0(
    tab: Any, study: Any
) -> None:
    page = tab.open(path(study, "base", "rl"))
    said, rows = finding(page), {row["k"]: row for row in table_with(page, "band")}

    assert "(95 % bands, problems like these)" in said
    for k in ("1", "32"):
        low, high = limits(rows[k])
        ahead = "small-rl" if low > 0 else "small-base" if high < 0 else None
        assert (f"{ahead} is ahead at k = {k} by" in said) is (ahead is not None)
    assert page.get_by_text("All 13 checks are passed").count() == 1


def test_wins_losses_and_mcnemar_are_those_of_the_raw_verdicts(tab: Any, study: Any) -> None:
    page = tab.open(path(study, "base", "rl"))
    ours, theirs = correct(study, "base"), correct(study, "rl")
    wins = sum(theirs[p] > ours[p] for p in ours)
    losses = sum(theirs[p] < ours[p] for p in ours)
    only_base = sum(ours[p] > 0 == theirs[p] for p in ours)
    only_other = sum(theirs[p] > 0 == ours[p] for p in ours)
    p = binomtest(only_base, only_base + only_other).pvalue

    counted = f"small-rl is higher on {wins}, equal on {24 - wins - losses} and lower on {losses}"
    page.get_by_text(counted).wait_for()
    counted = "1 problem" if only_base == 1 else f"{only_base} problems"
    tested = f"{counted} by small-base only, {only_other} by small-rl only"
    page.get_by_text(tested).wait_for()
    assert page.get_by_text(f"p = {p:.3g}.").count() == 1
    rows = {row["measure"]: row for row in table_with(page, "measure")}
    kept = sum(ours[p] > 0 and theirs[p] > 0 for p in ours)
    assert rows["SRR"]["value"] == f"{kept / (kept + only_base):.3f}"
    delta = mean_pass(ours, 32, 32) - mean_pass(theirs, 32, 1)
    assert rows["Δ_SE"]["value"] == f"{delta:.3f}".replace("-", "−")


def test_a_run_of_counts_is_compared_and_what_is_not_known_is_said(tab: Any, study: Any) -> None:
    page = tab.open(path(study, "base", "counts"))

    page.get_by_text("n differs for 24 of 24 problems: 32 (small-base) and 64").wait_for()
    page.get_by_text("Verifier differs: countdown 1 (small-base) and published").wait_for()
    page.get_by_text("Not known, which is no equality").wait_for()
    page.get_by_text("McNemar's test is undefined.").wait_for()
    rows = table_with(page, "band")
    assert [row["k"] for row in rows][-1] == "32"
    assert page.get_by_text("Beyond k = 32, the smallest n").count() == 1
    states = {row["check"]: row["state"] for row in table_with(page, "state")}
    assert states["temperature"] == states["truncation rate"] == "not known"


def test_band_level_and_axis_change_what_they_say_and_the_url(
    tab: Any, other_browser: Any, study: Any
) -> None:
    page = tab.open(path(study, "base", "rl"))
    like = table_with(page, "band")
    page.get_by_role("radio", name="these problems", exact=True).or_(
        page.get_by_role("button", name="these problems", exact=True)
    ).first.click()
    page.wait_for_url("**compare_band=these+problems*")
    page.locator("strong", has_text="bands, these problems").wait_for()
    tab.settle()
    same = table_with(page, "band")
    choose(tab, "Level, %", "80")
    page.wait_for_url("**compare_level=80*")
    page.locator("strong", has_text="80 % bands").wait_for()
    tab.settle()
    narrow = table_with(page, "band")

    assert [row["gap"] for row in like] == [row["gap"] for row in same]
    assert like != same != narrow
    copy = other_browser.open(page.url.removeprefix(tab.url).removeprefix("/"))
    assert table_with(copy, "band") == narrow


def test_the_axis_is_linear_where_the_reader_wants_it(tab: Any, study: Any) -> None:
    kind = "plot => plot.layout.xaxis.type"
    for chosen, axis in (("true", "log"), ("false", "linear")):
        page = tab.open(path(study, "base", "rl", compare_log=chosen))
        plot = page.locator(".js-plotly-plot").first
        plot.locator(".main-svg").first.wait_for()
        assert plot.evaluate(kind) == axis


def test_a_clicked_bar_shows_its_problems(tab: Any, study: Any) -> None:
    page = tab.open(path(study, "base", "rl"))
    ours, theirs = correct(study, "base"), correct(study, "rl")
    wins = sum(theirs[p] > ours[p] for p in ours)
    bars = page.locator(".js-plotly-plot .barlayer .point path")
    bars.first.scroll_into_view_if_needed()
    click(page, bars.nth(2))

    page.get_by_text(f"other higher: {wins} problem").wait_for()


def test_a_chosen_k_lists_the_problems_behind_the_gap(tab: Any, study: Any) -> None:
    page = tab.open(path(study, "base", "rl", compare_k="2"))

    page.get_by_text("The largest differences of pass@2 first").wait_for()
    link = page.get_by_role("link", name="Which problems each solves within k = 2")
    target = urlsplit(str(link.get_attribute("href")))
    assert target.path.endswith("solvable")
    assert parse_qs(target.query)["solvable_k"] == ["2"]
    assert parse_qs(target.query)["solvable_other"] == [address(study, "rl")]


def test_leaving_samples_out_makes_n_differ_and_takes_the_first_samples(
    tab: Any, study: Any
) -> None:
    page = tab.open(path(study, "base", "rl", left_out="error"))
    n = {
        role: study.verdicts[role].filter(pl.col("outcome") != "error")["problem_id"].value_counts()
        for role in ("base", "rl")
    }
    least = min(int(counts["count"].min()) for counts in n.values())

    page.get_by_text(f"Solved within k = {least} (n differs: the first k of each)").wait_for()
    assert page.get_by_text("n differs for").count() == 1


def test_one_run_alone_is_told_what_is_missing(tab: Any, study: Any) -> None:
    page = tab.open(f"compare?runs={address(study, 'rl')}")

    page.get_by_text("A comparison needs two runs on this benchmark").wait_for()


def test_nonsense_in_the_url_does_no_harm_in_a_narrow_window(tab: Any) -> None:
    tab.page.set_viewport_size({"width": 900, "height": 900})
    nonsense = (
        "compare_base=x&compare_other=%3Cb%3E&compare_k=-3&compare_level=1e9&compare_band=none"
        "&compare_log=perhaps&compare_group=all"
    )
    page = tab.open(f"compare?{nonsense}")

    finding(page)
    assert overflow(page) <= 0
    assert "compare_k" not in query(page)
