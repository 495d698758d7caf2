"""Published numbers of other people's samples, from the files in ../shared/data."""

import json
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from app.analysis.accuracy import histogram
from app.analysis.compare import comparison
from app.analysis.pass_at_k import curves
from app.analysis.solvable import regions
from tests.app.frames import counts_frame

DATA = Path(__file__).parents[3] / "shared" / "data"
SAMPLES = DATA / "samples"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no {DATA}: it is not shipped")

KNOWN = json.loads((DATA / "known_answers.json").read_text()) if DATA.is_dir() else {}
PROBES = KNOWN.get("samples/rlvr-probe-gsm8k", {}).get("files", {})


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@cache
def game24(kind):
    name = {"standard": "naive_standard", "cot": "naive_cot"}[kind]
    path = SAMPLES / "tot-game24" / f"gpt-4_0.7_{name}_sample_100_start900_end1000.json"
    rows = json.loads(path.read_text())
    correct = [
        sum(row["accs"]) if "accs" in row else sum(info["r"] for info in row["infos"])
        for row in rows
    ]
    return counts_frame(kind, 100, correct, [str(row["idx"]) for row in rows])


@cache
def probe(name):
    rows = read_lines(SAMPLES / "rlvr-probe-gsm8k" / name)
    correct = [sum(bool(sample["correct"]) for sample in row["rollouts"]) for row in rows]
    return counts_frame(name, 8, correct, [str(row["qid"]) for row in rows])


def values(counts, ks=None):
    return curves(counts, ks, band=False)["pass_at_k"].to_list()


@pytest.mark.parametrize("kind", ["standard", "cot"])
def test_game_of_24_has_the_published_curve(kind):
    expected = KNOWN["samples/tot-game24"]["pass_at_k_for_k_1_to_100"][kind]
    assert values(game24(kind)) == pytest.approx(expected, abs=1e-9)


def test_game_of_24_has_the_published_solvable_sets_and_crossover():
    both = pl.concat([game24("standard"), game24("cot")])
    summary = regions(both, "standard", "cot", 100).summary
    assert summary[:4] == (23, 10, 26, 41) and summary.how == "exact"
    found = comparison(both, "standard", "cot")
    first_ahead = found.gaps.filter(pl.col("gap") > 0)["k"][0]
    assert first_ahead == KNOWN["samples/tot-game24"]["first_k_where_cot_exceeds_standard"] == 6
    assert found.crossover is None
    assert comparison(both, "cot", "standard").crossover == 6


@pytest.mark.parametrize("task", ["input", "output"])
def test_cruxeval_has_the_stored_pass_at_k(task):
    path = SAMPLES / "cruxeval" / f"sample_scored_codellama-7b_temp0.2_{task}.json"
    graded = json.loads(path.read_text())["raw_scored_generations"]
    counts = counts_frame(task, 10, [sum(row) for row in graded.values()], list(graded))
    known = KNOWN["samples/cruxeval"][task]
    ks = [int(k) for k in known["pass_at_k"]]
    assert values(counts, ks) == pytest.approx(list(known["pass_at_k"].values()), abs=1e-9)
    sizes = known["histogram_of_c"]
    expected = [*sizes[:1], *sizes[1:10], 0, sizes[10]]  # c of 10: bin c, and 10 of 10 is 11
    assert histogram(counts)["count"].to_list() == expected


def test_qwen_math_has_the_known_pass_at_k():
    rows = read_lines(SAMPLES / "qwen-math" / "math_cot_100.jsonl")
    counts = counts_frame("q", 8, [sum(row["score"]) for row in rows])
    known = KNOWN["samples/qwen-math"]["pass_at_k"]
    assert values(counts, [int(k) for k in known]) == pytest.approx(list(known.values()), abs=1e-9)


@pytest.mark.parametrize("name", PROBES)
def test_rlvr_probe_has_the_known_pass_at_k(name):
    known = PROBES[name]["pass_at_k"]
    expected = list(known.values())
    assert values(probe(name), [int(k) for k in known]) == pytest.approx(expected, abs=1e-9)


def test_rlvr_probe_has_one_problem_that_only_rl_solves():
    base, other = (f"results_2048_batched/{arm}_raw.jsonl" for arm in ("sft", "rl"))
    found = regions(pl.concat([probe(base), probe(other)]), base, other, 8)
    assert found.summary[:4] == (28, 0, 1, 1)
    assert found.problems.filter(region="only_other")["problem_id"].to_list() == ["4"]
