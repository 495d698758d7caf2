"""`passband show audits`, and audits out of one study and into another, by the command line."""

import csv
import io
import json

import polars as pl
import pytest
from click.testing import CliRunner

from app.cli import main
from store.audits import Audit, content_hash, newest, record
from store.build import publish
from store.runs import Model, Run, write_run
from store.shards import COLUMNS, write_shard

# C correct, W incorrect; every text says which problem and sample it is.
RUN = Run(Model("small", "base"), "math")
LETTERS = {"p0": "WWCW", "p1": "WWWC", "p2": "WWWW", "p3": "CWWW", "p4": "CCCC"}


def shard(folder, kind, rows, label=None):
    filled = [{**dict.fromkeys(COLUMNS[kind]), **row} for row in rows]
    write_shard(folder, kind, pl.DataFrame(filled, schema=COLUMNS[kind]), label)


def judged(study, problem, sample, label, reviewer="reviewer-1", **more):
    text = content_hash(f"{problem} {sample}")
    at = "2026-01-02T03:04:05+00:00"
    record(study, Audit(at, RUN.run_id, problem, sample, text, reviewer, label, **more))


@pytest.fixture
def study(tmp_path):
    """A published study of one run."""
    study = tmp_path / "study"
    folder = write_run(study / "shards", RUN)
    each = [(p, i, letter) for p, line in LETTERS.items() for i, letter in enumerate(line)]
    shard(folder, "problems", [{"problem_id": p, "position": i} for i, p in enumerate(LETTERS)])
    texts = [{"problem_id": p, "sample": i, "completion": f"{p} {i}"} for p, i, _ in each]
    shard(folder, "samples", texts)
    verdicts = [
        {
            "problem_id": p, "sample": i, "verifier": "exact", "version": "1",
            "outcome": "correct" if letter == "C" else "incorrect",
        }
        for p, i, letter in each
    ]  # fmt: skip
    shard(folder, "verdicts", verdicts, "exact")
    publish(study)
    return study


def run(*arguments):
    outcome = CliRunner().invoke(main, list(map(str, arguments)))
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
    return outcome.exit_code, outcome.stdout, outcome.stderr


def shown(study, *arguments):
    status, said, _ = run(
        "show", "audits", "--study", study, "--format", "json", "--below", "0.5", *arguments
    )
    assert status == 0
    (row,) = json.loads(said)
    return row


def test_before_anybody_has_read_all_is_unread(study):
    row = shown(study)
    assert (row["benchmark"], row["run"]) == ("math", RUN.run_id)
    numbers = ("answered", "valid", "ambiguous", "rejected", "unread", "of", "reviewers")
    assert [row[name] for name in numbers] == [3, 0, 0, 0, 3, 3, 0]
    assert row["alpha"] is None


def test_the_tally_and_the_agreement_of_people(study):
    judged(study, "p0", 2, "valid")
    judged(study, "p0", 2, "flawed", "reviewer-2")
    judged(study, "p1", 3, "flawed")
    judged(study, "p1", 3, "flawed", "reviewer-2")
    judged(study, "p3", 0, "valid", "judge:small", kind="judge")  # has no say
    row = shown(study)
    numbers = ("answered", "valid", "ambiguous", "rejected", "unread", "of", "read", "verdicts")
    assert [row[name] for name in numbers] == [3, 0, 1, 1, 1, 2, 2, 4]
    assert (row["reviewers"], row["texts_read_twice"]) == (2, 2)
    # One of two pairs differs. Of valid, flawed × 3, half of all pairs do: no more than chance.
    assert row["alpha"] == pytest.approx(0)

    judged(study, "p0", 2, "valid", "reviewer-9", kind="adjudicator")
    row = shown(study)
    assert [row[name] for name in numbers] == [3, 1, 0, 1, 1, 3, 2, 5]
    assert (row["reviewers"], row["texts_read_twice"]) == (2, 2)


def test_audited_makes_no_difference_to_the_tally(study):
    judged(study, "p1", 3, "flawed")
    assert shown(study, "--audited") == shown(study)


def test_verdicts_on_texts_that_have_changed_are_told(study, caplog):
    judged(study, "p0", 2, "valid")
    old = content_hash("another text")
    record(study, Audit("2026-01-02", RUN.run_id, "p1", 3, old, "reviewer-1", "valid"))
    status, said, _ = run("show", "audits", "--study", study, "--below", "0.5")
    assert status == 0
    assert "whose text has changed since: 1." in caplog.text
    assert shown(study)["valid"] == 1
    assert said.splitlines()[0].split()[:3] == ["benchmark", "run", "answered"]


@pytest.mark.parametrize("name", ["audits.csv", "audits.parquet", "audits.jsonl"])
@pytest.mark.parametrize("kind", [("--format", "audits"), ()])
def test_audits_leave_one_study_and_come_into_another(study, tmp_path, name, kind):
    judged(study, "p0", 2, "flawed")
    judged(study, "p0", 2, "valid", note="after all", span_start=0, span_end=2)
    file, other = tmp_path / name, tmp_path / "other"
    other.mkdir()
    assert run("export", "audits", file, "--study", study)[:2] == (
        0, f"Wrote 2 audits to {file}.\n"
    )  # fmt: skip
    why = f"{name}: audits: audits that passband export wrote.\n"
    assert run("import", file, *kind, "--study", other)[:2] == (0, f"{why}Imported 2 audits.\n")
    assert newest(other).equals(newest(study))
    again = run("import", file, *kind, "--study", other)
    assert again[:2] == (0, f"{why}Imported 0 audits.\n2 were there already.\n")


def test_an_export_is_a_table_that_others_can_read(study, tmp_path):
    judged(study, "p0", 2, "flawed", note='a "quoted", note')
    run("export", "audits", tmp_path / "a.csv", "--study", study)
    (row,) = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text()))
    assert (row["label"], row["note"], row["span_start"]) == ("flawed", 'a "quoted", note', "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "audits", "a.txt"), "a.txt must end in one of .csv, .parquet, .jsonl."),
        (("import", "absent.csv", "--format", "audits"), "absent.csv is not a file"),
        (("import", "absent.csv"), "absent.csv is not a file"),
        (("export", "audits", "absent/a.csv"), "No such file or directory"),
    ],
)
def test_a_mistake_is_one_sentence(study, arguments, said):
    status, _, told = run(*arguments, "--study", study)
    assert (status, told.count("\n")) == (1, 1)
    assert said in told


def test_a_study_that_is_not_there_takes_no_audits(study, tmp_path):
    judged(study, "p0", 2, "flawed")
    run("export", "audits", tmp_path / "a.csv", "--study", study)
    status, _, told = run("import", tmp_path / "a.csv", "--study", tmp_path / "nowhere")
    assert status == 1
    assert "There is no study at" in told
    status, _, told = run("export", "audits", tmp_path / "b.csv", "--study", tmp_path / "nowhere")
    assert status == 1
    assert "There is no study at" in told
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.csv"]
