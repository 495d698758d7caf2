"""lm-evaluation-harness: filters, metrics, repeats, likelihoods, and the results beside."""

import gzip
import json

import pytest

from store.importers import import_files, recognise
from tests.store.harness_files import rows

NAME = "samples_sums_2025-03-04T05-06-07.891011.jsonl"
BESIDE = "results_2025-03-04T05-06-07.891011.json"
RESULTS = {
    "results": {}, "versions": {}, "configs": {"sums": {"num_fewshot": 5}},
    "config": {"model": "vllm", "model_args": "pretrained=org/small,revision=step20"},
}  # fmt: skip
SETTINGS = {"until": ["Q:"], "do_sample": True, "temperature": 0.7, "max_gen_toks": 256}


def line(doc_id=0, resps=("it is 4",), score=1.0, filter="strict-match", answer="4", **fields):
    return {
        "doc_id": doc_id, "doc": {"question": f"2+2, {doc_id}?", "answer": "… #### 4", "year": 7},
        "target": "two and two #### 4",
        "arguments": {"gen_args_0": {"arg_0": f"Q: 2+2, {doc_id}?", "arg_1": SETTINGS}},
        "resps": [list(resps)], "filtered_resps": [answer], "filter": filter,
        "metrics": ["exact_match"], "exact_match": score, "doc_hash": "d", **fields,
    }  # fmt: skip


def written(folder, *lines, name=NAME):
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_the_lines_of_two_filters_are_one_sample_with_two_verdicts(tmp_path):
    strict = [line(0), line(1, score=0.0, answer="[invalid]")]
    loose = [line(0, filter="flexible"), line(1, filter="flexible", score=0.0, answer="5")]
    path = written(tmp_path / "logs", *strict, *loose)
    path.with_name(BESIDE).write_text(json.dumps(RESULTS))
    assert "lm-evaluation-harness" in recognise(path).why
    imported = import_files([path], tmp_path, role="rl")
    assert (imported.problems, imported.samples, imported.bad) == (2, 2, 0)
    query = "SELECT problem_id, verifier, outcome, answer FROM verdicts ORDER BY ALL"
    assert rows(tmp_path, query) == [
        ("0", "lm-eval:exact_match,flexible", "correct", "4"),
        ("0", "lm-eval:exact_match,strict-match", "correct", "4"),
        ("1", "lm-eval:exact_match,flexible", "incorrect", "5"),
        ("1", "lm-eval:exact_match,strict-match", "no_answer", None),
    ]
    query = "SELECT model, prompt_template, temperature, max_tokens, verifier FROM runs"
    assert rows(tmp_path, query) == [
        ("org/small-step20", "5-shot", 0.7, 256, "lm-eval:exact_match,strict-match")
    ]
    assert rows(tmp_path, "SELECT benchmark, step, parent FROM models, runs") == [
        ("sums", 20, "org/small")
    ]
    query = (
        "SELECT question, reference, metadata, prompt FROM problems JOIN prompts USING (problem_id)"
    )
    assert rows(tmp_path, query)[0] == (
        "2+2, 0?", "4", '{"answer": "… #### 4", "year": 7}', "Q: 2+2, 0?",
    )  # fmt: skip
    assert import_files([path], tmp_path, role="rl").samples == 0


def test_the_filter_and_the_metric_to_be_shown_can_be_chosen(tmp_path):
    both = [line(0, other=0, metrics=["exact_match", "other"], filter=f) for f in ("a", "b")]
    path = written(tmp_path / "org__small", *both)
    fields = {"filter": "b", "correct": "other"}
    import_files([path], tmp_path, role="rl", fields=fields)
    query = "SELECT model, verifier FROM runs"
    assert rows(tmp_path, query) == [("org/small", "lm-eval:other,b")]
    with pytest.raises(ValueError, match=r"no filter c: give --field filter= with one of a, b"):
        import_files([path], tmp_path / "two", role="rl", fields={"filter": "c"})
    with pytest.raises(ValueError, match=r"no metric acc: .* exact_match, other"):
        import_files([path], tmp_path / "two", role="rl", fields={"correct": "acc"})


