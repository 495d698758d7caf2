"""Audits out to a file and in again: nothing is lost, doubled, or taken in that is no audit."""

import contextlib
import csv
import json
import random
import sqlite3
from datetime import UTC, datetime

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import importers
from store.audit_files import read_audits, write_audits
from store.audit_row import LAST_YEAR
from store.audits import COLUMNS, FILE, KINDS, LABELS, WITHDRAWN, Audit, newest, record, undo
from store.importers.peek import peek
from tests.store.audit_rows import AT, audit, stored

FORMS = ("csv", "parquet", "jsonl")
NOTE = 'Line 3: "2 + 2 = 5",\r\n»…« — \x00\x1b[0m \u202eabc\u2028 \t =1+1'


def work(study, steps=30, seed=0):
    """Several reviewers and a judge at work, with changed minds, spans and undoing."""
    draw = random.Random(seed)
    for step in range(1, steps):
        kind = draw.choice(KINDS)
        reviewer = f"judge:{draw.randrange(2)}" if kind == "judge" else f"r-{draw.randrange(3)}"
        span = draw.choice([{}, {"span_start": 2, "span_end": 5}])
        added = record(study, audit(
            draw.choice(LABELS), reviewer, draw.randrange(4), kind=kind,
            round=draw.randrange(3) if kind == "judge" else 0, note=draw.choice(["", NOTE]),
            queue=draw.choice(["", "random 7"]), **span,
        ))  # fmt: skip
        if step % 7 == 0:
            undo(study, added, AT)


def everything(study):
    return stored(study, ", ".join(list(COLUMNS)[1:]))


