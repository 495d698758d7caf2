"""The page `training` in a real browser, with a study of checkpoints whose numbers are known."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from store.build import publish
from store.runs import Model, Run, write_run
from store.shards import write_shard
from tests.pages.conftest import SETTINGS, Server, Tab, patient_tab, serve

pytestmark = pytest.mark.browser
N = 8
# Benchmark → model → correct samples of 8 for each of four problems.
CORRECT = {
    "train": {
        "root": [4, 2, 1, 0], "grpo-10": [8, 4, 0, 0], "grpo-20": [8, 8, 0, 1],
        "ppo-10": [8, 2, 2, 0], "taught": [8, 8, 8, 0],
    },
    "test": {"root": [2, 2, 1, 0], "grpo-10": [6, 2, 0, 0], "ppo-10": [8, 0, 0, 0]},
}  # fmt: skip
MODELS = {
    "root": (Model("root", "base"), {}),
    "grpo-10": (Model("grpo-10", "rl", "root", "GRPO", 10), {"kl": "0"}),
    "grpo-20": (Model("grpo-20", "rl", "root", "GRPO", 20), {"kl": "0"}),
    "ppo-10": (Model("ppo-10", "rl", "root", "PPO", 10), {"kl": "0.001"}),
    "taught": (Model("taught", "distilled", "root"), {}),
}
HOT = {"root": [8, 0, 0, 0], "grpo-20": [8, 8, 8, 0]}  # at temperature 1.5
LOG = "step,reward,entropy\n10,0.25,0.5\n20,,0.4\n30,0.75,0.3\n"


def write(shards: Path, model: str, benchmark: str, correct: list[int], temperature: float) -> None:
    """A run with samples, verdicts and two entropies of each sample: 0.5 and its temperature."""
    known, tags = MODELS[model]
    settings = {**SETTINGS, "temperature": temperature}
    folder = write_run(shards, Run(known, benchmark, hyper_parameters=tags, **settings))
    ids = [f"p{i}" for i in range(len(correct))]
    pairs = [(name, number) for name in ids for number in range(N)]
    write_shard(folder, "problems", problems(ids))
    samples = pl.DataFrame(
        {
            "problem_id": [name for name, _ in pairs], "sample": [s for _, s in pairs],
            "completion": [f"{model} {name} {s}" for name, s in pairs], "finish_reason": "stop",
            "n_tokens": 2, "sum_logprob": -1.0, "token_ids": [[1, 2]] * len(pairs),
            "token_logprobs": [[-0.5, -0.5]] * len(pairs), "token_ends": [[3, 6]] * len(pairs),
        }
    )  # fmt: skip
    write_shard(folder, "samples", samples)
    outcome = ["correct" if s < correct[int(p[1:])] else "incorrect" for p, s in pairs]
    verdicts = samples.select("problem_id", "sample").with_columns(
        verifier=pl.lit("v"), version=pl.lit("1"), outcome=pl.Series(outcome),
        answer=pl.lit(None, pl.String), detail=pl.lit(None, pl.String),
    )  # fmt: skip
    write_shard(folder, "verdicts", verdicts, "v")
    entropies = samples.select("problem_id", "sample").with_columns(
        scorer=pl.lit(model), token_entropies=pl.lit([0.5, temperature], pl.List(pl.Float32))
    )
    write_shard(folder, "entropies", entropies, model)


def problems(ids: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "problem_id": ids, "position": range(len(ids)), "question": ids, "reference": ids,
            "subject": "x", "level": "1", "images": [[] for _ in ids], "metadata": "{}",
            "prompt": ids, "prompt_token_ids": [[1] for _ in ids],
        }
    )  # fmt: skip


class Dashboards(NamedTuple):
    """A study with checkpoints, and one without any."""

    course: Server
    plain: Server


@pytest.fixture(scope="module")
def dashboards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboards]:
    course, plain = (tmp_path_factory.mktemp(name) for name in ("course", "plain"))
    for benchmark, runs in CORRECT.items():
        for model, correct in runs.items():
            write(course / "shards", model, benchmark, correct, 1.0)
    for model, correct in HOT.items():
        write(course / "shards", model, "train", correct, 1.5)
    (course / "training_log").mkdir()
    (course / "training_log" / "grpo-20.csv").write_text(LOG)
    write(plain / "shards", "root", "train", [1, 2, 3, 4], 1.0)
    publish(course)
    publish(plain)
    servers = [serve(study, study / "log.txt") for study in (course, plain)]
    yield Dashboards(*(next(server) for server in servers))
    for server in servers:
        next(server, None)


@pytest.fixture
def course(dashboards: Dashboards, context: BrowserContext) -> Iterator[Tab]:
    yield from patient_tab(dashboards.course, context)


@pytest.fixture
def plain(dashboards: Dashboards, context: BrowserContext) -> Iterator[Tab]:
    yield from patient_tab(dashboards.plain, context)


def view(tab: Tab, name: str, **parameters: str) -> Page:
    """The view of this name on the benchmark `train`."""
    chosen = {"benchmark": "train", "training_view": name, **parameters}
    query = "&".join(f"{key}={value}" for key, value in chosen.items()).replace(" ", "+")
    return tab.open(f"training?{query}")


def traces(page: Page, key: str) -> list[dict]:
    """The data of a figure."""
    figure = page.locator(f".st-key-{key} .js-plotly-plot")
    figure.locator(".main-svg").first.wait_for()
    return json.loads(figure.evaluate("plot => JSON.stringify(plot.data)"))


def line(page: Page, key: str, name: str) -> list[list[float]]:
    """x and y of every trace of this name."""
    return [[t["x"], t["y"]] for t in traces(page, key) if t.get("name") == name]


def rows(page: Page, number: int = 0) -> list[list[str]]:
    """The cells of a table."""
    table = page.locator('[data-testid="stTable"]').nth(number)
    table.wait_for()
    cells = [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]
    return [[text.replace("\u00a0", " ") for text in row] for row in cells]


def test_pass_at_1_and_at_k_run_from_the_base_along_the_steps(course):
    page = view(course, "by step")

    assert line(page, "training_steps", "GRPO · T 1") == [
        [[0, 10, 20], [7 / 32, 12 / 32, 17 / 32]], [[0, 10, 20], [0.75, 0.5, 0.75]],
    ]  # fmt: skip
    assert ["PPO", "10", "ppo-10"] in [row[:3] for row in rows(page)]
    expect(page.get_by_text("Models without a training step")).to_contain_text("taught")


def test_a_given_k_changes_the_lower_panel_and_is_kept_in_the_url(course):
    page = view(course, "by step", training_budget="given", training_k="4")

    (_, (_, top)) = line(page, "training_steps", "GRPO · T 1")
    # Base: c = 4, 2, 1, 0 of 8 at k = 4; C(8, 4) = 70.
    assert top[0] == pytest.approx((3 - (1 + 15 + 35) / 70) / 4)
    page.get_by_label("k", exact=True).fill("2")
    page.get_by_label("k", exact=True).press("Enter")
    page.wait_for_url("**training_k=2**")
    course.settle()
    (_, (_, top)) = line(page, "training_steps", "GRPO · T 1")
    assert top[0] == pytest.approx((3 - (6 + 15 + 21) / 28) / 4)


def test_without_a_band_there_is_no_area(course):
    page = view(course, "by step", training_band="none")

    areas = [trace for trace in traces(page, "training_steps") if trace.get("fill")]
    assert all(not trace["x"] for trace in areas)


def test_the_surface_is_over_k_and_step(course):
    page = view(course, "by k and step")

    found = {tuple(trace["y"]): trace for trace in traces(page, "training_surface_figure")}
    grpo = found["0", "10", "20"]
    assert grpo["x"] == list(range(1, N + 1))
    assert [row[0] for row in grpo["z"]] == [7 / 32, 12 / 32, 17 / 32]
    assert [row[-1] for row in grpo["z"]] == [0.75, 0.5, 0.75]


def test_the_gap_to_the_base_leaves_the_base_out(course):
    page = view(course, "by k and step", training_surface="gap to the base")

    found = {tuple(trace["y"]): trace for trace in traces(page, "training_surface_figure")}
    assert [row[-1] for row in found["10", "20"]["z"]] == [-0.25, 0]


def test_the_algorithm_table_marks_the_smallest_gap_on_each_benchmark(course):
    page = view(course, "algorithms", runs="")

    first, second = rows(page), rows(page, 1)
    # At step 10: on test GRPO has 8/32 and PPO 8/32 correct, on train 12/32 and 12/32.
    assert ["root · T 1", "15.6", "75.0", "21.9", "75.0"] in first
    marked = {row[0]: row[1:] for row in second}
    assert marked["grpo-10"][0].startswith("50.0 [")
    assert all(cell.endswith("◂") for cell in (*marked["grpo-10"], *marked["ppo-10"]))
    assert marked["taught"][0] == "–"
    assert "◂" not in marked["taught"][1]


def test_all_checkpoints_are_in_the_table_if_wanted_on_the_benchmarks_that_are_wanted(course):
    page = view(course, "algorithms", training_checkpoints="all", training_benchmarks="train")

    assert [row[0] for row in rows(page)] == [
        "root · T 1", "root · T 1.5", "grpo-10", "grpo-20 · T 1", "grpo-20 · T 1.5", "ppo-10",
        "taught",
    ]  # fmt: skip
    bars = next(t for t in traces(page, "training_gaps") if t["type"] == "bar")
    gaps = dict(zip(bars["y"], bars["x"], strict=True))
    assert gaps["grpo-20 · T 1"] == pytest.approx(100 * (0.75 - 17 / 32))
    assert gaps["taught"] == pytest.approx(100 * (0.75 - 24 / 32))


def test_trainings_are_compared_by_a_hyper_parameter(course):
    page = view(course, "ablations", training_at="10")

    left, right = traces(page, "training_ablation_figure")
    ends = dict(zip(right["y"], right["x"], strict=True))
    assert ends == {"root": 0.75, "GRPO · T 1 · kl 0": 0.5, "PPO · kl 0.001": 0.75}
    assert len(left["x"]) == 3
    expect(page.get_by_text("No two trainings differ in kl alone")).to_be_visible()


def test_the_verdict_at_each_temperature(course):
    page = view(course, "temperature")

    found = {(row[0], row[1]): row[2] for row in rows(page)}
    assert found["1", "8"].startswith("+0.000")
    assert found["1.5", "8"].startswith("+0.500")
    panels = [t for t in traces(page, "training_temperatures") if t.get("name") == "grpo-20"]
    assert [panel["y"][-1] for panel in panels] == [0.75, 0.75]


def test_runs_of_the_nearest_entropy_are_matched(course):
    page = view(course, "temperature", training_match="same entropy")

    entropies = {(row[0].split("~")[0], row[1]): row[2:] for row in rows(page, 1)}
    # Two tokens each: 0.5 and the temperature.
    assert entropies["root", "1"][0] == "0.750"
    assert entropies["grpo-20", "1.5"][0] == "1.000"
    assert entropies["grpo-20", "1"][-1] == "nearest"
    assert entropies["grpo-20", "1"][2] == "stored entropies"


def test_problems_gained_and_lost_lead_to_their_samples(course):
    page = view(course, "solved problems", training_series="GRPO · T 1")

    found = {t["name"]: t["y"] for t in traces(page, "training_flow")}
    # Base solves p0, p1, p2; step 10 p0 and p1; step 20 p0, p1 and p3.
    assert found == {"gained": [0, 1], "lost": [-1, 0]}
    assert [row[0] for row in rows(page)] == ["0 → 10", "10 → 20"]
    expect(page.get_by_text("0 → 10, lost: 1 problem.")).to_be_visible()


def test_a_click_on_a_bar_lists_its_problems(course):
    page = view(course, "solved problems", training_series="GRPO · T 1")
    page.locator(".st-key-training_flow .main-svg").first.wait_for()

    bar = page.locator(".st-key-training_flow .barlayer .trace").nth(0).locator(".point").nth(1)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    expect(page.get_by_text("10 → 20, gained: 1 problem.")).to_be_visible(timeout=60_000)
    page.wait_for_url("**training_change=gained**")
    page.get_by_role("radio", name="unsolved").click()
    expect(page.get_by_text("10 → 20, unsolved: 1 problem.")).to_be_visible(timeout=60_000)


def test_a_smaller_k_is_told_by_the_first_samples(course):
    page = view(course, "solved problems", training_series="GRPO · T 1", training_flow_k="1")

    # The first sample of a problem is correct where any is: the verdicts were made so.
    assert {t["name"]: t["y"] for t in traces(page, "training_flow")} == {
        "gained": [0, 1], "lost": [-1, 0],
    }  # fmt: skip
    assert page.get_by_text("the first k samples of each problem").count() >= 1


def test_what_was_not_logged_is_a_gap(course):
    page = view(course, "training log")

    rewards = line(page, "training_log", "grpo-20")
    assert rewards[0] == [[10, 20, 30], [0.25, None, 0.75]]
    assert len(rewards) == 2  # no response length was logged


def test_published_dynamics_lie_beneath_if_wanted(course):
    page = view(course, "training log", training_published="true")

    names = {trace["name"] for trace in traces(page, "training_log")}
    assert {"grpo-20", "published: PPO"} <= names


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("by step", "None of the chosen models has a training step."),
        ("by k and step", "None of the chosen models has a training step."),
        ("algorithms", "None of the chosen models has a training step."),
        ("ablations", "None of the chosen models has a training step."),
        ("temperature", "No chosen run has a base to be compared with"),
        ("solved problems", "None of the chosen models has a training step."),
        ("training log", "The study has no training log."),
    ],
)
def test_a_study_without_checkpoints_is_told_what_to_do(plain, name, said):
    page = view(plain, name)

    expect(page.get_by_text(said)).to_be_visible()


def test_a_control_that_has_moved_on_the_page_still_writes_the_url(course: Tab) -> None:
    # Streamlit's browser side forgets the parameter of a control that another one pushed elsewhere.
    page = view(course, "ablations")
    page.get_by_text("curves", exact=True).click()
    page.wait_for_url("**training_ablation=curves*")
    course.settle()
    page.get_by_text("these problems", exact=True).click()
    page.wait_for_url("**training_band=these+problems*")
    course.settle()
    address = page.url

    view(course, "ablations")
    page.goto(address)
    course.settle()
    assert page.locator(".st-key-training_band button[aria-checked=true]").inner_text() == (
        "these problems"
    )
    page.get_by_text("problems like these", exact=True).click()
    page.wait_for_url(lambda url: "training_band" not in url)
