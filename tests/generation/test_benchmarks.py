"""Benchmarks and prompts: what the files may hold, and the exact text that a model is asked."""

import json
from pathlib import Path

import pytest

from generation.benchmarks import load_benchmark
from generation.engines.tokens import HubTokens
from generation.prompts import prompt
from tests.generation.tiny_model import byte_level_tokenizer


def written(folder: Path, *rows: object) -> Path:
    path = folder / "problems.jsonl"
    path.write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in rows))
    return path


def test_the_usual_names_of_fields_are_understood(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"problem_id": "a", "question": "1+1?", "reference": "2", "subject": "sums", "seen": True},
        {"unique_id": "b", "problem": "2+2?", "answer": 4, "type": "sums", "level": 3},
        {"question": "line\u2028break", "gt": "x", "images": "one.png", "answer": None},
    )
    first, second, third = load_benchmark(path)
    assert first[:6] == ("a", 0, "1+1?", "2", "sums", None)
    assert json.loads(first.metadata) == {"seen": True}
    assert second[:6] == ("b", 1, "2+2?", "4", "sums", "3")
    assert third[:4] == ("2", 2, "line\u2028break", "x")
    assert third.images == ["one.png"]


def test_a_second_name_of_a_field_is_kept_as_metadata(tmp_path: Path) -> None:
    row = {"id": "a", "unique_id": "b", "question": "?", "answer": "1", "gt": "2"}
    (problem,) = load_benchmark(written(tmp_path, row))
    assert (problem.problem_id, problem.reference) == ("a", "1")
    assert json.loads(problem.metadata) == {"unique_id": "b", "gt": "2"}


def test_a_limit_takes_the_first_problems(tmp_path: Path) -> None:
    rows = [{"question": str(i), "answer": "1"} for i in range(5)]
    assert [p.question for p in load_benchmark(written(tmp_path, *rows), 2)] == ["0", "1"]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"answer": "1"}, ["line 2", "question"]),
        ({"question": "?"}, ["line 2", "reference"]),
        ({"id": "a", "question": "?", "answer": "1"}, ["line 2", '"a"', "line 1"]),
        ("{'question'}\n", ["line 2", "not JSON"]),
        ("[1, 2]\n", ["line 2", "JSON object"]),
        ({"question": "?", "answer": "1", "images": [1]}, ["line 2", "images"]),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, row: object, named: list[str]) -> None:
    good = {"id": "a", "question": "?", "answer": "1"}
    path = written(tmp_path, good, row)
    with pytest.raises(ValueError, match=r"problems\.jsonl") as mistake:
        load_benchmark(path)
    for words in named:
        assert words in str(mistake.value)


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no problems"):
        load_benchmark(written(tmp_path, "\n"))


def test_qwen_boxed_is_the_prompt_of_the_paper() -> None:
    tokens = HubTokens(byte_level_tokenizer())
    text, ids = prompt("qwen-boxed", "What is {1}?", tokens)
    assert text == (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\nWhat is {1}?\nPlease reason step by step, and put your final answer "
        "within \\boxed{}.<|im_end|>\n<|im_start|>assistant\n"
    )
    assert ids == tokens.ids(text, special_tokens=True)


def test_plain_is_the_question_and_chat_is_the_models_own_template() -> None:
    tokens = HubTokens(byte_level_tokenizer())
    assert prompt("plain", "1+1", tokens).text == "1+1"
    asked = prompt("chat", "1+1", tokens).text
    assert asked == "<|im_start|>user\n1+1<|im_end|>\n<|im_start|>assistant\n"


def test_chat_is_refused_where_the_model_has_no_template() -> None:
    tokenizer = byte_level_tokenizer()
    tokenizer.chat_template = None
    with pytest.raises(ValueError, match="no chat template"):
        prompt("chat", "1+1", HubTokens(tokenizer))
