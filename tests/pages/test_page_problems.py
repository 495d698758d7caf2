"""The page of problems: its rows beside what was written, searching, the URL, and links."""

import re
from collections.abc import Callable, Iterator
from math import exp, log
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import polars as pl
import pytest
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from app.selection import address
from store.audits import Audit, content_hash, record
from tests.pages.conftest import HOSTILE, HOSTILE_ID, Study, make_study

ROOT = Path(__file__).parents[2]
MAIN, PAGE = ROOT / "app" / "main.py", ROOT / "pages" / "problems.py"
ROLES = ("base", "rl", "distilled")
Show = Callable[..., AppTest]


@pytest.fixture
def show(study: Study, monkeypatch: pytest.MonkeyPatch) -> Show:
    """The page with these parameters in its URL; the runs are base, rl and distilled."""
    monkeypatch.setenv("PASSBAND_STUDY", str(study.path))

    def run(*roles: str, benchmark: str = "countdown-24", **parameters: str) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=60)
        app.query_params["benchmark"] = benchmark
        if benchmark != "hostile":
            app.query_params["runs"] = [address(study.runs[role]) for role in roles or ROLES]
        for name, value in parameters.items():
            app.query_params[name] = value
        app.switch_page(str(PAGE)).run()
        assert not app.exception
        return app

    return run


def rows(app: AppTest) -> list[dict[str, Any]]:
    return list(app.dataframe[0].value.to_dict("records"))


def ids(app: AppTest) -> list[str]:
    return [row["problem_id"] for row in rows(app)]


def captions(app: AppTest) -> str:
    return " ".join(caption.value.replace("\\", "") for caption in app.caption)


def correct(study: Study, role: str) -> dict[str, int]:
    judged = study.verdicts[role].filter(pl.col("outcome") == "correct")
    found = dict(judged.group_by("problem_id").len().rows())
    return {name: found.get(name, 0) for name in study.verdicts[role]["problem_id"].unique()}


def test_each_problem_has_a_row_with_the_measures_of_each_run(show: Show, study: Study) -> None:
    app = show()
    table = {row["problem_id"]: row for row in rows(app)}
    assert list(table) == [f"p{i:02d}" for i in range(24)]
    for i, role in enumerate(ROLES):
        right = correct(study, role)
        judged = study.verdicts[role]
        for name, row in table.items():
            assert row[f"accuracy_{i}"] == right[name] / 32
            assert row[f"solvable_{i}"] == (right[name] > 0)
            own = judged.filter((pl.col("problem_id") == name) & pl.col("answer").is_not_null())
            told = own.select(
                pl.when(pl.col("outcome") == "correct").then(pl.lit("right")).otherwise("answer")
            )
            shares = [count / own.height for count in told.to_series().value_counts()["count"]]
            assert row[f"entropy_{i}"] == pytest.approx(-sum(p * log(p) for p in shares), abs=1e-12)
            samples = study.samples[role].filter(pl.col("problem_id") == name)
            values = [exp(-s / n) for s, n in samples.select("sum_logprob", "n_tokens").rows()]
            assert row[f"perplexity_{i}"] == pytest.approx(median(values))
    assert list(table["p00"]["accuracies"]) == [correct(study, role)["p00"] / 32 for role in ROLES]
    assert "Samples per problem (n): 32." in captions(app)


def test_rows_are_kept_and_sorted_as_the_url_says(show: Show, study: Study) -> None:
    base, rl = correct(study, "base"), correct(study, "rl")
    sorted_by = {"problems_sort": "accuracy", "problems_sort_of": address(study.runs["base"])}
    app = show(
        "base", "rl", problems_solved="only by the base", problems_order="descending", **sorted_by
    )
    only = [name for name in sorted(base) if base[name] and not rl[name]]
    assert sorted(only, key=lambda name: (-base[name], name)) == ids(app)
    assert f"{len(only)} of 24 problems: solvable only by the base." in captions(app)

    app = show("base", "rl", problems_threshold="12", problems_solved="only by other runs")
    others = [name for name in sorted(base) if base[name] < 12 <= rl[name]]
    assert others == ids(app) and others


