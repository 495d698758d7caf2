"""The questions from Python, and the notebook that asks them."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
import pytest
from click.testing import CliRunner

from app.cli import main
from app.study import open_study
from store import queries
from store.audits import Audit, content_hash, record
from store.exporters.single_file import write_store
from store.location import current
from tests.store.conftest import Study
from tests.store.handed_over import text, whole_study

NOTEBOOK = Path(__file__).parents[2] / "docs" / "from-python.ipynb"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = Study(tmp_path / "my-study")
    base, _ = whole_study(made)
    hashed = content_hash(text("completion", base, 0, 1))
    record(made.path, Audit("2026-01-02T03:04:05", base, "p0", 1, hashed, "ann", "flawed"))
    return made


def printed(study: Path, *arguments: str) -> list[dict[str, Any]]:
    command = ["show", *arguments, "--study", str(study), "--format", "json"]
    return list(json.loads(CliRunner().invoke(main, command).stdout))


def as_json(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """As `passband show` prints numbers: undefined is null."""
    return [
        {name: None if isinstance(v, float) and np.isnan(v) else v for name, v in row.items()}
        for row in frame.to_dicts()
    ]


def test_each_method_gives_what_passband_show_prints(study: Study) -> None:
    pair = ("--base", "base", "--other", "rl")
    with open_study(study.path) as asked:
        answers = [
            (asked.runs(), ["runs"]),
            (asked.runs(runs="rl"), ["runs", "--run", "rl"]),
            (asked.pass_at_k(k=[1, 3]), ["pass-at-k", "--k", "1,3"]),
            (
                asked.pass_at_k(k="all", verifier="strict", leave_out=["truncated"], audited=True),
                ["pass-at-k", "--k", "all", "--verifier", "strict", "--leave-out", "truncated",
                 "--audited"],
            ),
            (
                asked.compare("base", "rl", k=2, band="these problems"),
                ["compare", *pair, "--k", "2", "--band", "these problems"],
            ),
            (
                asked.solvable("base", "rl", k=2, threshold=2),
                ["solvable", *pair, "--k", "2", "--threshold", "2"],
            ),
            (asked.accuracy(benchmark="math"), ["accuracy", "--benchmark", "math"]),
            (asked.perplexity(scorer="base"), ["perplexity", "--scorer", "base"]),
            (asked.audits(below=1), ["audits", "--below", "1"]),
        ]  # fmt: skip
        for frame, arguments in answers:
            assert frame.height and as_json(frame) == printed(study.path, *arguments), arguments


def test_samples_come_with_their_texts_and_any_query_can_be_asked(study: Study) -> None:
    with open_study(str(study.path)) as asked:
        base = asked.runs(runs="base")["run"][0]
        samples = asked.samples("base", "p1")
        assert samples["completion"].to_list() == [text("completion", base, 1, i) for i in range(4)]
        assert samples["outcome"].to_list() == ["correct", "incorrect", "incorrect", "error"]
        assert asked.counts("rl").select("problem_id", "n", "c").rows() == [
            ("p0", 4, 4), ("p1", 4, 1), ("p2", 4, 0),
        ]  # fmt: skip
        assert asked.counts()["run"].n_unique() == 2
        assert asked.problems("math")["question"][2] == text("question", 2)
        verdicts = asked.ask(queries.verdicts_of_sample, base, "p2", 0)
        assert verdicts["verifier"].to_list() == ["boxed", "strict"]
        with pytest.raises(ValueError, match="No run is named 'nobody'"):
            asked.samples("nobody", "p1")


def test_a_store_in_one_file_is_opened_as_a_study_is(study: Study, tmp_path: Path) -> None:
    write_store(current(study.path), tmp_path / "shared.duckdb")
    with open_study(tmp_path / "shared.duckdb") as file, open_study(study.path) as folder:
        assert file.pass_at_k().equals(folder.pass_at_k())
    with pytest.raises(ValueError, match="No store at"):
        open_study(tmp_path / "nothing")


def test_the_cells_of_the_notebook_run_in_order(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSBAND_STUDY", str(study.path))
    content = json.loads(NOTEBOOK.read_text())
    names: dict[str, Any] = {}
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            exec("".join(cell["source"]), names)

    # By drawing every pair of four samples: problem 1 has one correct one, problem 0 only such.
    pairs = list(combinations((True, False, False, False), 2))
    once = sum(any(pair) for pair in pairs) / len(pairs)
    curve = names["curves"](names["counts"]).filter(run=names["OTHER"], k=2)
    assert curve["pass_at_k"][0] == pytest.approx((1 + once + 0) / 3, abs=1e-15)
    assert np.isnan(names["values"][3, 2])
    drawn = [names[f"{name}_figure"] for name in ("pass_at_k", "accuracy", "venn")]
    assert all(isinstance(figure, go.Figure) and figure.data for figure in drawn)
    bars = {trace.name: sum(trace.y) for trace in drawn[1].data if trace.type == "bar"}
    assert bars == {"base": 3, "rl": 3}
