"""Answers of OpenAI-compatible servers: whose question, which tokens, where they end."""

import gzip
import json
import math

import polars as pl
import pytest

from store.build import publish
from store.importers import detect, import_files, recognise
from store.location import connect
from store.shards import read_shards

WHO = {"role": "base", "benchmark": "math"}
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "3+4?"}]


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


def token(piece, logprob=-0.5):
    """A token as servers tell it; a piece of a character is bytes and no text."""
    data = piece if isinstance(piece, bytes) else piece.encode()
    text = data.decode("utf-8", "replace")
    return {"token": text, "logprob": logprob, "bytes": list(data), "top_logprobs": []}


def choice(text, tokens=None, index=0, reason="stop", **message):
    return {
        "index": index, "message": {"role": "assistant", "content": text, **message},
        "logprobs": None if tokens is None else {"content": tokens, "refusal": None},
        "finish_reason": reason,
    }  # fmt: skip


def answer(*choices, name="chatcmpl-0123456789abcdefghij", tokens=9, **fields):
    return {
        "id": name, "object": "chat.completion", "created": 1, "model": "org/model",
        "choices": list(choices), "usage": {"prompt_tokens": 5, "completion_tokens": tokens},
        **fields,
    }  # fmt: skip


def batch(custom_id, body, status=200, **fields):
    response = {"status_code": status, "request_id": "r", "body": body}
    return {"id": "b", "custom_id": custom_id, "response": response, "error": None, **fields}


def test_a_logged_request_and_its_choices_are_a_problem_and_its_samples(tmp_path):
    request = {
        "messages": MESSAGES, "n": 2, "temperature": 0.8, "top_p": 0.9, "max_completion_tokens": 32,
        "metadata": {"answer": 7},
    }  # fmt: skip
    spelt = [token("It ", -0.25), token("is 7.", -1.5), token("")]
    second = choice("8", [token("8")], index=1, reason="length")
    response = answer(second, choice("It is 7.", spelt))
    path = jsonl(tmp_path / "log.jsonl", {"request": request, "response": response})
    assert detect(path) == "chat"
    fields = {"reference": "request.metadata.answer"}
    imported = import_files([path], tmp_path, fields=fields, **WHO)
    assert imported.notes == {"not judged": 2, "truncated": 1} and imported.unjudged
    report = publish(tmp_path)
    assert report.set_aside.is_empty()
    query = """
        SELECT completion, finish_reason, n_tokens, sum_logprob, token_logprobs, token_ends
        FROM samples ORDER BY sample
    """
    assert rows(report.path, query) == [
        ("It is 7.", "stop", 3, -2.25, [-0.25, -1.5, -0.5], [3, 8, 8]),
        ("8", "length", 1, -0.5, [-0.5], [1]),
    ]
    query = "SELECT model, temperature, top_p, max_tokens FROM runs"
    assert rows(report.path, query) == [("org/model", 0.8, 0.9, 32)]
    query = "SELECT question, reference, prompt FROM problems JOIN prompts USING (problem_id)"
    [(question, reference, prompt)] = rows(report.path, query)
    assert (question, reference, json.loads(prompt)) == ("3+4?", "7", MESSAGES)
    assert import_files([path], tmp_path, fields=fields, **WHO).samples == 0


def test_lines_with_the_same_messages_are_one_problem(tmp_path):
    long, short = "chatcmpl-0123456789abcdefghij", "chatcmpl-7"
    path = jsonl(
        tmp_path / "log.jsonl",
        {"messages": MESSAGES, "response": answer(choice("a"), name=long)},
        {"messages": MESSAGES[1:], "response": answer(choice("b"), name=short)},
        {"prompt": "Once", **answer(choice("c"), name=short)},
        {"messages": MESSAGES, "response": answer(choice("d"), name=short)},
        {"messages": MESSAGES, "response": answer(choice("a"), name=long)},
    )
    imported = import_files([path], tmp_path, **WHO)
    # A short id comes twice by chance, as servers that count their answers give them.
    assert imported.left_out == {"samples that were there already, by their ids": 1}
    query = """
        SELECT question, list(completion ORDER BY sample)
        FROM samples JOIN problems USING (problem_id) GROUP BY question, problem_id ORDER BY ALL
    """
    assert rows(publish(tmp_path).path, query) == [
        ("3+4?", ["a", "d"]), ("3+4?", ["b"]), ("Once", ["c"]),
    ]  # fmt: skip


