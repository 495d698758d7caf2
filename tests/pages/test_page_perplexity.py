"""The page of perplexities in a real browser, on a study whose every log-probability is known."""

import math
import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import numpy as np
import polars as pl
import pytest

from store.build import publish
from store.runs import Model, Run, write_run
from store.shards import COLUMNS, write_shard
from tests.pages.conftest import Server, serve
from tests.pages.reading import click, query, table

pytestmark = pytest.mark.browser

PROBLEMS, SAMPLES = 5, 12
MODELS = {
    "base": Model("tiny-base", "base"),
    "early": Model("tiny-100", "rl", "tiny-base", "GRPO", 100),
    "late": Model("tiny-200", "rl", "tiny-base", "GRPO", 200),
    "teacher": Model("teacher", "reference"),
    "counts": Model("published", "instruct"),
}
OUTCOMES = ("correct", "incorrect", "incorrect", "no_answer")
Group = tuple[str, str]  # scorer, run


class Known(NamedTuple):
    """The ids of runs, and each sample's tokens as they were written."""

    runs: dict[str, str]
    logprobs: dict[Group, dict[tuple[str, int], list[float]]]

    def perplexities(self, scorer: str, run: str) -> dict[tuple[str, int], float]:
        """From the written log-probabilities."""
        return {
            key: math.inf if -math.inf in values else math.exp(-sum(values) / len(values))
            for key, values in self.logprobs[scorer, run].items()
        }

    def address(self, name: str) -> str:
        return f"{MODELS[name].name}~{self.runs[name][-6:]}"


def frame(kind: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(
        [{**dict.fromkeys(COLUMNS[kind]), **row} for row in rows], schema=COLUMNS[kind]
    )


def write_problems(folder: Any) -> None:
    rows = [
        {"problem_id": f"p{i}", "position": i, "question": f"{i} + {i}?", "metadata": "{}"}
        for i in range(PROBLEMS)
    ]
    write_shard(folder, "problems", frame("problems", rows))


def write_samples(known: Known, folder: Any, name: str, own: bool) -> dict[tuple[str, int], int]:
    """A run's samples and verdicts; returns how many tokens each has."""
    random = np.random.default_rng(len(name))
    samples, verdicts, lengths = [], [], {}
    model = MODELS[name].name
    for problem in (f"p{i}" for i in range(PROBLEMS)):
        for number in range(SAMPLES):
            words = [f"{name}{number}", *(f"w{i}" for i in range(int(random.integers(3, 40))))]
            text = " ".join(words)
            ends = [int(x) for x in np.cumsum([len(w) + (i > 0) for i, w in enumerate(words)])]
            values = [float(np.float32(-x)) for x in random.gamma(0.5, 1.0, len(words))]
            key = (problem, number)
            lengths[key] = len(words)
            row = {"problem_id": problem, "sample": number, "completion": text}
            if own:
                known.logprobs.setdefault((model, name), {})[key] = values
                row |= {
                    "n_tokens": len(words), "sum_logprob": sum(values), "token_logprobs": values,
                    "token_ids": list(range(len(words))), "token_ends": ends,
                }  # fmt: skip
            samples.append({**row, "finish_reason": "stop"})
            outcome = OUTCOMES[number % len(OUTCOMES)]
            verdict = {"problem_id": problem, "sample": number, "verifier": "v", "version": "1"}
            verdicts.append({**verdict, "outcome": outcome})
    write_shard(folder, "samples", frame("samples", samples))
    write_shard(folder, "verdicts", frame("verdicts", verdicts), "v")
    return lengths


def write_scores(
    known: Known, folder: Any, scorer: str, name: str, lengths: dict[tuple[str, int], int]
) -> None:
    """The samples scored by another model, all but the last of each problem; one is impossible."""
    random = np.random.default_rng(7)
    rows = []
    for (problem, number), length in lengths.items():
        if number == SAMPLES - 1:
            continue
        # The teacher's texts have the scorer's tokens: one word less, since it cuts otherwise.
        count = length - 1 if name == "teacher" else length
        values = [float(np.float32(-x)) for x in random.gamma(0.6, 1.0, count)]
        if (name, problem, number) == ("late", "p4", 0):
            values[0] = -math.inf
        known.logprobs.setdefault((scorer, name), {})[problem, number] = values
        row = {
            "problem_id": problem, "sample": number, "scorer": scorer, "n_tokens": count,
            "sum_logprob": sum(values), "token_logprobs": values,
        }  # fmt: skip
        if name == "teacher":
            row |= {"token_ids": list(range(count)), "token_ends": list(range(1, count + 1))}
        rows.append(row)
    write_shard(folder, "scores", frame("scores", rows), scorer)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Known]:
    """The study's folder and what was written."""
    path = tmp_path_factory.mktemp("perplexities")
    written = Known({}, {})
    for name, model in MODELS.items():
        folder = write_run(path / "shards", Run(model, "sums", temperature=1.0))
        written.runs[name] = folder.name
        write_problems(folder)
        if name == "counts":
            counts = {"problem_id": "p0", "verifier": "v", "n": 4, "c": 1}
            write_shard(folder, "counts", frame("counts", [counts]))
            continue
        lengths = write_samples(written, folder, name, own=name != "teacher")
        if name != "base":
            write_scores(written, folder, "tiny-base", name, lengths)
        if name == "teacher":
            write_scores(written, folder, "tiny-200", name, {k: n + 5 for k, n in lengths.items()})
    publish(path)
    return path, written


