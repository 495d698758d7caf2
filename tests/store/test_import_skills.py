"""NeMo-Skills: seeds, chunks, verdicts of checker and judge, reasoning, tokens, damage."""

import json
import math

import pytest

from store.build import publish
from store.importers import import_files, recognise
from store.importers.nemo_skills import companion
from store.importers.peek import peek
from store.location import connect

WHO = {"model": "reasoner", "role": "rl"}


def rows(study, query):
    with connect(publish(study).path) as connection:
        return connection.execute(query).fetchall()


def lines(path, *records):
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = (each if isinstance(each, str) else json.dumps(each) for each in records)
    path.write_text("".join(f"{text}\n" for text in texts))
    return path


def line(id="p1", **fields):
    return {
        "id": id, "problem": f"What is {id}?", "expected_answer": "4", "level": 3,
        "generation": "It is \\boxed{4}.", "num_generated_tokens": 9, "generation_time": 1.5,
        "finish_reason": "stop", "predicted_answer": "4", "symbolic_correct": True, **fields,
    }  # fmt: skip


def seed(tmp_path, name, *records):
    return lines(tmp_path / "eval-results" / "aime24" / name, *records)


def test_seeds_are_samples_of_one_run_and_chunks_repeat_nothing(tmp_path):
    zero = seed(tmp_path, "output-rs0.jsonl", line("a"), line("b", symbolic_correct=False))
    one = seed(tmp_path, "output-rs1.jsonl", line("a"), line("b"))
    chunk = seed(tmp_path, "output-rs1_chunk_0.jsonl", line("a"))
    assert "as NeMo-Skills writes them" in recognise(zero).why
    imported = import_files([zero, one, chunk], tmp_path / "study", **WHO)
    assert (imported.samples, len(imported.runs)) == (4, 1)
    assert sum(imported.left_out.values()) == 1
    query = """
        SELECT benchmark, problem_id, n, c, verifier, reference, level
        FROM counts JOIN problems USING (problem_id) ORDER BY problem_id
    """
    assert rows(tmp_path / "study", query) == [
        ("aime24", "a", 2, 2, "nemo-skills:symbolic_correct", "4", "3"),
        ("aime24", "b", 2, 1, "nemo-skills:symbolic_correct", "4", "3"),
    ]
    assert import_files([one], tmp_path / "study", **WHO).samples == 0


@pytest.mark.parametrize(
    ("judgement", "outcome"),
    [
        ("Reasoning: same.\nJudgement: Yes", "correct"),
        ("**Judgement**: **yes**.", "correct"),
        ("Judgement: yes? I first thought so.\nJudgement: No", "no_answer"),
        ("judgement : no, since", "no_answer"),
        ("Yes", "correct"),
        ("I cannot tell.", "error"),
        ("", "error"),
    ],
)
def test_the_judge_is_a_verifier_of_its_own(tmp_path, judgement, outcome):
    path = lines(
        tmp_path / "output.jsonl",
        line(judgement=judgement, predicted_answer=None, symbolic_correct=False),
    )
    imported = import_files([path], tmp_path, **WHO, benchmark="aime24")
    query = "SELECT verifier, outcome, detail FROM verdicts ORDER BY verifier DESC"
    assert rows(tmp_path, query) == [
        ("nemo-skills:symbolic_correct", "no_answer", None),
        ("nemo-skills:judge", outcome, judgement),
    ]
    assert any("neither yes nor no" in note for note in imported.notes) == (outcome == "error")


def test_where_only_the_judge_spoke_its_verdict_is_the_main_one(tmp_path):
    record = line(judgement="Judgement: No")
    del record["symbolic_correct"]
    import_files([lines(tmp_path / "output.jsonl", record)], tmp_path, **WHO, benchmark="hle")
    query = "SELECT verifier, answer, outcome FROM runs JOIN verdicts USING (verifier)"
    assert rows(tmp_path, query) == [("nemo-skills:judge", "4", "incorrect")]


