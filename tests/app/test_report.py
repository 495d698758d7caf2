"""passband export report: one HTML file with the numbers of `passband show`."""

import base64
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

from store import audits
from store.build import publish
from store.shards import write_shard
from tests.app.reports import Page, in_shell, passband
from tests.pages.conftest import HOSTILE, HOSTILE_ID, Study, make_study
from tests.pages.studies import make_study as make_shape

VIEWS = ("pass-at-k", "compare", "solvable", "accuracy", "perplexity", "runs", "audits")
SWITCHES = (
    "--benchmark", "countdown-24", "--base", "small-base", "--other", "small-rl--",
    "--k", "1,4,8", "--leave-out", "truncated", "--band", "these problems", "--audited",
)  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    made = make_study(tmp_path_factory.mktemp("reported") / "my study")
    judged = made.verdicts["base"].filter(pl.col("outcome") == "correct").head(3)
    for row, label in zip(judged.to_dicts(), ("valid", "flawed", "ambiguous"), strict=True):
        text = made.samples["base"].filter(problem_id=row["problem_id"], sample=row["sample"])
        audits.record(
            made.path,
            audits.Audit(
                "2026-03-01T00:00:00", made.runs["base"], row["problem_id"], row["sample"],
                audits.content_hash(text["completion"][0]), "ada", label,
            ),
        )  # fmt: skip
    return made


def report(study: Path, file: Path, *options: object) -> Page:
    done = passband("export", "report", file, "--study", study, *options)
    assert (done.exit_code, done.stderr) == (0, "")
    return Page(file.read_text())


@pytest.fixture(scope="module")
def page(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Page:
    return report(study.path, tmp_path_factory.mktemp("file") / "r.html", *SWITCHES)


@pytest.mark.parametrize("view", VIEWS)
def test_the_numbers_are_those_of_show(study: Study, page: Page, view: str) -> None:
    shown = in_shell("show", view, "--study", study.path, "--format", "json", *SWITCHES)

    assert json.loads(shown.stdout) != []
    assert page.data(f"passband-data-{view}") == json.loads(shown.stdout)


def test_what_show_tells_beside_its_numbers_is_in_the_file(study: Study, page: Page) -> None:
    told = in_shell("show", "pass-at-k", "--study", study.path, *SWITCHES).stderr.splitlines()

    assert any(line.startswith("Audited: 3 verdicts of 1 reviewer on 3 samples") for line in told)
    assert set(told) <= set(page.texts["p"])
    facts = dict(zip(page.texts["dt"], page.texts["dd"], strict=True))
    assert facts["Audits"].startswith("3 standing verdicts of 1 people and 0 of judge models")
    assert "left out of n: truncated" in facts["Chosen"]
    assert facts["Build"] == (study.path / "store" / "current").readlink().stem


def test_the_file_asks_for_nothing_and_runs_its_own_scripts_only(page: Page) -> None:
    allowed = [part.strip().split() for part in page.policy.split(";")]
    digests = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in page.scripts
    ]

    assert ["default-src", "'none'"] in allowed
    assert ["script-src", *digests] in allowed and len(digests) == 2
    assert all(url.startswith("#") for url in page.urls)
    assert not {"src", "srcset", "integrity"} & page.attributes