@pytest.fixture
def studies(tmp_path):
    """Two folders."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    return tmp_path / "here", tmp_path / "there"


@pytest.mark.parametrize("form", FORMS)
def test_all_that_was_said_comes_back_once(studies, tmp_path, form):
    here, there = studies
    work(here)
    file = tmp_path / f"audits.{form}"
    rows = len(stored(here))
    assert write_audits(here, file) == rows
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name, "here", "there"]

    assert read_audits(there, file) == (rows, 0, ())
    assert everything(there) == everything(here)
    assert newest(there).equals(newest(here))
    assert read_audits(there, file) == (0, rows, ())
    assert read_audits(here, file) == (0, rows, ())


@pytest.mark.parametrize("form", FORMS)
def test_two_studies_that_were_read_apart_become_one(studies, tmp_path, form):
    here, there = studies
    record(here, audit("valid", at="2026-01-02T00:00:00+00:00"))
    write_audits(here, tmp_path / f"first.{form}")
    read_audits(there, tmp_path / f"first.{form}")
    record(there, audit("guess", at="2026-01-03T00:00:00+00:00"))
    record(here, audit("flawed", at="2026-01-04T00:00:00+00:00"))  # later, in the other place
    record(here, audit("valid", "reviewer-2"))
    write_audits(there, tmp_path / f"there.{form}")
    assert read_audits(here, tmp_path / f"there.{form}") == (1, 1, ())
    # What was said last counts, although it was not what was added last.
    assert dict(newest(here).select("reviewer", "label").rows()) == {
        "reviewer-1": "flawed", "reviewer-2": "valid",
    }  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_study_without_audits_makes_a_file_without_rows(studies, tmp_path, form):
    here, there = studies
    file = tmp_path / f"audits.{form}"
    assert write_audits(here, file) == 0
    assert list(here.iterdir()) == []
    assert read_audits(there, file) == (0, 0, ())


LAST = datetime(LAST_YEAR, 12, 31)
NOTES = st.text(st.characters(codec="utf-8"))
AUDITS = st.builds(
    Audit,
    at=st.datetimes(max_value=LAST, timezones=st.just(UTC)).map(datetime.isoformat),
    run=NOTES.filter(bool),
    problem_id=NOTES.filter(bool),
    sample=st.integers(0, 2**31 - 1),
    content_hash=NOTES.filter(bool),
    reviewer=NOTES.filter(str.strip),
    label=st.sampled_from([*LABELS, WITHDRAWN]),
    note=NOTES,
    span_start=st.none(),
    span_end=st.none(),
    kind=st.sampled_from(KINDS),
    round=st.integers(0, 9),
    queue=NOTES,
)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(AUDITS, max_size=4), form=st.sampled_from(FORMS))
def test_any_text_comes_back_as_it_was(tmp_path_factory, rows, form):
    folder = tmp_path_factory.mktemp("round")
    here, there = folder / "here", folder / "there"
    here.mkdir()
    there.mkdir()
    for row in rows:
        record(here, row)
    write_audits(here, folder / f"audits.{form}")
    added, known, refused = read_audits(there, folder / f"audits.{form}")
    assert (added, known, refused) == (len(rows), 0, ())
    if rows:
        assert everything(there) == everything(here)


def test_a_csv_file_that_pandas_or_a_spreadsheet_wrote_is_read(studies, tmp_path):
    here, there = studies
    record(here, audit("guess", span_start=2, span_end=5))
    record(here, audit("valid", "reviewer-2"))
    write_audits(here, tmp_path / "audits.csv")
    table = pd.read_csv(tmp_path / "audits.csv")  # spans become 2.0 and NaN, notes NaN
    table.to_csv(tmp_path / "again.csv", index=False, encoding="utf-8-sig")
    table.to_parquet(tmp_path / "again.parquet")
    assert read_audits(there, tmp_path / "again.csv") == (2, 0, ())
    assert read_audits(there, tmp_path / "again.parquet") == (0, 2, ())
    assert everything(there) == everything(here)


def test_a_file_that_says_only_what_is_needed_is_enough(studies, tmp_path):
    here, _ = studies
    row = audit("flawed")
    (tmp_path / "few.csv").write_text(
        "reviewer,label,run,problem_id,sample,at,content_hash,mood\n"
        f"reviewer-1,flawed,run,p0,0,2026-01-02T04:04:05+01:00,{row.content_hash},good\n"
    )
    assert read_audits(here, tmp_path / "few.csv") == (1, 0, ())
    assert everything(here) == [tuple(row)]


def without_queue(path):
    """The same file as a program writes it that knows of no queues."""
    frame = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}[
        path.suffix[1:]
    ](path).drop("queue")
    write = {"csv": "write_csv", "jsonl": "write_ndjson", "parquet": "write_parquet"}
    getattr(frame, write[path.suffix[1:]])(path)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_rows_of_a_file_that_tells_of_no_queue_are_known_again(studies, tmp_path, form):
    here, there = studies
    record(here, audit("flawed", queue="random 7", span_start=2, span_end=5))
    record(here, audit("valid", "reviewer-2"))
    write_audits(here, tmp_path / f"whole.{form}")
    write_audits(here, tmp_path / f"less.{form}")
    less = without_queue(tmp_path / f"less.{form}")
    assert importers.detect(less) == "audits"
    assert read_audits(here, less) == (0, 2, ())
    assert read_audits(there, less) == (2, 0, ())
    assert stored(there, "queue") == [("",), ("",)]
    # What it says of a queue is more than was known.
    assert read_audits(there, tmp_path / f"whole.{form}") == (1, 1, ())
    assert newest(there)["queue"].to_list() == ["", "random 7"]
    assert (
        newest(there)
        .select("reviewer", "label")
        .equals(newest(here).select("reviewer", "label").reverse())
    )


@pytest.mark.parametrize("form", FORMS)
def test_verdicts_that_differ_only_in_their_queue_are_two(studies, tmp_path, form):
    here, there = studies
    for queue in ("random 7", "random 8"):
        record(there, audit("flawed", queue=queue))
        write_audits(there, tmp_path / f"audits.{form}")
        assert read_audits(here, tmp_path / f"audits.{form}").added == 1
    assert stored(here, "queue") == [("random 7",), ("random 8",)]


GOOD = audit()._asdict()
WRONG = [
    ({"label": "good"}, "label 'good' is none of"),
    ({"label": None}, "It has no label."),
    ({"content_hash": None, "run": None}, "It has no run and no content_hash."),
    ({"reviewer": " "}, "name of its reviewer"),
    ({"kind": "robot"}, "kind 'robot' is none of"),
    ({"sample": "first"}, "sample 'first' is no whole number"),
    ({"sample": "1.5"}, "sample '1.5' is no whole number"),
    ({"sample": "-1"}, "Sample -1"),
    ({"sample": "1e99"}, "sample '1e99' is no whole number"),
    ({"span_start": "3"}, "3 to None is no span"),
    ({"span_start": "3", "span_end": "2"}, "3 to 2 is no span"),
    ({"round": "-1"}, "round -1"),
    ({"at": "yesterday"}, "'yesterday' is no time"),
    ({"at": "0001-01-01T00:00:00+05:00"}, "is no time"),
    ({"at": "9999-12-31T23:59:59.999999+00:00"}, "is no time"),
    ({"sample": "1e999"}, "is no whole number"),
]


def written(path, rows):
    """A file of these rows, all values text or null."""
    frame = pl.DataFrame(
        [{name: None if row[name] is None else str(row[name]) for name in GOOD} for row in rows],
        schema=dict.fromkeys(GOOD, pl.String),
    )
    if path.suffix == ".csv":
        frame.write_csv(path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dicts()))
    else:
        frame.write_parquet(path)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_are_no_audits_are_named_and_the_others_come_in(studies, tmp_path, form):
    here, _ = studies
    good = [{**GOOD, "sample": number} for number in range(len(WRONG) + 1)]
    mixed = [good[0]]
    for (change, _), row in zip(WRONG, good[1:], strict=True):
        mixed += [{**GOOD, **change}, row]
    found = read_audits(here, written(tmp_path / f"mixed.{form}", mixed))
    first = 3 if form == "csv" else 2  # lines of CSV count from the heading
    assert [line for line, _ in found.refused] == [first + 2 * i for i in range(len(WRONG))]
    for (_, reason), (_, said) in zip(found.refused, WRONG, strict=True):
        assert said in reason
    assert (found.added, found.known) == (len(good), 0)
    assert [row[3] for row in everything(here)] == list(range(len(good)))


def test_the_line_is_that_on_which_a_row_begins(studies, tmp_path):
    here, _ = studies
    heading, ok = ",".join(GOOD), ",".join(str(v) if v is not None else "" for v in GOOD.values())
    spread = ok.replace(",person", ",person").replace("valid,,", 'good,"one\ntwo\n",')
    (tmp_path / "a.csv").write_text("\n".join([heading, spread, "a,b", "", ok, f"{ok},more"]))
    found = read_audits(here, tmp_path / "a.csv")
    assert [(line, reason.split(" ")[0]) for line, reason in found.refused] == [
        (2, "The"), (5, "It"), (8, "It"),
    ]  # fmt: skip
    assert found.added == 1


def test_lines_that_are_no_objects_are_named(studies, tmp_path):
    here, _ = studies
    lines = ["[1]", "{", "", json.dumps(GOOD), json.dumps({**GOOD, "note": "\ud800"}), "3"]
    lines += [json.dumps({**GOOD, "note": 3}), json.dumps({**GOOD, "sample": True})]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    found = read_audits(here, tmp_path / "a.jsonl")
    assert [line for line, _ in found.refused] == [1, 2, 5, 6, 7, 8]
    assert found.added == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (json.dumps({**GOOD, "sample": 10**400}), "The sample 1000"),
        (json.dumps({**GOOD, "round": [1] * 10**6}), "is no whole number"),
        (json.dumps({**GOOD, "note": {"x" * 10**6: 1}}), "is no text"),
        (json.dumps({**GOOD, "queue": 7}), "The queue 7 is no text"),
        (json.dumps({**GOOD, "sample": float("inf")}), "The sample inf is no whole number"),
        ("[" * 100_000, "It is no JSON object, but lists"),
        ('{"at":' * 100_000, "It is no JSON object, but lists"),
        ("1" * 10_000, "It is no JSON"),
    ],
    ids=["number", "list", "object", "queue", "inf", "lists", "objects", "digits"],
)
def test_a_line_that_python_cannot_count_or_follow_is_one_row_left_out(
    studies, tmp_path, line, said
):
    here, _ = studies
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(GOOD)}\n{line}\n{json.dumps(GOOD)}\n")
    added, known, refused = read_audits(here, tmp_path / "a.jsonl")
    assert (added, known, [row.line for row in refused]) == (1, 1, [2])
    assert said in refused[0].reason
    assert len(refused[0].reason) < 200


def test_a_jsonl_file_may_begin_with_a_byte_order_mark(studies, tmp_path):
    here, _ = studies
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD) + "\n", encoding="utf-8-sig")
    assert importers.detect(tmp_path / "a.jsonl") == "audits"
    assert read_audits(here, tmp_path / "a.jsonl") == (1, 0, ())


CSV = ["at,run,problem_id,sample,content_hash,reviewer,label,note"]
CSV += [f"2026-01-01,r,p,{sample},h,a,valid,fine" for sample in range(4)]


@pytest.mark.parametrize(
    ("line", "note", "added", "said"),
    [
        (1, '"open', 0, "unexpected end of data (lines 2 to 5)"),
        (3, '"open', 2, "unexpected end of data (lines 4 to 5)"),
        (4, '"open', 3, "unexpected end of data"),
        (2, '"one" two', 3, "',' expected after '\"'"),
    ],
)
def test_a_quote_that_is_not_closed_is_told_with_what_it_took_in(
    studies, tmp_path, line, note, added, said
):
    here, _ = studies
    lines = [*CSV]
    lines[line] = lines[line].replace("fine", note)
    (tmp_path / "a.csv").write_text("\n".join(lines))
    found = read_audits(here, tmp_path / "a.csv")
    assert found.added == added
    assert [row.line for row in found.refused] == [line + 1]
    assert said in found.refused[0].reason


def test_an_open_quote_that_a_later_row_seems_to_close_takes_no_row_in_silence(studies, tmp_path):
    here, _ = studies
    lines = [*CSV]
    lines[1] = lines[1].replace("fine", '"open')
    lines[3] = lines[3].replace("fine", '"well, then"')
    (tmp_path / "a.csv").write_text("\n".join(lines))
    found = read_audits(here, tmp_path / "a.csv")
    assert found.added == 1
    assert [line for line, _ in found.refused] == [2]
    assert "(lines 2 to 4)" in found.refused[0].reason


def test_a_heading_with_an_open_quote_is_no_heading(studies, tmp_path):
    here, _ = studies
    (tmp_path / "a.csv").write_text('at,"run\n' + "\n".join(CSV))
    with pytest.raises(ValueError, match="holds no audits: unexpected end of data"):
        read_audits(here, tmp_path / "a.csv")
    assert not importers.audits.recognises(peek(tmp_path / "a.csv"))


@pytest.mark.parametrize("form", FORMS)
def test_a_note_of_any_length_comes_back(studies, tmp_path, form):
    here, there = studies
    record(here, audit("flawed", note="long, " * 200_000))
    write_audits(here, tmp_path / f"a.{form}")
    csv.field_size_limit(131_072)  # as Python has it at first
    assert importers.detect(tmp_path / f"a.{form}") == "audits"
    assert read_audits(there, tmp_path / f"a.{form}") == (1, 0, ())
    assert everything(there) == everything(here)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"problem_id,n,c\np0,4,1\n", "holds no audits: it has no column at and no run"),
        ("a.csv", b"", "holds no audits"),
        ("a.csv", b"\xff\xfe", "no text in UTF-8"),
        ("a.jsonl", b"\xff\xfe", "no text in UTF-8"),
        ("a.parquet", b"PAR1", "cannot be read as Parquet"),
        ("a.txt", b"", r"must end in one of \.csv, \.parquet, \.jsonl"),
    ],
)
def test_a_file_of_something_else_is_named_and_adds_nothing(studies, tmp_path, name, content, said):
    here, _ = studies
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read_audits(here, tmp_path / name)
    assert list(here.iterdir()) == []


def test_a_file_is_taken_in_as_a_whole_or_not_at_all(studies, tmp_path):
    here, _ = studies
    work(here, 10)
    before = everything(here)
    file = written(tmp_path / "a.csv", [{**GOOD, "sample": number} for number in range(50, 60)])
    with contextlib.closing(sqlite3.connect(here / FILE)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audits WHEN NEW.sample = 55"
            " BEGIN SELECT raise(ABORT, 'disk is full'); END"
        )
    with pytest.raises(ValueError, match=r"disk is full\. Nothing was recorded"):
        read_audits(here, file)
    assert everything(here) == before


def test_what_an_earlier_version_wrote_is_known_again(studies, tmp_path):
    here, _ = studies
    record(here, audit())
    with contextlib.closing(sqlite3.connect(here / FILE)) as connection, connection:
        names = "run, problem_id, sample, content_hash, reviewer, label, note, kind, round, queue"
        connection.execute(
            f"INSERT INTO audits (at, {names}) SELECT '2026-02-02T00:00:00Z', {names} FROM audits"
        )
    write_audits(here, tmp_path / "a.csv")
    assert read_audits(here, tmp_path / "a.csv") == (0, 2, ())


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_audits_is_recognised(studies, tmp_path, form):
    here, there = studies
    work(here, 5)
    rows = write_audits(here, tmp_path / f"audits.{form}")
    assert importers.detect(tmp_path / f"audits.{form}") == "audits"
    assert str(importers.import_files([tmp_path / f"audits.{form}"], there)) == (
        f"audits.{form}: audits: audits that passband export wrote.\nImported {rows} audits."
    )
    again = importers.import_files([tmp_path / f"audits.{form}"], there, "audits")
    assert str(again).endswith(f"\nImported 0 audits.\n{rows} were there already.")


def test_an_import_names_the_first_rows_that_it_left_out(studies, tmp_path):
    here, _ = studies
    file = written(tmp_path / "a.csv", [GOOD, *[{**GOOD, "label": f"l{i}"} for i in range(8)]])
    said = str(importers.import_files([file], here, "audits")).splitlines()[1:]
    assert said[0] == "Imported 1 audits."
    assert said[1] == (
        "Left out: 1 row: a.csv, line 3: The label 'l0' is none of valid, flawed, guess, ambiguous."
    )
    assert said[-1] == "Left out: 3 more rows of a.csv."
    assert len(said) == 7