@pytest.fixture(scope="module")
def server(known: tuple[Any, Known], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """In place of the server that the other pages share."""
    yield from serve(known[0], tmp_path_factory.mktemp("server") / "log.txt")


@pytest.fixture(autouse=True)
def patience(tab: Any) -> None:
    """Figures of many points take long on a machine that is busy otherwise."""
    tab.page.set_default_timeout(60_000)


@pytest.fixture
def wrote(known: tuple[Any, Known]) -> Known:
    return known[1]


def drawn(page: Any) -> Any:
    """The traces and the numbers of the figure."""
    plot = page.locator(".js-plotly-plot")
    plot.first.wait_for()
    return plot.first.evaluate(
        """plot => ({
            data: plot.data.map(t => ({type: t.type, name: t.name, x: [...(t.x || [])],
                                       y: [...(t.y || [])]})),
            meta: plot.layout.meta,
            said: plot.layout.title.subtitle.text.replaceAll('<br>', ' ')})"""
    )


def row_of(page: Any, scorer: str, run: str) -> dict[str, str]:
    return next(r for r in table(page) if (r["scorer"], r["samples of"]) == (scorer, run))


def quantile(values: list[float], share: float) -> float:
    """Linear between order statistics, from its definition."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, part = int(place), place - int(place)
    return ordered[low] if not part else ordered[low] + part * (ordered[low + 1] - ordered[low])


def test_the_groups_of_figure_6_have_the_quartiles_of_the_written_values(
    tab: Any, wrote: Known
) -> None:
    page = tab.open("perplexity")
    for scorer, name, not_scored, infinite in (
        ("tiny-base", "base", 0, 0),
        ("tiny-base", "late", PROBLEMS, 1),
        ("tiny-200", "late", 0, 0),
        ("tiny-base", "teacher", PROBLEMS, 0),
    ):
        row = row_of(page, scorer, MODELS[name].name)
        values = list(wrote.perplexities(scorer, name).values())

        shown = [row[column] for column in ("q1", "median", "q3")]
        assert shown == [f"{quantile(values, share):.3f}" for share in (0.25, 0.5, 0.75)]
        assert (row["n"], row["not scored"]) == (str(len(values)), str(not_scored))
        assert row["infinite"] == str(infinite)
        assert row["mean"] == ("∞" if infinite else f"{statistics.fmean(values):.3f}")


def test_by_default_the_base_scores_all_and_each_model_its_own(tab: Any) -> None:
    page = tab.open("perplexity")
    groups = [(row["scorer"], row["samples of"]) for row in table(page)]
    everything = table(tab.open("perplexity?perplexity_scorers=tiny-200"))

    assert set(groups) == {
        ("tiny-base", "tiny-base"), ("tiny-base", "tiny-100"), ("tiny-100", "tiny-100"),
        ("tiny-base", "tiny-200"), ("tiny-200", "tiny-200"), ("tiny-base", "teacher"),
    }  # fmt: skip
    assert {(row["scorer"], row["samples of"]) for row in everything} == {
        ("tiny-200", "tiny-200"), ("tiny-200", "teacher"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "type_"), [("box", "box"), ("violin", "box"), ("ECDF", "scatter")]
)
def test_every_kind_of_figure_says_n_and_what_is_not_in_it(tab: Any, kind: str, type_: str) -> None:
    figure = drawn(tab.open(f"perplexity?perplexity_kind={kind}"))

    n = 3 * PROBLEMS * SAMPLES + 3 * PROBLEMS * (SAMPLES - 1)
    assert figure["meta"]["samples"] == n
    assert figure["meta"]["not_scored"] == 3 * PROBLEMS
    assert "infinite" in figure["said"] and "not scored" in figure["said"]
    assert f"n = {n} samples" in figure["said"]
    assert sum(trace["type"] == type_ for trace in figure["data"]) == (6 if kind == "ECDF" else 12)
    points = sum(len(trace["x"]) for trace in figure["data"] if trace["type"] == type_)
    assert points == n - 1  # all but the infinite one


def test_a_verdict_narrows_or_splits_the_groups(tab: Any, wrote: Known) -> None:
    values = wrote.perplexities("tiny-base", "base")
    correct = [value for (_, number), value in values.items() if number % 4 == 0]
    only = row_of(tab.open("perplexity?perplexity_verdict=correct"), "tiny-base", "tiny-base")
    split = table(tab.open("perplexity?perplexity_verdict=split&perplexity_scorers=tiny-base"))

    assert (only["n"], only["median"]) == (str(len(correct)), f"{statistics.median(correct):.3f}")
    base = {row["verdict"]: row["n"] for row in split if row["samples of"] == "tiny-base"}
    assert base == {"correct": "15", "incorrect": "30", "no answer": "15"}


def test_each_problem_chosen_has_a_panel(tab: Any, wrote: Known) -> None:
    page = tab.open("perplexity?perplexity_problems=p1&perplexity_problems=p3")
    page.locator(".js-plotly-plot").first.wait_for()
    titles = page.locator(".js-plotly-plot .annotation-text").all_text_contents()
    values = [
        v for (problem, _), v in wrote.perplexities("tiny-base", "base").items() if problem == "p3"
    ]

    assert titles == ["p1 · n = 11–12", "p3 · n = 11–12"]
    shown = [
        r
        for r in table(page)
        if (r["problem"], r["scorer"], r["samples of"]) == ("p3", "tiny-base", "tiny-base")
    ]
    assert [row["median"] for row in shown] == [f"{statistics.median(values):.3f}"]


def test_a_range_of_lengths_leaves_out_the_others_and_counts_them(
    tab: Any, other_browser: Any, wrote: Known
) -> None:
    page = tab.open("perplexity?perplexity_scorers=tiny-100")
    thumb = page.get_by_role("slider").first
    thumb.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**perplexity_tokens=**")
    tab.settle()
    page.get_by_text("of other lengths left out").first.wait_for()
    low = int(query(page)["perplexity_tokens"][0].split(",")[0])
    lengths = [len(values) for values in wrote.logprobs["tiny-100", "early"].values()]
    row = row_of(page, "tiny-100", "tiny-100")
    copy = other_browser.open(page.url.removeprefix(tab.url).removeprefix("/"))

    inside = sum(length >= low for length in lengths)
    assert low > min(lengths) and inside < len(lengths)
    assert (row["n"], row["other length"]) == (str(inside), str(len(lengths) - inside))
    assert row_of(copy, "tiny-100", "tiny-100") == row


def test_at_the_same_lengths_it_says_how_many_samples_remain(tab: Any, wrote: Known) -> None:
    page = tab.open(
        "perplexity?perplexity_view=length&perplexity_bins=4&perplexity_scorers=tiny-base"
    )
    figure = drawn(page)
    rows = {row["samples of"]: row for row in table(page)}

    assert figure["meta"]["samples"] == PROBLEMS * (SAMPLES + 3 * (SAMPLES - 1))
    lines = [trace for trace in figure["data"] if "n = " in (trace["name"] or "")]
    assert len(lines) == 4 and all(2 <= len(line["x"]) <= 4 for line in lines)
    values = list(wrote.perplexities("tiny-base", "base").values())
    assert rows["tiny-base"]["median"] == f"{statistics.median(values):.3f}"
    assert all(int(row["n remaining"]) <= int(row["n"]) for row in rows.values())
    assert all(int(row["effective n"]) <= int(row["n remaining"]) for row in rows.values())


def test_more_groups_than_can_be_told_apart_are_a_table_of_medians(tab: Any) -> None:
    page = tab.open("perplexity?perplexity_view=length&perplexity_verdict=split")
    said = page.get_by_text("groups cannot be told apart in one figure").text_content()

    assert int(said.split()[0]) == len(table(page)) > 8
    assert page.locator(".js-plotly-plot").count() == 0


def test_perplexity_over_training_is_the_mean_of_medians(tab: Any, wrote: Known) -> None:
    page = tab.open("perplexity?perplexity_view=training+steps&perplexity_first=3")
    (line,) = drawn(page)["data"]

    expected = []
    for name in ("base", "early", "late"):
        values = wrote.perplexities("tiny-base", name)
        middle = [
            statistics.median(v for (problem, _), v in values.items() if problem == f"p{i}")
            for i in range(3)
        ]
        expected.append(statistics.fmean(middle))
    assert line["x"] == [0, 100, 200]
    assert line["y"] == pytest.approx(expected)
    assert "3 problems" in drawn(page)["said"]
    assert page.get_by_text("Not a checkpoint: published, teacher").count() == 1


def test_published_points_are_shown_when_asked_for(tab: Any) -> None:
    page = tab.open("perplexity?perplexity_published=true")
    plot = page.locator(".js-plotly-plot").nth(1)
    plot.wait_for()

    drawn = "plot => plot.data.reduce((sum, trace) => sum + trace.x.length, 0)"
    assert plot.evaluate(drawn) == 2 * 3 * 16 + 7 + 8


def test_two_scorers_differ_along_the_tokens_of_a_sample(tab: Any, wrote: Known) -> None:
    run = wrote.address("early")
    page = tab.open(
        f"perplexity?perplexity_view=tokens&perplexity_token_run={run}"
        "&perplexity_token_problem=p2&perplexity_token_sample=3"
    )
    bars, line = drawn(page)["data"]

    own, base = (wrote.logprobs[scorer, "early"]["p2", 3] for scorer in ("tiny-100", "tiny-base"))
    assert bars["y"] == pytest.approx([a - b for a, b in zip(own, base, strict=True)])
    assert line["y"][-1] == pytest.approx(sum(own) - sum(base))
    assert f"n = {len(own)} tokens" in drawn(page)["said"]
    link = page.get_by_role("link", name="Read sample 3 of p2").get_attribute("href")
    assert parse_qs(urlsplit(str(link)).query)["sample"] == ["3"]


def test_scorers_that_cut_the_text_differently_are_refused_with_a_sentence(
    tab: Any, wrote: Known
) -> None:
    address = wrote.address("teacher")
    page = tab.open(f"perplexity?perplexity_view=tokens&perplexity_token_run={address}")

    page.get_by_text("cannot be compared token by token").wait_for()
    assert page.locator(".js-plotly-plot").count() == 0


def test_a_clicked_point_leads_to_its_sample_and_to_its_tokens(tab: Any) -> None:
    page = tab.open("perplexity?perplexity_scorers=tiny-100")
    marks = page.locator(".js-plotly-plot .boxlayer path.point")
    click(page, marks.nth(20))
    read = page.get_by_role("link", name="Read sample")
    read.wait_for()
    _, _, number, _, problem, *_ = read.inner_text().replace(",", "").split()
    along = page.get_by_role("link", name="Compare two scorers along its tokens")
    target = str(along.get_attribute("href")).split("/")[-1]
    copy = tab.open(str(read.get_attribute("href")).split("/")[-1])
    copy.get_by_role("heading", name=f"Completion of sample {number}").wait_for()
    assert f"early{number}" in str(copy.locator(".text").nth(1).evaluate("n => n.textContent"))

    tokens = tab.open(target)
    assert f"sample {number} of {problem}" in drawn(tokens)["said"]


@pytest.mark.parametrize("view", ["length", "tokens"])
def test_runs_of_which_only_counts_are_known_are_a_sentence(
    tab: Any, wrote: Known, view: str
) -> None:
    page = tab.open(f"perplexity?perplexity_view={view}&runs={wrote.address('counts')}")

    alert = page.locator('[data-testid="stAlert"]')
    alert.wait_for()
    assert page.locator(".js-plotly-plot").count() == 0
    assert alert.inner_text().strip().endswith((".", ")."))
    assert table(page)[0]["run"] == "published"  # what was counted is told anyway


@pytest.mark.parametrize("view", ["distribution", "length", "training+steps", "tokens"])
def test_nothing_is_wider_than_a_narrow_window(tab: Any, view: str) -> None:
    tab.page.set_viewport_size({"width": 900, "height": 1000})
    page = tab.open(f"perplexity?perplexity_view={view}&perplexity_kind=violin")
    page.locator(".js-plotly-plot").first.wait_for()

    overflow = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
