"""MathArena's files and table, and OpenCompass's predictions and results."""

import json

import polars as pl
import pyarrow
import pytest

from store.build import publish
from store.importers import import_files, recognise
from store.importers.opencompass import companion
from store.importers.peek import peek
from store.location import connect

WHO = {"role": "reference"}


def rows(study, query):
    with connect(publish(study).path) as connection:
        return connection.execute(query).fetchall()


def written(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    octets = json.dumps(content).encode()
    if path.suffix == ".zst":
        with pyarrow.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(octets)
    else:
        path.write_bytes(octets)
    return path


# MathArena


def said(text, *thoughts):
    asked = {"role": "user", "content": "Put it in a box. What is it?"}
    cot = [{"role": "assistant", "type": "cot", "content": each} for each in thoughts]
    return [asked, *cot, {"role": "assistant", "type": "response", "content": text}]


def arena(**fields):
    return {
        "idx": 0, "problem": "What is it?", "gold_answer": "4", "source": "None",
        "types": ["Algebra", "Number Theory"], "N": 3, "cost": {"cost": 0.1}, "pass_at_1": 2 / 3,
        "answers": ["4", "5", "None"], "correct": [True, True, False], "warnings": [0, 3, 2],
        "messages": [said("It is 4.", "Hm."), said("It is 5."), said("No idea.")],
        "judgment": [None] * 3, "history": [None] * 3,
        "detailed_costs": [{"output_tokens": n, "cost": 0} for n in (10, 20, None)],
        "manual_overwrite": [False, True, False], **fields,
    }  # fmt: skip


def test_the_runs_of_a_problem_with_warnings_and_what_a_person_decided(tmp_path):
    folder = tmp_path / "outputs" / "aime" / "aime_2026" / "openai" / "o9"
    path = written(folder / "3.json.zst", arena())
    other = written(folder / "11.json", arena(problem="Another?"))
    assert recognise(path).format == "matharena"
    imported = import_files([path, other], tmp_path / "study", **WHO)
    assert imported.notes == {
        "correct": 4, "no_answer": 2,
        "samples that MathArena's parser warns of (2 possibly, 3 probably wrong)": 4,
        "verdicts that a person put in place of the parser's": 2,
    }  # fmt: skip
    query = """
        SELECT model, runs.benchmark, problem_id, position, subject, reference
        FROM runs, problems ORDER BY position
    """
    assert rows(tmp_path / "study", query) == [
        ("openai/o9", "aime/aime_2026", id, int(id), "Algebra, Number Theory", "4")
        for id in ("3", "11")
    ]
    query = """
        SELECT sample, verifier, outcome, answer, n_tokens, completion
        FROM verdicts JOIN samples USING (problem_id, sample) WHERE problem_id = '3' ORDER BY ALL
    """
    assert rows(tmp_path / "study", query) == [
        (0, "matharena", "correct", "4", 10, "<think>Hm.</think>\n\nIt is 4."),
        (1, "matharena", "correct", "5", 20, "It is 5."),
        (1, "matharena:manual", "correct", "5", 20, "It is 5."),
        (2, "matharena", "no_answer", None, None, "No idea."),
    ]


def test_proofs_are_not_judged_and_tools_stand_in_the_text(tmp_path):
    call = {
        "role": "assistant",
        "type": "tool_call",
        "tool_name": "run",
        "arguments": {"code": "1"},
    }
    answer = {"role": "tool_response", "tool_name": "run", "content": "1"}
    messages = [*said("First."), call, answer, *said("Then.")[1:]]
    fields = arena(answers=["-"], correct=["TODO Grading"], messages=[messages], warnings=[0])
    path = written(tmp_path / "outputs" / "imo" / "m" / "1.json", fields)
    imported = import_files([path], tmp_path / "study", **WHO)
    assert imported.notes == {"not judged": 1}
    assert rows(tmp_path / "study", "SELECT completion FROM samples") == [
        ('First.\n\n[tool_call run]\n{"code": "1"}\n\n[tool_response run]\n1\n\nThen.',)
    ]


@pytest.mark.parametrize(
    ("fields", "said_of"),
    [
        ({"correct": [True]}, "correct has 1 items, and must have 3"),
        ({"messages": None}, "messages is null"),
        ({"messages": [1, 2, 3]}, "messages is 1, and must be a list"),
        ({"correct": [0.5] * 3}, "correct is 0.5"),
        ({"warnings": [9, 0, 0]}, "warnings has 9, and must be 0 to 3"),
    ],
)
def test_a_problem_that_cannot_be_right_is_refused(tmp_path, fields, said_of):
    path = written(tmp_path / "outputs" / "aime" / "m" / "1.json", arena(**fields))
    with pytest.raises(ValueError, match="has nothing that can be imported as matharena") as error:
        import_files([path], tmp_path / "study", **WHO)
    assert said_of in str(error.value)


def row(problem, number, correct, answer="4", model="o9"):
    return {
        "problem_idx": problem, "problem": f"P{problem}?", "model_name": model,
        "model_config": "openai/o9", "idx_answer": number, "all_messages": said("It is it.", "Hm."),
        "user_message": "Solve it.", "answer": "It is it.", "input_tokens": 5, "output_tokens": 7,
        "cost": 0.1, "gold_answer": "4", "parsed_answer": answer, "correct": correct,
    }  # fmt: skip


def table(path, records):
    frame = pl.DataFrame(records)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".jsonl":
        frame.write_ndjson(path)
    else:
        frame.drop("all_messages").write_csv(path)
    return path


@pytest.mark.parametrize("name", ["t.parquet", "t.jsonl", "t.csv"])
def test_the_table_of_the_hub_has_a_run_for_each_model(tmp_path, name):
    records = [row(1, 0, True), row(1, 1, False, "None"), row(2, 0, False), row(1, 0, True)]
    path = table(tmp_path / name, [*records, row(1, 0, True, model="p1")])
    imported = import_files([path], tmp_path / "study", **WHO, benchmark="aime")
    assert len(imported.runs) == 2
    assert imported.bad_named[0].reason.endswith("came before: 1 left out")
    query = """
        SELECT model, problem_id, sample, outcome, answer, n_tokens, completion[:7] = '<think>'
        FROM verdicts JOIN samples USING (run, problem_id, sample) JOIN runs USING (run)
        ORDER BY ALL
    """
    thought = name != "t.csv"
    assert rows(tmp_path / "study", query) == [
        ("o9", "1", 0, "correct", "4", 7, thought),
        ("o9", "1", 1, "no_answer", None, 7, thought),
        ("o9", "2", 0, "incorrect", "4", 7, thought),
        ("p1", "1", 0, "correct", "4", 7, thought),
    ]


# OpenCompass

RUN = "20250101_120000"


def asked(question):
    return [{"role": "HUMAN", "prompt": question}, {"role": "BOT", "prompt": ""}]


def predictions(*answers, questions=("q0", "q1"), **fields):
    return {
        str(i): {"origin_prompt": asked(questions[i % len(questions)]), "prediction": answer,
                 "gold": "4", **fields}
        for i, answer in enumerate(answers)
    }  # fmt: skip


def details(*correct, answers=None):
    by_index = {
        str(i): {"prompt": asked(f"q{i}"), "origin_prediction": f"It is {i}.",
                 "predictions": (answers or ["4"] * 9)[i], "references": "4", "correct": flag}
        for i, flag in enumerate(correct)
    }  # fmt: skip
    return {"accuracy": 50.0, "details": by_index, "type": "GEN"}


def compass(tmp_path, folder, content, name="gsm8k.json"):
    return written(tmp_path / "outputs" / "default" / RUN / folder / "qwen-7b" / name, content)


def test_predictions_are_joined_with_the_details_of_the_results(tmp_path):
    path = compass(tmp_path, "predictions", predictions("It is 0.", "It is 1.", res_length=3))
    assert recognise(path).why.endswith("not judged")
    results = compass(tmp_path, "results", details(True, False, answers=["4", ""]))
    assert recognise(path).why.endswith("with results beside them") and companion(peek(results))
    imported = import_files([path, results], tmp_path / "study", **WHO)
    assert imported.notes == {"correct": 1, "no_answer": 1}
    assert sum(imported.left_out.values()) == 2  # the results have the same samples
    query = """
        SELECT model, runs.benchmark, problem_id, completion, outcome, n_tokens, question, reference
        FROM runs, samples JOIN verdicts USING (problem_id, sample) JOIN problems USING (problem_id)
        ORDER BY problem_id
    """
    assert rows(tmp_path / "study", query) == [
        ("qwen-7b", "gsm8k", "0", "It is 0.", "correct", 3, "q0", "4"),
        ("qwen-7b", "gsm8k", "1", "It is 1.", "no_answer", 3, "q1", "4"),
    ]
    alone = import_files([results], tmp_path / "other", **WHO)
    assert alone.notes == {"correct": 1, "no_answer": 1}


def test_several_runs_of_a_dataset_are_samples_of_its_problems(tmp_path):
    path = compass(tmp_path, "predictions", predictions("a", "b", "c", "d", "e", "f"))
    several = {"details": [
        {"example_abbr": "gsm8k_0", "pred": ["1", "2", "3"], "answer": ["4"] * 3,
         "correct": [True, False, True], "G-Pass@2_0.5": 1.0},
        {"example_abbr": "gsm8k_1", "pred": ["1", "2", "3"], "answer": ["4"] * 3,
         "correct": [False, False, True], "G-Pass@2_0.5": 0.5},
    ]}  # fmt: skip
    unjudged = import_files([path], tmp_path / "before", **WHO)
    assert (unjudged.problems, unjudged.notes) == (2, {"not judged": 6})
    results = compass(tmp_path, "results", several)
    imported = import_files([path], tmp_path / "study", **WHO)
    assert imported.notes == {"correct": 3, "incorrect": 3}
    query = """
        SELECT problem_id, sample, completion, outcome
        FROM samples JOIN verdicts USING (problem_id, sample) ORDER BY ALL
    """
    assert rows(tmp_path / "study", query) == [
        ("0", 0, "a", "correct"), ("0", 1, "c", "incorrect"), ("0", 2, "e", "correct"),
        ("1", 0, "b", "incorrect"), ("1", 1, "d", "incorrect"), ("1", 2, "f", "correct"),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="has verdicts alone: import the predictions"):
        import_files([results], tmp_path / "other", **WHO)


def test_newer_results_have_lists_of_one_item(tmp_path):
    newer = details(True, False)
    for row in newer["details"].values():
        row.update(
            predictions=[row["predictions"]], correct=[row["correct"]], references=["a", "b"]
        )
    imported = import_files([compass(tmp_path, "results", newer)], tmp_path / "study", **WHO)
    assert imported.notes == {"correct": 1, "incorrect": 1}
    query = "SELECT answer, reference FROM verdicts JOIN problems USING (problem_id) LIMIT 1"
    assert rows(tmp_path / "study", query) == [("4", '["a", "b"]')]


def test_predictions_may_be_lines_with_an_index(tmp_path):
    path = compass(tmp_path, "predictions", {}, "gsm8k.jsonl")
    records = [{"id": i, "origin_prompt": asked(f"q{i}"), "prediction": f"{i}"} for i in (1, 0, 1)]
    path.write_text("".join(json.dumps(each) + "\n" for each in records) + "{half\n")
    compass(tmp_path, "results", details(True, False))
    imported = import_files([path], tmp_path / "study", **WHO)
    assert (imported.samples, imported.bad) == (3, 1)
    query = """
        SELECT problem_id, sample, completion, outcome
        FROM samples LEFT JOIN verdicts USING (problem_id, sample) ORDER BY ALL
    """
    assert rows(tmp_path / "study", query) == [
        ("0", 0, "0", "correct"), ("1", 0, "1", "incorrect"), ("1", 1, "1", None),
    ]  # fmt: skip


def test_predictions_without_prompts_are_all_of_different_problems(tmp_path):
    records = predictions("a", "b", "c")
    for each in records.values():
        each["origin_prompt"] = None
    path = compass(tmp_path, "predictions", records)
    assert import_files([path], tmp_path / "study", **WHO).problems == 3


def test_parts_of_predictions_are_counted_on(tmp_path):
    parts = [
        compass(tmp_path, "predictions", predictions("a", questions=(f"q{i}",)), f"gsm8k_{i}.json")
        for i in (0, 1)
    ]
    compass(tmp_path, "results", details(True, False))
    imported = import_files(parts, tmp_path / "study", **WHO)
    assert len(imported.runs) == 1 and "gsm8k--" in imported.runs[0]
    query = "SELECT problem_id, outcome FROM verdicts ORDER BY ALL"
    assert rows(tmp_path / "study", query) == [("0", "correct"), ("1", "incorrect")]


def test_votes_rankings_and_other_damage_make_no_verdicts(tmp_path):
    records = predictions("a", ["x", "y"], "c", 7, questions=("q0", "q1", "q2", "q3"))
    records["2"]["label: A"] = {"PPL": 1.0}
    path = compass(tmp_path, "predictions", records)
    compass(tmp_path, "results", details(True, True, True, True))
    imported = import_files([path], tmp_path / "study", **WHO)
    assert imported.notes == {
        "correct": 1, "not judged": 2,
        "predictions that share one verdict with others, so without a verdict": 2,
    }  # fmt: skip
    assert [(bad.where, bad.field) for bad in imported.bad_named] == [
        ("record 2", "prediction"), ("record 3", "prediction"),
    ]  # fmt: skip
    assert "nothing was generated" in imported.bad_named[0].reason


def test_results_without_details_are_only_numbers(tmp_path):
    path = compass(tmp_path, "results", {"accuracy": 50.0})
    assert companion(peek(path)) == "OpenCompass's own numbers, without details"
    with pytest.raises(ValueError, match="own numbers, without details: import the file"):
        import_files([path], tmp_path / "study", **WHO)
