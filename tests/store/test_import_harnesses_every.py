"""Every Eval Ever: what our export writes comes back as it was, and lines of others."""

import json
import math

import pytest

from store.build import publish
from store.exporters.aggregates import Reporter
from store.exporters.every_eval_ever import write_logs
from store.importers import import_files, recognise
from store.location import current
from tests.store.harness_files import jsonl, rows

EVERYTHING = """
    SELECT model, role, parent, runs.benchmark, prompt_template, temperature, top_p, max_tokens,
        runs.verifier, problem_id, position, question, reference, subject, level, prompt, sample,
        completion, finish_reason, n_tokens, sum_logprob, CAST(token_logprobs AS VARCHAR),
        verdicts.verifier, version, outcome, answer, detail
    FROM samples
    JOIN runs USING (run)
    JOIN models USING (model)
    JOIN problems USING (benchmark, problem_id)
    JOIN prompts USING (run, problem_id)
    JOIN verdicts USING (run, problem_id, sample)
    ORDER BY ALL
"""


def test_what_is_exported_comes_back_as_it_was(study, tmp_path):
    told = {"prompt_template": "plain", "top_p": 0.95, "max_tokens": 64, "verifier": "boxed"}
    for model, role in (("base", "base"), ("small", "rl")):
        folder = study.run(model, role, **told)
        study.problems(folder, subject="sums", level="2", metadata=None)
        study.samples(folder)
        study.verdicts(folder)
        values = [-0.1, -math.inf]
        study.shard(
            folder, "samples",
            [{"problem_id": "p0", "sample": 4, "completion": 'a "<b>"\n½', "n_tokens": 2,
              "sum_logprob": None, "token_logprobs": values, "finish_reason": None}],
        )  # fmt: skip
        verdict = {"verifier": "boxed", "version": "1", "outcome": "error", "detail": "too slow"}
        verdict |= {"problem_id": "p0", "sample": 4, "answer": "½"}
        study.shard(folder, "verdicts", [verdict], "boxed")
    publish(study.path)
    written = write_logs(current(study.path), tmp_path / "out", Reporter())
    assert written.samples == 26
    files = sorted((tmp_path / "out").rglob("*_samples.jsonl"))
    assert len(files) == 2 and "Every Eval Ever" in recognise(files[0]).why
    imported = import_files(files, tmp_path / "back")
    assert (imported.samples, imported.bad) == (26, 0)

    before, after = (rows(path, EVERYTHING) for path in (study.path, tmp_path / "back"))

    # The sum of a sample that has none is made from its tokens.
    places = [place for place, row in enumerate(before) if row[17] == 'a "<b>"\n½']
    for place in places:
        assert before[place][20] is None and after[place][20] == -math.inf
    assert len(places) == 2
    unsummed = [[row[:20] + row[21:] for place, row in enumerate(each)] for each in (before, after)]
    assert unsummed[0] == unsummed[1] and len(before) == 26
    assert import_files(files, tmp_path / "back").samples == 0


def line(id="a", score=1.0, text="4", **fields):
    attributed = {"extracted_value": "4", "extraction_method": "regex", "is_terminal": True}
    return {
        "schema_version": "0.2.2", "evaluation_id": "e1", "model_id": "org/small",
        "evaluation_name": "sums", "sample_id": id, "interaction_type": "single_turn",
        "input": {"raw": f"2+2, {id}?", "reference": ["4"], "choices": None},
        "output": {"raw": [text], "reasoning_trace": []}, "messages": None,
        "answer_attribution": [attributed],
        "evaluation": {"score": score, "is_correct": score == 1},
        "token_usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
        "error": None, "metadata": {"subject": "sums", "source": "book"}, **fields,
    }  # fmt: skip


def test_lines_of_others_have_verdicts_where_their_score_is_one(tmp_path):
    spoken = [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "four"}]
    path = jsonl(
        tmp_path / "x_samples.jsonl",
        line(), line("a", 0.0, "5"), line("b", 0.5),
        line("c", evaluation={"score": 0, "is_correct": True}),
        line("d", output={"raw": ["4", "5"]}),
        line("e", output={"raw": ["4"], "reasoning_trace": ["2, 2"]}),
        line("f", output=None, messages=spoken, interaction_type="multi_turn"),
        line("g", output=None, error="refused"), line("a", 1.0, evaluation_result_id="r2"),
    )  # fmt: skip
    config = {"generation_args": {"temperature": 0.6, "max_tokens": 9}}
    results = [{"evaluation_name": "sums", "generation_config": config}]
    (tmp_path / "x.json").write_text(json.dumps({"evaluation_results": results}))
    imported = import_files([path], tmp_path, role="rl")
    assert (imported.samples, imported.bad) == (8, 0)
    assert imported.left_out["lines without an output"] == 1
    assert sum(n for said, n in imported.left_out.items() if "other metrics" in said) == 1
    query = """
        SELECT problem_id, completion, n_tokens, outcome, verifier
        FROM samples LEFT JOIN verdicts USING (run, problem_id, sample) ORDER BY ALL
    """
    judge = "every-eval-ever:regex"
    assert rows(tmp_path, query) == [
        ("a", "4", 2, "correct", judge), ("a", "5", 2, "incorrect", judge),
        ("b", "4", 2, None, None), ("c", "4", 2, None, None),
        ("d", "4", None, None, None), ("d", "5", None, None, None),
        ("e", "<think>2, 2</think>4", 2, "correct", judge),
        ("f", "four", 2, "correct", judge),
    ]  # fmt: skip
    run = "SELECT model, benchmark, temperature, max_tokens FROM runs"
    assert rows(tmp_path, run) == [("org/small", "sums", 0.6, 9)]
    query = "SELECT question, reference, subject, metadata FROM problems WHERE problem_id = 'a'"
    assert rows(tmp_path, query) == [("2+2, a?", "4", "sums", '{"source": "book"}')]
    import_files([path], tmp_path / "two", role="rl", fields={"correct": "r2"})
    assert rows(tmp_path / "two", "SELECT count(*) FROM samples") == [(1,)]


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        ({"sample_id": None}, "sample_id"),
        ({"evaluation_name": 3}, "evaluation_name"),
        ({"input": None}, "input"),
        ({"output": {"raw": [None]}}, "output.raw"),
        ({"evaluation": None}, "evaluation"),
        ({"evaluation": {"score": "high"}}, "regex"),
        ({"metadata": {"outcome": "great", "verifier": "v"}}, "metadata.outcome"),
        ({"metadata": {"n_tokens": "two"}}, "n_tokens"),
        ({"metadata": {"sum_logprob": "low"}}, "metadata.sum_logprob"),
        ({"metadata": {"token_logprobs": "[0.5]"}}, "metadata.token_logprobs"),
        ({"metadata": {"token_logprobs": "[-"}}, "metadata.token_logprobs"),
    ],
)
def test_a_damaged_line_is_named_with_its_field(tmp_path, broken, field):
    path = jsonl(tmp_path / "x_samples.jsonl", line(), line("b") | broken)
    imported = import_files([path], tmp_path, role="rl", dry=True)
    assert imported.samples == 1
    assert [(bad.where, bad.field) for bad in imported.bad_named] == [("line 2", field)]
