"""Dumps of verl and TRL: a folder of steps, rewards that are no verdicts, damaged lines."""

import gzip
import json
import math

import polars as pl
import pyarrow
import pyarrow.parquet
import pytest

from store.build import publish
from store.importers import detect, import_files, recognise
from store.location import connect
from store.runs import read_run
from store.shards import read_shards

WHO = {"model": "grpo", "role": "rl", "benchmark": "math"}


def rows(path, query):
    with connect(path) as connection:
        return connection.execute(query).fetchall()


def written(study, kind, *columns):
    """The rows of all shards of a kind, which costs less than to publish a store."""
    frames = [read_shards(path.parent, kind) for path in study.glob("shards/*/run.json")]
    keys = [name for name in ("problem_id", "sample") if name in frames[0].columns]
    return pl.concat(frames).sort(keys).select(columns).rows()


def jsonl(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = (each if isinstance(each, str) else json.dumps(each) for each in lines)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def dumped(question, answer, score, **fields):
    """A line as verl writes it: the input is the decoded prompt, without special tokens."""
    asked = f"user\n{question}\nassistant\n"
    return {"input": asked, "output": f"it is {answer}", "gts": "7", "score": score, **fields}


# verl


def test_a_folder_of_steps_is_one_import_with_a_model_for_each_step(tmp_path):
    folder = tmp_path / "rollouts"
    jsonl(folder / "0.jsonl", dumped("a", 1, 0.0, step=0), dumped("a", 7, 1.0, step=0))
    jsonl(folder / "10.jsonl", dumped("a", 7, 1.0, step=10), dumped("b", 2, 0.0, step=10))
    jsonl(folder / "20.jsonl", dumped("b", 7, 1.0, step=20))
    study = tmp_path / "study"
    imported = import_files([folder], study, **WHO, parent="qwen", algorithm="GRPO")
    assert (imported.samples, len(imported.runs), imported.bad) == (5, 3, 0)
    report = publish(study)
    assert report.set_aside.is_empty()
    query = "SELECT model, role, parent, algorithm, step FROM models ORDER BY step NULLS FIRST"
    assert rows(report.path, query) == [
        ("qwen", "base", None, None, None),
        ("grpo-step10", "rl", "qwen", "GRPO", 10),
        ("grpo-step20", "rl", "qwen", "GRPO", 20),
    ]
    query = """
        SELECT model, question, n, c, counts.verifier FROM counts
        JOIN runs USING (run) JOIN problems USING (benchmark, problem_id) ORDER BY ALL
    """
    asked = [f"user\n{name}\nassistant\n" for name in "ab"]
    assert rows(report.path, query) == [
        ("grpo-step10", asked[0], 1, 1, "verl:score"),
        ("grpo-step10", asked[1], 1, 0, "verl:score"),
        ("grpo-step20", asked[1], 1, 1, "verl:score"),
        ("qwen", asked[0], 2, 1, "verl:score"),
    ]
    assert rows(report.path, "SELECT count(*) FROM problems") == [(2,)]
    again = import_files([folder], study, **WHO, parent="qwen", algorithm="GRPO")
    assert (again.samples, again.written) == (0, ())


def test_step_0_without_a_parent_is_the_model_as_it_was_named(tmp_path):
    path = jsonl(tmp_path / "0.jsonl", dumped("a", 7, 1))
    assert import_files([path], tmp_path, **WHO).runs[0].startswith("grpo--math")


def test_a_step_that_is_given_is_the_step_of_the_model_that_is_named(tmp_path):
    path = jsonl(tmp_path / "30.jsonl", dumped("a", 7, 1))
    [run] = import_files([path], tmp_path, **WHO, step=30).runs
    model = read_run(tmp_path / "shards" / run).model
    assert (model.name, model.step) == ("grpo", 30)


def test_acc_goes_before_score_and_what_else_is_said_is_the_detail(tmp_path):
    path = jsonl(
        tmp_path / "5.jsonl",
        dumped("a", 7, 1.0, acc=True, pred="7", step=5, overlong=False),
        dumped("a", 3, -1.0, acc=False, pred="3", step=5, overlong=True),
        dumped("a", "?", -1.0, acc=False, pred="[INVALID]", step=5, overlong=False),
        dumped("a", "?", -1.0, acc=False, pred="", step=5, overlong=None),
    )
    imported = import_files([path], tmp_path, **WHO)
    assert imported.notes == {"correct": 1, "incorrect": 1, "no_answer": 2}
    assert written(tmp_path, "verdicts", "outcome", "answer", "detail", "verifier") == [
        ("correct", "7", "score 1; overlong false", "verl:acc"),
        ("incorrect", "3", "score -1; overlong true", "verl:acc"),
        ("no_answer", None, "score -1; overlong false", "verl:acc"),
        ("no_answer", None, "score -1", "verl:acc"),
    ]


def test_a_reward_that_is_neither_0_nor_1_is_no_verdict_unless_a_threshold_is_given(tmp_path):
    scores = (1.0, 0.0, 0.1, -1, None, math.nan, 0.8)
    path = jsonl(tmp_path / "1.jsonl", *(dumped("a", i, s) for i, s in enumerate(scores)))
    imported = import_files([path], tmp_path / "one", **WHO)
    assert imported.samples == 7 and len(imported.unjudged) == 1
    # Had only 0 and 1 been verdicts, those that are partly right would be missing in n.
    assert imported.notes["not judged"] == 7 and "correct" not in imported.notes
    kinds = {said.split(",")[0]: n for said, n in imported.notes.items() if "without a" in said}
    assert kinds == {
        "samples without a verdict: score is not only 0 and 1 in this file": 5,
        "samples without a verdict: they have no score": 2,
    }
    fields = {"threshold": "0.5"}
    import_files([path], tmp_path / "two", fields=fields, **WHO)
    query = "SELECT verifier, n, c, unverified FROM counts"
    assert rows(publish(tmp_path / "two").path, query) == [("verl:score>=0.5", 5, 2, 2)]


def test_another_key_can_be_the_verdict(tmp_path):
    path = jsonl(tmp_path / "1.jsonl", dumped("a", 7, 0.9, acc=0, judge=1))
    imported = import_files([path], tmp_path, fields={"correct": "judge"}, **WHO)
    assert imported.notes == {"correct": 1}


def test_a_threshold_that_is_no_number_is_refused(tmp_path):
    path = jsonl(tmp_path / "1.jsonl", dumped("a", 7, 1))
    for wrong in ("half", "nan"):
        with pytest.raises(ValueError, match=f"The threshold {wrong} is not a number"):
            import_files([path], tmp_path, fields={"threshold": wrong}, **WHO)


def test_damaged_lines_are_named_and_the_rest_comes_in(tmp_path):
    good = dumped("a", 7, 1, step=3)
    lines = [
        good,
        "{half",
        {**good, "output": None},
        {**good, "output": ["it"]},
        {key: value for key, value in good.items() if key != "input"},
        {**good, "score": "high"},
        {**good, "step": "three"},
        {key: value for key, value in good.items() if key != "score"},
        "[]",
        good,
    ]
    path = jsonl(tmp_path / "3.jsonl", *lines)
    imported = import_files([path], tmp_path, **WHO)
    assert (imported.samples, imported.bad) == (2, 8)
    report = next((tmp_path / "imports").glob("*/bad.jsonl"))
    found = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(bad["where"], bad["field"]) for bad in found] == [
        ("line 2", "json"), ("line 3", "output"), ("line 4", "output"), ("line 5", "input"),
        ("line 6", "score"), ("line 7", "step"), ("line 8", "score"), ("line 9", "json"),
    ]  # fmt: skip
    assert found[1]["reason"] == "is null"