def test_a_batch_takes_its_questions_from_its_input(tmp_path):
    output = jsonl(
        tmp_path / "output.jsonl",
        batch("amc-1#0", answer(choice("7"), tokens=4)),
        batch("amc-1#1", answer(choice("8"), name="chatcmpl-zyxwvutsrqponmlkji", tokens=5)),
        {"custom_id": "amc-2#0", "response": answer(choice("9"), name=""), "error": None},
    )
    body = {"model": "org/model", "messages": MESSAGES, "temperature": 0.6}
    asked = [{"custom_id": f"amc-{i}", "body": body} for i in ("1#0", "1#1", "2#0")]
    source = jsonl(tmp_path / "input.jsonl", *asked)
    assert detect(output) == "chat"
    fields = {"requests": str(source), "custom_id": r"(.+)#\d+"}
    imported = import_files([output], tmp_path / "s", fields=fields, **WHO)
    assert (imported.samples, imported.problems) == (3, 2)
    query = """
        SELECT problem_id, question, completion, n_tokens, temperature FROM samples
        JOIN problems USING (problem_id) JOIN runs USING (run) ORDER BY problem_id, sample
    """
    assert rows(publish(tmp_path / "s").path, query) == [
        ("amc-1", "3+4?", "7", 4, 0.6), ("amc-1", "3+4?", "8", 5, 0.6),
        ("amc-2", "3+4?", "9", 9, 0.6),
    ]  # fmt: skip


def test_fields_that_cannot_be_used_are_refused(tmp_path):
    path = jsonl(tmp_path / "output.jsonl", batch("a", answer(choice("7"))))
    wrong = jsonl(tmp_path / "wrong.jsonl", {"custom_id": "a"})
    for fields, said in (
        ({"custom_id": "("}, "is no regular expression"),
        ({"custom_id": ".+"}, "has no group"),
        ({"requests": str(wrong)}, "line 1 is no request of a batch"),
        ({"requests": str(tmp_path / "none")}, "cannot be read"),
    ):
        with pytest.raises(ValueError, match=said):
            import_files([path], tmp_path, fields=fields, **WHO)


def test_a_character_that_is_spread_over_tokens_belongs_to_the_last_of_them(tmp_path):
    face = "\U0001f600".encode()
    pieces = [token("a"), token(face[:2]), token(face[2:]), token("b")]
    told = [dict(each) for each in pieces]
    for each in told[1:3]:  # some servers give U+FFFD in place of the bytes
        each["bytes"] = list("\ufffd".encode())
    path = jsonl(
        tmp_path / "log.jsonl",
        {"messages": MESSAGES, "response": answer(choice("a\U0001f600b", pieces))},
        {"messages": MESSAGES, "response": answer(choice("nothing like it", told), name="x")},
    )
    import_files([path], tmp_path, **WHO)
    assert written(tmp_path, "samples", "token_ends", "token_logprobs") == [
        ([1, 1, 2, 3], [-0.5] * 4), (None, [-0.5] * 4),
    ]  # fmt: skip


def test_token_ids_in_place_of_tokens_are_taken_as_ids(tmp_path):
    spelt = [token("token_id:17", -1.0), token("token_id:2", -2.0)]
    other = {**choice("so", [token("so")]), "token_ids": [99]}
    path = jsonl(
        tmp_path / "log.jsonl",
        {"messages": MESSAGES, "response": answer(choice("so", spelt))},
        {"messages": MESSAGES, "response": answer(other, name="y")},
    )
    import_files([path], tmp_path, **WHO)
    found = written(tmp_path, "samples", "token_ids", "token_ends", "sum_logprob")
    assert found == [([17, 2], None, -3.0), ([99], [2], -0.5)]


