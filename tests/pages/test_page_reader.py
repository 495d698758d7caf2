"""The reader in a real browser: runs side by side, orders, marks, differences, and the keyboard."""

from typing import Any

import polars as pl
import pytest

from tests.pages.at_reader import addressed, answers, heading, link, name, path, press, query
from tests.pages.conftest import (
    HOSTILE,
    HOSTILE_ID,
    Tab,
)
from tests.pages.looking import SCRIPT, SLOW

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def patience(request: Any) -> None:
    """A server has to load all its parts for its first page."""
    if "tab" in request.fixturenames:
        request.getfixturevalue("tab").page.set_default_timeout(SLOW)


def test_samples_and_problems_are_walked_by_keys_alone(tab: Tab, study: Any) -> None:
    page = tab.open(link(study.runs["base"]))
    heading(page, 0)
    for number in (1, 2, 3):
        press(tab, "j")
        heading(page, number)
    press(tab, "k")
    heading(page, 2)
    addressed(tab, "sample=2")
    for key, problem in (("n", "p01"), ("n", "p02"), ("p", "p01"), ("n", "p02")):
        press(tab, key)
        addressed(tab, f"problem={problem}")
        heading(page, 0)
    press(tab, "j", "p")
    addressed(tab, "problem=p01")
    heading(page, 0)


def test_a_run_in_the_link_is_shown_alone_and_none_shows_a_base_beside_what_it_became(
    tab: Tab, study: Any
) -> None:
    page = tab.open(link(study.runs["rl"], problem="p04", sample=9))
    heading(page, 9)
    assert page.get_by_role("heading", name="Completion of sample").count() == 1

    page = tab.open("reader?problem=p04")
    heading(page, 0, pane=2)
    names = [page.get_by_role("heading", name=f"{i}. small-{r}").count() for i, r in
             ((1, "base"), (2, "rl"))]  # fmt: skip
    assert names == [1, 1]
    assert "run" not in query(page)


def test_answers_are_counted_and_the_right_one_comes_first(tab: Tab, study: Any) -> None:
    page = tab.open(link(study.runs["base"], problem="p05"))
    judged = study.verdicts["base"].filter(pl.col("problem_id") == "p05")
    counted = judged.group_by("outcome", "answer").len().rows()
    right = next(n for outcome, _, n in counted if outcome == "correct")
    found = answers(page)

    assert found[0] == ("15", str(right))
    told = {"no_answer": "(no answer)"}
    expected = [(told.get(outcome, answer), str(n)) for outcome, answer, n in counted]
    assert sorted(found) == sorted(expected)
    rest = [int(count) for _, count in found[1:]]
    assert rest == sorted(rest, reverse=True)


def test_the_right_answers_can_be_seen_first_and_then_those_that_are_read(
    tab: Tab, study: Any
) -> None:
    """Also where the list is too low for all answers, and the first sample is a wrong one."""
    first = study.verdicts["base"].filter(sample=0)
    solved = study.verdicts["base"].filter(outcome="correct")["problem_id"].unique()
    wrong = first.filter(
        pl.col("outcome") != "correct", pl.col("problem_id").is_in(solved.implode())
    )
    problem = next(name for name in sorted(wrong["problem_id"]) if name > "p00")
    page = tab.open(link(study.runs["base"], problem=f"p{int(problem[1:]) - 1:02d}"))
    groups = page.locator(".st-key-reader_groups_1 .groups")
    groups.evaluate("list => { list.style.maxHeight = '30px'; }")
    press(tab, "n")
    addressed(tab, f"problem={problem}")
    heading(page, 0)
    assert groups.evaluate("list => list.scrollTop") == 0

    press(tab, "g")
    tab.settle()
    press(tab, "k", "k")
    tab.settle()
    assert groups.evaluate("list => list.scrollTop") > 0


