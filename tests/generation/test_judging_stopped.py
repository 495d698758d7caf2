"""A job of a judge that is stopped, that is not alone, or whose server fails."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from generation.judging import judge_study
from store import audits
from tests.generation.judge_answers import Answer, about, material, verdict
from tests.generation.judged import KEY, judge, judged, rows, sizes
from tests.generation.server import ROOT, Asked, Reply, Scripted, scripted

PROGRAM = """\
import sys
from pathlib import Path
from tests.generation.server import Scripted
from tests.generation.judged import judged

server = Scripted(None)
server.endpoint = sys.argv[2]
texts = [f"text {i}" for i in range(int(sys.argv[3]))]
judged(Path(sys.argv[1]), server, texts, concurrency=3)
"""


def started(study: Path, server: Scripted, samples: int) -> "subprocess.Popen[bytes]":
    """A job in a process of its own, to be stopped."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(study), server.endpoint, str(samples)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_job_that_is_stopped_keeps_what_was_said_and_goes_on_from_there(
    tmp_path: Path, how: signal.Signals
) -> None:
    enough = threading.Event()

    def answer(asked: Asked) -> Reply:
        if asked.count >= 20:
            enough.set()
        time.sleep(0.02)
        return verdict("valid")(asked)

    with scripted(answer) as server:
        process = started(tmp_path, server, 40)
        assert enough.wait(60)
        since = time.monotonic()
        process.send_signal(how)
        said = process.communicate(timeout=30)[1].decode()
        assert time.monotonic() - since < 10
        assert process.returncode != 0
        before = audits.newest(tmp_path).height
        assert 10 <= before < 120
        if how is not signal.SIGKILL:
            assert f"{before} of 120 verdicts are stored. Go on with: passband audit" in said
        asked = len(server.asked)
        judged(tmp_path, server, [f"text {i}" for i in range(40)])
        # What was in flight is asked again, and nothing else.
        assert len(server.asked) - asked == 120 - before
    found = audits.by_reviewer(tmp_path, "judge:m")
    assert found.height == 120
    assert not found.select("sample", "round").is_duplicated().any()


def test_two_jobs_do_not_pay_for_the_same_verdicts(tmp_path: Path) -> None:
    first, go_on = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Reply:
        first.set()
        go_on.wait(20)
        return verdict("valid")(asked)

    with scripted(answer) as server:
        thread = threading.Thread(target=judged, args=(tmp_path, server, ["one"]))
        thread.start()
        try:
            assert first.wait(20)
            with pytest.raises(ValueError, match="Another job is at work"):
                judged(tmp_path, server, ["one"])
        finally:
            go_on.set()
            thread.join()
        # Another judge is another matter.
        judged(tmp_path, server, ["one"], model="m-2")


# Servers that fail, for a while or for good.

BUSY = Reply({"error": {"message": "slow down"}}, 429, {"Retry-After": "1"})
PASSING: dict[str, Answer] = {
    "too many requests": lambda asked: BUSY if asked.count < 3 else verdict("valid")(asked),
    "errors of the server": lambda asked: (
        Reply("oops", 500) if asked.count < 2 else verdict("valid")(asked)
    ),
    "a body that breaks off": lambda asked: (
        verdict("valid")(asked)._replace(cut=40) if asked.count == 0 else verdict("valid")(asked)
    ),
}


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING)
def test_what_passes_is_tried_again_and_nothing_is_recorded_twice(
    tmp_path: Path, answer: Answer
) -> None:
    with scripted(answer) as server:
        report = judged(tmp_path, server, ["one", "two"])
    assert rows(tmp_path) == [(s, i, "valid") for s in range(2) for i in range(3)]
    assert report.repeated == 0
    assert audits.by_reviewer(tmp_path, "judge:m").height == 6


def test_slow_answers_are_waited_for_and_those_that_are_there_are_recorded_meanwhile(
    tmp_path: Path,
) -> None:
    seen: list[int] = []

    def answer(asked: Asked) -> Reply:
        if "slow" in material(asked):
            for _ in range(100):
                if audits.newest(tmp_path).height == 5:
                    break
                time.sleep(0.05)
            seen.append(audits.newest(tmp_path).height)
        return verdict("valid")(asked)

    with scripted(answer) as server:
        judged(tmp_path, server, ["slow", *"abcde"], verdicts=1)
    assert seen == [5]
    assert len(rows(tmp_path)) == 6


LASTING = {
    "a wrong key": (401, "bad key secret-1", KEY),
    "no such model": (404, "no m here", "the model's name"),
    "always failing": (500, "out of memory", r"fails .500: out of memory"),
    "always too many": (429, "quota", "lower concurrency"),
    "no credit": (402, "no credit left", "no credit left"),
}


@pytest.mark.parametrize(("status", "told", "expected"), LASTING.values(), ids=LASTING)
def test_what_lasts_is_one_sentence_and_what_was_said_before_is_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
    told: str,
    expected: str,
) -> None:
    monkeypatch.setenv(KEY, "secret-1")

    def answer(asked: Asked) -> Reply:
        if asked.count < 8:
            return verdict("valid")(asked)
        return Reply({"error": {"message": told}}, status)

    with scripted(answer) as server, pytest.raises(ValueError, match=expected) as raised:
        judged(tmp_path, server, [f"text {i}" for i in range(100)], retries=0)
    assert "secret-1" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(rows(tmp_path)) == 8
    assert len(server.asked) < 20
    told_at_the_end = capsys.readouterr().err.splitlines()[-1]
    assert "8 of 300 verdicts are stored. Once mended, go on with: passband" in told_at_the_end


def test_a_sample_that_the_server_refuses_is_told_and_the_others_are_judged(
    tmp_path: Path,
) -> None:
    long = Reply({"error": {"message": "maximum context length is 9 tokens"}}, 400)
    with scripted(about({"long": lambda _: long}, verdict("valid"))) as server:
        report = judged(tmp_path, server, ["one", "long", "two"])
    assert {sample for sample, _, _ in rows(tmp_path)} == {0, 2}
    assert report.lacking == {"the server refuses the request": 3}
    assert "maximum context length is 9 tokens" in "\n".join(report.sentences())


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with scripted(verdict("valid")) as server:
        endpoint = server.endpoint
    with pytest.raises(ValueError, match="cannot be reached"):
        judge_study(tmp_path, judge(endpoint), sizes(["x"]), lambda _: [])
    assert audits.newest(tmp_path).is_empty()


def test_the_key_is_read_from_its_variable_and_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "secret-1")
    with scripted(verdict("valid")) as server:
        judged(tmp_path, server, ["one"], verdicts=1)
    assert server.asked[0].headers["authorization"] == "Bearer secret-1"