def test_what_a_message_says(tmp_path):
    call = {"id": "c", "function": {"name": "f", "arguments": "{}"}}
    said = {
        "<think>3+4=7</think>7": choice("7", reasoning_content="3+4=7"),
        "No.": choice(None, refusal="No."),
        "7": choice([{"type": "text", "text": "7"}]),
        " 7": {"index": 0, "text": " 7", "logprobs": None, "finish_reason": "stop"},
        '<tool_call>{"name": "f", "arguments": "{}"}</tool_call>': choice(None, tool_calls=[call]),
        "a\ufffdb": choice("a\ud800b"),
        "": choice(None, reason="length"),  # all that it was allowed went into hidden reasoning
    }
    asked = {"messages": MESSAGES}
    lines = [{**asked, "response": answer(each, name="")} for each in said.values()]
    import_files([jsonl(tmp_path / "log.jsonl", *lines)], tmp_path, **WHO)
    found = written(tmp_path, "samples", "completion", "n_tokens", "token_logprobs")
    assert found == [(text, 9, None) for text in said]


def test_log_probabilities_that_are_not_all_told_are_left_out_and_counted(tmp_path):
    path = jsonl(
        tmp_path / "log.jsonl",
        *(
            {"custom_id": str(i), "response": answer(choice("so", [token("so", value)]), name="z")}
            for i, value in enumerate((-0.5, -9999.0, None))
        ),
    )
    imported = import_files([path], tmp_path, **WHO)
    assert imported.samples == 3
    left_out = [said for said in imported.notes if "log-probabilities are left out" in said]
    assert [imported.notes[said] for said in left_out] == [1, 1]
    found = written(tmp_path, "samples", "problem_id", "sum_logprob")
    assert found == [("0", -0.5), ("1", None), ("2", None)]


def test_answers_that_are_none_are_named(tmp_path):
    good = batch("a", answer(choice("7"), name=""))
    lines = {
        "error": batch("a", None, error={"code": "server_error"}),
        "response.status_code": batch("a", {"error": {"message": "slow down"}}, status=429),
        "response": batch("a", answer(choice("7", reason="abort"))),
        "choices": batch("a", answer()),
        "choices.message": batch("a", answer({"index": 0, "finish_reason": "stop"})),
        "choices.message.content": batch("a", answer(choice(7))),
        "choices.logprobs": batch("a", answer({**choice("7"), "logprobs": [1]})),
        "choices.logprobs ": batch("a", answer(choice("7", [token("7", 0.7)]))),
        "choices.logprobs.content": batch("a", answer(choice("7", ["7"]))),
        "choices.logprobs.content.bytes": batch(
            "a", answer(choice("7", [{**token("7"), "bytes": [300]}]))
        ),
        "custom_id": answer(choice("7")),
        "json": '{"custom_id": "a", "resp',
        "custom_id ": batch({"a": 1}, answer(choice("7"))),
    }
    path = jsonl(tmp_path / "output.jsonl", good, *lines.values(), good)
    imported = import_files([path], tmp_path, **WHO)
    assert (imported.samples, imported.bad) == (2, len(lines))
    report = next((tmp_path / "imports").glob("*/bad.jsonl"))
    found = [json.loads(line) for line in report.read_text().splitlines()]
    assert [bad["field"] for bad in found] == [name.strip() for name in lines]
    assert [bad["where"] for bad in found] == [f"line {i}" for i in range(2, 2 + len(lines))]
    assert "slow down" in found[1]["reason"]


def test_a_compressed_list_of_answers_and_nan_come_in(tmp_path):
    items = [{**answer(choice("7"), name=""), "prompt": "3+4=", "score": math.nan}] * 2
    path = tmp_path / "answers.json.gz"
    path.write_bytes(gzip.compress(json.dumps(items).replace("NaN", "null").encode()))
    assert recognise(path).told[0].model == "org/model"
    import_files([path], tmp_path, **WHO)
    query = "SELECT question, count(*) FROM samples JOIN problems USING (problem_id) GROUP BY ALL"
    assert rows(publish(tmp_path).path, query) == [("3+4=", 2)]
