"""Audits: added by several processes, never changed, and newest first to count."""

import contextlib
import hashlib
import sqlite3

import polars as pl
import pytest

from store import audits, queries
from store.audit_database import writing
from store.audits import Audit, agreed, content_hash, newest, record, version
from store.queries.audited import audited

AT = "2026-01-02T03:04:05+00:00"


def audit(
    label="valid", reviewer="reviewer-1", sample=0, problem="p0", run="run", text="t", **more
):
    return Audit(AT, run, problem, sample, content_hash(text), reviewer, label, **more)


def labels(frame):
    return dict(zip(frame["sample"], frame["label"], strict=True))


def test_nothing_audited_is_an_empty_frame_and_makes_no_file(tmp_path):
    assert newest(tmp_path).is_empty()
    assert agreed(tmp_path).columns == [
        "run", "problem_id", "sample", "content_hash", "label", "audits",
    ]  # fmt: skip
    assert version(tmp_path) == audits.Version()
    assert list(tmp_path.iterdir()) == []


def test_what_is_recorded_is_read_back(tmp_path):
    written = audit("flawed", note="line 3: 2 + 2 = 5\n»…« 'quoted' $1")
    assert record(tmp_path, written) == 1
    assert newest(tmp_path).rows() == [(1, *written)]
    assert newest(tmp_path).schema == pl.Schema(audits.COLUMNS)


def test_the_newest_verdict_of_each_reviewer_counts(tmp_path):
    given = [("valid", "reviewer-1"), ("guess", "reviewer-2"), ("flawed", "reviewer-1")]
    for label, reviewer in given:
        record(tmp_path, audit(label, reviewer))
    record(tmp_path, audit("valid", sample=1))
    found = newest(tmp_path).select("reviewer", "sample", "label").rows()
    assert found == [
        ("reviewer-2", 0, "guess"), ("reviewer-1", 0, "flawed"), ("reviewer-1", 1, "valid"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (("valid",), "valid"),
        (("valid", "flawed"), "ambiguous"),
        (("valid", "flawed", "flawed"), "flawed"),
        (("valid", "flawed", "guess"), "flawed"),
        (("guess", "guess", "valid", "valid", "flawed"), "guess"),
        (("ambiguous", "ambiguous", "valid"), "ambiguous"),
        # Right, wrong or unclear comes first: who rejects for another reason rejects as well.
        (("flawed", "guess"), "flawed"),
        (("guess",), "guess"),
        (("valid", "valid", "flawed", "guess"), "ambiguous"),
        (("ambiguous", "flawed", "guess"), "flawed"),
        (("ambiguous", "ambiguous", "flawed", "guess"), "ambiguous"),
        (("valid", "ambiguous"), "ambiguous"),
        (("valid", "guess", "ambiguous"), "ambiguous"),
        (("valid", "valid", "guess", "ambiguous"), "valid"),
    ],
)
def test_most_say_right_wrong_or_unclear_and_a_tie_is_ambiguous(tmp_path, given, label):
    for number, one in enumerate(given):
        record(tmp_path, audit(one, f"reviewer-{number}"))
    assert agreed(tmp_path).select("label", "audits").rows() == [(label, len(given))]


def test_verdicts_on_different_texts_are_not_mixed(tmp_path):
    record(tmp_path, audit("flawed", "reviewer-1", text="before"))
    record(tmp_path, audit("valid", "reviewer-2", text="after"))
    found = dict(agreed(tmp_path).select("content_hash", "label").rows())
    before, after = (hashlib.sha256(text).hexdigest() for text in (b"before", b"after"))
    assert found == {before: "flawed", after: "valid"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (audit("good"), "label 'good' is none of valid, flawed, guess, ambiguous"),
        (audit(reviewer=" "), "name of its reviewer"),
        (audit(kind="robot"), "kind 'robot' is none of person, judge, adjudicator"),
        (audit(span_start=3), "3 to None is no span"),
        (audit(span_end=3), "None to 3 is no span"),
        (audit(span_start=3, span_end=3), "3 to 3 is no span"),
        (audit(span_start=-1, span_end=3), "-1 to 3 is no span"),
        (audit(sample=-1), "Sample -1"),
        (audit(kind="judge", round=-1), "round -1"),
        (audit(queue=7), "queue 7 is no text"),
        (audit()._replace(at="yesterday"), "'yesterday' is no time"),
        (audit()._replace(at="0001-01-01T00:00:00+05:00"), "is no time"),
        (audit()._replace(at="9999-12-31T23:59:59.999999+00:00"), "is no time"),
        (audit()._replace(at="9001-01-01"), "is no time"),
        (audit()._replace(content_hash=""), "hash of the text"),
        (audit(note="\ud800"), "half a character"),
    ],
)
def test_an_audit_that_cannot_be_right_is_refused(tmp_path, wrong, said):
    with pytest.raises(ValueError, match=said):
        record(tmp_path, wrong)
    assert list(tmp_path.iterdir()) == []


