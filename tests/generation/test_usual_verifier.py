"""What a file has no verdict on is judged when it is imported, and by what is said."""

import json

import pytest
from click.testing import CliRunner

from app.cli import main
from store.build import publish
from store.location import connect


def outcomes(study):
    query = """
        SELECT problem_id, sample, verifier, outcome
        FROM verdicts ORDER BY problem_id, sample
    """
    with connect(publish(study).path) as connection:
        return connection.execute(query).fetchall()


def rows(path, references, texts):
    lines = [
        {"problem_id": f"p{i}", "question": f"Question {i}?", "reference": gold, "completion": t}
        for i, gold in enumerate(references)
        for t in texts
    ]  # fmt: skip
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def run(study, path, *options):
    command = ["import", path, "--study", str(study), "--model", "m", "--role", "base"]
    return CliRunner().invoke(main, [*command, *options], catch_exceptions=False)


@pytest.mark.parametrize(
    ("benchmark", "references", "texts", "verifier", "why"),
    [
        ("own", ["12", "1/2"], ["So \\boxed{12}.", "So \\boxed{0.5}."], "math",
            "the references are answers in words or figures"),
        ("own", ["B", "(C)"], ["Answer: B", "Answer: C"], "multiple_choice",
            "the references are letters"),
        ("gsm-8k", ["12", "1/2"], ["So \\boxed{12}.", "So \\boxed{0.5}."], "math",
            "the verifier of gsm-8k"),
    ],
)  # fmt: skip
def test_samples_without_verdicts_are_judged_by_the_usual_verifier(
    tmp_path, benchmark, references, texts, verifier, why
):
    path, study = rows(tmp_path / "a.jsonl", references, texts), tmp_path / "study"
    done = run(study, path, "--benchmark", benchmark)
    assert done.exit_code == 0 and "4 not judged" in done.output
    assert f"judging what has no verdict with {verifier} ({why}" in done.output
    assert outcomes(study) == [
        ("p0", 0, verifier, "correct"), ("p0", 1, verifier, "incorrect"),
        ("p1", 0, verifier, "incorrect"), ("p1", 1, verifier, "correct"),
    ]  # fmt: skip


def test_another_verifier_or_none_can_be_asked_for(tmp_path):
    path = rows(tmp_path / "a.jsonl", ["12"], ["12", "twelve"])
    run(tmp_path / "one", path, "--benchmark", "own", "--verifier", "exact")
    assert {row[2] for row in outcomes(tmp_path / "one")} == {"exact"}
    run(tmp_path / "none", path, "--benchmark", "own", "--no-verify")
    assert outcomes(tmp_path / "none") == []


def test_the_study_is_judged_once(tmp_path):
    path, study = rows(tmp_path / "a.jsonl", ["12"], ["12"]), tmp_path / "study"
    run(study, path, "--benchmark", "own")
    again = run(study, path, "--benchmark", "own")
    assert "which was imported before" in again.output and "judging" not in again.output
    assert len(outcomes(study)) == 1


def test_a_role_is_given_to_all_models_or_to_each(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [
        {"problem_id": "p", "question": "?", "completion": "x", "correct": c, "model": m}
        for m, c in (("small", True), ("tuned", False))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    command = ["import", str(path), "--study", str(tmp_path / "s"), "--benchmark", "b"]
    missing = CliRunner().invoke(main, [*command, "--role", "small=base"])
    assert missing.exit_code == 1 and "(model tuned): give --role" in missing.output
    wrong = CliRunner().invoke(main, [*command, "--role", "base", "--role", "rl"])
    assert "give MODEL=ROLE" in wrong.output
    done = CliRunner().invoke(main, [*command, "--role", "small=base", "--role", "tuned=rl"])
    assert done.exit_code == 0, done.output
    with connect(publish(tmp_path / "s").path) as connection:
        found = connection.execute("SELECT model, role FROM models ORDER BY 1").fetchall()
    assert found == [("small", "base"), ("tuned", "rl")]
