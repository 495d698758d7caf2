"""The page of solvable problems in a real browser: figures, regions, lists, and what links say."""

import csv
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import polars as pl
import pytest
from playwright.sync_api import expect

from tests.pages.reading import address, choose, click, query, table

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def patient(tab: Any) -> None:
    """This page has many parts, and a machine that runs other tests too is slow."""
    tab.page.set_default_timeout(60_000)


def path(study: Any, *roles: str, **parameters: object) -> str:
    """The page with these runs to compare."""
    own = [f"solvable_runs={address(study, role)}" for role in roles]
    return "solvable?" + "&".join([*own, *(f"{k}={quote(str(v))}" for k, v in parameters.items())])


def solved(study: Any, role: str, threshold: int = 1, first: int = 32) -> set[str]:
    """Problems with so many correct among the first samples, from the raw verdicts."""
    judged = study.verdicts[role].filter(
        (pl.col("sample") < first) & (pl.col("outcome") == "correct")
    )
    tally = judged.group_by("problem_id").len().filter(pl.col("len") >= threshold)
    return set(tally["problem_id"])


def every(study: Any) -> set[str]:
    return set(study.verdicts["base"]["problem_id"])


def index_lists(page: Any) -> list[str]:
    """What the boxes of the index lists hold."""
    page.locator('[data-testid="stCode"]').first.wait_for()
    return [text.strip() for text in page.locator('[data-testid="stCode"] code').all_inner_texts()]


