"""Publishing: what is built, what is left out and named, and what is not read again."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import duckdb
import polars as pl
import pytest

import store.build
import store.insertion
import store.inventory
from store.build import publish
from store.location import connect, current
from store.shards import COLUMNS, checksum

TABLES = (
    "set_aside", "shards", "models", "benchmarks", "problems", "runs", "prompts", "samples",
    "verdicts", "scores", "entropies", "counts", "training_log",
)  # fmt: skip


def tables(path):
    with connect(path) as connection:
        return {name: sorted(map(repr, connection.table(name).fetchall())) for name in TABLES}


def rows(path, query):
    with connect(path) as connection:
        return connection.execute(query).fetchall()


def reasons(report):
    return dict(zip(report.set_aside["path"], report.set_aside["reason"], strict=True))


def test_publishing_stores_every_row_and_names_nothing_when_all_is_sound(study):
    study.complete_run("base")
    study.complete_run("trained", "rl")
    report = publish(study.path)
    assert report.rows == {
        "problems": 3, "samples": 24, "verdicts": 24, "scores": 0, "entropies": 0, "counts": 6,
    }  # fmt: skip
    assert (report.shards_read, report.shards_reused) == (6, 0)
    assert report.set_aside.is_empty()
    assert report.path == current(study.path)
    prompts = rows(report.path, "SELECT count(DISTINCT prompt) FROM prompts")
    assert prompts == [(6,)]


def test_counts_are_those_that_python_counts(study):
    folder = study.complete_run()
    study.verdicts(folder, verifier="other", count=3, shift=1)
    path = publish(study.path).path
    judged = rows(path, "SELECT problem_id, verifier, sample, outcome FROM verdicts")
    expected = {}
    for problem in ("p0", "p1", "p2"):
        for verifier in ("boxed", "other"):
            mine = [(s, o) for p, v, s, o in judged if (p, v) == (problem, verifier)]
            every = Counter(outcome for _, outcome in mine)
            cut = Counter(outcome for sample, outcome in mine if sample == 3)
            expected[problem, verifier] = (
                len(mine), every["correct"], every["no_answer"], every["error"], cut.total(),
                cut["correct"], cut["no_answer"], cut["error"], 4 - len(mine),
            )  # fmt: skip
    query = """
        SELECT problem_id, verifier, n, c, no_answer, error, truncated, truncated_correct,
            truncated_no_answer, truncated_error, unverified
        FROM counts
    """
    assert {row[:2]: row[2:] for row in rows(path, query)} == expected


def test_the_newest_version_of_a_verifier_counts_and_ten_comes_after_nine(study):
    folder = study.complete_run()
    study.verdicts(folder, version="0.9", shift=1)
    study.verdicts(folder, version="0.10", count=2)
    path = publish(study.path).path
    assert rows(path, "SELECT DISTINCT version, n, unverified FROM counts") == [("1", 4, 0)]
    study.verdicts(folder, version="1.0.10", count=2)
    study.verdicts(folder, version="1.0.9", count=3)
    path = publish(study.path).path
    assert rows(path, "SELECT DISTINCT version, n, unverified FROM counts") == [("1.0.10", 2, 2)]
    assert rows(path, "SELECT count(*) FROM verdicts") == [(12 + 12 + 6 + 6 + 9,)]


def test_faulty_files_are_named_with_their_reason_and_the_rest_is_built(study):
    folder = study.complete_run()
    truncated = study.samples(folder, first=10)
    truncated.write_bytes(truncated.read_bytes()[:-50])
    flipped = study.samples(folder, first=20)
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    empty = study.samples(folder, first=30)
    empty.write_bytes(b"")
    (folder / ".0123.tmp").write_bytes(b"PAR1 half a shard")
    (folder / "notes.txt").write_text("hello")
    (folder / f"samples-{'f' * 32}.parquet").mkdir()
    (folder / os.fsdecode(b"caf\xe9-samples")).write_text("hello")
    (folder.parent / "README").write_text("hello")
    (folder.parent / "no-run").mkdir()
    (folder.parent / "renamed").mkdir()
    (folder.parent / "renamed" / "run.json").write_bytes((folder / "run.json").read_bytes())
    report = publish(study.path)
    run = folder.name
    said = reasons(report)
    assert "corrupted" in said.pop(f"{run}/{truncated.name}")
    assert "corrupted" in said.pop(f"{run}/{flipped.name}")
    assert "corrupted" in said.pop(f"{run}/{empty.name}")
    assert "unfinished" in said.pop(f"{run}/.0123.tmp")
    assert "foreign" in said.pop(f"{run}/notes.txt")
    assert "not a file" in said.pop(f"{run}/samples-{'f' * 32}.parquet")
    assert "foreign" in said.pop(f"{run}/caf\ufffd-samples")
    assert "foreign" in said.pop("README")
    assert "No such file" in said.pop("no-run")
    assert f"its run.json is that of {run}" in said.pop("renamed")
    assert not said
    assert report.rows["samples"] == 12
    assert report.set_aside["rows"].null_count() == 10


def test_a_shard_whose_pages_cannot_be_decoded_is_named_when_it_is_read(study, monkeypatch):
    folder = study.complete_run()
    broken = study.samples(folder, first=10)
    intact = store.insertion.read_rows

    def read_rows(parent, shard):
        if shard.path.endswith(broken.name):
            raise pl.exceptions.ComputeError("page is damaged\nand so on")
        return intact(parent, shard)

    monkeypatch.setattr(store.insertion, "read_rows", read_rows)
    report = publish(study.path)
    assert reasons(report) == {f"{folder.name}/{broken.name}": "unreadable: page is damaged"}
    assert report.rows["samples"] == 12


def test_rows_that_repeat_or_have_no_sample_are_left_out_and_counted(study):
    folder = study.complete_run()
    again = study.samples(folder, first=3, count=2)  # sample 3 is stored, sample 4 is new
    late = study.verdicts(folder, first=3, count=3)  # 3 is judged, 4 is new, 5 does not exist
    score = {"problem_id": "p0", "scorer": "m", "n_tokens": 2, "sum_logprob": -1.0}
    scores = study.shard(folder, "scores", [{**score, "sample": i} for i in (0, 0, 99)], "m")
    odd = study.shard(
        folder,
        "verdicts",
        [{"problem_id": "p0", "sample": 1, "verifier": "v", "version": "1", "outcome": "maybe"}],
        "v",
    )
    report = publish(study.path)
    assert (report.rows["samples"], report.rows["verdicts"], report.rows["scores"]) == (15, 15, 1)
    left_out = Counter()
    for path, rows_left_out in report.set_aside.select("path", "rows").rows():
        left_out[path.removeprefix(f"{folder.name}/")] += rows_left_out
    # Of two shards with the same sample, the one whose name comes first is stored.
    repeated = {p.name for p in folder.glob("samples-*")} & set(left_out)
    assert len(repeated) == 1 and left_out.pop(repeated.pop()) == 3
    assert left_out.pop(scores.name) == 2
    assert left_out.pop(odd.name) == 1
    assert again.name and left_out[late.name] >= 3  # the three for sample 5
    assert left_out.total() == 6


def test_entropies_are_stored_once_for_each_sample_and_scorer(study):
    folder = study.complete_run()
    row = {"problem_id": "p0", "scorer": "m", "token_entropies": [0.5, 0.25]}
    path = study.shard(folder, "entropies", [{**row, "sample": i} for i in (0, 1, 1, 99)], "m")
    report = publish(study.path)
    assert report.rows["entropies"] == 2
    assert report.set_aside.select("path", "rows", "reason").rows() == [
        (f"{folder.name}/{path.name}", 1,
            "entropies of this sample under this scorer are stored already"),
        (f"{folder.name}/{path.name}", 1, "the sample whose entropies these are is not stored"),
    ]  # fmt: skip


def test_a_score_goes_before_the_note_that_the_sample_was_too_long(study):
    folder = study.complete_run()
    key = {"problem_id": "p0", "sample": 0, "scorer": "m"}
    scores = [{**key, "n_tokens": 900}, {**key, "n_tokens": 2, "sum_logprob": -1.0}]
    study.shard(folder, "scores", scores, "m")
    path = publish(study.path).path
    assert rows(path, "SELECT n_tokens, sum_logprob FROM scores") == [(2, -1.0)]


def test_scores_of_an_earlier_version_which_had_no_own_tokens_are_read(study):
    folder = study.complete_run()
    row = {"problem_id": "p0", "sample": 0, "scorer": "m", "n_tokens": 2, "sum_logprob": -1.0}
    path = study.shard(folder, "scores", [{**row, "token_logprobs": [-0.5, -0.5]}], "m")
    earlier = folder.parent / "earlier.parquet"
    pl.read_parquet(path, glob=False).drop("token_ids", "token_ends").write_parquet(earlier)
    path.unlink()
    earlier.rename(folder / f"scores-m-{checksum(earlier)}.parquet")
    new = {**row, "sample": 1, "token_ids": [4, 5], "token_ends": [1, 9]}
    study.shard(folder, "scores", [new], "m")
    report = publish(study.path)
    assert report.set_aside.is_empty()
    query = "SELECT sample, token_ids, token_ends, token_logprobs FROM scores ORDER BY sample"
    assert rows(report.path, query) == [(0, None, None, [-0.5, -0.5]), (1, [4, 5], [1, 9], None)]


def test_samples_of_an_earlier_version_which_had_no_ranks_are_read(study):
    folder = study.complete_run()
    path = study.samples(folder, problems=1, first=4, count=1)
    earlier = folder.parent / "earlier.parquet"
    pl.read_parquet(path, glob=False).drop("token_ranks").write_parquet(earlier)
    path.unlink()
    earlier.rename(folder / f"samples-{checksum(earlier)}.parquet")
    report = publish(study.path)
    assert report.set_aside.is_empty()
    query = "SELECT sample, token_ranks, token_logprobs FROM samples WHERE problem_id = 'p0'"
    assert rows(report.path, f"{query} AND sample >= 3 ORDER BY sample") == [
        (3, [1, 3], [-0.5, -0.25]),
        (4, None, [-0.5, -0.25]),
    ]


def test_invalid_counts_are_left_out_by_reason_and_the_others_are_kept(study):
    folder = study.run()
    pairs = [(4, 2), (4, 5), (0, 0), (4, -1)]
    count = {"verifier": "imported"}
    rows_ = [{**count, "problem_id": f"p{i}", "n": n, "c": c} for i, (n, c) in enumerate(pairs)]
    study.shard(folder, "counts", [*rows_, rows_[0]], "imported")
    report = publish(study.path)
    said = set(report.set_aside.filter(pl.col("rows") == 1)["reason"])
    assert said == {
        "c is above n",
        "n is below 1",
        "c is negative",
        "counts of this verifier for this problem are stored already",
    }
    assert rows(report.path, "SELECT n, c, truncated, version FROM counts") == [(4, 2, 0, None)]


def test_samples_of_a_problem_that_no_shard_describes_are_kept_and_named(study):
    folder = study.complete_run()
    study.samples(folder, problems=5, first=4)
    study.verdicts(folder, problems=5, first=4)
    report = publish(study.path)
    query = "SELECT problem_id, position, question FROM problems WHERE question IS NULL"
    assert sorted(rows(report.path, query)) == [("p3", 3, None), ("p4", 4, None)]
    assert report.set_aside.select("run", "rows").rows() == [(folder.name, 0)]
    study.problems(folder, 5)  # repeats three, and brings the two
    report = publish(study.path)
    assert rows(report.path, "SELECT count(*), count(question) FROM problems") == [(5, 5)]


def test_a_problem_that_two_runs_tell_differently_keeps_the_first_and_is_named(study):
    first = study.complete_run("a-model")
    second = study.run("b-model")
    path = study.problems(second, reference="no")
    report = publish(study.path)
    assert rows(report.path, "SELECT reference FROM problems ORDER BY position") == [
        ("0",), ("1",), ("2",),
    ]  # fmt: skip
    assert list(reasons(report)) == [f"{second.name}/{path.name}"]
    assert "another run" in report.set_aside["reason"][0] and first.name < second.name
    assert rows(report.path, "SELECT count(*) FROM prompts") == [(6,)]


def test_metadata_that_is_not_json_is_kept_as_text(study):
    study.problems(study.run(), metadata="{not json")
    path = publish(study.path).path
    assert rows(path, "SELECT DISTINCT metadata ->> '$' FROM problems") == [("{not json",)]


def test_a_model_that_two_runs_describe_differently_is_named(study):
    study.run("m", "base", benchmark="a")
    study.run("m", "instruct", benchmark="b")
    report = publish(study.path)
    assert rows(report.path, "SELECT role FROM models") == [("base",)]
    assert "role of m is instruct here and base" in report.set_aside["reason"][0]


def test_training_logs_are_read_and_unreadable_ones_named(study):
    study.complete_run()
    folder = study.path / "training_log"
    folder.mkdir()
    (folder / "trained.csv").write_text("step,reward,extra\n1,0.5,x\n2,0.75,y\n")
    (folder / "bad.csv").write_text("step,reward\none,0.5\n")
    report = publish(study.path)
    assert rows(report.path, "SELECT model, step, reward, entropy FROM training_log") == [
        ("trained", 1, 0.5, None), ("trained", 2, 0.75, None),
    ]  # fmt: skip
    assert list(reasons(report)) == ["training_log/bad.csv"]


def test_a_study_without_shards_says_what_to_do(study):
    with pytest.raises(ValueError, match=r"has no shards\. Make some with passband generate"):
        publish(study.path)
    (study.path / "shards" / "junk").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"holds no run\. junk: the whole folder"):
        publish(study.path)


def test_a_study_without_a_store_says_how_to_build_it(study):
    with pytest.raises(ValueError, match=r"No store at .*\. Build it with: passband publish"):
        current(study.path)


def test_the_same_shards_give_the_same_name_and_are_not_built_twice(study):
    study.complete_run()
    first = publish(study.path)
    built = first.path.stat().st_mtime_ns
    second = publish(study.path)
    assert second.path == first.path and second.path.stat().st_mtime_ns == built
    assert (second.shards_read, second.shards_reused) == (0, 3)


def test_a_second_build_reads_only_new_shards_and_equals_a_full_build(study, monkeypatch):
    folder = study.complete_run("base")
    study.complete_run("trained", "rl")
    publish(study.path)
    for path in folder.glob("samples-*"):  # would be set aside if it were read again
        known = path.stat()
        path.write_bytes(bytes(known.st_size))
        os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    read = []
    intact = store.inventory.fault
    monkeypatch.setattr(store.inventory, "fault", lambda path: read.append(path) or intact(path))
    new = [study.samples(folder, first=4), study.verdicts(folder, first=4)]
    new += [study.verdicts(folder, verifier="other", version="2")]
    report = publish(study.path)
    assert sorted(read) == sorted(new)
    assert (report.shards_read, report.shards_reused) == (3, 6)
    assert report.set_aside.is_empty()
    assert report.rows["samples"] == 36


@pytest.mark.parametrize("faulty", [False, True])
def test_a_study_that_grew_gives_the_tables_of_one_built_at_once(study, faulty):
    base = study.complete_run("base")
    publish(study.path)
    study.complete_run("a-trained", "rl")
    publish(study.path)
    study.samples(base, first=4)
    (base / "stray").write_text("x")
    publish(study.path)
    study.verdicts(base, first=4, version="2")
    if faulty:
        study.samples(base, first=7)  # repeats sample 7
        study.problems(study.run("c-trained", "rl"), question="Other?")
        publish(study.path)
        study.verdicts(base, first=7)
    last = publish(study.path)
    grown = tables(last.path)
    assert faulty or last.shards_reused > 0
    for path in (study.path / "store").iterdir():
        path.unlink()
    assert tables(publish(study.path).path) == grown


def test_a_shard_that_vanished_or_a_run_that_broke_is_no_longer_in_the_store(study):
    folder = study.complete_run("base")
    other = study.complete_run("trained", "rl")
    extra = study.samples(folder, first=4)
    assert publish(study.path).rows["samples"] == 36 - 12 + 12
    extra.unlink()
    assert publish(study.path).rows["samples"] == 24
    (other / "run.json").write_text("{}")
    report = publish(study.path)
    assert report.rows["samples"] == 12
    assert list(reasons(report)) == [other.name]


def test_a_changed_run_json_is_seen(study):
    folder = study.complete_run()
    before = publish(study.path)
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**facts, "engine": "another"}))
    after = publish(study.path)
    assert after.path != before.path
    assert rows(after.path, "SELECT engine FROM runs") == [("another",)]


def test_a_reader_keeps_the_old_build_while_a_new_one_is_published(study):
    folder = study.complete_run()
    publish(study.path)
    old = connect(current(study.path))
    study.samples(folder, first=4)
    publish(study.path)
    with connect(current(study.path)) as new:
        assert new.cursor().execute("SELECT count(*) FROM samples").fetchall() == [(24,)]
    assert old.cursor().execute("SELECT count(*) FROM samples").fetchall() == [(12,)]
    old.close()


KILLED_BEFORE_ITS_LAST_STEP = """
import os, signal, sys
from pathlib import Path
import store.build
store.build.replace_info = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
store.build.publish(Path(sys.argv[1]))
"""


def test_a_killed_publish_leaves_current_alone_and_its_leavings_go_at_the_next(study):
    folder = study.complete_run()
    before = publish(study.path).path
    study.samples(folder, first=4)
    command = [sys.executable, "-c", KILLED_BEFORE_ITS_LAST_STEP, str(study.path)]
    root = Path(__file__).parents[2]
    assert subprocess.run(command, cwd=root, check=False).returncode == -signal.SIGKILL
    assert current(study.path) == before
    assert list((study.path / "store").glob(".*.tmp*"))
    assert publish(study.path).rows["samples"] == 24
    assert not list((study.path / "store").glob(".*.tmp*"))


def test_a_damaged_build_is_built_again(study):
    study.complete_run()
    path = publish(study.path).path
    content = tables(path)
    path.write_bytes(b"not a store")
    assert tables(publish(study.path).path) == content


def test_two_publishers_at_once_leave_one_sound_store(study):
    folder = study.complete_run()
    publish(study.path)
    study.samples(folder, first=4)
    reports = []
    workers = [
        threading.Thread(target=lambda: reports.append(publish(study.path))) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {report.path for report in reports} == {current(study.path)}
    assert sorted(report.shards_read for report in reports) == [0, 0, 0, 1]
    assert reports[0].rows["samples"] == 24


def test_many_small_shards_are_read_in_batches_of_bounded_size(study, monkeypatch):
    monkeypatch.setattr(store.insertion, "BATCH_BYTES", 1)
    folder = study.complete_run()
    for first in (4, 8, 12):
        study.samples(folder, first=first)
    assert publish(study.path).rows["samples"] == 48


def test_the_dictionary_has_the_columns_that_shards_have():
    schema = store.build.SCHEMA
    with duckdb.connect() as connection:
        connection.execute(schema)
        for kind in ("samples", "verdicts", "scores", "entropies"):
            assert set(COLUMNS[kind]) | {"run"} == set(connection.table(kind).columns)


def test_the_report_names_what_was_set_aside_and_how_many_rows(study):
    folder = study.complete_run()
    late = study.verdicts(folder, problems=1, first=9, count=1)
    (folder.parent / "stray").write_text("x")
    said = str(publish(study.path)).splitlines()
    assert said[0].endswith("(4 shards read, 0 known already); 2 things set aside")
    assert said[1:] == [
        f"  {folder.name}/{late.name}: the sample that is judged is not stored (1 rows left out)",
        "  stray: foreign: not the folder of a run",
    ]


# A file may have so many bytes, as if the disk were full beyond them; counted from what the build
# of the first run takes.
CROWDED = """
import resource, signal, sys
from pathlib import Path
from store.build import publish
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    print(publish(Path(sys.argv[1])))
except ValueError as error:
    print("refused:", error)
"""


@pytest.mark.parametrize("room", [0, 100_000, 400_000, 1_000_000, 2_000_000])
def test_a_build_for_which_there_is_no_room_changes_nothing_and_heals(study, room):
    base = study.run()
    study.problems(base)
    study.samples(base)
    study.verdicts(base)
    before = publish(study.path).path
    larger = study.run("rl", "rl")
    study.problems(larger)
    study.samples(larger, count=40_000)
    outcome = subprocess.run(
        [sys.executable, "-c", CROWDED, str(study.path), str(before.stat().st_size + room)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert outcome.stdout.startswith("refused: The store could not be built"), outcome
    assert current(study.path) == before
    healed = publish(study.path)
    assert healed.rows["samples"] == 12 + 120_000
