"""The page of accuracies in a real browser: views, clicks, the URL, and what is missing."""

import contextlib
import re
from fractions import Fraction
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import TimeoutError

from tests.pages.conftest import quiet
from tests.pages.reading import click, correct, overflow, query, table

pytestmark = pytest.mark.browser

VIEWS = ("histogram", "cumulative", "scatter", "flow", "heatmap")
PAIR = "accuracy_base=small-base~{base}&accuracy_other=small-rl~{rl}"


def shown(tab: Any, path: str) -> Any:
    """The page once its figure is drawn; slow where many tests run at once."""
    tab.page.set_default_timeout(60_000)
    page = tab.open(path)
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    return page


def plot(page: Any, expression: str) -> Any:
    """The value of a JavaScript expression of `plot`, the figure."""
    return page.locator(".js-plotly-plot").first.evaluate(f"plot => {expression}")


def pick(tab: Any, label: str, option: str) -> None:
    """Choose an option of a long list, which shows only what is typed."""
    box = tab.page.get_by_role("combobox", name=label).first
    box.click()
    box.fill(option)
    tab.page.get_by_role("option", name=option, exact=True).first.click()
    tab.page.keyboard.press("Escape")
    tab.settle()


def click_at(page: Any, x: float, y: float, subplot: str = "") -> None:
    """Click where the figure shows these values of its axes; places of categories from 0."""
    box = page.locator(".js-plotly-plot").first.bounding_box()
    left, top = plot(
        page,
        f"""[plot._fullLayout.xaxis{subplot}._offset + plot._fullLayout.xaxis{subplot}.l2p({x}),
             plot._fullLayout.yaxis{subplot}._offset + plot._fullLayout.yaxis{subplot}.l2p({y})]""",
    )
    page.mouse.move(box["x"] + left - 4, box["y"] + top - 2)
    page.wait_for_timeout(300)
    page.mouse.move(box["x"] + left, box["y"] + top)
    page.wait_for_timeout(500)
    page.mouse.click(box["x"] + left, box["y"] + top)


def ids(study: Any) -> dict[str, str]:
    """Role → the last digits of its run."""
    return {role: run[-6:] for role, run in study.runs.items()}


def pair(study: Any) -> str:
    """URL parameters that choose base and RL."""
    return PAIR.format(**ids(study))


@pytest.mark.parametrize("width", [900, 1440])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_draws_its_figure_and_says_n(tab: Any, view: str, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 1000})
    page = shown(tab, f"accuracy?accuracy_view={view}")

    assert "n = " in plot(page, "plot.layout.title.subtitle.text")
    assert plot(page, "plot.data.length") > 0
    assert page.get_by_text("What was counted").count() == 1
    assert overflow(page) <= 0


def lay_out(page: Any, name: str) -> None:
    """Choose a layout; a rerun that was under way swallows a click."""
    url = f"**accuracy_layout={name.replace(' ', '+')}*"
    for _ in range(6):
        quiet(page)
        page.locator(".st-key-accuracy_layout button", has_text=name).click()
        with contextlib.suppress(TimeoutError):
            page.wait_for_url(url, timeout=5_000)
            return
    raise AssertionError(f"the layout {name} cannot be chosen: {page.url}")


def test_the_histogram_can_be_laid_out_in_three_ways(tab: Any) -> None:
    page = shown(tab, "accuracy")
    bars = "plot.data.filter(trace => trace.type == 'bar')"
    grouped = plot(page, f"{bars}.map(trace => trace.y)")
    layouts = {"overlaid": ("overlay", 1), "one panel per run": ("overlay", 4)}
    for name, (mode, panels) in layouts.items():
        lay_out(page, name)
        tab.settle()
        page.wait_for_timeout(500)
        assert plot(page, "plot.layout.barmode") == mode
        assert plot(page, f"new Set({bars}.map(trace => trace.xaxis)).size") == panels
        assert sorted(plot(page, f"{bars}.map(trace => trace.y)")) == sorted(grouped)


