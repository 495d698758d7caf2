"""What an engine draws and scores, as JSON: vLLM is asked in a process of its own.

python -m tests.generation.engine_probe ENGINE CHECKPOINT REPLY [FORCED]
"""

import json
import sys
from pathlib import Path
from typing import TypedDict

from generation import engines
from generation.engines import Engine, Forced, Request, Sample, Settings, problem_seed
from store.runs import Model

QUESTIONS = {"short": "1 + 1?", "emoji": "Was ist 😀 你好", "long": "one two three " * 8}
SETTINGS = {
    "plain": Settings(1.0, 1.0, 24),
    "narrow": Settings(0.6, 0.8, 24),
    "greedy": Settings(0.0, 1.0, 24),
}
N = 24


class Drawn(TypedDict):
    prompt_ids: list[int]
    first: int
    sample: Sample
    forced: list[float]


class Reply(TypedDict):
    drawn: dict[str, list[Drawn]]
    again: list[list[int]]
    extension: list[list[int]]
    foreign: list[list[float]]
    empty: list[list[float]]
    longest: int
    versions: dict[str, str]


def reply(engine: str, checkpoint: Path, forced: list[Forced]) -> Reply:
    """All that the tests want to know, from one loaded engine."""
    loaded = engines.load(engine, Model("tiny", "base", path=str(checkpoint), dtype="float32"))
    plain = SETTINGS["plain"]
    asked = request(loaded, "short", 0, N)
    found = Reply(
        drawn={name: drawn(loaded, settings) for name, settings in SETTINGS.items()},
        again=[s.token_ids for _, samples in loaded.sample([asked], plain) for s in samples],
        extension=[
            s.token_ids
            for _, samples in loaded.sample([request(loaded, "short", N, N)], plain)
            for s in samples
        ],
        foreign=loaded.score(forced),
        empty=loaded.score([Forced(asked.prompt_ids, [])]),
        longest=loaded.longest,
        versions=loaded.versions,
    )
    loaded.close()
    return found


def request(engine: Engine, name: str, first: int, n: int) -> Request:
    ids = engine.tokens.ids(QUESTIONS[name], special_tokens=True)
    return Request(name, ids, first, n, problem_seed(1, "run", name))


def drawn(engine: Engine, settings: Settings) -> list[Drawn]:
    requests = [request(engine, name, 0, N) for name in QUESTIONS]
    pairs = [(r, s) for r, samples in engine.sample(requests, settings) for s in samples]
    scores = engine.score([Forced(r.prompt_ids, s.token_ids) for r, s in pairs])
    return [
        Drawn(prompt_ids=r.prompt_ids, first=r.first, sample=s, forced=f)
        for (r, s), f in zip(pairs, scores, strict=True)
    ]


if __name__ == "__main__":
    name, folder, target, *more = sys.argv[1:]
    given = [Forced(*pair) for pair in json.loads(Path(more[0]).read_text())] if more else []
    Path(target).write_text(json.dumps(reply(name, Path(folder), given)))
