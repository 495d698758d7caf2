"""A file is taken in whole or not at all, once, whatever happens while it is read."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow
import pytest

from store.build import publish
from store.importers import import_files
from store.importers.facts import Facts
from store.importers.found import Drawn, Found, Verdict
from store.importers.opening import Source, csv_rows, json_items
from store.importers.staging import reports
from store.importers.taking_in import take_in
from store.location import connect

WHO = {"model": "qwen", "role": "rl", "benchmark": "math"}
ROOT = Path(__file__).parents[2]


def line(idx, scores=(True, False), salt=""):
    return json.dumps(
        {
            "idx": idx, "question": f"q{idx}", "gt": "7", "score": list(scores),
            "code": [f"{salt} answer {idx} {i}" for i in range(len(scores))],
        }
    )  # fmt: skip


def write(path, *lines):
    path.write_text("".join(f"{each}\n" for each in lines))
    return path


def stored(study):
    """(problem, sample, completion, outcome) of everything, from a fresh build."""
    query = """
        SELECT problem_id, sample, completion, outcome
        FROM samples JOIN verdicts USING (run, problem_id, sample) ORDER BY ALL
    """
    with connect(publish(study).path) as connection:
        return connection.execute(query).fetchall()


def files(study):
    return {
        path.relative_to(study): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in study.rglob("*")
        if path.is_file()
    }


def test_the_same_file_again_changes_no_byte(tmp_path):
    path, study = write(tmp_path / "a.jsonl", line(0), line(1)), tmp_path / "study"
    import_files([path], study, **WHO)
    before = files(study)
    again = import_files([path], study, **WHO)
    moved = write(tmp_path / "copy.jsonl", line(0), line(1))
    assert import_files([moved], study, **WHO).samples == again.samples == 0
    assert again.left_out == {"samples of a.jsonl, which was imported before": 4}
    assert files(study) == before


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path):
    path, study = write(tmp_path / "a.jsonl", line(0), "{", line(1)), tmp_path / "study"
    dry = import_files([path], study, dry=True, **WHO)
    assert not study.exists()
    wet = import_files([path], study, **WHO)
    assert str(dry) == str(wet).replace("Imported", "Would import")
    assert (dry.problems, dry.samples, dry.bad) == (2, 4, 1)


def test_a_file_that_has_grown_takes_the_place_of_what_it_brought(tmp_path):
    path, study = write(tmp_path / "a.jsonl", line(0)), tmp_path / "study"
    import_files([path], study, **WHO)
    write(path, line(0), line(1, [True]))
    import_files([path], study, **WHO)
    assert [row[:2] for row in stored(study)] == [("0", 0), ("0", 1), ("1", 0)]
    assert len(reports(study)) == 1
    assert publish(study).set_aside.is_empty()


@pytest.mark.parametrize("more", [{"parent": "qwen-0"}, {"algorithm": "PPO"}, {"step": 7}])
def test_facts_given_later_do_not_double_the_samples(tmp_path, more):
    path, study = write(tmp_path / "a.jsonl", line(0)), tmp_path / "study"
    import_files([path], study, **WHO)
    copy = write(tmp_path / "copy.jsonl", line(0))
    for each in (path, copy):
        import_files([each], study, **WHO, **more)
        assert [row[:2] for row in stored(study)] == [("0", 0), ("0", 1)]


def test_what_a_run_had_before_is_told(tmp_path):
    study = tmp_path / "study"
    import_files([write(tmp_path / "a.jsonl", line(0))], study, **WHO)
    more = import_files([write(tmp_path / "b.jsonl", line(0, [True], "b"))], study, **WHO)
    assert f"{more.runs[0]} had 2 samples before: they are pooled." in str(more)
    assert len(stored(study)) == 3


@pytest.mark.parametrize(("again", "n"), [("replace", 1), ("pool", 3)])
def test_a_file_with_other_content_is_asked_about(tmp_path, again, n):
    path, study = write(tmp_path / "a.jsonl", line(0)), tmp_path / "study"
    import_files([path], study, **WHO)
    write(path, line(0, [True], "other"))
    before = files(study)
    with pytest.raises(ValueError, match=r"--again replace .* --again pool"):
        import_files([path], study, **WHO)
    assert files(study).items() >= before.items()
    import_files([path], study, again=again, **WHO)
    assert len(stored(study)) == n
    assert sum("other" in row[2] for row in stored(study)) == 1


def test_bad_records_are_kept_in_a_report_with_line_field_and_reason(tmp_path):
    path, study = tmp_path / "a.jsonl", tmp_path / "study"
    write(path, line(0), "[]", "", line(1, ["maybe"]), line(2))
    imported = import_files([path], study, **WHO)
    assert (imported.samples, imported.bad) == (4, 2)
    (report,) = reports(study)
    assert (report["file"], report["samples"], report["bad"]) == ("a.jsonl", 4, 2)
    (kept,) = study.glob("imports/*/bad.jsonl")
    bad = [json.loads(each) for each in kept.read_text().splitlines()]
    assert [(each["where"], each["field"]) for each in bad] == [
        ("line 2", "json"),
        ("line 4", "score"),
    ]
    assert '"maybe"' in bad[1]["reason"] and '"maybe"' in bad[1]["excerpt"]


def test_a_question_under_an_id_that_has_another_is_refused(tmp_path):
    study = tmp_path / "study"
    import_files([write(tmp_path / "a.jsonl", line(0))], study, **WHO)
    other = write(tmp_path / "b.jsonl", line(0).replace("q0", "another"), line(1))
    imported = import_files([other], study, **WHO)
    assert (imported.samples, imported.bad_named[0].field) == (2, "question")
    assert "problem 0" in imported.bad_named[0].reason


@pytest.mark.parametrize("form", ["gzip", "order", "grown copy"])
def test_the_same_samples_in_another_form_are_not_pooled_unasked(tmp_path, form):
    study = tmp_path / "study"
    lines = [
        line(i, salt=f"A long text that nobody else would write, number {i},") for i in (0, 1, 2)
    ]
    import_files([write(tmp_path / "a.jsonl", *lines)], study, **WHO)
    other = {
        "gzip": lambda: tmp_path / "a.jsonl.gz",
        "order": lambda: write(tmp_path / "b.jsonl", *lines[::-1]),
        "grown copy": lambda: write(tmp_path / "b.jsonl", *lines, line(3, salt=40 * "new ")),
    }[form]()
    if form == "gzip":
        other.write_bytes(gzip.compress((tmp_path / "a.jsonl").read_bytes()))
    with pytest.raises(ValueError, match=r"6 of [68] longer texts .* --again pool"):
        import_files([other], study, **WHO)
    assert len(stored(study)) == 6
    import_files([other], study, again="pool", **WHO)
    assert len(stored(study)) == (14 if form == "grown copy" else 12)


def test_other_samples_of_the_same_problems_are_pooled(tmp_path):
    study = tmp_path / "study"
    for seed in "ab":
        salt = f"A long text that nobody else would write, seed {seed},"
        path = write(tmp_path / f"{seed}.jsonl", *(line(i, salt=salt) for i in (0, 1, 2)))
        import_files([path], study, **WHO)
    assert len(stored(study)) == 12


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"temperature": float("nan")}, "--temperature is nan"),
        ({"temperature": -1.0}, "--temperature is -1"),
        ({"top_p": 7.0}, "--top-p is 7"),
        ({"max_tokens": -5}, "--max-tokens is -5"),
        ({"step": -5}, "--step is -5"),
        ({"model": ""}, "is empty"),
        ({"benchmark": " "}, "--benchmark is empty"),
    ],
)
def test_facts_that_cannot_be_are_refused_before_anything_is_written(tmp_path, given, said):
    path, study = write(tmp_path / "a.jsonl", line(0)), tmp_path / "study"
    with pytest.raises(ValueError, match=said):
        import_files([path], study, **{**WHO, **given})
    assert not study.exists()


STOPPED = """
import os, signal, sys
from pathlib import Path
from store.importers import taking_in
where, study, path = sys.argv[1:]
if where == "reading":
    from store.importers import draws
    draws.ROWS = 1
    original = draws.RunDraws.flush
    def flush(self):
        original(self)
        os.kill(os.getpid(), signal.SIGKILL)
    draws.RunDraws.flush = flush
