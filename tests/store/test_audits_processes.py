"""Several processes write audits at once, while the store is built anew, and while one is killed.

Read back with plain SQLite: what is there is what the file says, not what our functions make of it.
"""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

from store.audits import FILE, agreed, newest
from store.build import publish
from store.location import connect, current
from store.queries.audited import audited
from tests.store.audit_rows import stored
from tests.store.audit_writers import label_of

ROOT = Path(__file__).parents[2]


def writers(study: Path, run: str, many: int, rows: int) -> subprocess.Popen[str]:
    chosen = [str(study), run, str(many), str(rows)]
    command = [sys.executable, "-m", "tests.store.audit_writers", *chosen]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def told(output: str) -> list[tuple[str, int]]:
    """(reviewer, id) of every whole line."""
    lines = output.rpartition("\n")[0].splitlines()
    return [(reviewer, int(number)) for reviewer, number in map(str.split, lines)]


def is_sound(study: Path) -> bool:
    with contextlib.closing(sqlite3.connect(study / FILE)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_ten_processes_write_a_hundred_each_while_the_store_is_published(study):
    folder = study.run()
    study.problems(folder, 1)
    study.samples(folder, 1, count=100)
    study.verdicts(folder, 1, count=100)
    publish(study.path)

    at_work = writers(study.path, folder.name, 10, 100)
    builds = 0
    while at_work.poll() is None:  # each time with another sample, so that there is work to do
        study.samples(folder, 1, first=100 + builds, count=1)
        publish(study.path)
        builds += 1
        seen = newest(study.path)
        assert seen.group_by("reviewer", "sample").len()["len"].to_list() == [1] * seen.height
    output, _ = at_work.communicate()

    assert at_work.returncode == 0
    assert builds > 0
    rows = stored(study.path, "id, reviewer, sample, label, at")
    assert len(rows) == 1000
    assert sorted(told(output)) == sorted((reviewer, number) for number, reviewer, *_ in rows)
    for writer in range(10):
        own = [row for row in rows if row[1] == f"reviewer-{writer}"]
        assert [(row[2], row[3]) for row in own] == [(s, label_of(writer, s)) for s in range(100)]
        assert [row[4] for row in own] == sorted({row[4] for row in own})
    assert is_sound(study.path)
    check_labels(study.path, folder.name)


def check_labels(path, run):
    """What the newest build makes of all these audits."""
    with connect(current(path)) as connection:
        found = audited(connection.cursor(), agreed(path), [run], None)
    assert found["audits"].to_list() == [10] * 100
    for row in found.to_dicts():
        votes = Counter(label_of(writer, row["sample"]) for writer in range(10))
        sides = {"valid": votes["valid"], "ambiguous": votes["ambiguous"]}
        sides["wrong"] = votes["flawed"] + votes["guess"]
        most = [side for side, n in sides.items() if n == max(sides.values())]
        wrong = "guess" if votes["guess"] > votes["flawed"] else "flawed"
        expected = most[0] if len(most) == 1 else "ambiguous"
        assert row["label"] == (wrong if expected == "wrong" else expected)


def test_what_was_recorded_before_a_kill_is_there(tmp_path):
    at_work = writers(tmp_path, "base", 3, 10_000)
    lines = [at_work.stdout.readline() for _ in range(40)]
    os.killpg(at_work.pid, signal.SIGKILL)
    rest, _ = at_work.communicate()
    rows = stored(tmp_path, "reviewer, id")
    assert set(told("".join(lines) + rest)) <= set(rows)
    assert is_sound(tmp_path)
    for writer in range(3):
        own = stored(tmp_path, "sample", f"reviewer = 'reviewer-{writer}'")
        assert [sample for (sample,) in own] == list(range(len(own)))
