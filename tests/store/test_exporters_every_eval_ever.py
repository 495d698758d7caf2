"""Every Eval Ever: what its published schema (version 0.3.0) demands, and what a round trip keeps.

The expectations are written by hand from the schema's lists of required fields and closed objects.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store.build import publish
from store.exporters.aggregates import Reporter
from store.exporters.every_eval_ever import write_logs
from store.importers import import_files
from store.location import connect, current
from tests.store.conftest import Study
from tests.store.handed_over import text, whole_study

REQUIRED = {
    "schema_version", "evaluation_id", "model_id", "evaluation_name", "sample_id",
    "interaction_type", "input", "answer_attribution", "evaluation",
}  # fmt: skip
# The object is closed: these may be there besides, and no others.
OPTIONAL = {
    "evaluation_result_id", "sample_hash", "output", "messages", "token_usage", "performance",
    "error", "metadata",
}  # fmt: skip
ATTRIBUTION = {"turn_idx", "source", "extracted_value", "extraction_method", "is_terminal"}
LOG_REQUIRED = {
    "schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata", "eval_library",
    "model_info", "evaluation_results",
}  # fmt: skip
LINES = re.compile(
    r"data/[^/]+/[^/]+/[^/]+/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"_samples\.jsonl"
)
Line = dict[str, Any]


def files(folder: Path) -> dict[str, tuple[Line, Path]]:
    """Model → its aggregate, and the file of its lines."""
    found = {}
    for path in (folder / "data").rglob("*.json"):
        log = json.loads(path.read_text())
        found[log["model_info"]["name"]] = (log, path.with_name(f"{path.stem}_samples.jsonl"))
    return found


def lines(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def check_instance(line: Line) -> None:
    assert set(line) >= REQUIRED and not set(line) - REQUIRED - OPTIONAL
    assert line["interaction_type"] == "single_turn" and "messages" not in line
    assert isinstance(line["input"]["raw"], str)
    assert all(isinstance(part, str) for part in line["input"]["reference"])
    assert all(isinstance(part, str) for part in line["output"]["raw"])
    for answer in line["answer_attribution"]:
        assert set(answer) == ATTRIBUTION and isinstance(answer["extracted_value"], str)
    assert isinstance(line["evaluation"]["score"], float)
    assert isinstance(line["evaluation"]["is_correct"], bool)
    assert all(isinstance(value, str) for value in line["metadata"].values())
    if line["token_usage"] is not None:
        assert set(line["token_usage"]) == {"input_tokens", "output_tokens", "total_tokens"}


def test_each_sample_is_a_line_that_the_schema_allows(study: Study, tmp_path: Path) -> None:
    whole_study(study)
    said = write_logs(current(study.path), tmp_path, Reporter())
    found = files(tmp_path)

    assert (said.runs, said.samples, said.known, said.left_out) == (2, 24, 0, ())
    assert set(found) == {"base", "rl"}
    for log, path in found.values():
        assert len(lines(path)) == 12
        for line in lines(path):
            check_instance(line)
            assert line["evaluation_id"] == log["evaluation_id"]
            assert line["model_id"] == log["model_info"]["id"]
            result = log["evaluation_results"][0]
            assert line["evaluation_result_id"] == result["evaluation_result_id"]


def test_the_aggregate_is_what_the_schema_demands_and_names_its_lines(
    study: Study, tmp_path: Path
) -> None:
    whole_study(study)
    write_logs(current(study.path), tmp_path, Reporter("We", "first_party", "us"))
    log, path = files(tmp_path)["rl"]
    detailed = log["detailed_evaluation_results"]

    assert set(log) == LOG_REQUIRED | {"detailed_evaluation_results"}
    assert log["retrieved_timestamp"].isdigit()
    assert log["source_metadata"]["source_organization_name"] == "We"
    assert log["source_metadata"]["evaluator_relationship"] == "first_party"
    assert set(log["eval_library"]) >= {"name", "version"}
    assert log["model_info"]["id"] == "us/rl"
    assert log["model_info"]["additional_details"]["role"] == "rl"
    assert {"deployment_type", "model_availability"} <= set(log["model_info"]["additional_details"])
    assert LINES.fullmatch(detailed["file_path"])
    assert tmp_path / detailed["file_path"] == path
    assert detailed["checksum"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert detailed["total_rows"] == 12
    (result,) = log["evaluation_results"]
    # Problem 0: 4 of 4, problem 1: 1 of 4, problem 2: 0 of 4.
    assert result["score_details"]["score"] == pytest.approx((1 + 1 / 4 + 0) / 3, abs=1e-15)
    assert result["score_details"]["details"]["error"] == "1"
    assert result["metric_config"]["lower_is_better"] is False
    assert result["generation_config"]["generation_args"] == {"temperature": 0.6}


def test_what_the_format_has_no_field_for_is_in_metadata(study: Study, tmp_path: Path) -> None:
    _, rl = whole_study(study)
    write_logs(current(study.path), tmp_path, Reporter(), [rl])
    rows = {(line["sample_id"], line["metadata"]["sample"]): line for line in
            lines(files(tmp_path)["rl"][1])}  # fmt: skip
    line = rows["p1", "3"]
    told = line["metadata"]

    assert line["input"] == {
        "raw": text("question", 1), "formatted": text("prompt", 1),
        "reference": [text("reference", 1)],
    }  # fmt: skip
    assert line["output"]["raw"] == [text("completion", rl, 1, 3)]
    assert line["evaluation"] == {"score": 0.0, "is_correct": False}
    assert line["answer_attribution"] == [] and line["error"] == text("detail", 1)
    assert line["token_usage"] == {"input_tokens": 3, "output_tokens": 3, "total_tokens": 6}
    assert (told["outcome"], told["finish_reason"], told["n_tokens"]) == ("error", "length", "3")
    assert float(told["sum_logprob"]) == -0.85 - 3
    expected = np.array([-0.1, -0.5, -3.25], dtype=np.float32)
    assert np.array_equal(np.array(json.loads(told["token_logprobs"]), np.float32), expected)
    assert rows["p1", "1"]["answer_attribution"][0]["extracted_value"] == text("answer", 5)
    assert rows["p0", "0"]["evaluation"] == {"score": 1.0, "is_correct": True}
    # Their recipe: SHA-256 of the problem as compact JSON with sorted keys.
    told = f'{{"raw":"{text("question", 1)}","reference":["{text("reference", 1)}"]}}'
    assert line["sample_hash"] == hashlib.sha256(told.encode()).hexdigest()


KEPT = (
    "SELECT run, problem_id, sample, completion, finish_reason, n_tokens, sum_logprob, "
    "token_logprobs FROM samples ORDER BY ALL",
    "SELECT run, problem_id, sample, outcome, answer, detail, version FROM verdicts "
    "WHERE verifier = 'boxed' ORDER BY ALL",
    "SELECT run, problem_id, n, c, no_answer, error, truncated FROM counts "
    "WHERE verifier = 'boxed' ORDER BY ALL",
    "SELECT benchmark, problem_id, question, reference, subject, level FROM problems ORDER BY ALL",
    "SELECT run, problem_id, prompt FROM prompts ORDER BY ALL",
    "SELECT model, role, parent FROM models ORDER BY ALL",
)


def test_what_is_imported_again_is_what_was_exported(study: Study, tmp_path: Path) -> None:
    whole_study(study)
    write_logs(current(study.path), tmp_path / "out", Reporter())
    import_files(sorted((tmp_path / "out").rglob("*.jsonl")), tmp_path / "again", "auto")
    publish(tmp_path / "again")
    with connect(current(study.path)) as one, connect(current(tmp_path / "again")) as other:
        for statement in KEPT:
            expected = one.execute(statement).fetchall()
            assert expected and other.execute(statement).fetchall() == expected, statement


def test_written_again_nothing_changes_and_what_is_not_judged_is_said(
    study: Study, tmp_path: Path
) -> None:
    base, rl = whole_study(study)
    store = current(study.path)
    write_logs(store, tmp_path, Reporter(), verifier="strict")
    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*.json*")}
    again = write_logs(store, tmp_path, Reporter(), verifier="strict")

    assert {path: path.read_bytes() for path in (tmp_path / "data").rglob("*.json*")} == before
    assert (again.samples, again.known) == (18, 2)
    assert again.left_out == tuple(
        f"{run}: 3 samples without a verdict of strict: left out." for run in (base, rl)
    )
    none = write_logs(store, tmp_path, Reporter(), verifier="nobody")
    assert (none.runs, none.samples) == (0, 0)
    assert none.left_out[0] == f"{base} has no verdicts of nobody: left out."


def test_a_run_of_counts_has_an_aggregate_and_no_lines(study: Study, tmp_path: Path) -> None:
    folder = study.run("base", source="counts: counts.csv")
    rows = [{"problem_id": f"p{i}", "verifier": "imported", "n": 4, "c": i} for i in range(3)]
    study.shard(folder, "counts", rows, "imported")
    publish(study.path)
    said = write_logs(current(study.path), tmp_path, Reporter())
    log, path = files(tmp_path)["base"]

    assert (said.runs, said.samples) == (1, 0) and "counts only" in said.left_out[0]
    assert "detailed_evaluation_results" not in log and not path.exists()
    assert log["evaluation_results"][0]["score_details"]["score"] == (0 + 0.25 + 0.5) / 3
    assert log["eval_library"]["name"] == "unknown"
