"""Samples of HELM and Docent, and folders with files of several harnesses."""

import pytest

from store.importers import import_files, recognise
from tests.store.harness_files import (
    NAME,
    detail,
    faults,
    jsonl,
    parquet,
    predicted,
    reviewed,
    rows,
    whole,
)

# HELM

SPEC = {
    "name": "sums:level=1,model=org_small", "adapter_spec": {
        "method": "generation", "model": "org/small", "temperature": 0.0, "max_tokens": 20,
        "max_train_instances": 3,
    },
}  # fmt: skip


def instance(id="id1", **fields):
    references = [{"output": {"text": "4"}, "tags": ["correct"]}, {"output": {"text": "5"}}]
    return {
        "id": id,
        "split": "test",
        "input": {"text": f"2+2, {id}?"},
        "references": references,
    } | (fields)


def state(id="id1", *texts, trial=0, logprob=-0.5, about=None, **result):
    completions = [
        {
            "text": text, "logprob": len(text) * logprob, "finish_reason": {"reason": "stop"},
            "tokens": [{"text": letter, "logprob": logprob} for letter in text],
        }
        for text in texts
    ]  # fmt: skip
    return {
        "instance": about or instance(id), "train_trial_index": trial,
        "request": {"prompt": f"Q: 2+2, {id}?", "model": "org/small"},
        "result": {"success": True, "completions": completions, **result},
    }  # fmt: skip


def stats(id, trial, **means):
    each = [{"name": {"name": name, "split": "test"}, "mean": mean} for name, mean in means.items()]
    return {"instance_id": id, "train_trial_index": trial, "stats": each}


def test_a_run_of_helm_brings_its_requests_with_their_statistics(tmp_path):
    choice = state("id3", "B") | {"output_mapping": {"A": "5", "B": "4"}}
    states = [
        state("id1", "4"), state("id1", "5", trial=1), choice, state("id4", "4", "5", logprob=0),
        state(about=instance("id1", perturbation={"name": "typos"})), state("id5", success=False),
        state("id6"), state(None, "4"),
    ]  # fmt: skip
    path = whole(tmp_path / "scenario_state.json", {**SPEC, "request_states": states})
    whole(tmp_path / "run_spec.json", SPEC)
    whole(
        tmp_path / "per_instance_stats.json",
        [
            stats("id1", 0, exact_match=1.0, num_bytes=7.0, rouge=0.5),
            stats("id1", 1, exact_match=0.0, rouge=1.0), stats("id3", 0, exact_match=1.0),
            stats("id4", 0, exact_match=1.0),
        ],
    )  # fmt: skip
    assert "HELM" in recognise(path).why
    study = tmp_path / "study"
    imported = import_files([path], study, role="rl")
    assert (imported.samples, imported.problems) == (5, 3)
    assert imported.left_out["requests of instances that were perturbed"] == 1
    assert imported.left_out["requests that failed"] == 1
    assert faults(study) == [("item 7", "completions"), ("item 8", "instance.id")]
    query = """
        SELECT problem_id, sample, completion, outcome, sum_logprob, token_ends, reference
        FROM samples LEFT JOIN verdicts USING (problem_id, sample) JOIN problems USING (problem_id)
        ORDER BY ALL
    """
    assert rows(study, query) == [
        ("id1", 0, "4", "correct", -0.5, [1], "4"),
        ("id1", 1, "5", "incorrect", -0.5, [1], "4"),
        ("id3", 0, "B", "correct", -0.5, [1], "B"),
        ("id4", 0, "4", None, None, None, "4"),
        ("id4", 1, "5", None, None, None, "4"),
    ]
    run = "SELECT model, benchmark, prompt_template, temperature, max_tokens, verifier FROM runs"
    assert rows(study, run) == [
        ("org/small", "sums:level=1", "generation, 3-shot", 0.0, 20, "helm:exact_match")
    ]
    import_files([path], tmp_path / "two", role="rl", fields={"correct": "rouge"})
    assert rows(tmp_path / "two", "SELECT verifier FROM runs") == [("helm:rouge",)]
    with pytest.raises(ValueError, match=r"no statistic bleu .* exact_match"):
        import_files([path], tmp_path / "three", role="rl", fields={"correct": "bleu"})


