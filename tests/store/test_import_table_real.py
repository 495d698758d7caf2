"""Real tables of other people, with the figures that are known of them."""

import json
from fractions import Fraction
from math import comb
from pathlib import Path

import polars as pl
import pytest

from store.importers import import_files, recognise

DATA = Path(__file__).parents[3] / "shared" / "data"
SAMPLES = DATA / "samples"
PROBE = SAMPLES / "rlvr-probe-gsm8k"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"{SAMPLES} is not here")


def known(name):
    return json.loads((DATA / "known_answers.json").read_text())[f"samples/{name}"]


def imported(path, study, **who):
    """n and c of each problem, by run."""
    said = import_files([path], study, **{"role": "base", "benchmark": "b", **who})
    assert (said.bad, said.left_out) == (0, {})
    assert next(iter(said.recognised.values())).startswith("table: ")
    runs = {}
    for run in said.runs:
        verdicts = pl.concat(
            pl.read_parquet(path, glob=False)
            for path in (study / "shards" / run).glob("verdicts-*.parquet")
        )
        right = (pl.col("outcome") == "correct").sum()
        runs[run] = verdicts.group_by("problem_id").agg(n=pl.len(), c=right)
    return runs


def pass_at(counts, k):
    """Exact, as in known_answers.json."""
    every = [
        1 - Fraction(comb(n - c, k), comb(n, k)) for n, c in counts.select("n", "c").iter_rows()
    ]
    return float(sum(every) / len(every))


@pytest.mark.parametrize("name", ["standard", "cot"])
def test_game_of_24(tmp_path, name):
    path = SAMPLES / "tot-game24" / f"gpt-4_0.7_naive_{name}_sample_100_start900_end1000.json"
    (counts,) = imported(path, tmp_path, model="gpt-4").values()
    answers = known("tot-game24")
    assert (counts.height, counts["n"].unique().to_list()) == (100, [100])
    assert counts["c"].sum() == answers["correct"][name]
    curve = answers["pass_at_k_for_k_1_to_100"][name]
    assert [pass_at(counts, k) for k in (1, 2, 6, 20, 64, 100)] == pytest.approx(
        [curve[k - 1] for k in (1, 2, 6, 20, 64, 100)], abs=1e-12
    )
    assert "900" in counts["problem_id"]


@pytest.mark.parametrize("task", ["input", "output"])
def test_cruxeval(tmp_path, task):
    path = SAMPLES / "cruxeval" / f"sample_scored_codellama-7b_temp0.2_{task}.json"
    (counts,) = imported(path, tmp_path, model="codellama").values()
    answers = known("cruxeval")[task]
    assert counts["c"].sum() == answers["correct"]
    found = {str(k): pass_at(counts, k) for k in (1, 2, 5, 10)}
    assert found == pytest.approx(answers["pass_at_k"], abs=1e-12)
    histogram = [counts.filter(c=c).height for c in range(11)]
    assert histogram == answers["histogram_of_c"]


def test_four_arms_of_gsm8k(tmp_path):
    runs = imported(SAMPLES / "gsm8k" / "example_model_solutions.jsonl", tmp_path)
    assert {counts.height for counts in runs.values()} == {1319}
    found = {run.partition("--")[0]: counts["c"].sum() for run, counts in runs.items()}
    expected = known("gsm8k")["correct"]
    assert found == {name.replace("_", "-"): count for name, count in expected.items()}


def test_probe_of_rlvr_with_its_checkpoints(tmp_path):
    for name, answers in known("rlvr-probe-gsm8k")["files"].items():
        (item,) = imported(PROBE / name, tmp_path / name.replace("/", "-")).items()
        run, counts = item
        assert (counts.height, counts["c"].sum()) == (30, answers["correct"])
        found = {str(k): pass_at(counts, k) for k in (1, 2, 4, 8)}
        assert found == pytest.approx(answers["pass_at_k"], abs=1e-12)
        step = name.split("/")[1].removeprefix("step-") if "step-" in name else None
        assert ("-step" in run) == (step is not None) and (step is None or f"-step{step}--" in run)


def test_the_harness_of_the_paper_is_no_table():
    assert recognise(SAMPLES / "qwen-math" / "math_cot_100.jsonl").format == "limit-of-rlvr"


BENCHMARKS = ["aime24", "aime25", "amc23", "gsm8k", "math500"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        *((DATA / "benchmarks" / f"{name}.jsonl", "and no samples of them") for name in BENCHMARKS),
        (DATA / "benchmarks" / "olympiadbench.jsonl.gz", "and no samples of them"),
        (DATA / "benchmarks" / "humanevalplus.jsonl.gz", "and no samples of them"),
        (DATA / "benchmarks" / "mbppplus.jsonl.gz", "and no samples of them"),
        (PROBE / "gsm8k_subset.jsonl", "and no samples of them"),
        (SAMPLES / "tot-game24" / "24.csv", "has problems (`Puzzles`) and no samples of them"),
        (SAMPLES / "cruxeval" / "cruxeval.jsonl", "neither verdicts nor references"),
        (PROBE / "results_1024_cuda" / "per_question.csv", "give --field n=COLUMN"),
        (PROBE / "results_1024_cuda" / "summary.json", "has none of the formats"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_what_lies_beside_samples_is_refused_in_a_sentence(path, said):
    with pytest.raises(ValueError, match=path.name) as error:
        recognise(path)
    assert said in str(error.value)
