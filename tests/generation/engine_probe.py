"""What an engine draws and scores, as JSON: vLLM is asked in a process of its own.

python -m tests.generation.engine_probe ENGINE CHECKPOINT REPLY [FORCED]
"""

import importlib.util
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict

import pytest

from generation import engines
from generation.engines import Engine, Forced, Request, Sample, Settings, problem_seed
from store.runs import Model
from tests.generation.own_process import succeeded

QUESTIONS = {"short": "1 + 1?", "emoji": "Was ist 😀 你好", "long": "one two three " * 8}
SETTINGS = {
    "plain": Settings(1.0, 1.0, 24),
    "narrow": Settings(0.6, 0.8, 24),
    "greedy": Settings(0.0, 1.0, 24),
}
N, MANY = 24, 40


class Drawn(TypedDict):
    prompt_ids: list[int]
    first: int
    sample: Sample
    forced: list[float]
    ranks: list[int]  # the forced ones


class Reply(TypedDict):
    drawn: dict[str, list[Drawn]]
    again: list[list[int]]
    extension: list[list[int]]
    foreign: list[list[float]]
    foreign_ranks: list[list[int]]
    empty: list[list[list[float] | list[int]]]
    refusal: str
    order: list[str]
    longest: int
    versions: dict[str, str]


def reply(engine: str, checkpoint: Path, forced: list[Forced]) -> Reply:
    """All that the tests want to know, from one loaded engine."""
    loaded = engines.load(engine, Model("tiny", "base", path=str(checkpoint), dtype="float32"))
    plain = SETTINGS["plain"]
    asked = request(loaded, "short", 0, N)
    foreign = loaded.score(forced)
    found = Reply(
        drawn={name: drawn(loaded, settings) for name, settings in SETTINGS.items()},
        again=[s.token_ids for _, samples in loaded.sample([asked], plain) for s in samples],
        extension=[
            s.token_ids
            for _, samples in loaded.sample([request(loaded, "short", N, N)], plain)
            for s in samples
        ],
        foreign=[scores.logprobs for scores in foreign],
        foreign_ranks=[scores.ranks for scores in foreign],
        empty=[list(scores) for scores in loaded.score([Forced(asked.prompt_ids, [])])],
        refusal=refusal(loaded, asked),
        order=pulled(loaded),
        longest=loaded.longest,
        versions=loaded.versions,
    )
    loaded.close()
    return found


def refusal(engine: Engine, asked: Request) -> str:
    """Why the engine gives no entropies, if so."""
    try:
        engine.entropies([Forced(asked.prompt_ids, [5, 6])])
    except ValueError as error:
        return str(error)
    return ""


def pulled(engine: Engine) -> list[str]:
    """In which order requests are pulled, and answered, where there are more than fit at once."""
    order: list[str] = []

    def many() -> Iterator[Request]:
        for number in range(MANY):
            order.append("pulled")
            name = f"p{number}"
            yield request(engine, "short", 0, 256)._replace(seed=problem_seed(1, "run", name))

    for _ in engine.sample(many(), Settings(1.0, 1.0, 1)):
        order.append("answered")
    return order


def request(engine: Engine, name: str, first: int, n: int) -> Request:
    ids = engine.tokens.ids(QUESTIONS[name], special_tokens=True)
    return Request(name, ids, first, n, problem_seed(1, "run", name))


def drawn(engine: Engine, settings: Settings) -> list[Drawn]:
    requests = [request(engine, name, 0, N) for name in QUESTIONS]
    pairs = [(r, s) for r, samples in engine.sample(requests, settings) for s in samples]
    scores = engine.score([Forced(r.prompt_ids, s.token_ids) for r, s in pairs])
    return [
        Drawn(prompt_ids=r.prompt_ids, first=r.first, sample=s, forced=f.logprobs, ranks=f.ranks)
        for (r, s), f in zip(pairs, scores, strict=True)
    ]


def in_own_process(probe: str, checkpoint: Path, folder: Path, forced: list[Forced]) -> Any:
    """The reply of vLLM, which can be loaded only once in a process."""
    if importlib.util.find_spec("vllm") is None:
        pytest.skip("vLLM is not installed")
    given, target = folder / "forced.json", folder / "reply.json"
    given.write_text(json.dumps(forced))
    module = f"tests.generation.{probe}"
    succeeded("-m", module, "vllm", checkpoint, target, given, timeout=300)
    return json.loads(target.read_text())


def samples_of(drawn: Sequence[Any]) -> None:
    """Samples have become lists in JSON."""
    for one in drawn:
        one["sample"] = Sample(*one["sample"])


if __name__ == "__main__":
    name, folder, target, *more = sys.argv[1:]
    given = [Forced(*one) for one in json.loads(Path(more[0]).read_text())] if more else []
    Path(target).write_text(json.dumps(reply(name, Path(folder), given)))
