"""An audit is of one text: it outlives builds and verifiers, and never goes to another text."""

import shutil

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.audits import agreed, content_hash, record
from store.build import publish
from store.location import connect, current
from store.queries.audited import audited
from tests.store.audit_rows import audit

HASHING = duckdb.connect()


@pytest.fixture
def read(study):
    """A study of one run in which somebody has read sample 0 of p0; and the run's name."""
    folder = study.complete_run()
    record(study.path, audit("flawed", run=folder.name, text="Answer 0 0"))
    publish(study.path)
    return study, folder


def standing(study, run):
    """problem_id, sample, label, outcome of the audits that stand, in the newest build."""
    with connect(current(study.path)) as connection:
        found = audited(connection.cursor(), agreed(study.path), [run], None)
    return found.select("problem_id", "sample", "label", "outcome").rows()


def test_audits_stand_when_the_store_is_built_from_nothing(read):
    study, folder = read
    before = standing(study, folder.name)
    assert before == [("p0", 0, "flawed", "correct")]
    shutil.rmtree(study.path / "store")
    study.samples(folder, first=4)
    publish(study.path)
    assert standing(study, folder.name) == before


def test_audits_stand_when_a_newer_verifier_judges_otherwise(read):
    study, folder = read
    study.verdicts(folder, version="2", shift=1)
    publish(study.path)
    assert standing(study, folder.name) == [("p0", 0, "flawed", "incorrect")]


def test_another_text_at_the_same_place_has_no_audit_until_the_first_is_back(read):
    study, folder = read
    (shard,) = folder.glob("samples-*.parquet")
    kept = shard.read_bytes()
    shard.unlink()
    rows = [{"problem_id": "p0", "sample": 0, "completion": "Answer 0 0 "}]  # one space more
    other = study.shard(folder, "samples", rows)
    publish(study.path)
    assert standing(study, folder.name) == []

    record(study.path, audit("valid", "reviewer-2", run=folder.name, text="Answer 0 0 "))
    assert [row[2] for row in standing(study, folder.name)] == ["valid"]

    other.unlink()
    shard.write_bytes(kept)
    publish(study.path)
    assert [row[2] for row in standing(study, folder.name)] == ["flawed"]


def test_the_same_readers_verdict_on_the_first_text_counts_when_it_is_back(read):
    study, folder = read
    record(study.path, audit("valid", run=folder.name, text="Answer 0 0 "))
    assert standing(study, folder.name) == [("p0", 0, "flawed", "correct")]


def test_another_run_with_the_same_text_has_no_audit(read):
    study, _ = read
    other = study.complete_run("rl", "rl")
    publish(study.path)
    assert standing(study, other.name) == []


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_the_store_and_python_have_one_hash_of_a_text(text):
    (found,) = HASHING.execute("SELECT sha256(?)", [text]).fetchone()
    assert found == content_hash(text)