def test_the_same_study_and_options_give_the_same_bytes(study: Study, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        report(study.path, tmp_path / name, "--benchmark", "countdown-24", "--views", "perplexity")

    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_texts_of_others_stay_text(study: Study, tmp_path: Path) -> None:
    sample = f"{study.runs['hostile']}/{HOSTILE_ID}/2"
    title = "</title><script>alert(3)</script>"
    page = report(
        study.path, tmp_path / "r.html", "--sample", sample, "--title", title, "--views", "runs"
    )

    assert page.texts["pre"] == [HOSTILE, HOSTILE]  # the question, and the completion
    assert page.texts["h1"] == page.texts["title"] == [title]
    assert not page.tags & {"img", "a b", "i", "b", "textarea", "iframe", "object", "form"}
    assert len(page.scripts) == 2
    assert not [name for name in page.attributes if name.startswith("on")]


def test_chains_of_thought_are_of_problems_that_only_one_of_both_solves(
    study: Study, page: Page, tmp_path: Path
) -> None:
    page = report(
        study.path, tmp_path / "r.html", "--base", "small-base--countdown", "--other", "small-rl--",
        "--views", "solvable",
    )  # fmt: skip
    solved = {
        role: set(study.verdicts[role].filter(outcome="correct")["problem_id"])
        for role in ("base", "rl")
    }
    only_base, only_rl = (
        sorted(solved["base"] - solved["rl"]),
        sorted(solved["rl"] - solved["base"]),
    )

    def first(role: str, problem: str) -> int:
        own = study.verdicts[role].filter(problem_id=problem)
        return int(own.sort(pl.col("outcome") != "correct", "sample")["sample"][0])

    expected = [
        f"small-{role}, problem {problem}, sample {first(role, problem)}"
        for problem in [*only_base[:2], *only_rl[:2]]
        for role in ("base", "rl")
    ]
    assert expected
    assert [text for text in page.texts["h3"] if ", sample " in text] == expected


def test_long_texts_are_cut_and_the_file_stays_within_its_bound(tmp_path: Path) -> None:
    study = make_study(tmp_path / "long")
    run = study.path / "shards" / study.runs["base"]
    (shard,) = run.glob("samples-*.parquet")
    rows = pl.read_parquet(shard)
    long = pl.when(pl.col("problem_id") == "p00").then(pl.lit("long " * 8000))
    shard.unlink()
    write_shard(run, "samples", rows.with_columns(completion=long.otherwise("completion")))
    publish(study.path)
    named = [part for i in range(30) for part in ("--sample", f"{study.runs['base']}/p00/{i}")]
    command = ["export", "report", tmp_path / "r.html", "--study", study.path, "--views", "runs"]

    whole = passband(*command, *named)
    size = (tmp_path / "r.html").stat().st_size
    assert whole.stderr == ""
    text = (tmp_path / "r.html").read_text()
    assert text.count("Cut: the first 20,000 of 40,000 characters are shown.") == 30

    bound = size - 400_000
    less = passband(*command, *named, "--max-size", f"{bound / 1e6}MB")
    text = (tmp_path / "r.html").read_text()
    assert (tmp_path / "r.html").stat().st_size <= bound
    assert less.stderr.strip() in Page(text).texts["p"]
    assert "texts are cut to 5,000 characters (30 are)" in less.stderr

    (tmp_path / "r.html").unlink()
    none = passband(*command, *named, "--max-size", "1MB")
    assert none.exit_code == 1 and not (tmp_path / "r.html").exists()
    assert "even without chains of thought, more than the 1.00 MB allowed" in none.stderr


def test_a_view_without_an_answer_says_why(tmp_path: Path) -> None:
    study = make_shape("counts_only", tmp_path)
    page = report(study, tmp_path / "r.html")

    assert "passband-data-perplexity" not in page.blocks
    assert "No log-probabilities for these runs and scorer. Scorers: none." in page.texts["p"]
    assert "There is none: no such text is stored." in page.texts["p"]
    assert page.data("passband-data-pass-at-k")


def test_each_benchmark_has_its_pair_where_none_is_named(tmp_path: Path) -> None:
    study = make_shape("twelve_runs", tmp_path)
    page = report(study, tmp_path / "r.html", "--views", "compare")

    commands = [text for text in page.texts["code"] if " compare " in text]
    assert len(commands) == 3
    for place, command in enumerate(commands, 1):
        name = "passband-data-compare" + (f"-{place}" if place > 1 else "")
        shown = passband(*command.split()[1:4], study, *command.split()[5:], "--format", "json")
        assert page.data(name) == json.loads(shown.stdout)
    figure = passband("export", "figure", "accuracy", tmp_path / "f.svg", "--study", study)
    assert "a figure for each benchmark (far, test-sums, train-sums)" in figure.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["r.txt"], "'r.txt' does not end in .html"),
        (["r.html", "--views", "runs,nonsense"], "No view nonsense: choose from pass-at-k,"),
        (["r.html", "--max-size", "big"], "'big' is no size"),
        (["r.html", "--sample", "small-base"], "'small-base' names no sample"),
        (["r.html", "--sample", "small-rl--/p00/99"], "has no stored sample 99 of a problem 'p00'"),
        (["r.html", "--sample", "who/p00/1"], "No run is named 'who'"),
        (["r.html", "--benchmark", "none"], "No benchmark 'none' in this store"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    study: Study, tmp_path: Path, words: list[str], said: str
) -> None:
    done = passband("export", "report", tmp_path / words[0], "--study", study.path, *words[1:])

    assert done.exit_code == 1
    assert said in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
