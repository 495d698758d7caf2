"""Inspect AI logs: every kind of entry, score and damage that they have; and real ones."""

import json
import math
from pathlib import Path

import pytest

from store.importers import import_files, recognise
from tests.store.harness_files import rows, zipped

LOGS = Path(__file__).parents[3] / "shared" / "data" / "samples" / "inspect-logs" / "tests"
EVAL = {
    "task": "sums", "model": "org/small", "run_id": "r1", "task_id": "t1",
    "dataset": {"sample_ids": ["b", "a"]},
    "model_generate_config": {"temperature": 1.0, "top_p": 0.9},
}  # fmt: skip
HEADER = {
    "version": 2, "status": "success", "eval": EVAL,
    "plan": {"steps": [{"solver": "generate", "params": {}}], "config": {"temperature": 0.6}},
    "results": {"scores": [{"name": "match"}, {"name": "includes"}]}, "stats": {},
}  # fmt: skip


def sample(id="a", epoch=1, value="C", content="It is 4.", **fields):
    choice = {"message": {"role": "assistant", "content": content}, "stop_reason": "stop"}
    return {
        "id": id, "epoch": epoch, "input": f"2+2, {id}?", "target": "4",
        "output": {"choices": [choice], "usage": {"output_tokens": 5}},
        "scores": {} if value is None else {"match": {"value": value, "answer": "4"}},
        **fields,
    }  # fmt: skip


def evaluated(path, samples, header=HEADER, **options):
    entries = [(f"samples/{s['id']}_epoch_{s['epoch']}.json", s) for s in samples]
    return zipped(path, [*entries, ("header.json", header)], **options)


def logged(path, samples, header=HEADER):
    path.write_text(json.dumps({**header, "samples": samples}))
    return path


@pytest.mark.parametrize("method", [0, 8, 93])
def test_an_eval_log_comes_in_by_problem_and_epoch_whatever_its_compression(tmp_path, method):
    samples = [sample("a", 2, "I"), sample("a", 1), sample("b", 1), sample("b", 2, "N")]
    path = evaluated(tmp_path / "log.eval", samples, method=method)
    assert "Inspect AI" in recognise(path).why
    imported = import_files([path], tmp_path, role="rl")
    assert (imported.problems, imported.samples, imported.bad) == (2, 4, 0)
    query = """
        SELECT problem_id, sample, outcome, verifier, answer, reference, finish_reason, n_tokens,
               position
        FROM samples JOIN verdicts USING (run, problem_id, sample) JOIN problems USING (problem_id)
        ORDER BY ALL
    """
    assert rows(tmp_path, query) == [
        ("a", 0, "correct", "inspect:match", "4", "4", "stop", 5, 1),
        ("a", 1, "incorrect", "inspect:match", "4", "4", "stop", 5, 1),
        ("b", 0, "correct", "inspect:match", "4", "4", "stop", 5, 0),
        ("b", 1, "no_answer", "inspect:match", "4", "4", "stop", 5, 0),
    ]
    run = "SELECT model, benchmark, prompt_template, temperature, top_p, verifier FROM runs"
    assert rows(tmp_path, run) == [("org/small", "sums", "generate", 0.6, 0.9, "inspect:match")]


def test_the_same_samples_in_another_file_are_known_by_their_ids(tmp_path):
    samples = [sample("a", uuid="u1"), sample("a", 2, uuid="u2")]
    first = evaluated(tmp_path / "first.eval", samples)
    assert import_files([first], tmp_path, role="rl").samples == 2
    assert import_files([first], tmp_path, role="rl").samples == 0
    # What `inspect eval-retry` leaves: the old samples again, and a new one.
    second = logged(tmp_path / "second.json", [*samples, sample("a", 3, uuid="u3")])
    again = import_files([second], tmp_path, role="rl")
    assert again.samples == 1
    assert again.left_out == {"samples that were there already, by their ids": 2}
    assert rows(tmp_path, "SELECT n, c FROM counts") == [(3, 3)]


def test_every_score_is_a_verdict_or_told(tmp_path):
    values = [1, 0.0, True, "yes", "P", 0.25, math.nan, None]
    samples = [sample("a", epoch, value) for epoch, value in enumerate(values, start=1)]
    path = logged(tmp_path / "log.json", samples)
    imported = import_files([path], tmp_path, role="rl")
    assert imported.samples == 8 and imported.bad == 0
    assert imported.notes["samples without a verdict: they have no match"] == 1
    assert imported.notes["samples without a score"] == 1
    (partial,) = (n for said, n in imported.notes.items() if "neither 0 nor 1" in said)
    assert partial == 2
    assert rows(tmp_path, "SELECT n, c, unverified FROM counts") == [(4, 3, 4)]
    import_files([path], tmp_path / "two", role="rl", fields={"threshold": "0.5"})
    query = "SELECT n, c, unverified, verifier FROM counts"
    assert rows(tmp_path / "two", query) == [(6, 4, 2, "inspect:match>=0.5")]
    with pytest.raises(ValueError, match="threshold half is not a number"):
        import_files([path], tmp_path / "three", role="rl", fields={"threshold": "half"})


