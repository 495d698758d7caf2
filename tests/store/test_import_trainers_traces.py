"""Results and traces of verifiers: whose words, which log-probabilities, what failed."""

import copy
import json
import math

import polars as pl
import pytest

from store.build import publish
from store.importers import detect, import_files
from store.location import connect
from store.runs import read_run
from store.shards import read_shards


def rows(path, query):
    with connect(path) as connection:
        return connection.execute(query).fetchall()


def written(study, kind, *columns):
    """The rows of all shards of a kind, which costs less than to publish a store."""
    frames = [read_shards(path.parent, kind) for path in study.glob("shards/*/run.json")]
    keys = [name for name in ("problem_id", "sample") if name in frames[0].columns]
    return pl.concat(frames).sort(keys).select(columns).rows()


def runs(study):
    """What identifies the runs, those of earlier steps first."""
    found = [read_run(path.parent) for path in study.glob("shards/*/run.json")]
    return sorted(found, key=lambda run: run.model.step or 0)


def jsonl(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = (each if isinstance(each, str) else json.dumps(each) for each in lines)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def says(role, content, **more):
    return {"role": role, "content": content, **more}


ASKED = [says("system", "Think."), says("user", "What is 3+4?")]


def result(reward=1.0, **fields):
    return {
        "example_id": 4, "prompt": ASKED, "completion": [says("assistant", "It is 7.")],
        "answer": "7", "reward": reward, "is_completed": True, "is_truncated": False, "error": None,
        "stop_condition": "no_tools_called", "metrics": {"format": 1.0}, "format": 1.0,
        "token_usage": {"input_tokens": 20.0, "output_tokens": 5.0}, "info": {"level": 2}, **fields,
    }  # fmt: skip


# before version 1


def test_results_with_their_metadata_are_a_run(tmp_path):
    folder = tmp_path / "outputs" / "evals" / "gsm8k--some--model" / "1a2b"
    calls = ['{"id": "c1", "function": {"name": "python", "arguments": "{\\"code\\": \\"3+4\\"}"}}']
    turns = [
        says("assistant", "I compute.", tool_calls=calls),
        says("tool", "7"),
        says("assistant", "It is 7.", tool_calls=None),
    ]
    jsonl(
        folder / "results.jsonl", result(), result(0.0, is_truncated=True), result(completion=turns)
    )
    metadata = {
        "env_id": "gsm8k-env", "model": "some/model", "num_examples": 1, "rollouts_per_example": 3,
        "sampling_args": {"temperature": 0.7, "top_p": 0.9, "max_tokens": 512},
    }  # fmt: skip
    (folder / "metadata.json").write_text(json.dumps(metadata))
    imported = import_files([folder / "results.jsonl"], tmp_path / "s", role="base")
    assert imported.notes["correct"] == 2 and imported.notes["truncated"] == 1
    assert sum("several turns" in note for note in imported.notes) == 1
    report = publish(tmp_path / "s")
    assert report.set_aside.is_empty()
    query = "SELECT model, benchmark, temperature, top_p, max_tokens, verifier FROM runs"
    assert rows(report.path, query) == [
        ("some/model", "gsm8k-env", 0.7, 0.9, 512, "verifiers:reward")
    ]
    query = "SELECT completion, finish_reason, n_tokens FROM samples ORDER BY sample"
    call = '<tool_call>{"name": "python", "arguments": "{\\"code\\": \\"3+4\\"}"}</tool_call>'
    assert rows(report.path, query) == [
        ("It is 7.", "stop", 5), ("It is 7.", "length", 5),
        (f"I compute.\n{call}\n\nIt is 7.", "stop", 5),
    ]  # fmt: skip
    query = "SELECT problem_id, question, reference, CAST(metadata AS VARCHAR) FROM problems"
    assert rows(report.path, query) == [("4", "What is 3+4?", "7", '{"info": {"level": 2}}')]
    assert rows(report.path, "SELECT DISTINCT detail FROM verdicts") == [("format 1",)]


def test_results_of_the_first_versions_tell_model_and_environment_by_their_folder(tmp_path):
    first = result(id=9, task="default", generation_ms=3.5)
    del first["example_id"], first["is_completed"], first["is_truncated"], first["token_usage"]
    path = jsonl(tmp_path / "math-python--z-ai--glm-4.6" / "d8" / "results.jsonl", first)
    assert detect(path) == "verifiers-0"
    run = import_files([path], tmp_path / "s", role="base").runs[0]
    assert run.startswith("z-ai-glm-4.6--math-python--")


def test_a_rollout_that_failed_is_an_error_and_one_without_words_is_no_sample(tmp_path):
    path = jsonl(
        tmp_path / "results.jsonl",
        result(0.0, error={"error": "ModelError", "error_chain_str": "timed out"}),
        result(0.0, completion=[]),
        result(0.0, completion=[says("user", "hello?")]),
        result(0.0),
        {**result(), "example_id": None},
        {**result(), "reward": "good"},
    )
    imported = import_files([path], tmp_path, model="m", role="base", benchmark="b")
    assert (imported.samples, imported.notes["error"], imported.notes["incorrect"]) == (2, 1, 1)
    assert [(bad.where, bad.field) for bad in imported.bad_named] == [
        ("line 2", "completion"), ("line 3", "completion"),
        ("line 5", "example_id"), ("line 6", "reward"),
    ]  # fmt: skip
    by_metric = {"correct": "format"}
    again = import_files(
        [path], tmp_path / "m", fields=by_metric, model="m", role="base", benchmark="b"
    )
    assert again.notes["correct"] == 2


def test_results_in_folders_of_steps_are_checkpoints(tmp_path):
    for step in (5, 10):
        jsonl(tmp_path / "evals" / f"step_{step}" / "aime--qwen" / "results.jsonl", result())
    for name, parent, given in (("qwen", "qwen", {}), ("mine", None, {"model": "mine"})):
        study = tmp_path / name
        import_files([tmp_path / "evals"], study, role="rl", **given)
        models = [(run.model.name, run.model.parent, run.model.step) for run in runs(study)]
        assert models == [(f"{name}-step5", parent, 5), (f"{name}-step10", parent, 10)]


def test_damaged_metadata_are_told(tmp_path):
    path = jsonl(tmp_path / "results.jsonl", result())
    (tmp_path / "metadata.json").write_text("{")
    with pytest.raises(ValueError, match=r"metadata\.json cannot be read as metadata"):
        import_files([path], tmp_path, model="m", role="base", benchmark="b")


# version 1


def node(message, parent, sampled=False, ids=(), drawn=0, logprobs=(), **fields):
    """The last `drawn` of the ids are the model's own; a template put the others there."""
    mask = [False] * (len(ids) - drawn) + [True] * drawn
    return {
        "parent": parent, "message": message, "sampled": sampled, "token_ids": list(ids),
        "mask": mask, "logprobs": list(logprobs), **fields,
    }  # fmt: skip


# Two turns with a tool between: the model drew 11, 12 and then 21, 22, 23.
NODES = [
    node(ASKED[0], None, ids=[1, 2]),
    node(ASKED[1], 0, ids=[3, 4]),
    node(
        says("assistant", "I look.", tool_calls=[{"id": "c", "name": "find", "arguments": "{}"}]),
        1, True, [5, 11, 12], 2, [-0.5, -0.25], reference_logprobs=[-1.0, -2.0],
    ),
    node({"role": "tool", "tool_call_id": "c", "content": "found"}, 2, ids=[6, 7]),
    node(
        says("assistant", "It is 7.", reasoning_content="Easy."), 3, True, [8, 21, 22, 23], 3,
        [-0.125, 0.0, -1.0], reference_logprobs=[-3.0, -0.5, -0.25],
    ),
]  # fmt: skip


def trace(number=0, rewards=None, **fields):
    return {
        "version": 1, "id": f"{number:032x}",
        "task": {"type": "Math", "key": "task-7", "data": {
            "idx": 3, "prompt": "What is 3+4?", "answer": "7", "source": "hand"}},
        "agent": {"name": "agent", "trainable": True, "config": {"model": "org/qwen"}},
        "nodes": copy.deepcopy(NODES),
        "calls": [{"node": 4, "finish_reason": "stop", "sampling": {"temperature": 1.0}}],
        "rewards": rewards or {"right": {"score": 1.0, "weight": 1.0}},
        "metrics": {"turns": 2.0}, "is_completed": True, "ok": True,
        "stop_condition": "agent_completed", **fields,
    }  # fmt: skip


def test_of_a_trace_the_words_and_tokens_of_the_model_are_kept(tmp_path):
    path = jsonl(tmp_path / "math--org--qwen--default" / "f00" / "traces.jsonl", trace())
    assert detect(path) == "verifiers"
    imported = import_files([path], tmp_path / "s", role="rl", parent="base-model")
    assert imported.notes["correct"] == 1
    report = publish(tmp_path / "s")
    assert report.set_aside.is_empty()
    query = "SELECT completion, finish_reason, n_tokens, token_ids, token_logprobs FROM samples"
    [(text, reason, n_tokens, ids, logprobs)] = rows(report.path, query)
    call = '<tool_call>{"name": "find", "arguments": "{}"}</tool_call>'
    assert text == f"I look.\n{call}\n\n<think>Easy.</think>It is 7."
    assert (reason, n_tokens, ids) == ("stop", 5, [11, 12, 21, 22, 23])
    assert logprobs == [-0.5, -0.25, -0.125, 0.0, -1.0]
    assert rows(report.path, "SELECT sum_logprob FROM samples") == [(-1.875,)]
    query = "SELECT scorer, n_tokens, sum_logprob, token_logprobs FROM scores"
    expected = [("base-model", 5, -6.75, [-1.0, -2.0, -3.0, -0.5, -0.25])]
    assert rows(report.path, query) == expected
    query = "SELECT problem_id, question, reference, CAST(metadata AS VARCHAR) FROM problems"
    [(problem, question, reference, metadata)] = rows(report.path, query)
    assert (problem, question, reference) == ("task-7", "What is 3+4?", "7")
    assert json.loads(metadata) == {"idx": 3, "source": "hand"}
    query = "SELECT model, benchmark, temperature FROM runs"
    assert rows(report.path, query) == [("org/qwen", "math", 1.0)]
    [(prompt,)] = rows(report.path, "SELECT prompt FROM prompts")
    assert json.loads(prompt) == ASKED


def test_the_scorer_of_a_reference_can_be_named_and_else_is_called_reference(tmp_path):
    who = {"role": "rl", "benchmark": "math"}
    path = jsonl(tmp_path / "traces.jsonl", trace())
    for fields, expected in (({}, "reference"), ({"scorer": "teacher"}, "teacher")):
        import_files([path], tmp_path / expected, fields=fields, **who)
        assert written(tmp_path / expected, "scores", "scorer") == [(expected,)]


def test_config_beside_the_traces_tells_what_they_do_not(tmp_path):
    path = jsonl(tmp_path / "traces.jsonl", trace(agent={"name": "agent", "config": {}}))
    (tmp_path / "config.toml").write_text(
        'model = "from/config"\n[taskset]\nid = "tasks"\n[sampling]\ntop_p = 0.8\nmax_tokens = 64\n'
    )
    import_files([path], tmp_path / "s", role="rl")
    [run] = runs(tmp_path / "s")
    assert (run.model.name, run.benchmark) == ("from/config", "tasks")
    assert (run.temperature, run.top_p, run.max_tokens) == (1.0, 0.8, 64)


@pytest.mark.parametrize(
    ("rewards", "fields", "verifier", "outcome"),
    [
        ({"right": 1.0}, {}, "right", "correct"),  # the first versions: numbers
        ({"right": {"score": 0.0}, "tidy": {"score": 0.7, "weight": 0}}, {}, "right", "incorrect"),
        ({key: {"score": 1, "weight": 0.5} for key in "ab"}, {}, "reward", "correct"),
        ({"a": {"score": 1}, "b": {"score": 0.2}}, {"correct": "a"}, "a", "correct"),
        ({"a": {"score": 1}, "b": {"score": 0.2}}, {"threshold": "1.1"}, "reward>=1.1", "correct"),
        ({"a": {"score": 0.2}}, {"correct": "turns", "threshold": "3"}, "turns>=3", "incorrect"),
    ],
)  # fmt: skip
def test_which_reward_of_a_trace_is_its_verdict(tmp_path, rewards, fields, verifier, outcome):
    path = jsonl(tmp_path / "traces.jsonl", trace(rewards=rewards))
    import_files([path], tmp_path, fields=fields, role="rl", benchmark="math")
    found = written(tmp_path, "verdicts", "verifier", "outcome")
    assert found == [(f"verifiers:{verifier}", outcome)]


def test_what_of_traces_is_no_verdict_or_no_sample_is_counted(tmp_path):
    path = jsonl(
        tmp_path / "traces.jsonl",
        trace(1),
        trace(1),  # as a resumed job may leave it
        trace(2),
        trace(3, {"right": None}),
        trace(4, stop_condition="error", ok=False, errors=[{"type": "ToolError"}]),
        trace(5, stop_condition="max_total_tokens"),
        trace(6, agent={"name": "judge", "trainable": False}),
    )
    imported = import_files([path], tmp_path, role="rl", benchmark="math", model="m")
    assert imported.samples == 5
    found = {
        note: n for note, n in imported.notes.items() if " " not in note or note == "not judged"
    }
    assert found == {"correct": 3, "not judged": 1, "error": 1, "truncated": 1}
    assert imported.notes["traces of other agents than the one that is trained, left out"] == 1
    assert imported.left_out == {"samples that were there already, by their ids": 1}


def damaged(change):
    found = trace(9)
    change(found)
    return found


def test_traces_that_cannot_be_right_are_named(tmp_path):
    changes = {
        "nodes.parent": lambda t: t["nodes"][2].update(parent=3),
        "nodes.logprobs": lambda t: t["nodes"][4].update(logprobs=[-1.0]),
        "nodes.reference_logprobs": lambda t: t["nodes"][4]["reference_logprobs"].append(-1.0),
        "nodes.mask": lambda t: t["nodes"][4].update(mask=[True]),
        "nodes.token_ids": lambda t: t["nodes"][4].update(token_ids=[1, 2, "x", 4]),
        "nodes": lambda t: t.update(nodes=[NODES[0]]),
        "nodes.message": lambda t: t["nodes"][4].update(message="It is 7."),
        "rewards": lambda t: t.update(rewards=[1.0]),
        "task": lambda t: t.update(task="seven"),
        "nodes.logprobs ": lambda t: t["nodes"][4].update(logprobs=[0.5, -1.0, math.nan]),
    }
    path = jsonl(tmp_path / "traces.jsonl", trace(), *map(damaged, changes.values()))
    imported = import_files([path], tmp_path, role="rl", benchmark="math")
    assert (imported.samples, imported.bad) == (1, len(changes))
    report = next((tmp_path / "imports").glob("*/bad.jsonl"))
    found = [json.loads(line) for line in report.read_text().splitlines()]
    assert [bad["field"] for bad in found] == [field.strip() for field in changes]
    assert [bad["where"] for bad in found] == [f"line {i}" for i in range(2, 2 + len(changes))]


def test_log_probabilities_at_another_temperature_are_doubtful_and_counted(tmp_path):
    calls = [{"node": 4, "sampling": {"temperature": 0.6}}]
    imported = import_files(
        [jsonl(tmp_path / "traces.jsonl", trace(1, calls=calls), trace(2, calls=calls), trace(3))],
        tmp_path,
        role="rl",
        benchmark="math",
    )
    doubtful = [n for said, n in imported.notes.items() if "another temperature than 1" in said]
    assert (doubtful, len(imported.runs)) == ([2], 2)


def test_log_probabilities_of_only_some_turns_are_left_out_and_counted(tmp_path):
    path = jsonl(tmp_path / "traces.jsonl", damaged(lambda t: t["nodes"][2].pop("logprobs")))
    imported = import_files([path], tmp_path, role="rl", benchmark="math")
    assert imported.notes["samples whose logprobs are left out: not all their turns have them"] == 1
    assert written(tmp_path, "samples", "sum_logprob", "n_tokens") == [(None, 5)]
    assert written(tmp_path, "scores", "n_tokens", "sum_logprob") == [(5, -6.75)]