def test_a_compressed_dump_with_odd_texts_comes_in(tmp_path):
    line = {**dumped("ä\ud800 \U0001f600", "x\x00y", 1), "gts": ["7"], "data_source": "gsm8k"}
    path = tmp_path / "40.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(line) + "\n").encode()))
    import_files([path], tmp_path, model="grpo", role="rl")
    query = """
        SELECT question, reference, completion, model, step, runs.benchmark FROM samples
        JOIN runs USING (run) JOIN models USING (model) JOIN problems USING (problem_id)
    """
    assert rows(publish(tmp_path).path, query) == [
        ("user\nä\ufffd \U0001f600\nassistant\n", "7", "it is x\x00y", "grpo-step40", 40, "gsm8k")
    ]


# TRL


def completions(path, step=10, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    n = len(columns["prompt"])
    table = {"step": [step] * n, **columns, "advantage": [0.5] * n}
    pyarrow.parquet.write_table(pyarrow.table(table), path)
    return path


PROMPTS = ["What is 3+4?", "What is 3+4?", "What is 1+1?"]
TEXTS = ["7", "8", "2"]


def test_completions_of_trl_are_a_model_for_each_step(tmp_path):
    folder = tmp_path / "out" / "completions"
    for step, rewards in ((10, [1.0, 0.0, 0.0]), (20, [1.0, 1.0, math.nan])):
        completions(
            folder / f"completions_{step:05d}.parquet", step,
            prompt=PROMPTS, completion=TEXTS, accuracy_reward=rewards,
            format_reward=[1.0, 0.5, 0.0], solution=["7", "7", "2"],
        )  # fmt: skip
    imported = import_files([folder], tmp_path / "s", **WHO, parent="qwen")
    assert imported.samples == 6
    report = publish(tmp_path / "s")
    query = """
        SELECT model, question, reference, n, c, counts.verifier, unverified FROM counts
        JOIN runs USING (run) JOIN problems USING (benchmark, problem_id) ORDER BY ALL
    """
    assert rows(report.path, query) == [
        ("grpo-step10", "What is 1+1?", "2", 1, 0, "trl:accuracy_reward", 0),
        ("grpo-step10", "What is 3+4?", "7", 2, 1, "trl:accuracy_reward", 0),
        ("grpo-step20", "What is 1+1?", "2", 0, 0, "trl:accuracy_reward", 1),
        ("grpo-step20", "What is 3+4?", "7", 2, 2, "trl:accuracy_reward", 0),
    ]
    details = rows(report.path, "SELECT DISTINCT detail FROM verdicts ORDER BY ALL")
    assert details == [("format_reward 0",), ("format_reward 0.5",), ("format_reward 1",)]


def test_among_several_rewards_of_trl_the_verdict_must_be_chosen(tmp_path):
    path = completions(
        tmp_path / "completions_00010.parquet", prompt=PROMPTS, completion=TEXTS,
        boxed=[1.0, 0.0, 1.0], tidy=[0.2, 0.3, 0.4],
    )  # fmt: skip
    assert detect(path) == "trl" and recognise(path).told == ()
    with pytest.raises(ValueError, match=r"--field correct=… and one of boxed, tidy\."):
        import_files([path], tmp_path, **WHO)
    with pytest.raises(ValueError, match=r"has no reward solved\. It has: boxed, tidy\."):
        import_files([path], tmp_path, fields={"correct": "solved"}, **WHO)
    imported = import_files([path], tmp_path, fields={"correct": "boxed"}, **WHO)
    assert imported.notes == {"correct": 2, "incorrect": 1}


def test_chat_lists_of_trl_are_read_as_question_and_text(tmp_path):
    prompts = [
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
        for question in PROMPTS
    ]
    texts = [[{"role": "assistant", "content": text}] for text in TEXTS]
    path = completions(
        tmp_path / "completions_00010.parquet", prompt=prompts, completion=texts,
        reward=[True, False, True],
    )  # fmt: skip
    import_files([path], tmp_path, **WHO)
    problems = written(tmp_path, "problems", "problem_id", "question", "prompt")
    asked = {problem_id: question for problem_id, question, _ in problems}
    samples = written(tmp_path, "samples", "problem_id", "sample", "completion")
    assert sorted((asked[each], *rest) for each, *rest in samples) == [
        ("What is 1+1?", 0, "2"), ("What is 3+4?", 0, "7"), ("What is 3+4?", 1, "8"),
    ]  # fmt: skip
    assert sorted(json.loads(prompt)[1]["content"] for *_, prompt in problems) == sorted({*PROMPTS})


def test_a_row_of_trl_that_cannot_be_right_is_named(tmp_path):
    path = completions(
        tmp_path / "completions_00010.parquet", prompt=["a", None, "a"],
        completion=["x", "y", None], reward=[1.0, 1.0, 1.0],
    )  # fmt: skip
    imported = import_files([path], tmp_path, **WHO)
    assert imported.samples == 1
    assert [(bad.where, bad.field) for bad in imported.bad_named] == [
        ("row 2", "prompt"), ("row 3", "completion"),
    ]  # fmt: skip