def test_a_published_histogram_lies_behind(tab: Any) -> None:
    page = shown(tab, "accuracy")
    pick(tab, "Published histograms behind", "Qwen2.5-7B · Minerva · base")
    page.get_by_text("Outlined: read off").wait_for()
    page.wait_for_timeout(500)

    first = plot(page, "plot.data[0]")
    assert first["name"] == "published: Qwen2.5-7B · Minerva · base"
    assert [row[0] for row in first["customdata"]] == [93, 52, 17, 23, 16, 19, 13, 7, 10, 11, 8, 3]
    assert first["y"][0] == pytest.approx(24 * 93 / 272)
    assert page.get_by_text("drawn as shares of 24").count() == 1


def test_a_click_moves_the_selectors_and_they_can_be_moved_again(tab: Any, study: Any) -> None:
    # The last click used to outweigh the selectors for good.
    rl = correct(study, "rl")
    page = shown(tab, f"accuracy?runs=small-rl~{ids(study)['rl']}")
    click(page, page.locator(".js-plotly-plot .barlayer .point path").nth(11))
    always = sum(c == 32 for c in rl.values())
    page.get_by_text(f"accuracy 1: {always} problem").wait_for()
    page.wait_for_url("**accuracy_bin=1*")

    pick(tab, "Accuracy", "(0.5,0.6]")
    inside = sum(Fraction(1, 2) < Fraction(c, 32) <= Fraction(6, 10) for c in rl.values())
    page.get_by_text(f"accuracy (0.5,0.6]: {inside} problem").wait_for()
    page.wait_for_url("**accuracy_bin=%280.5%2C0.6%5D*")


def test_cumulative_shares_are_those_of_the_raw_verdicts(tab: Any, study: Any) -> None:
    values = list(correct(study, "base").values())
    page = shown(tab, "accuracy?accuracy_view=cumulative")

    rows = {row["accuracy"]: row["small-base"] for row in table(page, 0)}
    for tenths in range(1, 11):
        reached = sum(10 * c >= tenths * 32 for c in values)
        assert rows[f"≥ {tenths / 10:g}"] == f"{reached} ({100 * reached / 24:.1f} %)"
    solved = sum(c > 0 for c in values)
    assert rows["more than 0"].startswith(f"{solved} (")


def test_a_clicked_step_lists_the_problems_that_reach_it(tab: Any, study: Any) -> None:
    values = sorted(correct(study, "rl").values())
    page = shown(tab, f"accuracy?accuracy_view=cumulative&runs=small-rl~{ids(study)['rl']}")
    wanted = sorted(set(values) - {0})[2]  # the first is the default, which no URL names
    reached = sum(c >= wanted for c in values)
    click_at(page, wanted / 32, reached / 24)

    page.get_by_text(f"accuracy ≥ {wanted}/32: {reached} problem").wait_for()
    page.wait_for_url(f"**accuracy_reach={wanted}%2F32*")


def test_a_clicked_point_lists_its_problems(tab: Any, study: Any) -> None:
    base, rl = correct(study, "base"), correct(study, "rl")
    problem = max(base, key=lambda name: (base[name] < rl[name]) * base[name])
    there = sum((base[p], rl[p]) == (base[problem], rl[problem]) for p in base)
    page = shown(tab, f"accuracy?accuracy_view=scatter&{pair(study)}")
    click_at(page, base[problem] / 32, rl[problem] / 32)

    page.wait_for_url("**accuracy_points=where*")
    page.get_by_text(re.compile(f"^{there} problems?, correct of n")).wait_for()
    marks = "plot.data.filter(trace => trace.mode == 'markers')"
    sizes = plot(page, f"{marks}.map(trace => trace.name)")
    ahead = sum(rl[p] > base[p] for p in base)
    assert f"small-rl higher: {ahead}" in sizes


def test_points_are_moved_apart_only_if_told(tab: Any, study: Any) -> None:
    marks = "plot.data.filter(trace => trace.mode == 'markers').flatMap(trace => trace.x)"
    page = shown(tab, f"accuracy?accuracy_view=scatter&{pair(study)}")
    assert all(float(32 * x).is_integer() for x in plot(page, marks))

    page.get_by_text("Move points apart").click()
    page.wait_for_url("**accuracy_jitter=true*")
    tab.settle()
    page.wait_for_timeout(500)
    moved = plot(page, marks)
    assert len(moved) == 24
    assert not any(float(32 * x).is_integer() for x in moved)