def test_what_is_left_out_at_the_left_is_left_out_here(show: Show, study: Study) -> None:
    app = show("base", left_out="truncated", problems_search="base answers")
    samples = study.samples["base"].filter(pl.col("finish_reason") != "length")
    kept = study.verdicts["base"].join(samples, on=["problem_id", "sample"], how="semi")
    for row in rows(app):
        own = kept.filter(pl.col("problem_id") == row["problem_id"])
        assert row["accuracy_0"] == (own["outcome"] == "correct").sum() / own.height
        assert row["hits_0"] == own.height
    assert f"{samples.height} of {samples.height} completions" in captions(app)


def test_the_verifier_chosen_at_the_left_judges_here(show: Show, study: Study) -> None:
    app = show("base", verifier="strict")
    judged = study.verdicts["base"].filter(
        (pl.col("sample") < 8) & (pl.col("outcome") == "correct")
    )
    right = dict(judged.group_by("problem_id").len().rows())
    assert {row["problem_id"]: row["accuracy_0"] for row in rows(app)} == {
        f"p{i:02d}": right.get(f"p{i:02d}", 0) / 32 for i in range(24)
    }


def test_audits_change_the_rows_where_they_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: Show
) -> None:
    study = make_study(tmp_path / "audited")
    right = study.verdicts["base"].filter(outcome="correct", problem_id="p00")["sample"].to_list()
    texts = dict(
        study.samples["base"].filter(problem_id="p00").select("sample", "completion").rows()
    )
    for number, label in zip(right, ("flawed", "ambiguous"), strict=False):
        at = "2026-01-01T00:00:00+00:00"
        digest = content_hash(texts[number])
        record(
            study.path, Audit(at, study.runs["base"], "p00", number, digest, "reviewer-1", label)
        )
    monkeypatch.setenv("PASSBAND_STUDY", str(study.path))

    app = show("base", audited="true", problems_search="so base", problems_of="p00")
    (first, *_) = rows(app)
    assert first["accuracy_0"] == pytest.approx((len(right) - 2) / 31)
    assert first["hits_0"] == 31  # the ambiguous one is not in n
    listed = app.dataframe[1].value.set_index("sample")["outcome"]
    assert listed[right[0]] == "incorrect" and right[1] not in listed
    assert rows(show("base"))[0]["accuracy_0"] == len(right) / 32


def matching(study: Study, role: str, pattern: str, flags: int = re.IGNORECASE) -> pl.DataFrame:
    texts = study.samples[role]
    hit = [bool(re.search(pattern, text, flags)) for text in texts["completion"]]
    return texts.filter(pl.Series(hit))


def test_a_search_counts_hits_per_problem_and_run(show: Show, study: Study) -> None:
    app = show("base", "rl", problems_search=r"answer> 1\d? <.* #\d$", problems_regex="true")
    found = {role: matching(study, role, r"answer> 1\d? <.* #\d\Z") for role in ("base", "rl")}
    per_problem = {
        role: dict(part.group_by("problem_id").len().rows()) for role, part in found.items()
    }
    shown = {row["problem_id"]: (row["hits_0"], row["hits_1"]) for row in rows(app)}
    names = sorted(set(per_problem["base"]) | set(per_problem["rl"]))
    assert shown == {
        name: tuple(per_problem[r].get(name, 0) for r in ("base", "rl")) for name in names
    }
    total = sum(part.height for part in found.values())
    assert f"Matching: 0 of 24 questions and {total} of " in captions(app)
    listed = app.dataframe[1].value
    assert len(listed) == min(50, total)
    assert all("⟦answer> 1" in text for text in listed["text"])