def test_what_the_website_of_helm_shows_comes_in_where_nothing_else_is_there(tmp_path):
    shown = {
        "instance_id": "id1", "train_trial_index": 0, "predicted_text": "4", "mapped_output": "4",
        "thinking_text": "two and two", "stats": {"quasi_exact_match": 1.0, "latency": 0.2},
    }  # fmt: skip
    path = whole(tmp_path / "display_predictions.json", [shown, {**shown, "predicted_text": None}])
    whole(tmp_path / "instances.json", [instance("id1")])
    whole(tmp_path / "run_spec.json", SPEC)
    import_files([path], tmp_path / "study", role="rl")
    assert faults(tmp_path / "study") == [("item 2", "predicted_text")]
    query = (
        "SELECT completion, verifier, outcome, answer, question FROM samples, verdicts, problems"
    )
    assert rows(tmp_path / "study", query) == [
        (
            "<think>two and two</think>4", "helm:quasi_exact_match", "correct", "4",
            "2+2, id1?",
        )
    ]  # fmt: skip


def test_a_run_of_helm_that_compares_likelihoods_is_refused(tmp_path):
    spec = {"method": "multiple_choice_separate_original"}
    path = whole(tmp_path / "scenario_state.json", {"adapter_spec": spec, "request_states": [1]})
    with pytest.raises(ValueError, match="no samples of the model: its method, multiple_choice"):
        import_files([path], tmp_path, model="small", role="rl", benchmark="sums")


# Folders


def test_of_a_folder_what_goes_with_other_files_is_passed_over_and_said(tmp_path):
    logs = tmp_path / "logs"
    jsonl(logs / "predictions" / "small" / "sums.jsonl", predicted(0, "4"))
    jsonl(logs / "reviews" / "small" / "sums.jsonl", reviewed(0, 6, 0, 1.0))
    whole(logs / "helm" / "scenario_state.json", {**SPEC, "request_states": [state("id1", "4")]})
    whole(logs / "helm" / "run_spec.json", SPEC)
    whole(logs / "helm" / "per_instance_stats.json", [stats("id1", 0, exact_match=1.0)])
    whole(logs / "helm" / "display_predictions.json", [{"instance_id": "id1", "stats": {}}])
    details = logs / "details" / "org" / "small" / "2025-03-04T05-06-07.891011" / NAME
    parquet(details, detail("0"))
    whole(logs / "results" / "results_1.json", {"config_general": {}, "results": {}})
    imported = import_files([logs], tmp_path / "study", role="rl")
    assert (imported.samples, imported.problems, len(imported.runs)) == (3, 3, 3)
    assert imported.bad == 0 and imported.notes["correct"] == 3
    said = " ".join(imported.left_out)
    for name in (
        "reviews/small/sums.jsonl", "helm/run_spec.json", "helm/per_instance_stats.json",
        "helm/display_predictions.json", "results/results_1.json",
    ):  # fmt: skip
        assert f"{name} is " in said


# Docent


def agent_run(id, sample_id, score, *said, **metadata):
    messages = [{"role": "user", "content": f"2+2, {sample_id}?"}]
    messages += [{"role": "assistant", "content": text} for text in said]
    about = {"sample_id": sample_id, "task": "sums", "model": "org/small", "epoch": 1, **metadata}
    transcripts = {"main": {"messages": messages, "metadata": {}}}
    return {"id": id, "transcripts": transcripts, "metadata": {**about, "scores": {"match": score}}}


@pytest.mark.parametrize("write", [jsonl, lambda path, *lines: whole(path, lines)])
def test_runs_of_agents_of_docent_are_samples(tmp_path, write):
    runs = [
        agent_run("r1", "a", 1.0, "wait", "4"), agent_run("r2", "a", 0, "5", epoch=2),
        agent_run("r3", "b", 0.5, "4"), agent_run("r4", "c", 1.0),
        {"transcripts": [], "metadata": {}},
        agent_run("r6", None, True, [{"type": "text", "text": "four"}], target="4"),
    ]  # fmt: skip
    path = write(tmp_path / "runs.json", *runs)
    assert "Docent" in recognise(path).why
    imported = import_files([path], tmp_path / "study", role="rl")
    assert (imported.samples, imported.bad) == (4, 2)
    assert [field for _, field in faults(tmp_path / "study")] == ["transcripts", "transcripts"]
    query = """
        SELECT question, sample, completion, outcome, verifier
        FROM samples LEFT JOIN verdicts USING (problem_id, sample) JOIN problems USING (problem_id)
        ORDER BY ALL
    """
    judge = "docent:match"
    assert rows(tmp_path / "study", query) == [
        ("2+2, None?", 0, "four", "correct", judge), ("2+2, a?", 0, "4", "correct", judge),
        ("2+2, a?", 1, "5", "incorrect", judge), ("2+2, b?", 0, "4", None, None),
    ]  # fmt: skip
