"""Parts of a divided job: what belongs to whom, who may work at once, and two processes that do."""

import json
import multiprocessing
import signal
import sys
from collections.abc import Callable, Sequence
from itertools import combinations, product
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.division import SAMPLES_PER_REQUEST, WHOLE, Division, division
from generation.job import generate
from generation.lock import study_lock
from generation.plan import Range, missing_ranges, planned_runs
from generation.study_tables import load_study
from store.runs import read_run
from store.shards import COLUMNS, fault, read_shards, write_shard
from tests.generation.own_process import succeeded
from tests.generation.part_probe import describe_often, holds_for_a_moment, share
from tests.generation.small_study import PROBLEMS

KEY = ["problem_id", "sample"]


@pytest.fixture(autouse=True)
def nothing_to_import_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spawned processes run the main module again. Streamlit's tests leave a script of theirs in
    its place, which does not run there: the processes died and were started without end."""
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__spec__", None, raising=False)
    monkeypatch.delattr(main, "__file__", raising=False)


@given(parts=st.integers(1, 40), position=st.integers(0, 5000), sample=st.integers(0, 5000))
def test_every_sample_belongs_to_exactly_one_part(parts: int, position: int, sample: int) -> None:
    holders = [i for i in range(1, parts + 1) if Division(i, parts).holds(position, sample)]

    assert len(holders) == 1


def test_parts_differ_by_no_more_than_one_problem() -> None:
    n = 4 * SAMPLES_PER_REQUEST
    every = list(product(range(30), range(n)))

    sizes = [sum(Division(i, 8).holds(*one) for one in every) for i in range(1, 9)]

    assert max(sizes) - min(sizes) <= n


@pytest.mark.parametrize("written", ["0/2", "3/2", "1/0", "2", "1/2/3", "-1/2", "1.0/2", "", "a/b"])
def test_what_is_no_part_is_refused_with_the_value(written: str) -> None:
    with pytest.raises(ValueError, match=f"--shard {written} must be i/N"):
        division(written)


def test_a_part_is_written_as_i_of_n() -> None:
    assert division("3/8") == Division(3, 8)
    assert division("1/1") == WHOLE


def test_a_part_lacks_the_same_samples_whatever_is_stored_and_however_large_n_becomes(
    small_study: Callable[..., Path],
) -> None:
    study = small_study(n="200")
    before = parts_of(study, 3)

    store_samples(study, [("p1", 70), ("p1", 71), ("p4", 0)])
    after = parts_of(study, 3)
    small_study(n="500")
    larger = parts_of(study, 3)

    stored = {("p1", 70), ("p1", 71), ("p4", 0)}
    assert [part - stored for part in before] == after
    for part, grown in zip(after, larger, strict=True):
        assert {key for key in grown if key[1] < 200} == part
    assert not any(one & other for one, other in combinations(larger, 2))
    expected = {(f"p{problem}", sample) for problem in range(PROBLEMS) for sample in range(500)}
    assert set.union(*larger) == expected - stored


def test_no_range_of_a_part_crosses_a_request_or_a_stored_sample(
    small_study: Callable[..., Path],
) -> None:
    study = small_study(n="200")
    store_samples(study, [("p0", 10)])

    ranges = [r for r in ranges_of(study, WHOLE) if r.problem_id == "p0"]

    assert [r[1:] for r in ranges] == [(0, 10), (11, 53), (64, 64), (128, 64), (192, 8)]


def test_two_parts_of_one_division_work_on_a_folder_at_once(tmp_path: Path) -> None:
    with study_lock(tmp_path, Division(1, 2)), study_lock(tmp_path, Division(2, 2)):
        pass


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (WHOLE, WHOLE),
        (WHOLE, Division(1, 2)),
        (Division(1, 2), WHOLE),
        (Division(1, 2), Division(1, 2)),
        (Division(1, 2), Division(2, 3)),
        (Division(2, 12), Division(1, 2)),
        (Division(1, 2), Division(2, 12)),
    ],
)
def test_who_would_draw_the_same_samples_is_refused(
    tmp_path: Path, first: Division, second: Division
) -> None:
    with (
        study_lock(tmp_path, first),
        pytest.raises(ValueError, match="Another job is at work on"),
        study_lock(tmp_path, second),
    ):
        pass
    with study_lock(tmp_path, second):
        pass


def test_of_two_divisions_that_begin_at_once_never_both_go_on(tmp_path: Path) -> None:
    """The look at other divisions came before the own lock: both saw nobody, and both went on."""
    spawned = multiprocessing.get_context("spawn")
    with spawned.Pool(2, share, (spawned.Barrier(2),)) as pool:
        asked = [(tmp_path / str(i), Division(1, parts)) for i in range(60) for parts in (2, 3)]
        went_on = pool.starmap(holds_for_a_moment, asked, chunksize=1)

    assert all(sum(pair) < 2 for pair in zip(went_on[::2], went_on[1::2], strict=True))


def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("generation.lock.fcntl.flock", refuse)

    with (
        pytest.raises(ValueError, match="without file locks \\(Operation not supported\\)"),
        study_lock(tmp_path),
    ):
        pass


def test_two_parts_at_once_of_which_one_is_killed_end_with_exactly_the_samples_asked_for(
    small_study: Callable[..., Path],
) -> None:
    study = small_study(n="130", max_tokens="30")

    ended = succeeded("-m", "tests.generation.part_probe", study)

    found = json.loads(ended.stdout)
    assert found["ends"] == [-signal.SIGKILL, 0, 0], ended.stderr[-4000:]
    assert {*found["kept"]} <= {path.name for path in study.parent.glob("shards/*/samples-*")}
    check_complete(study, 130)


def test_processes_that_describe_one_run_at_once_leave_a_whole_description(tmp_path: Path) -> None:
    """All wrote to one temporary name: a process found it gone, or a half of run.json."""
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        folders = pool.map(describe_often, [tmp_path] * 3, chunksize=1)

    assert len({*folders}) == 1
    assert read_run(folders[0]).model.name == "base"
    assert [path.name for path in folders[0].iterdir()] == ["run.json"]


def parts_of(study: Path, parts: int) -> list[set[tuple[str, int]]]:
    """The samples that each part lacks of the first run."""
    found = [ranges_of(study, Division(i, parts)) for i in range(1, parts + 1)]
    return [{(p, first + i) for p, first, n in ranges for i in range(n)} for ranges in found]


def ranges_of(study: Path, part: Division) -> list[Range]:
    return missing_ranges(planned_runs(load_study(study), study.parent, dry=True)[0], part)


def store_samples(study: Path, keys: Sequence[tuple[str, int]]) -> None:
    """Samples of the first run, of which nothing but these is known."""
    folder = planned_runs(load_study(study), study.parent, dry=True)[0].folder
    folder.mkdir(parents=True, exist_ok=True)
    rows = pl.DataFrame(keys, schema=KEY, orient="row").with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in COLUMNS["samples"].items()
        if name not in KEY
    )
    write_shard(folder, "samples", rows)


def check_complete(study: Path, n: int) -> None:
    """Every sample, verdict and score once, all shards sound, and nothing left for a whole job."""
    expected = [(f"p{problem}", sample) for problem in range(PROBLEMS) for sample in range(n)]
    runs = sorted(study.parent.glob("shards/*"))
    assert len(runs) == 2
    for run in runs:
        for kind in ("samples", "verdicts", "scores"):
            assert sorted(read_shards(run, kind, columns=KEY).rows()) == expected
        assert read_shards(run, "problems").height == PROBLEMS
        unsound = [path for path in run.glob("[!.]*.parquet") if fault(path) is not None]
        assert unsound == []
    assert [row[2:5] for row in generate(study).rows] == [(0, 0, 0)] * 2
    assert not list(study.parent.glob("shards/*/.*.tmp"))
