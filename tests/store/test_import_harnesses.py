"""Samples of lighteval and EvalScope, and the constants that JSON does not have."""

import io
import json

import pytest

from store.importers import import_files, recognise
from store.importers.json_constants import NullForConstants
from tests.store.harness_files import (
    NAME,
    detail,
    faults,
    jsonl,
    parquet,
    predicted,
    reviewed,
    rows,
    whole,
)

# NaN and Infinity


@pytest.mark.parametrize("size", [1, 2, 3, 7, 2**16])
def test_constants_are_null_outside_of_texts_wherever_blocks_begin(size):
    text = 'NaN "-Infinity\\" \\'
    written = json.dumps({"NaN": [text, float("nan"), -float("inf")], "b": [text] * 3, "c": True})

    class Slow(io.BytesIO):
        def read(self, _=-1):
            return super().read(size)

    file = NullForConstants(Slow(written.encode()))
    found = json.loads(b"".join(iter(lambda: file.read(9), b"")))
    assert found == {"NaN": [text, None, None], "b": [text] * 3, "c": True}


# lighteval


def test_details_of_lighteval_bring_samples_to_be_judged(tmp_path):
    path = tmp_path / "details" / "org" / "small" / "2025-03-04T05-06-07.891011" / NAME
    path = parquet(path, detail("0", ["a", "b", "c"]), detail("1", ["d", "e", "f"]))
    config = {
        "model_name": "org/small",
        "generation_parameters": {"temperature": 0.6, "top_p": 0.9},
    }
    results = {"config_general": {"model_config": config}, "results": {}}
    name = "results_2025-03-04T05-06-07.891011.json"
    whole(tmp_path / "results" / "org" / "small" / name, results)
    assert "lighteval" in recognise(path).why
    imported = import_files([path], tmp_path / "study", role="rl")
    assert (imported.samples, imported.bad) == (6, 0) and imported.unjudged
    run = "SELECT model, benchmark, prompt_template, temperature, top_p, max_tokens FROM runs"
    assert rows(tmp_path / "study", run) == [("org/small", "sums", "5-shot", 0.6, 0.9, 64)]
    query = """
        SELECT problem_id, sample, completion, token_ids, n_tokens, question, reference, metadata
        FROM samples JOIN problems USING (problem_id) ORDER BY ALL LIMIT 2
    """
    assert rows(tmp_path / "study", query) == [
        ("0", 0, "a", [5, 0], 2, "2+2, 0?", "4", '{"year": 7}'),
        ("0", 1, "b", [5, 1], 2, "2+2, 0?", "4", '{"year": 7}'),
    ]
    assert rows(tmp_path / "study", "SELECT count(*) FROM verdicts") == [(0,)]


def test_a_single_sample_of_lighteval_has_the_verdict_and_the_log_probabilities(tmp_path):
    logged = detail("0")
    logged["__model_response__"]["logprobs"] = [-0.5, -0.25]
    likely = detail("1", [], metric={"em": 0.0})
    likely["__model_response__"] |= {"logprobs": [-0.5, -2.0], "output_tokens": []}
    nothing = detail("2", [])
    nothing["__model_response__"] |= {"logprobs": [], "output_tokens": []}
    rows_of = [logged, likely, nothing, detail("3", gold_index=[2])]
    # Newer versions do not underline the names of the columns.
    plain = [{name.strip("_"): value for name, value in row.items()} for row in rows_of]
    path = parquet(tmp_path / NAME, *plain)
    assert "lighteval" in recognise(path).why
    imported = import_files([path], tmp_path, model="small", role="rl")
    assert imported.notes["samples that are the likeliest of given answers, and not drawn"] == 1
    assert faults(tmp_path) == [
        ("row 3", "model_response.text"),
        ("row 4", "doc.gold_index"),
    ]
    query = """
        SELECT problem_id, completion, sum_logprob, token_logprobs, verifier, outcome
        FROM samples JOIN verdicts USING (problem_id) ORDER BY ALL
    """
    assert rows(tmp_path, query) == [
        ("0", "4", -0.75, [-0.5, -0.25], "lighteval:em", "correct"),
        ("1", "3", -0.5, None, "lighteval:em", "incorrect"),
    ]


# EvalScope


def test_predictions_of_evalscope_are_joined_with_their_reviews(tmp_path):
    lines = [predicted(0, "4"), predicted(1, "it is 5"), predicted(2, "none"), predicted(3, "?")]
    path = jsonl(tmp_path / "predictions" / "small" / "sums_default.jsonl", *lines, {"index": 4})
    reviews = tmp_path / "reviews" / "small" / path.name
    last = reviewed(2, 7, 0, 0.0, "")
    jsonl(reviews, reviewed(0, 6, 0, 1.0), reviewed(1, 6, 1, 0.0, "5"), last, reviewed([], 7, 1, 1))
    config = tmp_path / "configs" / "task_config_1.yaml"
    config.parent.mkdir()
    config.write_text("repeats: 2\ngeneration_config:\n  temperature: 0.6\n  max_tokens: 9\n")
    study = tmp_path / "study"
    imported = import_files([path], study, role="rl")
    assert (imported.samples, imported.bad) == (4, 2)
    assert imported.notes["samples without a verdict: no review has their index"] == 1
    assert faults(study) == [("reviews line 4", "index"), ("line 5", "model_output")]
    query = """
        SELECT problem_id, sample, outcome, answer, verifier, finish_reason, question, level
        FROM samples JOIN verdicts USING (problem_id, sample) JOIN problems USING (problem_id)
        ORDER BY ALL
    """
    assert rows(study, query) == [
        ("6", 0, "correct", None, "evalscope:acc", "length", "2+2?", "2"),
        ("6", 1, "incorrect", "5", "evalscope:acc", "length", "2+2?", "2"),
        ("7", 0, "no_answer", None, "evalscope:acc", "length", "2+2?", "2"),
    ]
    run = "SELECT model, benchmark, temperature, max_tokens FROM runs"
    assert rows(study, run) == [("small", "sums_default", 0.6, 9)]
    reviews.unlink()
    with pytest.raises(ValueError, match="has 2 samples of each problem, and only its reviews"):
        import_files([path], tmp_path / "other", role="rl")
