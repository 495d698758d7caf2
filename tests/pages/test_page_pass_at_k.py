"""The page pass@k: every control changes what it says, on studies of every shape."""

from collections.abc import Iterator
from math import comb
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from tests.pages.conftest import check, serve, watched
from tests.pages.reading import address, click, correct, overflow, table
from tests.pages.studies import make_study

pytestmark = pytest.mark.browser

RUNS = ("base", "rl", "distilled")
FIGURE = ".js-plotly-plot"


def opened(tab: Any, **parameters: str) -> Any:
    """The page with these controls of its own, its figure drawn."""
    tab.page.set_default_timeout(60_000)
    own = {f"pass_at_k_{name}": value for name, value in parameters.items() if name != "sidebar"}
    page = tab.open(f"pass-at-k?{urlencode(own)}{parameters.get('sidebar', '')}")
    page.locator(f"{FIGURE} .main-svg").first.wait_for()
    return page


def traces(page: Any) -> list[dict[str, Any]]:
    """Name, dash and axis of what the figure holds."""
    found = page.locator(FIGURE).first.evaluate(
        "plot => plot.data.map(t => ({name: t.name, dash: t.line && t.line.dash, axis: t.yaxis,"
        " mode: t.mode, fill: t.fill, x: Array.from(t.x), y: Array.from(t.y)}))"
    )
    return list(found)


def curves(page: Any) -> list[dict[str, Any]]:
    """The curves themselves."""
    return [trace for trace in traces(page) if trace["mode"] == "lines+markers"]


def only(study: Any, *roles: str) -> str:
    """The sidebar with these runs chosen."""
    return "".join(f"&runs={address(study, role)}" for role in roles)


def rows(page: Any, run: str) -> dict[str, str]:
    """k (or τ) → the cell of a run in the table of numbers."""
    found = table(page, 0)
    first = next(iter(found[0]))
    return {row[first]: row[run] for row in found}


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("pass@k", lambda c, k: 1 - comb(32 - c, k) / comb(32, k)),
        ("pass^k", lambda c, k: comb(c, k) / comb(32, k)),
        ("Bayesian pass@k", lambda c, k: 1 - np.prod([(33 - c + j) / (34 + j) for j in range(k)])),
    ],
)
def test_a_measure_is_that_of_the_raw_verdicts(
    tab: Any, study: Any, measure: str, value: Any
) -> None:
    page = opened(tab, measure=measure, sidebar=only(study, "base", "rl"))

    for role in ("base", "rl"):
        cells = rows(page, f"small-{role}")
        for k in (1, 4, 32):
            expected = np.mean([value(c, k) for c in correct(study, role).values()])
            assert cells[str(k)].startswith(f"{expected:.3f} [")


def test_the_majority_of_one_draw_is_accuracy_and_of_all_the_plurality(
    tab: Any, study: Any
) -> None:
    page = opened(tab, measure="maj@k", sidebar=only(study, "base"))
    cells, judged = rows(page, "small-base"), study.verdicts["base"]

    ends = []
    for (problem,), part in judged.partition_by("problem_id", as_dict=True).items():
        answers = part["answer"].drop_nulls().to_list()
        counts = {answer: answers.count(answer) for answer in set(answers)}
        first = [a for a, count in counts.items() if count == max(counts.values())]
        ends.append((str(10 + int(str(problem)[1:])) in first) / max(len(first), 1))
    accuracy = np.mean([c / 32 for c in correct(study, "base").values()])
    assert cells["1"].startswith(f"{accuracy:.3f} [")
    assert cells["32"].startswith(f"{np.mean(ends):.3f} [")


def test_cover_is_over_the_accuracy(tab: Any, study: Any) -> None:
    page = opened(tab, measure="Cover@τ", sidebar=only(study, "rl"))

    values = [c / 32 for c in correct(study, "rl").values()]
    cells = rows(page, "small-rl")
    assert cells["0.5"].startswith(f"{np.mean([value >= 0.5 for value in values]):.3f} [")
    assert page.get_by_text("τ, accuracy of a problem").count()


def test_the_share_of_g_pass_at_k_can_be_chosen(tab: Any, study: Any) -> None:
    half = rows(opened(tab, measure="G-Pass@k", sidebar=only(study, "base")), "small-base")
    whole = opened(tab, measure="G-Pass@k", tau="1.0", sidebar=only(study, "base"))

    every = np.mean([comb(c, 4) / comb(32, 4) for c in correct(study, "base").values()])
    assert rows(whole, "small-base")["4"].startswith(f"{every:.3f} [")
    assert half["4"] != rows(whole, "small-base")["4"]


def test_the_band_has_two_kinds_a_level_and_can_be_left_out(tab: Any, study: Any) -> None:
    chosen = only(study, "base")
    cells = {
        name: rows(opened(tab, **parameters, sidebar=chosen), "small-base")["4"]
        for name, parameters in {
            "default": {}, "these": {"band": "these problems"}, "none": {"band": "none"},
            "narrow": {"level": "80 %"},
        }.items()
    }  # fmt: skip

    assert "[" not in cells["none"] and cells["default"].startswith(cells["none"])
    assert len({cells["default"], cells["these"], cells["narrow"]}) == 3


