"""Engines by name, and what each of them offers. An engine's module is imported only when loaded.

Every engine stores raw log-probabilities (temperature 1, before top-p), so that what it generated
and what teacher forcing says of the same tokens agree, whatever the sampling settings were.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from generation.engines.model_path import check_path, failure
from store.runs import Model

MODULES = {
    "openai": "generation.engines.openai_engine",
    "transformers": "generation.engines.transformers_engine",
    "vllm": "generation.engines.vllm_engine",
}
LOADS_CHECKPOINT = ("transformers", "vllm")
SEED_BITS = 62


class Options(NamedTuple):
    """How a model is run, which changes no sample; None is the engine's own default.

    `key_variable` names the environment variable that holds an API's key.
    """

    tensor_parallel: int = 1
    max_model_len: int | None = None
    gpu_memory: float | None = None
    endpoint: str | None = None
    key_variable: str = "OPENAI_API_KEY"
    concurrency: int = 64


class Settings(NamedTuple):
    """How tokens are drawn; temperature 0 means: always the likeliest."""

    temperature: float
    top_p: float
    max_tokens: int


class Request(NamedTuple):
    """Samples `first` … `first + n - 1` of a problem; `seed` is the problem's: problem_seed().

    `prompt` is the text that `prompt_ids` encode. `messages` are what a chat template was made
    from, for an engine whose server has the template. `images` are data URIs.
    """

    problem_id: str
    prompt_ids: list[int]
    first: int
    n: int
    seed: int
    prompt: str = ""
    messages: tuple[dict[str, str], ...] | None = None
    images: tuple[str, ...] = ()


class Sample(NamedTuple):
    """One response. `token_ends`: characters of the completion up to and including each token.

    `token_ranks`: of the distribution that token_logprobs are of, as in TokenScores. A server may
    not tell its tokens; what is not known of them is None.
    """

    token_ids: list[int] | None
    token_logprobs: list[float] | None
    finish_reason: str | None
    completion: str
    token_ends: list[int] | None
    n_tokens: int | None = None  # where token_ids are not known
    token_ranks: list[int] | None = None


class TokenScores(NamedTuple):
    """What a model says of each token of a completion, by its raw distribution at that place.

    `ranks`: how many tokens are at least as likely, itself included; 1 is the likeliest. So vLLM
    counts, and so every engine: of equals, which bfloat16 makes many of, each has the last place.
    """

    logprobs: list[float]
    ranks: list[int]


class Forced(NamedTuple):
    """A prompt and a completion whose tokens are to be scored; `images` are data URIs."""

    prompt_ids: list[int]
    token_ids: list[int]
    prompt: str = ""
    images: tuple[str, ...] = ()


class Text(NamedTuple):
    """A completion and where each of its tokens ends in it."""

    completion: str
    token_ends: list[int]


class Tokens(Protocol):
    """The model's tokenizer (tokens.py)."""

    def chat(self, messages: Sequence[dict[str, str]]) -> str:
        """The messages as the model's own chat template puts them, with an open turn at the end."""

    def ids(self, text: str, *, special_tokens: bool) -> list[int]:
        """Token ids of a text."""

    def vocabulary(self) -> str:
        """A fingerprint of which token has which id."""

    def text(self, token_ids: Sequence[int]) -> Text:
        """The completion without special tokens, and where each token ends in it."""


class Engine(Protocol):
    """A loaded model. `longest` is how many tokens prompt and completion may have together."""

    versions: dict[str, str]
    longest: int
    tokens: Tokens

    def sample(
        self, requests: Iterable[Request], settings: Settings
    ) -> Iterator[tuple[Request, list[Sample]]]:
        """Draw the samples; each request is yielded when its last sample is complete.

        Requests are pulled as the engine has room for them, and may come from another machine.
        """

    def score(self, forced: Sequence[Forced]) -> list[TokenScores]:
        """Log-probabilities and ranks of each one's completion tokens, if it has any.

        Raises ValueError where the engine cannot score.
        """

    def entropies(self, forced: Sequence[Forced]) -> list[list[float]]:
        """Entropy in nats of the raw distribution from which each completion token was drawn.

        Raises ValueError where the engine does not give whole distributions.
        """

    def close(self) -> None:
        """Free the memory for the next model."""


class Module(Protocol):
    """What each engine module offers."""

    def open_engine(self, model: Model, options: Options) -> Engine:
        """Load the model."""


def load(name: str, model: Model, options: Options = Options()) -> Engine:  # noqa: B008
    """The model in the engine of this name. Raises ValueError where it cannot be loaded."""
    try:
        module = cast(Module, import_module(MODULES[name]))
    except ModuleNotFoundError as error:
        extra = {"transformers": "generation"}.get(name, name)
        raise ValueError(
            f'Engine "{name}" needs the package {error.name}, which is not installed: '
            f"pip install 'passband[{extra}]'."
        ) from error
    if name in LOADS_CHECKPOINT:
        check_path(model)
    try:
        return module.open_engine(model, options)
    except (OSError, ValueError, RuntimeError) as error:
        if name in LOADS_CHECKPOINT:
            raise ValueError(failure(model, error)) from error
        raise ValueError(f'Model "{model.name}" cannot be used: {error}') from error


def problem_seed(seed: int, run_id: str, problem_id: str) -> int:
    """Where a problem's seeds begin: sample i has this seed + i.

    Ranges of neighbouring seeds would overlap (with vLLM, seeds 1 and 2 share 7 of 8 samples), so
    the beginnings are spread over 62 bits by a hash.
    """
    digest = hashlib.sha256(f"{seed}\0{run_id}\0{problem_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - SEED_BITS)