def test_an_edited_score_counts_as_it_was_edited(tmp_path):
    edit = {"value": "C", "answer": "UNCHANGED", "provenance": {"author": "ana"}}
    history = [{"value": "I", "answer": "5"}, edit]
    scores = {"match": {"value": "I", "answer": "5", "history": history}}
    path = logged(tmp_path / "log.json", [sample(scores=scores)])
    notes = import_files([path], tmp_path, role="rl").notes
    assert notes["scores that somebody edited, taken as edited"] == 1
    assert rows(tmp_path, "SELECT outcome, answer FROM verdicts") == [("correct", "5")]


def test_each_scorer_is_a_verifier_and_the_run_is_shown_with_the_one_that_was_chosen(tmp_path):
    scores = {"match": {"value": "I"}, "includes": {"value": {"strict": 0, "loose": 1}}}
    path = evaluated(tmp_path / "log.eval", [sample(scores=scores)])
    fields = {"correct": "includes"}
    import_files([path], tmp_path, role="rl", fields=fields)
    query = "SELECT verifier, outcome FROM verdicts ORDER BY ALL"
    assert rows(tmp_path, query) == [
        ("inspect:includes/loose", "correct"),
        ("inspect:includes/strict", "incorrect"),
        ("inspect:match", "incorrect"),
    ]
    assert rows(tmp_path, "SELECT verifier FROM runs") == [("inspect:includes/strict",)]
    with pytest.raises(ValueError, match=r"no scorer judge: .* match, includes"):
        import_files([path], tmp_path / "two", role="rl", fields={"correct": "judge"})


def test_log_probabilities_keep_their_tokens_where_a_character_is_split(tmp_path):
    tokens = [("", [0xC3], -0.5), ("ü", [0xBC], -0.25), ("ber", None, -1.0), ("", [], -2.0)]
    content = [{"token": text, "bytes": octets, "logprob": value} for text, octets, value in tokens]
    output = sample(content="über")["output"]
    output["choices"][0]["logprobs"] = {"content": content}
    path = evaluated(tmp_path / "log.eval", [sample(output=output)])
    import_files([path], tmp_path, role="rl")
    query = "SELECT n_tokens, sum_logprob, token_logprobs, token_ends FROM samples"
    assert rows(tmp_path, query) == [(4, -3.75, [-0.5, -0.25, -1.0, -2.0], [0, 1, 4, 4])]


def test_references_are_resolved_and_reasoning_is_put_back(tmp_path):
    content = [
        {"type": "reasoning", "reasoning": "attachment://0a1b"},
        {"type": "text", "text": "So 4."},
    ]
    messages = [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "attachment://ff"},
        {"role": "assistant", "content": content},
    ]  # fmt: skip
    attachments = {"0a1b": "Two and two.", "ff": "2+2?"}
    whole = sample(content=content, input=messages[:2], messages=messages, attachments=attachments)
    import_files([logged(tmp_path / "log.json", [whole])], tmp_path, role="rl")
    query = """
        SELECT completion, question, prompt
        FROM samples JOIN problems USING (problem_id) JOIN prompts USING (problem_id)
    """
    assert rows(tmp_path, query) == [
        (
            "<think>Two and two.</think>So 4.",
            "2+2?",
            "[system]\nBe brief.\n\n[user]\n2+2?",
        )
    ]


def test_a_sample_that_is_split_into_entries_comes_in_whole(tmp_path):
    whole = sample("a/b", content="attachment://1")
    folder = "samples/a/b_epoch_1/"
    entries = [
        (f"{folder}sample.json", whole),
        (f"{folder}metadata.json", {"level": 3, "why": "attachment://0"}),
        (f"{folder}attachments/0.json", ["first"]),
        (f"{folder}attachments/1.json", ["second"]),
        (f"{folder}events/0.json", [{"event": "model"}]),
        ("_journal/start.json", {**HEADER, "status": "started"}),
    ]
    imported = import_files([zipped(tmp_path / "log.eval", entries)], tmp_path, role="rl")
    assert imported.notes["samples of a log whose status is started"] == 1
    query = """
        SELECT problem_id, completion, level, metadata
        FROM samples JOIN problems USING (problem_id)
    """
    assert rows(tmp_path, query) == [("a/b", "second", "3", '{"why": "first"}')]


def test_what_is_no_sample_of_the_model_is_left_out_and_counted(tmp_path):
    samples = [
        sample("a", 1),
        sample("a", 2, None, error={"message": "out of memory"}),
        sample("a", 3, invalidation={"author": "ana"}),
        sample("a", 4, limit={"type": "token", "limit": 100}),
    ]
    imported = import_files([evaluated(tmp_path / "log.eval", samples)], tmp_path, role="rl")
    assert imported.samples == 2
    assert imported.left_out["samples that ended with an error and were not scored"] == 1
    assert imported.left_out["samples that somebody invalidated"] == 1
    assert rows(tmp_path, "SELECT n, c, truncated FROM counts") == [(2, 2, 1)]