def saved(page: Any, button: str) -> list[dict[str, str]]:
    """The rows of the CSV file that a button saves."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))


def positions(names: set[str]) -> str:
    """Index list of problems that are named p00, p01, …"""
    return ", ".join(str(int(name[1:])) for name in sorted(names)) or "none"


def test_two_runs_give_index_lists_and_a_region_to_save(tab: Any, study: Any) -> None:
    base, rl = solved(study, "base"), solved(study, "rl")
    page = tab.open(path(study, "base", "rl", solvable_region="only base"))

    assert index_lists(page) == [positions(base), positions(rl), positions(base - rl)]
    rows = saved(page, "Save this region")
    assert {row["problem_id"] for row in rows} == base - rl
    assert {(row["region"], row["small-rl c"], row["small-rl n"]) for row in rows} == {
        ("only small-base", "0", "32")
    }
    assert {row["problem_id"] for row in saved(page, "Save all regions")} == every(study)


def test_index_lists_keep_to_their_range_and_can_be_ids(tab: Any, study: Any) -> None:
    page = tab.open(
        path(study, "base", "rl", solvable_from=3, solvable_to=7, solvable_written="problem ids")
    )
    between = {f"p{i:02d}" for i in range(3, 8)}

    expected = ", ".join(sorted(solved(study, "base") & between))
    assert index_lists(page)[0] == (expected or "none")


def test_the_threshold_says_how_many_must_be_correct(tab: Any, study: Any) -> None:
    page = tab.open(path(study, "base", "rl", solvable_threshold=5))

    base, rl = solved(study, "base", 5), solved(study, "rl", 5)
    page.get_by_text("at least 5 correct").first.wait_for()
    assert index_lists(page)[:2] == [positions(base), positions(rl)]


def test_three_runs_have_a_number_in_every_region(tab: Any, study: Any) -> None:
    sets = [solved(study, role) for role in ("base", "rl", "distilled")]
    page = tab.open(path(study, "base", "rl", "distilled"))
    rows = table(page, 0)

    assert len(rows) == 8 and sum(int(row["problems"]) for row in rows) == 24
    by_name = {row["solved by"]: int(row["problems"]) for row in rows}
    assert by_name["all"] == len(sets[0] & sets[1] & sets[2])
    assert by_name["all but small-distilled"] == len((sets[0] & sets[1]) - sets[2])
    assert by_name["none"] == len(every(study) - sets[0] - sets[1] - sets[2])
    marks = page.locator(".js-plotly-plot .scatterlayer .point")
    marks.first.wait_for()
    assert marks.count() == 8


def test_a_clicked_region_is_chosen_and_in_the_url(tab: Any, study: Any) -> None:
    base, rl = solved(study, "base"), solved(study, "rl")
    page = tab.open(path(study, "base", "rl"))
    click(page, page.locator(".js-plotly-plot .scatterlayer .point").nth(0))
    page.get_by_text(f"both: {len(base & rl)} problem").first.wait_for()
    page.wait_for_url("**solvable_region=both*")
    tab.settle()

    assert index_lists(page)[-1] == positions(base & rl)


def test_a_region_can_be_chosen_after_another_was_clicked(tab: Any, study: Any) -> None:
    base, rl = solved(study, "base"), solved(study, "rl")
    page = tab.open(path(study, "base", "rl"))
    click(page, page.locator(".js-plotly-plot .scatterlayer .point").nth(0))
    page.wait_for_url("**solvable_region=both*")
    page.get_by_text("both: ").first.wait_for()
    page.wait_for_timeout(1000)
    tab.settle()  # a rerun closes an open list
    choose(tab, "Solved by", "neither")

    neither = every(study) - base - rl
    page.get_by_text(f"neither: {len(neither)} problem").first.wait_for()


def test_counts_only_and_k_below_n_give_expected_numbers_and_say_so(tab: Any, study: Any) -> None:
    page = tab.open(path(study, "base", "rl", "distilled", "counts", solvable_k=32))
    page.get_by_text("expected numbers").first.wait_for()

    page.get_by_text("Which problems these are cannot be told").wait_for()
    assert page.locator(".js-plotly-plot .barlayer .point").count() > 4
    assert page.locator('[data-testid="stCode"]').count() == 0


def test_a_problem_leads_to_its_samples_in_each_run(tab: Any, study: Any) -> None:
    page = tab.open(path(study, "base", "rl", solvable_region="both"))
    problem = sorted(solved(study, "base") & solved(study, "rl"))[0]
    correct = study.verdicts["rl"].filter(
        (pl.col("problem_id") == problem) & (pl.col("outcome") == "correct")
    )
    frame = page.locator('[data-testid="stDataFrame"]').first
    frame.wait_for()
    cell = frame.locator('[role="gridcell"][aria-colindex="4"]').first
    cell.wait_for(state="attached")
    assert cell.inner_text().endswith(f"#{correct.height}/32")
    target = parse_qs(urlsplit(cell.inner_text()).query)

    assert target["run"] == [address(study, "rl")] and target["problem"] == [problem]
    copy = tab.open(cell.inner_text())
    copy.get_by_text("so rl answers <answer>").first.wait_for()


def test_what_only_one_run_solves_is_tested_again_in_another(tab: Any, study: Any) -> None:
    base, rl = solved(study, "base"), solved(study, "rl")
    only, distilled = base - rl, solved(study, "distilled")
    name = quote(address(study, "distilled"))
    page = tab.open(
        path(study, "base", "rl", solvable_region="only base") + f"&solvable_retest_run_10={name}"
    )
    said = f"solves {len(only & distilled)} of {len(only)} at k = 32"
    page.get_by_text(said).first.wait_for()
    spin = page.get_by_role("spinbutton", name="k to test at")
    spin.fill("4")
    spin.press("Enter")
    fewer = solved(study, "distilled", first=4)
    page.get_by_text(f"solves {len(only & fewer)} of {len(only)} at k = 4").first.wait_for()


def test_a_run_of_counts_only_is_tested_again_by_its_counts(tab: Any, study: Any) -> None:
    only = solved(study, "base") - solved(study, "rl")
    name = quote(address(study, "counts"))
    page = tab.open(
        path(study, "base", "rl", solvable_region="only base") + f"&solvable_retest_run_10={name}"
    )
    counted = sum(int(problem[1:]) > 0 for problem in only)  # c = 2 i of 64

    page.get_by_text(f"solves {counted} of {len(only)} at k = 64").first.wait_for()


def test_another_run_to_test_with_has_a_box_for_its_own_k(tab: Any, study: Any) -> None:
    only = solved(study, "base") - solved(study, "rl")
    name = quote(address(study, "counts"))
    page = tab.open(
        path(study, "base", "rl", solvable_region="only base") + f"&solvable_retest_run_10={name}"
    )
    spin = page.get_by_role("spinbutton", name="k to test at")
    expect(spin).to_have_value("64", timeout=60_000)
    choose(tab, "Run to test with", address(study, "distilled"))
    page.get_by_text(f"of {len(only)} at k = 32").first.wait_for()
    expect(spin).to_have_value("32", timeout=60_000)
    fewer = solved(study, "distilled", first=4)
    spin.fill("4")
    spin.press("Enter")
    page.get_by_text(f"solves {len(only & fewer)} of {len(only)} at k = 4").first.wait_for()


def test_the_page_opens_with_a_region_that_has_problems_and_an_empty_one_is_a_sentence(
    tab: Any, study: Any
) -> None:
    base, rl = solved(study, "base"), solved(study, "rl")
    sizes = {"only base": base - rl, "only other": rl - base, "both": base & rl}
    sizes["neither"] = every(study) - base - rl
    first = next(name for name, problems in sizes.items() if problems)
    page = tab.open(path(study, "base", "rl"))
    page.get_by_text(re.compile(rf": {len(sizes[first])} problems?\. Each c/n")).wait_for()

    page = tab.open(path(study, "distilled", "base", "rl", solvable_region="none"))
    assert not every(study) - base - rl - solved(study, "distilled")
    page.get_by_text("none: no problems at k = 32. Choose another region.").wait_for()
    assert page.locator('[data-testid="stDataFrame"]').count() == 0


def test_the_subset_check_names_the_exceptions(tab: Any, study: Any) -> None:
    base, rl = solved(study, "base"), solved(study, "rl")
    (row,) = table(tab.open(path(study, "base", "rl")), 1)

    assert (row["solves"], row["outside"]) == (str(len(rl)), str(len(rl - base)))
    if rl <= base:
        assert row["finding"] == "small-rl ⊂ small-base"
    else:
        assert all(name in row["problems outside, position (id)"] for name in rl - base)


def test_an_old_link_with_base_and_other_shows_that_pair_until_others_are_picked(
    tab: Any, study: Any
) -> None:
    old = f"solvable_base={address(study, 'base')}&solvable_other={address(study, 'distilled')}"
    page = tab.open(f"solvable?{old}")
    page.get_by_text("small-distilled solves").first.wait_for()
    page.get_by_role("combobox", name="Runs to compare").click()
    page.get_by_role("option", name="small-rl").click()
    page.get_by_text("all but small-rl").first.wait_for()
    page.keyboard.press("Escape")
    page.wait_for_url("**solvable_runs=*")
    tab.settle()

    chosen = query(page)
    assert "solvable_base" not in chosen and "solvable_other" not in chosen
    assert chosen["solvable_runs"] == [address(study, role) for role in ("base", "distilled", "rl")]


def test_one_run_is_told_what_to_do(tab: Any, study: Any) -> None:
    page = tab.open(path(study, "base"))

    page.get_by_text("Two runs are needed").wait_for()


@pytest.mark.parametrize("wide", [900, 1440])
def test_many_runs_fit_in_a_narrow_and_a_wide_window(tab: Any, study: Any, wide: int) -> None:
    tab.page.set_viewport_size({"width": wide, "height": 1000})
    page = tab.open(path(study, "base", "rl", "distilled", "counts"))
    page.locator(".js-plotly-plot .barlayer .point").first.wait_for()

    main = page.locator('[data-testid="stMainBlockContainer"]')
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    labels = page.locator(".js-plotly-plot .yaxislayer-above .ytick text")
    boxes = [box for box in (label.bounding_box() for label in labels.all()) if box]
    assert all(
        a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1
        or a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
        for i, a in enumerate(boxes) for b in boxes[i + 1 :]
    )  # fmt: skip
