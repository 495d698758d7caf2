"""What an engine draws and scores where prompts have images, as JSON: vLLM in its own process.

python -m tests.generation.vision_probe ENGINE CHECKPOINT REPLY [FORCED]
"""

import json
import sys
from pathlib import Path
from typing import TypedDict

from generation import engines
from generation.engines import Engine, Forced, Request, Sample, Settings, problem_seed
from store.runs import Model
from tests.generation.tiny_vision_model import data_uri

RED, BLUE = data_uri("red"), data_uri("blue", (20, 50))
# Prompts with and without images take turns, as they may in one study.
PROMPTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "red": ("What is <image> here?", (RED,)),
    "text": ("1 + 1?", ()),
    "two": ("<image> or <image>: 你好", (RED, BLUE)),
    "blue": ("What is <image> here?", (BLUE,)),
}
PLAIN = Settings(1.0, 1.0, 24)
N = 20


class Drawn(TypedDict):
    name: str
    prompt_ids: list[int]
    sample: Sample
    forced: list[float]
    ranks: list[int]  # the forced ones


class Reply(TypedDict):
    drawn: list[Drawn]
    other_image: list[list[float]]  # what "red" drew, scored as if the image had been blue
    foreign: list[list[float]]
    errors: dict[str, str]


def reply(engine: str, checkpoint: Path, forced: list[Forced]) -> Reply:
    """All that the tests want to know, from one loaded engine."""
    loaded = engines.load(engine, Model("seeing", "base", path=str(checkpoint), dtype="float32"))
    pairs = [
        (request, sample)
        for request, samples in loaded.sample((asked(loaded, name) for name in PROMPTS), PLAIN)
        for sample in samples
    ]
    scores = loaded.score([force(request, sample) for request, sample in pairs])
    red = [(request, sample) for request, sample in pairs if request.problem_id == "red"]
    found = Reply(
        drawn=[
            Drawn(
                name=r.problem_id,
                prompt_ids=r.prompt_ids,
                sample=s,
                forced=f.logprobs,
                ranks=f.ranks,
            )
            for (r, s), f in zip(pairs, scores, strict=True)
        ],
        other_image=logprobs(loaded, [force(r, s)._replace(images=(BLUE,)) for r, s in red]),
        foreign=logprobs(loaded, forced),
        errors={
            "no place": error(loaded, asked(loaded, "red")._replace(images=(RED, BLUE))),
            "address": error(loaded, asked(loaded, "red")._replace(images=("http://a/b.png",))),
            "long": error(loaded, asked(loaded, "red"), Settings(1.0, 1.0, 240)),
        },
    )
    loaded.close()
    return found


def logprobs(engine: Engine, forced: list[Forced]) -> list[list[float]]:
    return [scores.logprobs for scores in engine.score(forced)]


def asked(engine: Engine, name: str) -> Request:
    text, images = PROMPTS[name]
    ids = engine.tokens.ids(text, special_tokens=True)
    return Request(name, ids, 0, N, problem_seed(1, "run", name), text, None, images)


def force(request: Request, sample: Sample) -> Forced:
    return Forced(request.prompt_ids, sample.token_ids or [], request.prompt, request.images)


def error(engine: Engine, request: Request, settings: Settings = PLAIN) -> str:
    try:
        list(engine.sample([request], settings))
    except ValueError as refusal:
        return str(refusal)
    return ""


if __name__ == "__main__":
    name, folder, target, *more = sys.argv[1:]
    given = [Forced(*one) for one in json.loads(Path(more[0]).read_text())] if more else []
    Path(target).write_text(json.dumps(reply(name, Path(folder), given)))