def test_the_next_answer_is_a_key_away_and_an_answer_a_click(tab: Tab, study: Any) -> None:
    judged = study.verdicts["base"].filter(pl.col("problem_id") == "p07")
    first = {o: judged.filter(pl.col("outcome") == o)["sample"].min() for o in
             ("correct", "incorrect")}  # fmt: skip
    page = tab.open(link(study.runs["base"], problem="p07", sample=first["correct"]))
    heading(page, first["correct"])
    press(tab, "g")
    heading(page, first["incorrect"])
    page.locator(".st-key-reader_groups_1 .group").first.click()
    heading(page, first["correct"])
    addressed(tab, f"sample={first['correct']}")


def test_samples_are_read_from_the_lowest_perplexity_of_a_chosen_scorer(
    tab: Tab, study: Any
) -> None:
    scores = study.scores["rl"].filter(pl.col("problem_id") == "p06")
    ranked = scores.sort(-pl.col("sum_logprob") / pl.col("n_tokens"))["sample"].to_list()
    page = tab.open(
        link(
            study.runs["rl"], problem="p06", reader_order="lowest perplexity",
            reader_perplexity="small-base",
        )
    )  # fmt: skip
    for number in ranked[:3]:
        heading(page, number)
        press(tab, "j")
    heading(page, ranked[3])


def test_only_samples_of_the_wanted_verdict_are_walked(tab: Tab, study: Any) -> None:
    judged = study.verdicts["rl"].filter(
        (pl.col("problem_id") == "p03") & (pl.col("outcome") == "incorrect")
    )
    wanted = judged["sample"].sort().to_list()
    page = tab.open(link(study.runs["rl"], problem="p03", reader_outcome="incorrect"))
    heading(page, wanted[0])
    assert page.get_by_text(f"1 of {len(wanted)} shown, in order of number; 32 stored").count() == 1
    press(tab, "j")
    heading(page, wanted[1])


def test_a_random_order_is_the_same_for_whoever_has_the_link(
    tab: Tab, other_browser: Tab, study: Any
) -> None:
    page = tab.open(link(study.runs["base"], reader_order="at random", reader_seed=11))
    tab.settle()
    shown = page.get_by_role("heading", name="Completion of sample").inner_text()
    press(tab, "n")
    addressed(tab, "problem=p01")
    tab.settle()
    second = page.get_by_role("heading", name="Completion of sample").inner_text()

    copy = other_browser.open(link(study.runs["base"], reader_order="at random", reader_seed=11))
    heading(copy, int(shown.split()[-1]))
    press(other_browser, "n")
    heading(copy, int(second.split()[-1]))


def test_keys_move_in_one_pane_until_the_other_is_chosen(
    tab: Tab, other_browser: Tab, study: Any
) -> None:
    page = tab.open(link(study.runs["base"], study.runs["distilled"], problem="p02"))
    heading(page, 0, pane=2)
    press(tab, "j")
    heading(page, 1, pane=1)
    press(tab, "x")
    addressed(tab, "reader_pane=2")
    press(tab, "j")
    heading(page, 1, pane=2)
    press(tab, "j")
    heading(page, 2, pane=2)
    addressed(tab, "reader_sample_2=2")

    copy = other_browser.open(path(tab))
    heading(copy, 1, pane=1)
    heading(copy, 2, pane=2)
    assert query(copy) == query(page)


def test_marks_are_in_the_url_and_lead_back(tab: Tab, other_browser: Tab, study: Any) -> None:
    base = study.runs["base"]
    page = tab.open(link(base, problem="p02", sample=3))
    heading(page, 3)
    press(tab, "m")
    addressed(tab, "reader_marked=")
    press(tab, "j")
    heading(page, 4)
    press(tab, "m")
    page.get_by_text("2 marked").wait_for()
    press(tab, "n")
    addressed(tab, "problem=p03")
    assert query(page)["reader_marked"] == [f"{n}@{name(base)}@p02" for n in (3, 4)]

    copy = other_browser.open(path(tab))
    copy.get_by_text("2 marked").wait_for()
    press(other_browser, "M")
    heading(copy, 3)
    addressed(other_browser, "problem=p02")
    press(other_browser, "M")
    heading(copy, 4)
    press(other_browser, "m")
    copy.get_by_text("1 marked").wait_for()