def test_reasoning_is_part_of_the_completion_and_tokens_are_kept(tmp_path):
    tokens = ["<think>", "2+2", "</think>", "4"]
    logprobs = [-0.5, -0.25, -1.0, 0.0]
    records = (
        line("apart", generation="4", reasoning_content="2+2"),
        line("parsed", generation="4", _full_generation="<think>2+2</think>4",
             _generation_finished_thinking=True, tokens=tokens, logprobs=logprobs),
        line("both", generation="4", reasoning_content="2+2", tokens=tokens, logprobs=logprobs),
        line("cut", generation=None, finish_reason="length", predicted_answer=None,
             symbolic_correct=False),
    )  # fmt: skip
    imported = import_files(
        [lines(tmp_path / "output.jsonl", *records)], tmp_path, **WHO, benchmark="x"
    )
    assert imported.notes == {"correct": 3, "no_answer": 1, "truncated": 1}
    query = """
        SELECT problem_id, completion, n_tokens, sum_logprob, token_ends, finish_reason
        FROM samples ORDER BY problem_id
    """
    told = (4, math.fsum(logprobs), [7, 10, 18, 19], "stop")
    assert rows(tmp_path, query) == [
        ("apart", "<think>2+2</think>4", 9, None, None, "stop"),
        ("both", "<think>2+2</think>4", *told),
        ("cut", "", 9, None, None, "length"),
        ("parsed", "<think>2+2</think>4", *told),
    ]


def test_problems_without_an_id_are_known_by_their_question(tmp_path):
    record = line()
    del record["id"]
    paths = [
        lines(tmp_path / f"output-rs{i}.jsonl", {**record, "generation_time": i}) for i in (0, 1)
    ]
    import_files(paths, tmp_path, **WHO, benchmark="x")
    query = "SELECT count(DISTINCT problem_id), count(*) FROM samples"
    assert rows(tmp_path, query) == [(1, 2)]


def test_code_has_the_verdict_of_both_sets_of_tests_first(tmp_path):
    record = {
        "task_id": "HumanEval/0", "question": "def f():", "generation": "x",
        "is_correct": True, "is_correct-plus": False, "num_generated_tokens": 1,
    }  # fmt: skip
    import_files([lines(tmp_path / "output.jsonl", record)], tmp_path, **WHO, benchmark="he")
    assert rows(tmp_path, "SELECT verifier FROM runs") == [("nemo-skills:is_correct-plus",)]
    assert rows(tmp_path, "SELECT verifier, outcome FROM verdicts ORDER BY ALL") == [
        ("nemo-skills:is_correct", "correct"), ("nemo-skills:is_correct-plus", "incorrect"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ('{"generation": "half', "json"),
        ("[1]", "json"),
        (line(generation=7), "generation"),
        (line(symbolic_correct=0.5), "symbolic_correct"),
        (line(logprobs=[0.5]), "logprobs"),
        (line(logprobs=[-1.0], tokens=["a", "b"]), "tokens"),
        (line(num_generated_tokens="many"), "num_generated_tokens"),
        (line(id=None, problem=None), "problem"),
        (line(judgement=["yes"]), "judgement"),
    ],
)
def test_a_damaged_line_is_named_and_the_rest_comes_in(tmp_path, bad, field):
    path = lines(tmp_path / "output.jsonl", line("a"), bad, line("b"))
    imported = import_files([path], tmp_path, **WHO, benchmark="x", dry=True)
    assert (imported.samples, imported.bad) == (2, 1)
    assert (imported.bad_named[0].where, imported.bad_named[0].field) == ("line 2", field)


def test_what_lies_beside_the_samples_is_passed_over(tmp_path):
    path = seed(tmp_path, "output-rs0.jsonl", line("a"))
    for name, content in (("output-rs0.jsonl.done", ""), ("output-rs0.jsonl-async", "{}")):
        path.with_name(name).write_text(content)
        assert companion(peek(path.with_name(name)))
    path.with_name("metrics.json").write_text('{"aime24": {"pass@1": {"num_entries": 1}}}')
    assert companion(peek(path.with_name("metrics.json")))
    assert companion(peek(path)) is None
