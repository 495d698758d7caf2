"""LiveCodeBench's and EvalPlus's files: known figures, joins, ragged lists, damage."""

import gzip
import json
from pathlib import Path

import pytest

from store.build import publish
from store.importers import import_files, recognise
from store.importers.evalplus import companion
from store.importers.livecodebench import companion as livecodebench_companion
from store.importers.peek import peek
from store.location import connect

DATA = Path(__file__).parents[3] / "shared" / "data"
O1 = DATA / "samples" / "lcb-submissions" / "O1-Mini-2024-09-12.eval_all.json.gz"
WHO = {"model": "coder", "role": "rl"}


def rows(study, query):
    with connect(publish(study).path) as connection:
        return connection.execute(query).fetchall()


def written(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def lines(path, *records):
    return written(path, "".join(json.dumps(record) + "\n" for record in records))


# LiveCodeBench


def item(id="1873_A", graded=(True, False), **fields):
    n = len(graded)
    return {
        "question_title": "Sort", "question_content": f"Sort {id}.", "platform": "codeforces",
        "question_id": id, "contest_id": "1873", "contest_date": "2023-08-21T00:00:00",
        "starter_code": "", "difficulty": "easy",
        "output_list": [f"Think.\n```python\nprint({i})\n```" for i in range(n)],
        "code_list": [f"print({i})" for i in range(n)], "graded_list": list(graded),
        "pass@1": sum(graded) / n, "metadata": ["{}"] * n, **fields,
    }  # fmt: skip


def test_a_real_submission_gives_the_known_figures_by_difficulty(tmp_path):
    if not O1.is_file():
        pytest.skip(f"{O1} is not here")
    imported = import_files([O1], tmp_path, **WHO)
    assert (imported.problems, imported.samples, imported.notes["correct"]) == (880, 880, 602)
    query = "SELECT level, sum(c), sum(n) FROM counts JOIN problems USING (problem_id) GROUP BY 1"
    assert sorted(rows(tmp_path, query)) == [
        ("easy", 265, 279), ("hard", 94, 270), ("medium", 243, 331),
    ]  # fmt: skip
    # counted in the file itself: empty code of wrong samples, and error −5
    with gzip.open(O1) as file:
        wrong = [p for p in json.load(file) if p["graded_list"] == [False]]
    empty = sum(not p["code_list"][0].strip() for p in wrong)
    failed = sum('"error_code": -5' in p["metadata"][0] for p in wrong)
    assert (imported.notes["no_answer"], imported.notes["error"]) == (empty, failed) == (6, 1)


def test_the_path_tells_model_scenario_and_temperature(tmp_path):
    name = "Scenario.codegeneration_2_0.6_eval_all.json"
    path = written(tmp_path / "output" / "Qwen2.5-7B (N=2)" / name, [item(), item("abc_b")])
    imported = import_files([path], tmp_path / "study", role="base")
    assert imported.notes == {"correct": 2, "incorrect": 2}
    query = """
        SELECT model, runs.benchmark, temperature, problem_id, subject, metadata->>'contest_date'
        FROM runs, problems ORDER BY position
    """
    assert rows(tmp_path / "study", query) == [
        ("Qwen2.5-7B", "LiveCodeBench", 0.6, id, "codeforces", "2023-08-21T00:00:00")
        for id in ("1873_A", "abc_b")
    ]
    query = (
        "SELECT completion, outcome, answer FROM samples JOIN verdicts USING (problem_id, sample)"
    )
    assert rows(tmp_path / "study", f"{query} WHERE problem_id = 'abc_b' ORDER BY sample") == [
        ("Think.\n```python\nprint(0)\n```", "correct", "print(0)"),
        ("Think.\n```python\nprint(1)\n```", "incorrect", "print(1)"),
    ]


def test_ragged_lists_and_what_does_not_agree_are_counted(tmp_path):
    items = [
        item("a", (True, False, True), output_list=["x", "y"]),
        item("b", (False,), code_list=[""], metadata=['{"error_code": -5, "error": "hung"}']),
        item("c", (False, False), code_list=["f()"], metadata=None),
        {k: v for k, v in item("d").items() if k not in ("graded_list", "pass@1")},
        item("e", (True, True), **{"pass@1": 0.5}),
    ]
    path = written(tmp_path / "Scenario.codegeneration_2_0.2_eval_all.json", items)
    imported = import_files([path], tmp_path, **WHO)
    assert imported.samples == 2 + 1 + 2 + 2 + 2
    assert imported.left_out == {"outputs and verdicts without each other, of ragged lists": 1}
    assert imported.notes == {
        "correct": 3, "incorrect": 3, "error": 1, "not judged": 2,
        "problems with another number of samples than the file's name says": 1,
        "problems whose pass@1 is not that of their verdicts": 1,
    }  # fmt: skip
    assert imported.unjudged
    query = "SELECT problem_id, outcome, detail FROM verdicts WHERE outcome = 'error'"
    assert rows(tmp_path, query) == [("b", "error", "hung")]


@pytest.mark.parametrize(
    ("damage", "field", "reason"),
    [
        ({"question_id": None}, "question_id", "is null"),
        ({"question_id": "ok"}, "question_id", "ok is there for the second time"),
        ({"output_list": "text"}, "output_list", "must be a list"),
        ({"output_list": [1, "y"]}, "output_list", "is 1, and must be a text"),
        ({"graded_list": [True, 0.5]}, "graded_list", "is 0.5, and must be true, false, 1 or 0"),
    ],
)
def test_a_damaged_item_is_named_by_its_place_and_the_rest_comes_in(
    tmp_path, damage, field, reason
):
    path = written(tmp_path / "a_eval_all.json", [item("ok"), item("bad", **damage), item("end")])
    imported = import_files([path], tmp_path, **WHO)
    assert (imported.problems, imported.bad) == (2, 1)
    (bad,) = imported.bad_named
    assert (bad.where, bad.field) == ("item 2", field) and reason in bad.reason


def test_a_list_that_breaks_off_keeps_what_stands_before(tmp_path):
    whole = json.dumps([item("a"), item("b"), item("c")])
    path = written(tmp_path / "x_eval_all.json", whole[: whole.index("Sort c")])
    imported = import_files([path], tmp_path, **WHO)
    assert (imported.problems, imported.bad) == (2, 1)
    assert imported.bad_named[0].reason.startswith("is not JSON from here on")


def test_files_beside_the_evaluated_one_are_its_companions(tmp_path):
    all_ = written(tmp_path / "s_eval_all.json", [item()])
    numbers = written(tmp_path / "s_eval.json", [{"pass@1": 0.5, "detail": {}}, {"0": [[1]]}, []])
    before = written(tmp_path / "s.json", [{**item(), "graded_list": None}])
    said = [livecodebench_companion(peek(path)) is not None for path in (all_, numbers, before)]
    assert said == [False, True, True]
    assert import_files([tmp_path], tmp_path / "study", **WHO).samples == 2


def test_problems_of_other_scenarios_are_told_apart(tmp_path):
    items = [
        {**item("q1"), "test_id": 0, "pred_list": ["1", "2"]},
        {**item("q1", question_content="Another."), "test_id": 1, "pred_list": ["1", "2"]},
    ]
    for each in items:
        del each["code_list"]
    name = "Scenario.testoutputprediction_2_0.2_eval_all.json"
    import_files([written(tmp_path / "m" / name, items)], tmp_path, **WHO)
    query = """
        SELECT benchmark, problem_id, answer FROM verdicts JOIN problems USING (problem_id)
        ORDER BY ALL
    """
    assert rows(tmp_path, query) == [
        ("LiveCodeBench-testoutputprediction", f"q1/{i}", answer)
        for i in (0, 1) for answer in ("1", "2")
    ]  # fmt: skip


# EvalPlus

NAME = "Qwen--Qwen2.5-7B_vllm_temp_0.8"


def entry(task, solution, base="pass", plus="pass"):
    return {
        "task_id": task, "solution": solution, "base_status": base, "plus_status": plus,
        "base_fail_tests": [], "plus_fail_tests": [],
    }  # fmt: skip


def results(*entries):
    tasks = {}
    for each in entries:
        tasks.setdefault(each["task_id"], []).append(each)
    return {"date": "2025-01-01 10:00", "hash": "abc", "eval": tasks, "pass_at_k": {"base": {}}}


FOUR = (
    entry("HumanEval/0", "def f(): return 1"),
    entry("HumanEval/0", "def f(): return 2", plus="fail"),
    entry("HumanEval/1", "def g(): pass", base="fail", plus="timeout"),
    entry("HumanEval/1", " ", base="fail", plus="fail"),
)


@pytest.mark.parametrize("ending", ["_eval_results.json", ".eval_results.json"])
def test_results_have_three_verifiers_and_both_sets_of_tests_count(tmp_path, ending):
    path = written(tmp_path / f"humaneval/{NAME}{ending}", results(*FOUR))
    imported = import_files([path], tmp_path, role="base")
    assert imported.notes == {"correct": 1, "incorrect": 2, "no_answer": 1}
    query = "SELECT verifier, sum(n), sum(c), sum(no_answer) FROM counts GROUP BY 1 ORDER BY 1"
    assert rows(tmp_path, query) == [
        ("evalplus", 4, 1, 1), ("evalplus:base", 4, 2, 1), ("evalplus:plus", 4, 1, 1),
    ]  # fmt: skip
    assert rows(tmp_path, "SELECT model, benchmark, temperature, verifier FROM runs") == [
        ("Qwen/Qwen2.5-7B", "HumanEval+", 0.8, "evalplus"),
    ]  # fmt: skip
    query = "SELECT detail FROM verdicts WHERE verifier = 'evalplus' AND sample = 0 ORDER BY ALL"
    assert rows(tmp_path, query) == [("base: fail, plus: timeout",), (None,)]


def test_results_of_the_base_tests_alone_have_one_verifier(tmp_path):
    path = written(tmp_path / "m_eval_results.json", results(entry("Mbpp/2", "x = 1", plus=None)))
    import_files([path], tmp_path, **WHO)
    assert rows(tmp_path, "SELECT benchmark, verifier FROM runs") == [("MBPP+", "evalplus:base")]
    assert rows(tmp_path, "SELECT verifier, outcome FROM verdicts") == [
        ("evalplus:base", "correct")
    ]


def test_samples_and_results_bring_the_samples_once_in_either_order(tmp_path):
    samples = lines(
        tmp_path / f"{NAME}.jsonl",
        *({"task_id": each["task_id"], "solution": each["solution"]} for each in FOUR),
    )
    judged = written(tmp_path / f"{NAME}_eval_results.json", results(*FOUR))
    for study, paths in (("a", [samples, judged]), ("b", [judged, samples])):
        imported = import_files(paths, tmp_path / study, role="base")
        assert (imported.samples, imported.notes["correct"]) == (4, 1)
        assert imported.left_out == {"samples that were there already, by their ids": 4}
        assert rows(tmp_path / study, "SELECT count(*) FROM samples") == [(4,)]
    assert "with results beside it" in recognise(samples).why


def test_results_that_come_later_take_the_place_of_samples_without_verdicts(tmp_path):
    samples = lines(
        tmp_path / "s.jsonl",
        *({"task_id": each["task_id"], "solution": each["solution"]} for each in FOUR),
    )
    assert import_files([samples], tmp_path / "study", **WHO).notes == {"not judged": 4}
    written(tmp_path / "s_eval_results.json", results(*FOUR))
    import_files([samples], tmp_path / "study", **WHO)
    query = "SELECT sum(n), sum(c) FROM counts WHERE verifier = 'evalplus'"
    assert rows(tmp_path / "study", query) == [(4, 1)]


def test_samples_without_results_are_not_judged(tmp_path):
    path = lines(
        tmp_path / "s.jsonl",
        {"task_id": "HumanEval/0", "completion": "    return 1"},
        {"task_id": "HumanEval/0", "solution": "def f(): return 2"},
        {"task_id": "HumanEval/0", "solution": None},
        {"solution": "x"},
    )
    assert "not judged" in recognise(path).why
    imported = import_files([path], tmp_path, **WHO)
    assert imported.notes == {"not judged": 2} and imported.unjudged
    assert [(bad.where, bad.field) for bad in imported.bad_named] == [
        ("line 3", "solution"), ("line 4", "task_id"),
    ]  # fmt: skip


def test_texts_before_sanitising_are_the_completions(tmp_path):
    written(tmp_path / f"{NAME}_eval_results.json", results(*FOUR[:2]))
    raws = ("Sure!\n```python\ndef f(): return 1\n```", "I think:\ndef f(): return 2")
    raw = lines(
        tmp_path / f"{NAME}.raw.jsonl",
        *({"task_id": "HumanEval/0", "solution": text} for text in raws),
    )
    lines(
        tmp_path / f"{NAME}.jsonl",
        *({"task_id": each["task_id"], "solution": each["solution"]} for each in FOUR[:2]),
    )
    imported = import_files([tmp_path], tmp_path / "study", role="base")
    assert imported.samples == 2
    query = """
        SELECT completion, answer FROM samples JOIN verdicts USING (problem_id, sample)
        WHERE verifier = 'evalplus' ORDER BY sample
    """
    assert rows(tmp_path / "study", query) == [
        (text, each["solution"]) for text, each in zip(raws, FOUR[:2], strict=True)
    ]
    assert companion(peek(raw))


def test_older_results_are_joined_with_the_samples_by_order(tmp_path):
    old = {"eval": {"HumanEval/0": {"nfiles": 2, "base": [["success", [1]], ["success", [1]]],
                                    "plus": [["failed", [0]], ["success", [1]]]}}}  # fmt: skip
    path = written(tmp_path / "old_eval_results.json", old)
    with pytest.raises(ValueError, match=r"verdicts alone: the samples .* old\.jsonl, must lie"):
        import_files([path], tmp_path / "study", **WHO)
    records = [{"task_id": "HumanEval/0", "solution": text} for text in ("one", "two")]
    lines(tmp_path / "old.jsonl", *records)
    import_files([path], tmp_path / "study", **WHO)
    query = """
        SELECT completion, outcome FROM samples JOIN verdicts USING (problem_id, sample)
        WHERE verifier = 'evalplus' ORDER BY sample
    """
    assert rows(tmp_path / "study", query) == [("one", "incorrect"), ("two", "correct")]
    lines(tmp_path / "old.jsonl", *records, records[0])
    with pytest.raises(ValueError, match="does not fit the samples of HumanEval/0: 3 samples, 2"):
        import_files([path], tmp_path / "other", **WHO)


def test_results_without_programs_take_those_of_the_samples(tmp_path):
    bare = [{k: v for k, v in e.items() if k not in ("solution", "task_id")} for e in FOUR[:2]]
    path = written(tmp_path / "b_eval_results.json", {"eval": {"HumanEval/0": bare}})
    with pytest.raises(ValueError, match="task HumanEval/0, solution is null"):
        import_files([path], tmp_path / "study", **WHO)
    lines(tmp_path / "b.jsonl", *({"task_id": "HumanEval/0", "solution": t} for t in "xyz"))
    with pytest.raises(ValueError, match="task HumanEval/0, solution is null"):
        import_files([path], tmp_path / "study", **WHO)
    lines(tmp_path / "b.jsonl", *({"task_id": "HumanEval/0", "solution": t} for t in "xy"))
    assert import_files([path], tmp_path / "study", **WHO).notes == {"correct": 1, "incorrect": 1}


def test_lines_may_have_the_verdicts_themselves(tmp_path):
    path = lines(tmp_path / "r.jsonl", *FOUR)
    assert import_files([path], tmp_path, **WHO).notes["correct"] == 1
    assert rows(tmp_path, "SELECT verifier FROM runs") == [("evalplus",)]


def test_samples_that_were_there_before_their_results_are_not_doubled(tmp_path):
    samples = lines(tmp_path / "s.jsonl", {"task_id": "HumanEval/0", "solution": "x"})
    import_files([samples], tmp_path / "study", **WHO)
    judged = written(tmp_path / "s_eval_results.json", results(entry("HumanEval/0", "x")))
    again = import_files([judged], tmp_path / "study", **WHO)
    assert again.left_out == {"samples that were there already, by their ids": 1}


def test_a_task_with_an_unknown_status_is_bad_and_the_others_come_in(tmp_path):
    found = results(FOUR[0], entry("HumanEval/2", "x", plus="maybe"), entry("HumanEval/3", 7))
    imported = import_files([written(tmp_path / "a_eval_results.json", found)], tmp_path, **WHO)
    assert (imported.samples, imported.bad) == (1, 2)
    assert [(bad.where, bad.field) for bad in imported.bad_named] == [
        ("task HumanEval/2", "status"), ("task HumanEval/3", "solution"),
    ]  # fmt: skip


def test_a_folder_of_programs_comes_in_by_its_results(tmp_path):
    folder = tmp_path / NAME
    program = written(folder / "HumanEval_0" / "0.py", "def f(): return 1\n")
    with pytest.raises(
        ValueError, match=r"0\.py is one program of a folder: import the eval_results"
    ):
        import_files([program], tmp_path / "study", role="base")
    assert companion(peek(program)) is None
    judged = written(folder / "eval_results.json", results(*FOUR))
    assert companion(peek(program)) and companion(peek(judged)) is None
    imported = import_files([judged], tmp_path / "study", role="base")
    assert imported.notes["correct"] == 1
    query = "SELECT model, temperature FROM runs"
    assert rows(tmp_path / "study", query) == [("Qwen/Qwen2.5-7B", 0.8)]


def test_the_results_of_human_evals_own_tool(tmp_path):
    record = {"task_id": "HumanEval/0", "completion": "    return 1", "result": "passed"}
    path = lines(
        tmp_path / "samples.jsonl_results.jsonl",
        {**record, "passed": True},
        {**record, "passed": False, "result": "timed out"},
    )
    import_files([path], tmp_path, **WHO)
    assert rows(tmp_path, "SELECT verifier, outcome, detail FROM verdicts ORDER BY sample") == [
        ("human-eval", "correct", None), ("human-eval", "incorrect", "timed out"),
    ]  # fmt: skip
