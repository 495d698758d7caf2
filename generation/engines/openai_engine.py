"""The engine for any OpenAI-compatible server: a vLLM server, or the API of a model.

Messages go to /chat/completions, where the server applies the model's chat template; raw prompts
go to /completions. Temperature, top-p and max_tokens are sent as they are, and with them values
that switch off what a server may apply besides: a vLLM server takes top-k, min-p and penalties
from the checkpoint's generation_config.json where a request is silent. A server that refuses such
fields (OpenAI, Mistral) is asked without them, and said to be; what it applies then cannot be told.

Log-probabilities are what the server gives: raw with vLLM, unless it was started with another
--logprobs-mode; other servers do not say. None tells the ranks of tokens. Without the tokenizer,
token ids are known only where the server tells them, as vLLM does, and prompts have none.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import takewhile
from typing import NamedTuple

from generation.engines import Forced, Options, Request, Sample, Settings, Text, TokenScores
from generation.engines.server import Server, ServerError
from generation.progress import say
from store.chat_answers import Answer, Choice, token_ends
from store.runs import Model

# Off, on every server that has it (0 is off for vLLM alone).
NEUTRAL = {
    "top_k": -1,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
# Of one answer, which comes whole: with log-probabilities about 100 bytes a token.
MOST_CHOICES = 32
MOST_TOKENS = 2**18
# JSON numbers beyond this lose their last digits in servers that read them as floating point;
# neighbouring seeds, and with them samples, would then be the same.
SEED_BITS = 53
UNKNOWN_LENGTH = 2**31 - 1
CHOICES = re.compile(r"(?<![A-Za-z_\\])n(?![A-Za-z_'])|\bchoices?\b")


class ServerTokens:
    """What stands in for the tokenizer, which only the server has."""

    def __init__(self, model: str) -> None:
        self._model = model

    def chat(self, messages: Sequence[dict[str, str]]) -> str:
        """The messages as JSON: the text that the server makes of them is not known."""
        return json.dumps(list(messages), ensure_ascii=False, indent=1)

    def ids(self, text: str, *, special_tokens: bool) -> list[int]:  # noqa: ARG002
        """None are known."""
        return []

    def vocabulary(self) -> str:
        """Says only whose it is."""
        return f"server:{self._model}"

    def text(self, token_ids: Sequence[int]) -> Text:  # noqa: ARG002
        """Raises ValueError."""
        raise ValueError(
            f'The tokens of "{self._model}" are known to its server alone: '
            "load the checkpoint with another engine."
        )


class Part(NamedTuple):
    """Samples of one request that are asked for together: `n` from `first` on."""

    place: int
    request: Request
    first: int
    n: int


class OpenAIEngine:
    """One model on one server."""

    def __init__(self, server: Server, concurrency: int) -> None:
        self._server, self._concurrency = server, concurrency
        self._most_choices = MOST_CHOICES
        self._seeds_differ = False
        served = server.served_model()
        self.longest = served.longest or UNKNOWN_LENGTH
        self.tokens = ServerTokens(server.model)
        self.versions = {"openai": version("openai")}
        if served.version:
            self.versions["server"] = served.version

    def sample(
        self, requests: Iterable[Request], settings: Settings
    ) -> Iterator[tuple[Request, list[Sample]]]:
        """Draw the samples; what is in flight when a request fails for good is still waited for."""

        async def draw(part: Part) -> list[Sample]:
            return await self._drawn(part, settings)

        failures: list[ValueError] = []
        found: dict[int, dict[int, list[Sample]]] = {}
        parts = takewhile(lambda _: not failures, self._parts(requests, settings))
        for part, future in self._server.each(parts, draw, self._concurrency):
            pieces = found.setdefault(part.place, {})
            try:
                pieces[part.first] = future.result()
            except ServerError as error:
                failures.append(_of_problem(error, part.request))
            samples = [sample for first in sorted(pieces) for sample in pieces[first]]
            if len(samples) == _drawn_n(part.request, settings):
                del found[part.place]
                yield part.request, _all(samples, part.request, settings)
        if failures:
            raise failures[0]

    def score(self, forced: Sequence[Forced]) -> list[TokenScores]:  # noqa: ARG002
        """Raises ValueError: a server is not given tokens."""
        raise ValueError(self._cannot_score())

    def entropies(self, forced: Sequence[Forced]) -> list[list[float]]:  # noqa: ARG002
        """Raises ValueError: a server does not give whole distributions."""
        raise ValueError(self._cannot_score())

    def close(self) -> None:
        """End what is in flight."""
        self._server.close()

    def _cannot_score(self) -> str:
        return (
            f'The server of "{self._server.model}" cannot score: '
            'score under the checkpoint, with engine = "vllm" or "transformers".'
        )

    def _parts(self, requests: Iterable[Request], settings: Settings) -> Iterator[Part]:
        for place, request in enumerate(requests):
            if request.images and request.messages is None:
                raise ValueError(
                    f'Problem "{request.problem_id}" has images, which a server takes in messages '
                    "only: choose a prompt that uses the chat template."
                )
            n = _drawn_n(request, settings)
            size = max(1, min(self._most_choices, MOST_TOKENS // settings.max_tokens))
            for first in range(0, n, size):
                yield Part(place, request, request.first + first, min(size, n - first))

    async def _drawn(self, part: Part, settings: Settings) -> list[Sample]:
        samples: list[Sample] = []
        while len(samples) < part.n:
            rest = part._replace(first=part.first + len(samples), n=part.n - len(samples))
            drawn = await self._answer(rest, settings)
            if len(drawn) > 1 and not self._seeds_differ:
                drawn = await self._told_apart(rest, drawn, settings)
            samples += drawn
        return samples

    async def _answer(self, part: Part, settings: Settings) -> list[Sample]:
        """As many of a part's samples as the server gives at once."""
        n = min(part.n, self._most_choices)
        path, body = _asked(part._replace(n=n), settings)
        try:
            answer = await self._server.ask(path, body)
        except ServerError as error:
            if n > 1 and error.refused and CHOICES.search(error.said):
                self._limit(n // 2)
                return []
            raise
        samples = samples_of(answer)[:n]
        if len(samples) < n:
            self._limit(len(samples))
        return samples

    async def _told_apart(
        self, part: Part, drawn: list[Sample], settings: Settings
    ) -> list[Sample]:
        """Some servers give every choice the same seed: then each sample is asked for alone."""
        if len({sample.completion for sample in drawn}) == 1:
            alone = await self._answer(part._replace(first=part.first + 1, n=1), settings)
            if alone[0].completion != drawn[0].completion:
                say("The server draws the same sample n times: each is asked for alone.")
                self._most_choices = 1
                return [drawn[0], alone[0]]
        self._seeds_differ = True
        return drawn

    def _limit(self, most: int) -> None:
        if most < self._most_choices:
            say(f"The server gives at most {most} samples at once: the rest are asked for again.")
            self._most_choices = most


def open_engine(model: Model, options: Options) -> OpenAIEngine:
    """Find the server. Raises ValueError where it is not there or has no such model."""
    if not options.endpoint:
        raise ValueError(
            'engine = "openai" needs endpoint, the address of the server, '
            'such as "http://localhost:8000/v1".'
        )
    server = Server(options.endpoint, str(model.path), options.key_variable)
    try:
        return OpenAIEngine(server, options.concurrency)
    except BaseException:
        server.close()
        raise


def _asked(part: Part, settings: Settings) -> tuple[str, dict[str, object]]:
    request = part.request
    body: dict[str, object] = {
        "n": part.n,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "max_tokens": settings.max_tokens,
        # vLLM gives sample i of the n this seed + i.
        "seed": (request.seed + part.first) % 2**SEED_BITS,
        "return_token_ids": True,
        **NEUTRAL,
    }
    if request.messages is None:
        # 0: of the sampled token alone.
        return "/completions", {**body, "prompt": request.prompt, "logprobs": 0}
    asked = {"messages": _messages(request), "logprobs": True, **_begun(request)}
    return "/chat/completions", {**body, **asked}


def _messages(request: Request) -> list[dict[str, object]]:
    """The messages; images come before the text of the user's last."""
    messages: list[dict[str, object]] = [dict(message) for message in request.messages or ()]
    if request.images:
        shown = [{"type": "image_url", "image_url": {"url": uri}} for uri in request.images]
        last = [message for message in messages if message["role"] == "user"][-1]
        last["content"] = [*shown, {"type": "text", "text": last["content"]}]
    return messages


def _begun(request: Request) -> dict[str, object]:
    """An answer that the messages begin is to be continued, which a server that cannot refuses."""
    if not request.messages or request.messages[-1]["role"] != "assistant":
        return {}
    return {"continue_final_message": True, "add_generation_prompt": False}


def samples_of(answer: Answer) -> list[Sample]:
    """Samples as far as an answer tells them; of the tokens of several it tells only the sum."""
    n_tokens = answer.n_tokens if len(answer.choices) == 1 else None
    return [_sample(choice, n_tokens) for choice in answer.choices]


def _sample(choice: Choice, n_tokens: int | None) -> Sample:
    tokens = choice.token_ids if choice.tokens is None else choice.tokens
    return Sample(
        choice.token_ids,
        choice.token_logprobs,
        choice.finish_reason,
        choice.completion,
        None if choice.tokens is None else token_ends(choice.completion, choice.tokens),
        n_tokens if tokens is None else len(tokens),
    )


def _drawn_n(request: Request, settings: Settings) -> int:
    """Where nothing is drawn, all n are the same; vLLM refuses to be asked for them."""
    return request.n if settings.temperature > 0 else min(request.n, 1)


def _all(samples: list[Sample], request: Request, settings: Settings) -> list[Sample]:
    return samples if settings.temperature > 0 else samples * request.n


def _of_problem(error: ServerError, request: Request) -> ValueError:
    if not error.refused or error.hopeless:
        return error
    return ValueError(f'Problem "{request.problem_id}": {error}')
