"""Damaged tables: every good row comes in, every bad one is reported with its place and field."""

import gzip
import json

import pyarrow
import pytest

from store.importers import import_files

WHO = {"model": "m", "role": "rl", "benchmark": "b"}


def imported(folder, name, content, fields=None):
    path = folder / name
    path.write_bytes(content)
    return import_files([path], folder / "study", fields=fields or {}, **WHO)


def reported(folder):
    (path,) = (folder / "study").glob("imports/*/bad.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def sound(number, **other):
    row = {
        "problem_id": f"p{number}", "sample_idx": 0, "question": f"q{number}", "response": "text",
        "correct": number in (0, 2), "token_ids": [1, 2], "logprobs": [-1.0, -0.5],
    }  # fmt: skip
    return {**row, **other}


def without(row, name):
    return {key: value for key, value in row.items() if key != name}


DAMAGED = [
    (b'{"problem_id": "p1", "resp', "json", "is not JSON"),
    (b'{"problem_id": "\xff\xfe"}', "encoding", "is not UTF-8"),
    (b'["p1", "text"]', "json", "is not an object"),
    (without(sound(1), "problem_id"), "problem_id", "is missing"),
    (sound(1, problem_id=None), "problem_id", "is null"),
    (sound(1, problem_id=True), "problem_id", "is true, and must be a number or a name"),
    (sound(1, problem_id={"a": 1}), "problem_id", 'is {"a": 1}, and must be a number or a name'),
    (sound(1, problem_id=" "), "problem_id", "must name a problem"),
    (without(sound(1), "response"), "response", "is missing"),
    (sound(1, response=None), "response", "is null"),
    (sound(1, response=7), "response", "is 7, and must be a text"),
    (sound(1, response=["a", "b"]), "response", 'is ["a", "b"], and must be a text'),
    (without(sound(1), "correct"), "correct", "is missing"),
    (sound(1, correct="maybe"), "correct", 'is "maybe", and must be true, false, 1 or 0'),
    (sound(1, correct=2), "correct", "is 2, and must be true, false, 1 or 0"),
    (sound(1, correct=0.5), "correct", "is 0.5, and must be true, false, 1 or 0"),
    (sound(1, correct=[True]), "correct", "is [true], and must be true, false, 1 or 0"),
    (sound(0, sample_idx=1, question="other"), "question", "is not that of problem p0 before"),
    (sound(1, question=3), "question", "is 3, and must be a text"),
    (sound(1, sample_idx="first"), "sample_idx", 'is "first", and must be a whole number'),
    (sound(1, token_ids=[1]), "token_ids", "has 1 tokens, and logprobs 2"),
    (sound(1, token_ids=[1, 2**31]), "token_ids", "has 2147483648, which is no token id"),
    (sound(1, token_ids=[1, "a"]), "token_ids", 'has "a", which is no token id'),
    (sound(1, logprobs=[-1.0, 0.5]), "logprobs", "has 0.5, which is no log-probability"),
    (sound(1, logprobs=[-1.0, float("nan")]), "logprobs", "has NaN, which is no log-probability"),
    (sound(1, logprobs=-1.5), "logprobs", "is -1.5, and must be a list"),
]  # fmt: skip


def test_every_kind_of_damage_is_named_by_its_line_and_all_else_comes_in(tmp_path):
    lines = [json.dumps(sound(0 if i == 0 else f"-{i}")).encode() for i in range(200)]
    for number, (damaged, _, _) in enumerate(DAMAGED):
        lines.append(damaged if isinstance(damaged, bytes) else json.dumps(damaged).encode())
        lines.append(json.dumps(sound(number + 2)).encode())
    said = imported(tmp_path, "a.jsonl", b"\n".join(lines))
    assert (said.samples, said.bad) == (len(DAMAGED) + 200, len(DAMAGED))
    found = reported(tmp_path)
    assert [each["where"] for each in found] == [f"line {2 * i + 201}" for i in range(len(DAMAGED))]
    for each, (_, field, reason) in zip(found, DAMAGED, strict=True):
        assert each["field"] == field and reason in each["reason"], each


def test_a_damaged_row_between_lists_is_left_out_whole(tmp_path):
    good = {"qid": 1, "samples": ["a", "b"], "correct": [True, False]}
    rows = [
        good,
        {**good, "qid": 2, "samples": "ab"},
        {**good, "qid": 3, "correct": [True, "perhaps"]},
        {**good, "qid": 4, "samples": ["a", 7]},
        {**good, "qid": 5, "correct": None},
        {**good, "qid": 6},
    ]
    said = imported(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert (said.samples, said.problems, said.bad) == (4, 2, 4)
    assert [each["field"] for each in reported(tmp_path)] == [
        "samples", "correct", "samples", "correct",
    ]  # fmt: skip


def test_ragged_lists_are_told(tmp_path):
    good = {
        "qid": 1,
        "samples": ["a", "b"],
        "correct": [True, False],
        "finish_reasons": ["stop"] * 2,
    }
    rows = [
        good,
        {**good, "qid": 2, "correct": [True, False, True]},
        {**good, "qid": 3, "samples": ["a", "b", None], "correct": [False] * 2},
        {**good, "qid": 4, "finish_reasons": ["length"]},
    ]
    said = imported(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert (said.samples, said.bad) == (8, 0)
    assert said.notes == {
        "correct": 3, "incorrect": 5,
        "completions or scores without the other, of ragged rows": 2,
        "completions that are null are empty ones": 1,
        "lists of another length than their completions, not taken": 2,
    }  # fmt: skip


def test_rows_of_a_csv_are_damaged_each_on_its_own(tmp_path):
    text = (
        'id,completion,correct\n1,"a\nb",1\n2,"open,1\n3,c,0\n4,d,0,more\n5,e\n6,f,perhaps\n'
        '7,"said ""so""",0\n,h,1\n9,,0\n'
    )
    said = imported(tmp_path, "a.csv", text.encode() + b"\xff,x,1\n")
    assert (said.samples, said.bad) == (4, 6)
    assert [(each["where"], each["field"]) for each in reported(tmp_path)] == [
        ("line 4", "row"), ("line 6", "row"), ("line 7", "row"), ("line 8", "correct"),
        ("line 10", "id"), ("line 12", "encoding"),
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["list", "columns"])
def test_a_json_file_that_breaks_off_brings_what_stands_before(tmp_path, form):
    rows = [sound(i) for i in range(30)]
    content = {name: [row[name] for row in rows] for name in rows[0]} if form == "columns" else rows
    written = json.dumps(content).encode()
    said = imported(tmp_path, "a.json", written[: written.rindex(b"0.5")])
    assert (said.samples, said.bad) == ((29, 1) if form == "list" else (30, 1))


@pytest.mark.parametrize("compressed", ["gz", "zst"])
def test_compressed_tables_come_in_and_a_broken_one_is_refused(tmp_path, compressed):
    lines = b"".join(json.dumps(sound(i)).encode() + b"\n" for i in range(300))
    if compressed == "gz":
        content = gzip.compress(lines)
    else:
        content = pyarrow.compress(lines, codec="zstd", asbytes=True)
    assert imported(tmp_path, f"a.jsonl.{compressed}", content).samples == 300
    with pytest.raises(ValueError, match=r"b\.jsonl"):
        imported(tmp_path, f"b.jsonl.{compressed}", content[: len(content) // 2])
    assert len(list((tmp_path / "study" / "imports").glob("*/report.json"))) == 1


def test_wide_and_deep_records_are_read(tmp_path):
    deep = json.loads("[" * 400 + "]" * 400)
    rows = [
        sound(i, **{f"column {j}": j for j in range(300)}, deep=deep, metadata={"a": {"b": deep}})
        for i in range(3)
    ]
    said = imported(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert (said.samples, said.bad) == (3, 0)


def test_hostile_text_survives(tmp_path):
    rows = [
        sound(i, response=text)
        for i, text in enumerate(["a\ud800b", "a\x00b", "=1+1", "x" * 10**6])
    ]
    said = imported(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert (said.samples, said.bad) == (4, 0)