def test_damaged_samples_are_named_and_the_rest_comes_in(tmp_path):
    bad = [
        sample(None, 1), sample("c", "first"), sample("d", scores=[1]), sample("e", output=7),
        sample("f", None, None, output={"choices": []}), sample("g", content=[3]),
    ]  # fmt: skip
    entries = [(f"samples/{n}_epoch_1.json", each) for n, each in enumerate(bad)]
    entries += [
        ("samples/good_epoch_1.json", sample("good")),
        ("samples/cut_epoch_1.json", b'{"id": "cut", '),
        ("samples/deep_epoch_1.json", b"[" * 100_000),
        ("samples/latin_epoch_1.json", b'{"id": "\xe9"}'),
        ("samples/split_epoch_1/sample.json", sample("split")),
        ("samples/split_epoch_1/attachments/0.json", 7),
        ("samples/crc_epoch_1.json", sample("crc")),
        ("header.json", HEADER),
    ]
    path = zipped(tmp_path / "log.eval", entries, crc_error={"samples/crc_epoch_1.json"})
    imported = import_files([path], tmp_path, role="rl")
    assert (imported.samples, imported.bad) == (1, 11)
    report = next((tmp_path / "imports").glob("*/bad.jsonl")).read_text().splitlines()
    faults = {bad["where"]: bad["field"] for bad in map(json.loads, report)}
    assert faults == {
        "samples/0_epoch_1.json": "id", "samples/1_epoch_1.json": "epoch",
        "samples/2_epoch_1.json": "scores", "samples/3_epoch_1.json": "output",
        "samples/4_epoch_1.json": "output", "samples/5_epoch_1.json": "message.content",
        "samples/cut_epoch_1.json": "json", "samples/crc_epoch_1.json": "json",
        "samples/deep_epoch_1.json": "json", "samples/latin_epoch_1.json": "json",
        "samples/split_epoch_1/sample.json": "json",
    }  # fmt: skip


def test_a_json_log_that_breaks_off_keeps_what_came_before(tmp_path):
    path = logged(tmp_path / "log.json", [sample("a"), sample("b")])
    path.write_text(path.read_text()[:-60])
    imported = import_files([path], tmp_path, role="rl")
    assert (imported.samples, imported.bad) == (1, 1)
    assert "not JSON from here on" in imported.bad_named[0].reason


def test_a_log_without_samples_and_one_without_a_header_say_so(tmp_path):
    empty = logged(tmp_path / "log.json", [], {**HEADER, "status": "cancelled"})
    with pytest.raises(ValueError, match=r"no samples \(its status is cancelled\)"):
        import_files([empty], tmp_path, role="rl")
    broken = zipped(tmp_path / "log.eval", [("header.json", b"{")])
    with pytest.raises(ValueError, match=r"its header\.json"):
        import_files([broken], tmp_path, role="rl")


def real(name):
    path = LOGS / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return path


REAL = [
    ("log/test_eval_log/log_streaming.eval", {"1": (2, 1), "2": (2, 2)}),
    (
        "analysis/test_logs/2025-05-12T20-28-13-04-00_popularity.json",
        {"1": (1, 1), "2": (1, 1), "3": (1, 0)},
    ),
    ("log/test_eval_log/log_message_deduplication.eval", {"0": (1, 0)}),
    ("analysis/test_logs/2025-05-12T20-27-36-04-00_browser.json", {"1": (1, 1)}),
    ("analysis/test_logs_choices/mmlu-summary-choices.eval", {"1": (1, 0)}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), REAL)
def test_real_logs_give_the_known_counts(tmp_path, name, expected):
    import_files([real(name)], tmp_path, role="reference")
    found = rows(tmp_path, "SELECT problem_id, n, c FROM counts")
    assert {problem: (n, c) for problem, n, c in found} == expected


def test_a_real_log_was_scored_and_its_neighbour_was_not(tmp_path):
    scored = real("scorer/logs/2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval")
    (other,) = set(scored.parent.glob("*.eval")) - {scored}
    import_files([scored], tmp_path, role="reference")
    assert rows(tmp_path, "SELECT count(*), sum(n), sum(c) FROM counts") == [(10, 10, 8)]
    imported = import_files([other], tmp_path / "other", role="reference")
    assert imported.samples == 10 and imported.unjudged
    assert rows(tmp_path / "other", "SELECT count(*) FROM verdicts") == [(0,)]


def test_every_real_log_comes_in_or_says_why_not(tmp_path):
    paths = sorted(path for path in LOGS.rglob("*") if path.suffix in (".eval", ".json"))
    if not paths:
        pytest.skip(f"{LOGS} is not here")
    refused = {}
    for path in paths:
        try:
            import_files([path], tmp_path, role="reference")
        except ValueError as error:
            refused[path.name] = str(error)
    assert len(paths) == 21 and set(refused) == {
        "2025-05-12T20-28-13-04-00_no-samples.json", "log_tool_call_error.json",
    }  # fmt: skip
    assert "there is no score either" in refused["log_tool_call_error.json"]