def test_the_words_that_differ_are_shown_for_panes_and_marked_samples(tab: Tab, study: Any) -> None:
    page = tab.open(link(study.runs["base"], study.runs["rl"], problem="p00"))
    heading(page, 0, pane=2)
    press(tab, "w")
    shown = page.locator(".st-key-reader_difference")
    shown.locator(".text ins").first.wait_for()
    texts = [
        study.samples[role].filter(pl.col("problem_id") == "p00", pl.col("sample") == 0)
        for role in ("base", "rl")
    ]
    for ours, texts_of in (("ins", texts[0]), ("del", texts[1])):
        kept = shown.locator(".text").evaluate(
            "(text, left) => [...text.children].filter(p => p.localName !== left)"
            ".map(p => p.textContent).join('')", ours,
        )  # fmt: skip
        assert kept == texts_of["completion"][0]
    assert shown.locator(".text ins").first.inner_text() == "rl"
    addressed(tab, "reader_against=pane")
    press(tab, "w")
    shown.wait_for(state="detached")


@pytest.mark.parametrize("view", ["tokens", "raw", "rendered"])
def test_a_hostile_run_is_text_in_every_view_and_part(tab: Tab, study: Any, view: str) -> None:
    hostile = study.runs["hostile"]
    page = tab.open(
        link(
            hostile, benchmark="hostile", problem=HOSTILE_ID, sample=1, reader_view=view,
            reader_against="the next sample", reader_marked=f"3@{name(hostile)}@{HOSTILE_ID}",
        )
    )  # fmt: skip
    heading(page, 1)
    page.locator(".st-key-reader_difference .text").wait_for()
    page.get_by_text("1 marked").click()
    page.get_by_role("button", name=f"3 of {HOSTILE_ID}").wait_for()

    (answer,) = answers(page)
    assert answer == (HOSTILE[:300], "4")
    outside = 'img[src="x"], img[src*="192"], a[href*="192"], a[href^="javascript"], main script'
    main = page.locator('[data-testid="stMain"]')
    assert page.locator(outside).count() == 0
    assert main.locator(".katex").count() == 0
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") <= 0
    press(tab, "j")
    heading(page, 2)


@pytest.mark.parametrize(("width", "rows"), [(1440, 1), (900, 2)])
def test_four_panes_are_a_row_in_a_wide_window_and_two_by_two_in_a_narrow_one(
    tab: Tab, study: Any, width: int, rows: int
) -> None:
    tab.page.add_init_script(path=SCRIPT)
    tab.page.set_viewport_size({"width": width, "height": 1000})
    four = [study.runs[role] for role in ("base", "rl", "distilled", "counts")]
    page = tab.open(link(*four, problem="p03"))
    heading(page, 0, pane=3)
    tops = page.locator('.st-key-reader_panes [data-testid="stColumn"]').evaluate_all(
        "columns => columns.map(column => Math.round(column.getBoundingClientRect().top))"
    )
    assert (len(tops), len(set(tops))) == (4, rows)
    assert page.evaluate("look.faults()") == []


def test_nonsense_in_the_url_of_the_reader_does_no_harm(tab: Tab, study: Any) -> None:
    nonsense = {
        "reader_pane": 9, "reader_sample_2": "x", "reader_order": "q", "reader_seed": "-1",
        "reader_view": "html", "reader_colour": "pink", "reader_scorer": "nobody",
        "reader_against": "pane 7", "reader_marked": "1@nobody@p1", "reader_unfolded": "<b>",
        "reader_minus": "", "reader_perplexity": "nobody",
    }  # fmt: skip
    page = tab.open(link(study.runs["base"], study.runs["rl"], **nonsense))
    heading(page, 0, pane=2)
    assert page.locator('[data-testid="stAlert"]').count() == 0
    press(tab, "j")
    heading(page, 1)


def test_the_keys_are_listed_on_request(tab: Tab) -> None:
    page = tab.open("reader")
    tab.settle()
    press(tab, "?")
    listed = page.get_by_role("dialog", name="Keys of this page")
    listed.wait_for()
    keys = listed.locator("kbd").all_inner_texts()
    assert {*"jkgnpmMvcowxs?"} <= set(keys)
    page.keyboard.press("Escape")
    listed.wait_for(state="hidden")
