"""passband audit: a judge model reviews what a queue of the published study holds."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from generation.judge_prompt import CRITERIA
from store import audits
from store.build import publish
from tests.generation.judge_answers import material, says, verdict
from tests.generation.server import Scripted, scripted
from tests.store.conftest import Study

N = 40
# run → problem → which of its 40 samples are correct. p0 of the base is the paper's hard problem
# (1 of 40, 2.5 %); p1 is solved by the base alone; p2 by both, often; p3 by the other in 3 samples.
CORRECT = {
    "base": {"p0": [7], "p1": [*range(10)], "p2": [*range(20)], "p3": [*range(5)]},
    "rl": {"p0": [*range(30)], "p1": [], "p2": [*range(20)], "p3": [3, 4, 5]},
}


def text(model: str, problem: str, sample: int) -> str:
    return f"<{model} {problem} {sample}> so it is."


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Study(tmp_path_factory.mktemp("judged") / "my study")
    for model, problems in CORRECT.items():
        folder = made.run(model, model)
        made.problems(folder, 4)
        rows = [(p, i, i in right) for p, right in problems.items() for i in range(N)]
        made.shard(
            folder,
            "samples",
            [{"problem_id": p, "sample": i, "completion": text(model, p, i)} for p, i, _ in rows],
        )
        for verifier in ("boxed", "other"):
            # The other verifier does not accept sample 9 of p1.
            made.shard(
                folder,
                "verdicts",
                [
                    {
                        "problem_id": p, "sample": i, "verifier": verifier, "version": "1",
                        "outcome": "correct" if right and (verifier, i) != ("other", 9) else
                        "incorrect",
                    }
                    for p, i, right in rows
                ],
                verifier,
            )  # fmt: skip
    publish(made.path)
    return made.path


@pytest.fixture
def server(study: Path) -> Iterator[Scripted]:
    (study / audits.FILE).unlink(missing_ok=True)
    with scripted(verdict("flawed", "No reason is given.", "so it is.")) as found:
        yield found


def run(study: Path, *arguments: str) -> tuple[int, str]:
    said = ["audit", "--study", str(study), "--judge", "m", *arguments]
    outcome = CliRunner().invoke(main, said)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
    return outcome.exit_code, outcome.output


def shown(server: Scripted) -> set[str]:
    """The responses that the judge was shown."""
    return {material(a).partition("response begins\n")[2].partition("\n[")[0] for a in server.asked}


def test_the_hard_queue_is_judged_three_times_and_goes_on_where_it_stopped(
    study: Path, server: Scripted
) -> None:
    status, said = run(study, "--endpoint", server.endpoint)
    assert status == 0, said
    assert shown(server) == {text("base", "p0", 7)}
    assert "judge:m: 1 sample, 3 verdicts on each: 0 there, 3 missing." in said
    assert "3 verdicts recorded (flawed 3)." in said
    assert re.search(r"^judge:m +0 +0 .* 3 ", said, re.MULTILINE)
    found = audits.newest(study).sort("round")
    assert found["round"].to_list() == [0, 1, 2]
    row = found.row(0, named=True)
    assert row["content_hash"] == audits.content_hash(text("base", "p0", 7))
    assert text("base", "p0", 7)[row["span_start"] : row["span_end"]] == "so it is."
    status, said = run(study, "--endpoint", server.endpoint)
    assert status == 0
    assert "3 there, 0 missing" in said
    assert len(server.asked) == 3


def test_the_judge_is_told_against_the_people_who_have_read_the_same_texts(
    study: Path, server: Scripted
) -> None:
    folder = next(path.name for path in (study / "shards").glob("base*"))
    for i in range(10):
        one = audits.content_hash(text("base", "p1", i))
        label = "flawed" if i < 7 else "valid"
        at = "2026-01-02T03:04:05+00:00"
        audits.record(study, audits.Audit(at, folder, "p1", i, one, "reviewer-1", label))
    status, said = run(study, "--endpoint", server.endpoint, "--queue", "claims")
    assert status == 0, said
    # It calls all ten flawed, which people do of seven.
    assert re.search(r"^judge:m +10 +7 ", said, re.MULTILINE)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        # Alone, or in at most three samples: p1 and p0 of the base, p3 of the other.
        (
            ("--queue", "claims"),
            {text("base", "p0", 7), *(text("base", "p1", i) for i in range(10))}
            | {text("rl", "p3", i) for i in (3, 4, 5)},
        ),
        (
            ("--queue", "claims", "--run", "rl"),
            {text("rl", "p3", i) for i in (3, 4, 5)},
        ),
        (
            ("--queue", "disagreements"),
            {text(m, p, 9) for m, all_ in CORRECT.items() for p, r in all_.items() if 9 in r},
        ),
        (("--queue", "disagreements", "--limit", "1"), {text("rl", "p0", 9)}),
    ],
)
def test_queues_hold_what_they_say(
    study: Path, server: Scripted, chosen: tuple[str, ...], expected: set[str]
) -> None:
    status, said = run(study, "--endpoint", server.endpoint, "--verdicts", "1", *chosen)
    assert status == 0, said
    assert shown(server) == expected
    assert len(server.asked) == len(expected)


def test_random_samples_are_of_the_outcome_asked_for_and_grow_with_the_limit(
    study: Path, server: Scripted
) -> None:
    common = ("--endpoint", server.endpoint, "--verdicts", "1", "--queue", "random")
    status, said = run(study, *common)
    assert status == 1
    assert "say how many with --limit" in said
    wrong = ("--outcome", "incorrect", "--run", "base", "--limit")
    assert run(study, *common, *wrong, "5")[0] == 0
    first = shown(server)
    assert len(first) == 5
    for one in first:
        model, problem, sample = one[1:].partition(">")[0].split()
        assert model == "base"
        assert int(sample) not in CORRECT[model][problem]
    assert run(study, *common, *wrong, "8")[0] == 0
    assert len(server.asked) == len(shown(server)) == 8
    assert first < shown(server)
    run(study, *common, *wrong, "8", "--seed", "1")
    assert len(shown(server)) > 8


def test_a_dry_run_says_how_much_would_be_asked_and_asks_nobody(
    study: Path, server: Scripted
) -> None:
    status, said = run(study, "--endpoint", server.endpoint, "--dry-run", "--max-tokens", "100")
    assert status == 0
    assert "3 requests with about" in said
    assert "at most 300 tokens in answer" in said
    assert server.asked == []
    assert not (study / audits.FILE).exists()


def test_a_prompt_of_ones_own_is_read_from_its_file(
    study: Path, server: Scripted, tmp_path: Path
) -> None:
    own = tmp_path / "prompt.txt"
    own.write_text("Look for missing units.", encoding="utf-8")
    status, _ = run(study, "--endpoint", server.endpoint, "--prompt", str(own), "--no-reference")
    assert status == 0
    told = json.dumps(server.asked[0].body["messages"])
    assert "Look for missing units." in told
    assert CRITERIA[:60] not in told
    assert "reference answer" not in told
    own.write_bytes(b"\xff\xfe\xff")
    status, said = run(study, "--endpoint", server.endpoint, "--prompt", str(own))
    assert status == 1
    assert "is no text in UTF-8" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--run", "nobody"), "No run is named 'nobody'"),
        (("--benchmark", "nothing"), "No benchmark 'nothing' in this store. Available: math."),
        (("--temperature", "0"), "At temperature 0 all verdicts on a sample are the same one"),
        (("--prompt", "/nowhere/prompt"), "No such file or directory (/nowhere/prompt)"),
        (("--endpoint", "localhost"), 'endpoint = "localhost" is no address'),
    ],
)
def test_a_users_mistake_is_one_sentence(
    study: Path, server: Scripted, arguments: tuple[str, ...], expected: str
) -> None:
    status, said = run(study, "--endpoint", server.endpoint, *arguments)
    assert status == 1
    assert expected in said
    assert server.asked == []


def test_what_could_not_be_had_is_told_and_nothing_is_recorded_for_it(
    study: Path, server: Scripted
) -> None:
    with scripted(says("I cannot say.")) as silent:
        status, said = run(study, "--endpoint", silent.endpoint)
    assert status == 0
    assert "0 verdicts recorded." in said
    assert "3 verdicts could not be had: its last line is no verdict" in said
    assert "the same command asks for them again" in said
    assert audits.newest(study).is_empty()
    assert server.asked == []
