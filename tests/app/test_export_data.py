"""passband export data, store, every-eval-ever and hub: from the command line to the file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.app.hub_server import hub_server
from tests.store.conftest import Study
from tests.store.handed_over import SECRET, whole_study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = Study(tmp_path / "my-study")
    whole_study(made)
    return made


def run(*arguments: object) -> tuple[int, str, str]:
    outcome = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome.exit_code, outcome.stdout, outcome.stderr


def test_a_store_in_one_file_answers_show_as_the_study_does(study: Study, tmp_path: Path) -> None:
    file = tmp_path / "shared.duckdb"
    status, said, _ = run("export", "store", file, "--study", study.path, "--without-texts")
    assert status == 0 and f"passband app --study {file}" in said
    for question in (["runs"], ["pass-at-k"], ["compare", "--base", "base", "--other", "rl"]):
        printed = [
            run("show", *question, "--study", asked, "--format", "json")[:2]
            for asked in (study.path, file)
        ]
        assert printed[0] == printed[1] and printed[0][0] == 0
        assert json.loads(printed[0][1])


def test_parts_are_named_as_elsewhere_and_mistakes_are_told(study: Study, tmp_path: Path) -> None:
    status, said, _ = run("export", "data", tmp_path / "out", "--study", study.path, "--run", "rl")
    assert status == 0 and "12 samples" in said
    for arguments, expected in {
        ("data", tmp_path / "out"): "holds something else",
        ("data", tmp_path / "new", "--run", "nobody"): "No run is named 'nobody'",
        ("data", tmp_path / "new", "--benchmark", "gsm8k"): "No benchmark 'gsm8k'",
        ("store", tmp_path / "new.db"): "name it new.duckdb",
        ("store", tmp_path / "n.duckdb", "--with-audits", "--without-texts"): "without the texts",
    }.items():
        status, _, told = run("export", *arguments, "--study", study.path)
        assert status == 1 and expected in told, arguments
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my-study", "out"]


def test_every_eval_ever_is_written_from_the_command_line(study: Study, tmp_path: Path) -> None:
    status, said, _ = run("export", "every-eval-ever", tmp_path / "out", "--study", study.path)
    assert status == 0
    assert said == f"24 samples of 2 runs are in {tmp_path / 'out'}/data.\n"


def test_nothing_is_sent_to_the_hub_unless_it_is_said(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None: to import it is an error. What is not imported cannot send.
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    status, said, _ = run("export", "hub", "me/numbers", "--study", study.path)
    assert status == 0
    assert "Nothing was sent" in said and "private data set me/numbers" in said
    assert "samples/base--math" in said
    status, _, told = run("export", "hub", "me/numbers", "--study", study.path, "--yes")
    assert status == 1 and "pip install huggingface_hub" in told


def test_what_is_listed_is_what_the_hub_gets(study: Study, tmp_path: Path) -> None:
    with hub_server() as (address, heard):
        done = push(study, tmp_path, address, "me/numbers", "--without-texts", "--yes")
    assert done.returncode == 0, done.stderr
    created = next(request for request in heard if request.path == "/api/repos/create")
    assert created.said["type"] == "dataset" and created.said["name"] == "numbers"
    assert created.said["organization"] == "me" and created.said["visibility"] == "private"
    assert all(request.token == "Bearer hf_of_this_test" for request in heard)
    sent = {name: content for request in heard for name, content in request.files.items()}
    listed = {
        line.split()[1]: int(line.split()[0].replace(",", ""))
        for line in done.stdout.splitlines()
        if line.endswith((".parquet", ".md", ".json"))
    }
    assert {name: len(content) for name, content in sent.items()} == listed
    assert not any(SECRET.encode() in content for content in sent.values())
    card = sent["README.md"].decode()
    assert card.startswith("---\npretty_name: numbers\n")
    assert "config_name: samples\n  data_files: samples/*.parquet" in card
    # Of 12 samples, in order no_answer, error and truncated.
    assert "| 3 | 12 | 4 | 4 | 1 | 1 | 3 |" in card
    assert "Sent: " in done.stdout


def test_a_public_repository_gets_nothing_that_was_meant_to_be_private(
    study: Study, tmp_path: Path
) -> None:
    with hub_server(private=False) as (address, heard):
        done = push(study, tmp_path, address, "me/numbers", "--yes")
    assert done.returncode == 1
    assert "is there already and public, but private was asked for: nothing was sent" in (
        " ".join(done.stderr.split())
    )
    assert not any(request.files for request in heard)


def test_without_a_login_the_hub_says_no_in_one_sentence(study: Study, tmp_path: Path) -> None:
    with hub_server(refuses=True) as (address, _):
        done = push(study, tmp_path, address, "me/numbers", "--yes")
    assert done.returncode == 1
    assert "Error: The hub did not take me/numbers" in done.stderr
    assert "Traceback" not in done.stderr


def push(
    study: Study, place: Path, address: str, repo: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, since the client reads its settings when imported."""
    settings = {
        "HF_ENDPOINT": address, "HF_HOME": str(place / "hf"), "HF_TOKEN": "hf_of_this_test",
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "no_proxy": "*",
    }  # fmt: skip
    command = [sys.executable, "-c", "from app.cli import main; main()", "export", "hub", repo]
    return subprocess.run(
        [*command, "--study", str(study.path), *options],
        env={**os.environ, **settings}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