def test_the_file_itself_refuses_what_cannot_be_right(tmp_path):
    record(tmp_path, audit())
    row = audit()
    for wrong in (
        row._replace(label="good"), row._replace(reviewer=""), row._replace(kind="robot"),
        row._replace(span_start=1), row._replace(span_end=1), row._replace(round=-1),
        row._replace(span_start=2, span_end=1),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="constraint"), writing(tmp_path) as connection:
            audits.insert(connection, wrong)
    assert newest(tmp_path).height == 1


def test_a_study_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"There is no study at .*elsewhere"):
        record(tmp_path / "elsewhere", audit())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audits SET label = 'valid'",
        "DELETE FROM audits",
        "INSERT OR REPLACE INTO audits (id, at, run, problem_id, sample, content_hash, reviewer,"
        " label, note, kind, round, queue)"
        " SELECT id, at, run, problem_id, sample, content_hash, reviewer, 'valid', note, kind,"
        " round, queue FROM audits",
    ],
)
def test_rows_are_only_added(tmp_path, statement):
    record(tmp_path, audit("flawed"))
    with (
        sqlite3.connect(tmp_path / audits.FILE) as connection,
        pytest.raises(sqlite3.IntegrityError, match="only added"),
    ):
        connection.execute(statement)
    connection.close()
    assert newest(tmp_path)["label"].to_list() == ["flawed"]


def test_a_new_audit_changes_the_version_while_somebody_reads(tmp_path):
    record(tmp_path, audit())
    # The reader keeps SQLite from tidying up behind the writer.
    with contextlib.closing(audits.opened(tmp_path)) as reader:
        reader.execute("SELECT count(*) FROM audits").fetchall()
        first = version(tmp_path)
        assert version(tmp_path) == first
        record(tmp_path, audit(sample=1))
        assert version(tmp_path) != first
        assert newest(tmp_path).height == 2


def test_a_file_of_something_else_is_named(tmp_path):
    (tmp_path / audits.FILE).write_text("no database, but long enough to be looked at" * 100)
    with pytest.raises(ValueError, match=r"audits\.sqlite cannot be read"):
        newest(tmp_path)


def test_a_writer_that_was_stopped_at_once_leaves_no_audits(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / audits.FILE)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert newest(tmp_path).is_empty()
    assert record(tmp_path, audit()) == 1


@pytest.fixture
def cursor(study, opened):
    """Samples 0–3 of p0–p2; p0: correct, correct, incorrect, incorrect (truncated)."""
    folder = study.complete_run()
    for sample, label in enumerate(("valid", "flawed", "guess", "ambiguous")):
        text = f"Answer 0 {sample}"
        record(study.path, audit(label, sample=sample, run=folder.name, text=text))
    record(study.path, audit("flawed", sample=0, problem="p1", run=folder.name, text="other"))
    record(study.path, audit("flawed", sample=9, problem="p1", run=folder.name))
    return opened(), folder.name, study.path


def test_only_audits_of_the_text_that_is_stored_stand(cursor):
    asked, run, path = cursor
    found = audited(asked, agreed(path), [run], None)
    assert found.select("problem_id", "sample", "label", "outcome", "finish_reason").rows() == [
        ("p0", 0, "valid", "correct", "stop"),
        ("p0", 1, "flawed", "correct", "stop"),
        ("p0", 2, "guess", "incorrect", "stop"),
        ("p0", 3, "ambiguous", "incorrect", "length"),
    ]
    assert audited(asked, agreed(path), [], None).is_empty()
    assert set(audited(asked, agreed(path), [run], "nobody")["outcome"]) == {None}


def judged(label, sample, run):
    return {"run": run, "problem_id": "p0", "sample": sample, "label": label}


@pytest.mark.parametrize(
    ("given", "k", "drawn", "correct"),
    [
        ([], 2, 2, 2),
        ([("flawed", 0)], 2, 2, 1),
        ([("flawed", 0), ("guess", 1)], 2, 2, 0),
        ([("ambiguous", 0)], 1, 1, 1),  # passed over: sample 1 takes its place
        ([("ambiguous", 0)], 4, 3, 1),
        ([("ambiguous", 2), ("valid", 0)], 4, 4, 2),  # what is incorrect stays so, and in n
    ],
)
def test_solved_within_k_only_by_what_reviewers_accept(cursor, given, k, drawn, correct):
    asked, run, _ = cursor
    frame = pl.DataFrame(
        [judged(label, sample, run) for label, sample in given],
        schema={"run": pl.String, "problem_id": pl.String, "sample": pl.Int32, "label": pl.String},
    )
    found = queries.correct_within(asked, [run], None, k, (), frame).filter(problem_id="p0")
    assert found.select("drawn", "correct").rows() == [(drawn, correct)]