def test_curves_of_different_n_are_compared_up_to_the_smallest(tab: Any, study: Any) -> None:
    page = opened(tab, sidebar=only(study, "base", "counts"))
    assert page.get_by_text("compare curves only up to k = 32").count() == 1
    assert max(max(trace["x"]) for trace in curves(page)) == 64

    page = opened(tab, common="true", sidebar=only(study, "base", "counts"))
    assert max(max(trace["x"]) for trace in curves(page)) == 32


def test_a_run_of_counts_has_no_majority_and_is_named(tab: Any, study: Any) -> None:
    page = opened(tab, measure="maj@k", sidebar=only(study, "base", "counts"))

    assert page.get_by_text("maj@k of published-instruct is not known").count() == 1
    assert len(curves(page)) == 1


def test_panels_by_difficulty_say_whose_and_hold_all_problems(tab: Any, study: Any) -> None:
    page = opened(tab, panels="difficulty", sidebar=only(study, "base", "rl"))

    assert page.get_by_text("Difficulty is the accuracy of small-base").count() == 1
    axes = {trace["axis"] for trace in curves(page)}
    accuracies = [c / 32 for c in correct(study, "base").values()]
    assert len(axes) == len({int(np.searchsorted([0, 0.25, 0.75], a)) for a in accuracies})


def test_published_curves_lie_beneath_with_their_source(tab: Any, study: Any) -> None:
    page = opened(
        tab, published="Fig. 2 Qwen2.5-7B Base, AIME24", sidebar=only(study, "base", "rl")
    )

    (published,) = [t for t in traces(page) if str(t["name"]).startswith("published")]
    assert published["name"] == "published: Fig. 2 Qwen2.5-7B Base"
    assert published["dash"] == "dash" and max(published["x"]) == 1024
    assert page.get_by_text("arXiv 2504.13837v2, Fig. 2, digitised").count() == 1


def test_a_direct_answer_run_gives_the_curve_of_guessing(tab: Any, study: Any) -> None:
    direct = only(study, "counts").replace("runs", "direct")
    page = opened(tab, sidebar=only(study, "base") + direct + "&guess_below=0")

    (guessing,) = [t for t in traces(page) if str(t["name"]).startswith("guessing")]
    shares = np.array([2 * i / 64 for i in range(24)])
    assert guessing["y"][0] == pytest.approx(shares.mean())
    assert guessing["y"][-1] == pytest.approx((1 - (1 - shares) ** 32).mean())


def test_a_forecast_goes_on_beyond_n_and_is_scored(tab: Any, study: Any) -> None:
    page = opened(tab, forecast="true", sidebar=only(study, "base"))

    (forecast,) = [t for t in traces(page) if t["dash"] == "5px,5px"]
    assert (min(forecast["x"]), max(forecast["x"])) == (32, 256)
    row = next(row for row in table(page, 1) if row["run"] == "small-base")
    assert (row["k"], row["samples fitted to"]) == ("256", "8")
    assert 0 <= float(row["mean error held out"]) <= float(row["largest"]) < 0.5


def test_a_folded_axis_has_two_parts(tab: Any, study: Any) -> None:
    page = opened(tab, fold="true", sidebar=only(study, "base"))

    assert {trace["axis"] for trace in curves(page)} == {"y", "y2"}
    opened(tab, fold="true", measure="pass^k", sidebar=only(study, "base", "distilled"))


def test_a_clicked_mark_leads_to_its_problems(tab: Any, study: Any) -> None:
    page = opened(tab, band="none", sidebar=only(study, "rl", "base"))
    marks = page.locator(f"{FIGURE} .scatterlayer .trace").last.locator(".points path")
    click(page, marks.nth(0))
    solved = sum(c > 0 for c in correct(study, "rl").values())

    page.get_by_text(f"small-rl: 24 problems, of which {solved} have a correct sample").wait_for()


SHAPES = {
    "twelve_runs": ("pass_at_k_panels=family+×+benchmark&pass_at_k_benchmarks=test-sums",),
    "ragged": ("pass_at_k_measure=maj@k", "pass_at_k_common=true&left_out=no+answer"),
    "counts_only": ("pass_at_k_measure=CoT-pass@k",),
    "all_zero": ("pass_at_k_fold=true&pass_at_k_forecast=true",),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(SHAPES))
def other(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """A dashboard on a study of another shape."""
    folder = tmp_path_factory.mktemp(request.param)
    for server in serve(make_study(request.param, folder), folder / "log.txt"):
        yield request.param, server


def test_studies_of_every_shape_are_shown_in_a_narrow_window(other: Any, browser: Any) -> None:
    shape, server = other
    context = browser.new_context(viewport={"width": 900, "height": 900}, color_scheme="dark")
    tab = watched(context.new_page(), server.url)
    tab.page.set_default_timeout(60_000)
    for query in SHAPES[shape]:
        page = tab.open(f"pass-at-k?{query}")
        page.get_by_text("Problems: correct of n").wait_for()
        assert page.locator('[data-testid="stException"]').count() == 0, query
        assert overflow(page) <= 0, query
    check(tab)
    context.close()
