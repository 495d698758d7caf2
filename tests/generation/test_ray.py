"""One engine per worker of Ray: several real workers on this machine, some of them killed."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from generation.division import Division
from generation.engines import Options
from generation.job import Manner, generate
from generation.launchers import placing, ray_module, worker
from generation.shard_writer import Pace
from generation.study import StudyModel
from store.runs import Model
from store.shards import fault, read_shards
from tests.generation.small_study import PROBLEMS

KEY = ["problem_id", "sample"]
ONLY_BASE = f"{PROBLEMS}\nmodels = ['base']"
N = 320
MANNER = Manner(pace=Pace(rows=64), launcher="ray", workers=2)
H100S = {"CPU": 64.0, "GPU": 8.0}


@pytest.fixture(scope="module")
def ray() -> Iterator[ModuleType]:
    """The launcher, connected to a cluster on this machine."""
    pytest.importorskip("ray")
    with ray_module().cluster(workers=3):
        yield ray_module()


@pytest.mark.ray
@pytest.mark.usefixtures("ray")
def test_what_a_killed_worker_held_is_drawn_by_another(small_study: Callable[..., Path]) -> None:
    study = small_study(n=str(N), max_tokens="40", problems=ONLY_BASE)

    with when_shards(study, 3, kill_a_worker):
        generate(study, manner=MANNER)

    deaths = [event for event in events(study) if event["event"] == "worker died"]
    assert len(deaths) == 1
    # The kill must have struck where something was in hand, or it proves nothing.
    assert deaths[0]["ranges"] > 0
    check_complete(study)


@pytest.mark.ray
@pytest.mark.usefixtures("ray")
def test_workers_write_what_they_have_when_the_job_is_interrupted(
    small_study: Callable[..., Path],
) -> None:
    study = small_study(n=str(N), max_tokens="40", problems=ONLY_BASE)
    patient = MANNER._replace(pace=Pace(rows=200))

    with pytest.raises(KeyboardInterrupt), when_shards(study, 1, interrupt):
        generate(study, manner=patient)

    gone_by = time.monotonic() + 20
    while workers() and time.monotonic() < gone_by:
        time.sleep(0.1)
    assert not workers()
    stored = len(keys(study))
    # More than the shard that was there: the workers wrote what they had in hand.
    assert 200 < stored < N * PROBLEMS
    generate(study)
    check_complete(study)


@pytest.mark.ray
@pytest.mark.usefixtures("ray")
def test_a_prompt_that_is_too_long_ends_the_job_with_its_sentence(
    small_study: Callable[..., Path],
) -> None:
    study = small_study(max_tokens="240", problems=ONLY_BASE)

    with pytest.raises(ValueError, match='Problem "p0" of countdown is too long for "base"'):
        generate(study, manner=MANNER._replace(workers=1))


@pytest.mark.ray
@pytest.mark.usefixtures("ray")
def test_a_job_whose_workers_all_die_gives_up(small_study: Callable[..., Path]) -> None:
    study = small_study(problems=ONLY_BASE)

    with (
        killing_every_worker(),
        pytest.raises(ValueError, match="died one after the other") as told,
    ):
        generate(study, manner=MANNER)

    assert "start the same command again" in str(told.value)
    assert not keys(study)


@pytest.mark.ray
def test_a_part_whose_worker_dies_is_done_again(
    ray: ModuleType, tmp_path: Path, checkpoint: Path
) -> None:
    def task(part: Division) -> str:
        first = tmp_path / f"{part.part}"
        if not first.exists():
            first.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return f"{part.part}/{part.parts}"

    assert ray.with_ray(model(checkpoint), task, "scoring", 2) == ["1/2", "2/2"]


@pytest.mark.ray
def test_a_mistake_of_the_user_in_a_part_is_told(ray: ModuleType, checkpoint: Path) -> None:
    def task(part: Division) -> None:
        raise ValueError(f"Part {part.part} is too long.")

    with pytest.raises(ValueError, match=r"^Part \d is too long\.$"):
        ray.with_ray(model(checkpoint), task, "scoring", 2)


def test_a_node_that_does_not_see_the_study_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SECONDS_TO_APPEAR", 0.0)

    with worker.marker_in(tmp_path) as marker:
        worker.check_shared(marker)
    with pytest.raises(ValueError, match=f"does not see the study folder {tmp_path}: put it on"):
        worker.check_shared(marker)


def test_an_address_at_which_nothing_answers_is_named() -> None:
    """Ray tried for six minutes, without a word."""
    with pytest.raises(ValueError, match=r"No Ray cluster answers at RAY_ADDRESS=127\.0\.0\.1:1 "):
        placing.check_answers("127.0.0.1:1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        placing.check_answers(f"127.0.0.1:{server.getsockname()[1]}")
    for other in ("", "auto", "local", "ray://head:10001"):
        placing.check_answers(other)


@pytest.mark.parametrize(
    ("nodes", "tensor_parallel", "workers", "engines"),
    [
        ([{"CPU": 4.0}], 1, None, 4),
        ([{"CPU": 4.0}], 1, 3, 3),
        ([{"CPU": 4.0}, {"CPU": 2.0}], 1, 8, 6),
        ([H100S, H100S], 1, None, 16),
        ([H100S, H100S], 4, None, 4),
        ([{"CPU": 2.0}, H100S], 8, None, 1),  # a head without GPUs
        ([{"GPU": 3.0}, {"GPU": 3.0}], 2, None, 2),  # never one engine across two nodes
    ],
)
def test_as_many_engines_are_started_as_fit_on_whole_nodes(
    nodes: list[dict[str, float]], tensor_parallel: int, workers: int | None, engines: int
) -> None:
    assert placing.room(model(Path(), tensor_parallel), nodes, workers) == engines


def test_an_engine_that_fits_on_no_node_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs 4 GPUs on one node .* more than 2: lower"):
        placing.room(model(Path(), 4), [{"GPU": 2.0}, {"GPU": 2.0}], None)


def test_one_engine_takes_whole_gpus_and_no_more() -> None:
    assert placing.needs(model(Path(), 4), [H100S]) == {"num_cpus": 0, "num_gpus": 4}
    assert placing.needs(model(Path(), 4), [{"CPU": 8.0}]) == {"num_cpus": 1, "num_gpus": 0}


def model(path: Path, tensor_parallel: int = 1) -> StudyModel:
    options = Options(tensor_parallel=tensor_parallel)
    return StudyModel(Model("base", "base", path=str(path)), "transformers", options, None, ())


def check_complete(study: Path) -> None:
    """Every sample, verdict and score once, all shards sound, and nothing left to do."""
    expected = [(f"p{problem}", sample) for problem in range(PROBLEMS) for sample in range(N)]
    [run] = study.parent.glob("shards/*")
    for kind in ("samples", "verdicts", "scores"):
        assert sorted(read_shards(run, kind, columns=KEY).rows()) == expected
    assert [path for path in run.glob("[!.]*.parquet") if fault(path) is not None] == []
    assert [row[2:5] for row in generate(study, manner=MANNER).rows] == [(0, 0, 0)]


def keys(study: Path) -> list[tuple[object, ...]]:
    return [
        key
        for run in study.parent.glob("shards/*")
        for key in read_shards(run, "samples", columns=KEY).rows()
    ]


def events(study: Path) -> list[dict[str, object]]:
    """Of all logs of the study."""
    lines = [line for log in study.parent.glob("log/*") for line in log.read_text().splitlines()]
    return [json.loads(line) for line in lines]


@contextmanager
def when_shards(study: Path, many: int, act: Callable[[], None]) -> Iterator[None]:
    """Act when there are so many shards of samples."""

    def watch(over: threading.Event) -> None:
        while len(list(study.parent.glob("shards/*/samples-*"))) < many:
            if over.wait(0.01):
                return
        act()

    with beside(watch):
        yield


@contextmanager
def killing_every_worker() -> Iterator[None]:
    def hunt(over: threading.Event) -> None:
        while not over.wait(0.05):
            for pid in workers():
                os.kill(pid, signal.SIGKILL)

    with beside(hunt):
        yield


@contextmanager
def beside(act: Callable[[threading.Event], None]) -> Iterator[None]:
    """Act in a thread while the block runs, until the event is set."""
    over = threading.Event()
    thread = threading.Thread(target=act, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def kill_a_worker() -> None:
    os.kill(workers()[0], signal.SIGKILL)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def workers() -> list[int]:
    """Process ids of the workers that draw samples, which are named after what they do."""
    processes = Path("/proc").glob("[0-9]*")
    found = [path for path in processes if title(path).startswith("ray::Worker.sample")]
    return [int(path.name) for path in found if grandparent(path) == os.getpid()]


def title(process: Path) -> str:
    try:
        return (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def grandparent(process: Path) -> int:
    """Ray's own daemon stands between this process and a worker."""
    return parent(Path(f"/proc/{parent(process)}"))


def parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
