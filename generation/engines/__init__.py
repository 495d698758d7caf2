"""Engines by name, and what each of them offers. An engine's module is imported only when loaded.

Every engine stores raw log-probabilities (temperature 1, before top-p), so that what it generated
and what teacher forcing says of the same tokens agree, whatever the sampling settings were.
"""

import hashlib
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from store.runs import Model

MODULES = {
    "transformers": "generation.engines.transformers_engine",
    "vllm": "generation.engines.vllm_engine",
}
SEED_BITS = 62
LONGEST_REASON = 300


class Settings(NamedTuple):
    """How tokens are drawn; temperature 0 means: always the likeliest."""

    temperature: float
    top_p: float
    max_tokens: int


class Request(NamedTuple):
    """Samples `first` … `first + n - 1` of a problem; `seed` is the problem's: problem_seed()."""

    problem_id: str
    prompt_ids: list[int]
    first: int
    n: int
    seed: int


class Sample(NamedTuple):
    """One response. `token_ends`: characters of the completion up to and including each token."""

    token_ids: list[int]
    token_logprobs: list[float]
    finish_reason: str
    completion: str
    token_ends: list[int]


class Forced(NamedTuple):
    """A prompt and a completion whose tokens are to be scored."""

    prompt_ids: list[int]
    token_ids: list[int]


class Tokens(Protocol):
    """The model's tokenizer (tokens.py)."""

    def chat(self, question: str) -> str:
        """The question as the model's own chat template puts it."""

    def ids(self, text: str, *, special_tokens: bool) -> list[int]:
        """Token ids of a text."""

    def vocabulary(self) -> str:
        """A fingerprint of which token has which id."""


class Engine(Protocol):
    """A loaded model. `longest` is how many tokens prompt and completion may have together."""

    versions: dict[str, str]
    longest: int
    tokens: Tokens

    def sample(
        self, requests: Sequence[Request], settings: Settings
    ) -> Iterator[tuple[Request, list[Sample]]]:
        """Draw the samples; each request is yielded when its last sample is complete."""

    def score(self, forced: Sequence[Forced]) -> list[list[float]]:
        """Raw log-probability of each completion token; an empty completion gives an empty list."""

    def close(self) -> None:
        """Free the memory for the next model."""


class Module(Protocol):
    """What each engine module offers."""

    def open_engine(self, model: Model) -> Engine:
        """Load the model."""


def load(name: str, model: Model) -> Engine:
    """The model in the engine of this name. Raises ValueError where it cannot be loaded."""
    try:
        module = cast(Module, import_module(MODULES[name]))
    except ModuleNotFoundError as error:
        extra = {"transformers": "generation"}.get(name, name)
        raise ValueError(
            f'Engine "{name}" needs the package {error.name}, which is not installed: '
            f"pip install 'passband[{extra}]'."
        ) from error
    try:
        return module.open_engine(model)
    except (OSError, ValueError, RuntimeError) as error:
        # Of libraries: several lines, of which the first says what is wrong.
        reason = " ".join(str(error).split())[:LONGEST_REASON]
        raise ValueError(
            f'Model "{model.name}" cannot be loaded from {model.path}: {reason}'
        ) from error


def problem_seed(seed: int, run_id: str, problem_id: str) -> int:
    """Where a problem's seeds begin: sample i has this seed + i.

    Ranges of neighbouring seeds would overlap (with vLLM, seeds 1 and 2 share 7 of 8 samples), so
    the beginnings are spread over 62 bits by a hash.
    """
    digest = hashlib.sha256(f"{seed}\0{run_id}\0{problem_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - SEED_BITS)