def test_of_several_samples_none_has_a_verdict_since_the_file_judges_one(tmp_path):
    path = written(tmp_path / "org__small", line(0, ["it is 4", "it is 5", "it is 4"]))
    imported = import_files([path], tmp_path, role="rl")
    assert imported.samples == 3 and imported.unjudged
    assert max(imported.notes.values()) == 3
    assert rows(tmp_path, "SELECT completion FROM samples ORDER BY sample") == [
        ("it is 4",), ("it is 5",), ("it is 4",),
    ]  # fmt: skip
    assert rows(tmp_path, "SELECT count(*) FROM verdicts") == [(0,)]


def test_older_lines_have_lists_of_arguments_and_no_names_of_filters_and_metrics(tmp_path):
    old = line(3, score=True, arguments=[["Q: 2+2?", {"do_sample": False, "temperature": 0.0}]])
    for name in ("filter", "metrics", "doc_hash"):
        del old[name]
    path = written(tmp_path / "logs", old, name="old.jsonl.gz")
    path.write_bytes(gzip.compress(path.read_bytes()))
    import_files([path], tmp_path, model="small", role="rl", benchmark="sums")
    query = "SELECT problem_id, verifier, outcome FROM verdicts"
    assert rows(tmp_path, query) == [("3", "lm-eval:exact_match", "correct")]
    assert rows(tmp_path, "SELECT temperature, max_tokens FROM runs") == [(0.0, None)]
    assert rows(tmp_path, "SELECT prompt FROM prompts") == [("Q: 2+2?",)]


def test_of_likelihoods_the_likeliest_answer_is_the_sample_and_a_single_one_is_none(tmp_path):
    def compared(doc_id, *values, acc=1.0):
        pairs = [[[str(value), "False"]] for value in values]
        arguments = {
            f"gen_args_{i}": {"arg_0": "2+2?", "arg_1": f" {i}"} for i in range(len(pairs))
        }
        filtered = [pair[0] for pair in pairs]
        metrics = {"metrics": ["acc"], "acc": acc, "filter": "none", "filtered_resps": filtered}
        return line(doc_id) | {"resps": pairs, "arguments": arguments, "target": "1", **metrics}

    path = written(
        tmp_path / "org__small", compared(0, -3.5, -1.25), compared(1, -2.0, -9.0, acc=0.0),
        compared(2, -4.0),
    )  # fmt: skip
    imported = import_files([path], tmp_path, role="rl")
    assert imported.notes["samples that are the likeliest of given answers, and not drawn"] == 2
    assert imported.bad == 1 and imported.bad_named[0].where == "line 3"
    assert "no sample of the model" in imported.bad_named[0].reason
    query = "SELECT completion, sum_logprob, outcome FROM samples JOIN verdicts USING (problem_id)"
    assert rows(tmp_path, f"{query} ORDER BY problem_id") == [
        ("1", -1.25, "correct"), ("0", -2.0, "incorrect"),
    ]  # fmt: skip


def test_damaged_lines_are_named_and_repeated_problems_have_more_samples(tmp_path):
    path = written(
        tmp_path / "org__small", line(0), line(0, ["again"], 0.0), line(None), line(2, resps=[7]),
        line(3, resps=[]), line(4) | {"resps": None}, line(5, score="high"),
        line(6) | {"resps": [["a"], ["b"]]}, line(7, score=0.5),
    )  # fmt: skip
    with path.open("a") as file:
        file.write('{"doc_id": 9, \n')
    imported = import_files([path], tmp_path, role="rl")
    bad = next((tmp_path / "imports").glob("*/bad.jsonl")).read_text().splitlines()
    assert [(b["where"], b["field"]) for b in map(json.loads, bad)] == [
        ("line 3", "doc_id"), ("line 4", "resps"), ("line 5", "resps"), ("line 6", "resps"),
        ("line 8", "resps"), ("line 10", "json"),
    ]  # fmt: skip
    # Lines 1 and 2 (another sample of the same problem), 7 and 9, which have no clear verdict.
    assert imported.samples == 4
    query = "SELECT problem_id, n, c, unverified FROM counts ORDER BY ALL"
    assert rows(tmp_path, query) == [("0", 2, 1, 0), ("5", 0, 0, 1), ("7", 0, 0, 1)]
    assert any("exact_match is neither 0 nor 1" in said for said in imported.notes)
