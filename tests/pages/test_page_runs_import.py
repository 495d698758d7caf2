"""Files are dropped on the runs page, recognised, and brought in; where nobody writes, not."""

import json

import pytest

from app.importing import Wanted, bring_in
from store.location import connect, current
from tests.pages.conftest import make_study, serve, watched

pytestmark = pytest.mark.browser


@pytest.fixture
def own(tmp_path):
    """A study that may be changed."""
    return make_study(tmp_path / "study").path


@pytest.fixture
def tab(own, tmp_path, browser):
    server = serve(own, tmp_path / "log.txt")
    url = next(server).url
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield watched(context.new_page(), url)
    context.close()
    server.close()


def log(path, *extra):
    """A log of the paper's harness: four problems, two samples of each, three of them correct."""
    scores = [[True, False], [False, False], [True, True], [False, False]]
    rows = [
        json.dumps(
            {"idx": i, "question": f"What is {i} + {i}?", "gt": str(2 * i), "score": score,
             "code": [f"sum {i} {j} <b>x</b>" for j in range(2)], "pred": ["1", "2"]}
        )
        for i, score in enumerate(scores)
    ]  # fmt: skip
    path.write_text("\n".join([*rows, *extra]) + "\n")
    return path


def counts(study):
    with connect(current(study)) as connection:
        query = "SELECT model, sum(n), sum(c) FROM counts JOIN runs USING (run) GROUP BY model"
        return {model: (n, c) for model, n, c in connection.execute(query).fetchall()}


def say_whose(tab, benchmark):
    """Fill in what the file does not tell: Enter makes each known to the script."""
    fields = {"Model": "mine", "Benchmark": benchmark, "Role": "rl"}
    for label, value in fields.items():
        field = tab.page.locator("[data-testid=stMain]").get_by_label(label, exact=True)
        field.fill(value)
        field.press("Enter")
        tab.settle()


def test_a_dropped_log_is_recognised_completed_tried_and_imported(tab, own, tmp_path):
    before = counts(own)
    page = tab.open("runs")
    page.get_by_text("Bring in your own results").click()
    path = log(tmp_path / "mine.jsonl", "{broken", json.dumps({"idx": 9, "score": [1]}))
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text("lines with idx, code and score").wait_for()
    tab.settle()

    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("give --model and --role and --benchmark").wait_for()
    assert counts(own) == before

    say_whose(tab, "sums")
    page.get_by_role("button", name="Try").click()
    page.get_by_text("Would import 8 samples of 4 problems").wait_for()
    assert counts(own) == before

    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Imported and published.").wait_for(timeout=60_000)
    tab.settle()
    said = page.inner_text("[data-testid=stMain]")
    assert "Imported 8 samples of 4 problems" in said and "2 records that are bad" in said
    assert "line 5" in said and "line 6" in said
    assert counts(own) == {**before, "mine": (8, 3)}
    page = tab.open("pass-at-k?benchmark=sums")
    page.get_by_text("0.375").first.wait_for()
    assert not tab.problems


def test_what_is_no_log_is_told_in_a_sentence(tab, own, tmp_path):
    before = counts(own)
    page = tab.open("runs")
    page.get_by_text("Bring in your own results").click()
    path = tmp_path / "odd <script>.bin"
    path.write_bytes(b"\x00\x01<img src=x onerror=alert(1)>" * 50)
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text("has none of the formats that are recognised").wait_for()
    tab.settle()
    assert page.get_by_role("button", name="Import", exact=True).count() == 0
    assert counts(own) == before and not tab.problems


def test_what_of_a_table_is_what_can_be_said(tab, tmp_path):
    page = tab.open("runs")
    page.get_by_text("Bring in your own results").click()
    path = tmp_path / "table.jsonl"
    rows = [{"nr": i, "thing": f"text {i}", "mark": i % 2} for i in range(4)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text("has none of the formats").or_(
        page.get_by_text("give --field")
    ).first.wait_for()
    tab.settle()
    fields = page.get_by_label("Fields", exact=True)
    fields.fill("problem_id=nr, completion=thing, correct=mark")
    fields.press("Enter")
    page.get_by_text("completion is `thing`").wait_for()
    tab.settle()
    assert page.get_by_role("button", name="Import", exact=True).count() == 1
    assert not tab.problems


class Dropped:
    """A file as Streamlit hands it over."""

    def __init__(self, name, rows):
        self.name = name
        self.content = "".join(json.dumps(row) + "\n" for row in rows).encode()

    def getbuffer(self):
        return memoryview(self.content)


def brought(study, rows, fields):
    """What is told while these rows are brought in."""
    told = []
    facts = {"model": "mine", "role": "rl", "benchmark": "sums"}
    wanted = Wanted(facts, fields)
    bring_in([Dropped("a.jsonl", rows)], study, wanted, lambda _, what: told.append(what))
    return told


def test_what_has_no_verdict_is_judged_by_the_usual_verifier(own):
    rows = [
        {"problem_id": f"q{i}", "question": f"{i} + 1?", "reference": str(i + 1), "completion": c}
        for i in range(2)
        for c in ("\\boxed{1}", "\\boxed{2}")
    ]
    told = brought(own, rows, {})
    assert counts(own)["mine"] == (4, 2)
    assert any(what.startswith("Judging mine--sums") and "math" in what for what in told)


def test_fields_that_were_named_are_taken(own):
    rows = [{"nr": i, "thing": f"text {i}", "mark": i % 2} for i in range(4)]
    brought(own, rows, {"problem_id": "nr", "completion": "thing", "correct": "mark"})
    assert counts(own)["mine"] == (4, 2)