def test_numbers_of_the_flow_add_up_and_a_click_lists_one(tab: Any, study: Any) -> None:
    base, rl = correct(study, "base"), correct(study, "rl")
    page = shown(tab, f"accuracy?accuracy_view=flow&{pair(study)}")
    cells = plot(page, "plot.data.find(trace => trace.type == 'scatter').customdata")
    assert sum(count for *_, count in cells) == 24
    both_never = sum(base[p] == rl[p] == 0 for p in base)
    assert (["0", "0", both_never] in cells) == (both_never > 0)

    rest = sum(0 < Fraction(base[p], 32) <= Fraction(1, 10) and rl[p] == 0 for p in base)
    assert rest
    click_at(page, 1, 0)
    page.get_by_text(re.compile(f"^{rest} problems?, correct of n")).wait_for()
    page.wait_for_url("**accuracy_to=0*")
    assert query(page)["accuracy_from"] == ["(0,0.1]"]
    kinds = table(page, 0)
    assert sum(int(value) for row in kinds for value in list(row.values())[1:]) == 24


def test_a_clicked_column_of_the_heatmap_leads_to_samples(
    tab: Any, other_browser: Any, study: Any
) -> None:
    page = shown(tab, "accuracy?accuracy_view=heatmap&accuracy_order=benchmark")
    click_at(page, 8, 1)
    page.wait_for_url("**accuracy_problem=p07*")
    page.get_by_text("Problem p07: correct of n").wait_for()
    row = next(row for row in table(page, 0) if row["run"] == "small-rl")
    assert row["correct"] == f"{correct(study, 'rl')['p07']} of 32"

    link = page.locator('[data-testid="stTable"] a').nth(1).get_attribute("href")
    target = parse_qs(urlsplit(str(link)).query)
    assert target["problem"] == ["p07"]
    copy = other_browser.open(str(link).split("/")[-1])
    copy.get_by_role("heading", name="Completion of sample 0").wait_for()


def test_the_heatmap_is_ordered_by_the_run_that_is_chosen(tab: Any, study: Any) -> None:
    page = shown(tab, f"accuracy?accuracy_view=heatmap&accuracy_base=small-rl~{ids(study)['rl']}")
    rl = correct(study, "rl")
    names = plot(page, "plot.data.find(trace => trace.type == 'scatter').customdata.flat()")
    assert names == sorted(rl, key=lambda name: (-rl[name], name))


def test_a_window_of_the_heatmap_is_in_the_url(tab: Any) -> None:
    page = shown(tab, "accuracy?accuracy_view=heatmap&accuracy_places=3&accuracy_places=9")
    drawn = plot(page, "plot.data.find(trace => trace.type == 'scatter').x")
    assert drawn == [3, 4, 5, 6, 7, 8, 9]
    assert "7 of 24 problems" in plot(page, "plot.layout.title.subtitle.text")


def test_one_run_alone_is_told_what_a_comparison_needs(tab: Any, study: Any) -> None:
    for view in ("scatter", "flow"):
        page = tab.open(f"accuracy?accuracy_view={view}&runs=small-rl~{ids(study)['rl']}")
        page.get_by_text("This view compares two runs.").wait_for()


def test_runs_with_another_n_are_named(tab: Any) -> None:
    page = shown(tab, "accuracy")
    page.get_by_text("64 in published-instruct. The accuracy of fewer samples").wait_for()


def test_the_url_holds_what_was_chosen(tab: Any, other_browser: Any, study: Any) -> None:
    page = shown(tab, f"accuracy?accuracy_view=flow&{pair(study)}")
    pick(tab, "Bin of the other", "(0.9,1)")
    page.wait_for_url("**accuracy_to=*")
    said = page.get_by_text("correct of n").inner_text()
    copy = other_browser.open(page.url.removeprefix(tab.url).removeprefix("/"))
    copy.get_by_text("correct of n").wait_for()

    assert copy.get_by_text("correct of n").inner_text() == said
    assert query(copy) == query(page)