else:
    original = Path.replace
    moved = []
    def replace(self, target):
        done = original(self, target)
        if self.suffix == ".parquet":
            moved.append(self)
        if len(moved) == int(where):
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    Path.replace = replace
from store.importers import import_files
import_files([Path(path)], Path(study), model="qwen", role="rl", benchmark="math")
"""


@pytest.mark.parametrize("where", ["reading", "1", "2", "3"])
def test_an_import_that_is_killed_leaves_nothing_half_done(tmp_path, where):
    path, study = write(tmp_path / "a.jsonl", line(0), line(1)), tmp_path / "study"
    command = [sys.executable, "-c", STOPPED, where, str(study), str(path)]
    killed = subprocess.run(command, cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    import_files([path], study, **WHO)
    assert [row[:2] for row in stored(study)] == [("0", 0), ("0", 1), ("1", 0), ("1", 1)]
    assert not list(study.glob("imports/*.tmp"))


def test_two_imports_at_once_number_samples_one_after_the_other(tmp_path):
    study = tmp_path / "study"
    paths = [write(tmp_path / f"{i}.jsonl", line(0, salt=str(i))) for i in range(4)]
    script = (
        "import sys; from pathlib import Path; from store.importers import import_files;"
        "import_files([Path(sys.argv[1])], Path(sys.argv[2]),"
        " model='qwen', role='rl', benchmark='math')"
    )
    commands = [[sys.executable, "-c", script, str(path), str(study)] for path in paths]
    for started in [subprocess.Popen(command, cwd=ROOT) for command in commands]:
        assert started.wait(60) == 0
    assert [row[1] for row in stored(study)] == list(range(8))


def test_ctrl_c_leaves_nothing(tmp_path):
    looked = []

    def read(_):
        yield Found("1", "p", [Drawn("text", (Verdict("v", "correct"),))])
        looked.append(list(study.glob("imports/*.tmp")))
        if len(looked) == 2:  # the first records are looked at before
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)

    path, study = write(tmp_path / "a.jsonl", "x"), tmp_path / "study"
    with pytest.raises(KeyboardInterrupt):
        take_in(Source(path, Facts(**WHO)), "any", read, study)
    assert looked[1] and not list(study.glob("imports/*.tmp")) and not list(study.glob("shards/*"))


# streams


@pytest.mark.parametrize("pack", ["gzip", "zstd"])
def test_compressed_files_are_read_as_they_are(tmp_path, pack):
    content = f"{line(0)}\n".encode()
    path = tmp_path / "a.jsonl.packed"
    packed = (
        gzip.compress(content)
        if pack == "gzip"
        else pyarrow.compress(content, codec="zstd", asbytes=True)
    )
    path.write_bytes(packed)
    assert import_files([path], tmp_path / "study", **WHO).samples == 2


def test_a_quote_that_is_never_closed_does_not_swallow_the_rows_after_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'id,text\n1,"two\n\nlines, ""quoted"""\n2,"open\n3,fine\n4,a,b\n5,\xff\n6,"last"\n'
    )
    found = list(csv_rows(Source(path)))
    good = [each for each in found if isinstance(each, tuple)]
    assert good == [
        ("line 2", {"id": "1", "text": 'two\n\nlines, "quoted"'}),
        ("line 6", {"id": "3", "text": "fine"}),
        ("line 9", {"id": "6", "text": "last"}),
    ]
    bad = [(each.where, each.field) for each in found if not isinstance(each, tuple)]
    assert bad == [("line 5", "row"), ("line 7", "row"), ("line 8", "encoding")]


def test_a_json_list_that_breaks_off_gives_what_stands_before(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"a": 1}, 7, {"a": 2}, {"a": ')
    found = list(json_items(Source(path)))
    assert [each for each in found if isinstance(each, tuple)] == [
        ("item 1", {"a": 1}),
        ("item 3", {"a": 2}),
    ]
    assert [each.where for each in found if not isinstance(each, tuple)] == ["item 2", "end"]