def test_questions_and_case_are_searched_as_asked(show: Show) -> None:
    assert ids(show("base", problems_search="make 13 FROM", problems_in="questions")) == ["p03"]
    assert "hits_0" not in rows(show("base", problems_search="make 13", problems_in="questions"))[0]
    app = show("base", problems_search="make 13", problems_in="questions", problems_case="true")
    assert "No problem is left" in app.info[0].value and not app.exception


def test_a_wrong_expression_is_told_and_the_rows_stay(show: Show) -> None:
    app = show("base", problems_search="(?=x)", problems_regex="true")
    (told,) = app.info
    assert "is not a regular expression" in told.value and "RE2" in told.value
    assert len(ids(app)) == 24


def test_matching_samples_are_those_of_the_problem_and_page(show: Show, study: Study) -> None:
    app = show("rl", problems_search="RL ANSWERS", problems_page="3")
    listed = app.dataframe[1].value
    expected = study.samples["rl"].sort("problem_id", "sample").slice(100, 50)
    assert (
        list(zip(listed["problem"], listed["sample"], strict=True))
        == expected.select("problem_id", "sample").rows()
    )
    assert "101–150 of 768 matching samples" in captions(app)
    one = show("rl", problems_search="RL ANSWERS", problems_of="p05", problems_page="3").dataframe[
        1
    ]
    assert list(one.value["sample"]) == list(range(32))


def test_a_run_of_counts_has_accuracies_and_no_link(show: Show) -> None:
    app = show("counts", problems_search="x")
    assert "No problem is left" in app.info[0].value
    app = show("counts")
    assert [row["accuracy_0"] for row in rows(app)] == [2 * i / 64 for i in range(24)]
    assert "samples" not in rows(app)[0]
    assert "Not known of the chosen runs: answer entropy, perplexity." in captions(app)


def test_hostile_texts_are_cells(show: Show) -> None:
    app = show(benchmark="hostile", problems_search="onerror")
    (row,) = rows(app)
    assert row["problem_id"] == HOSTILE_ID and HOSTILE.startswith(row["question"][:40])
    assert len(app.dataframe[1].value) == 4
    assert parse_qs(urlsplit(row["samples"]).query)["problem"] == [HOSTILE_ID]


def test_a_problem_that_a_new_search_does_not_find_is_no_longer_chosen(show: Show) -> None:
    # The control vanished with the search and came back with other options: its value was nowhere
    # where the address was written from, which ended the run with a KeyError.
    app = show("base", problems_search="for p05", problems_of="p05")
    for text in ("", "for p07"):
        app.text_input(key="problems_search").set_value(text).run()
        assert not app.exception
    assert app.selectbox(key="problems_of").value == "all shown"
    assert set(app.dataframe[1].value["problem"]) == {"p07"}


@pytest.fixture
def patient(tab: Any) -> Iterator[Any]:
    tab.page.set_default_timeout(60_000)
    yield tab


@pytest.mark.browser
def test_a_search_is_in_the_url_and_its_samples_open_the_reader(patient: Any, study: Study) -> None:
    tab = patient
    runs = f"runs={address(study.runs['base'])}&runs={address(study.runs['rl'])}"
    page = tab.open(f"problems?benchmark=countdown-24&{runs}")
    page.get_by_text("24 problems.").wait_for()
    page.get_by_role("searchbox", name="Search").fill("rl answers <answer> 12")
    page.get_by_role("heading", name="Matching samples").wait_for()
    tab.settle()
    expected = matching(study, "rl", "rl answers <answer> 12")
    page.get_by_text(f"{expected.height} of 1,536 completions").wait_for()
    assert parse_qs(urlsplit(page.url).query)["problems_search"] == ["rl answers <answer> 12"]
    page.get_by_text("Regular expression").click()
    page.wait_for_url("**problems_regex=true**")

    first = expected.sort("problem_id", "sample").row(0, named=True)
    where = f"run={quote(address(study.runs['rl']))}&problem={first['problem_id']}"
    page = tab.open(f"reader?benchmark=countdown-24&{runs}&{where}&sample={first['sample']}")
    expect(page.get_by_text(first["completion"][:40]).first).to_be_visible()
