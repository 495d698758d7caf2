"""Prompt templates by name. The name is part of a run's identity, so a template never changes.

A changed word changes the numbers (MATH500 pass@1 61.5 against 34.5 for the same base model), so
the strings are verbatim; a better wording gets a new name.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol


class PromptTokenizer(Protocol):
    """The part of an engine's tokenizer that prompts need (engines/tokens.py)."""

    def chat(self, question: str) -> str:
        """The question as the model's own chat template puts it."""

    def ids(self, text: str, *, special_tokens: bool) -> list[int]:
        """Token ids; with special_tokens, those that the tokenizer itself puts around a text."""


class Prompt(NamedTuple):
    """The exact text that the model continues, and its token ids."""

    text: str
    token_ids: list[int]


BOXED = "Please reason step by step, and put your final answer within \\boxed{}."
# SimpleRL's template, used by the paper for Qwen and LLaMA on mathematics (its figure 22).
QWEN_BOXED = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\n{question}\n" + BOXED + "<|im_end|>\n"
    "<|im_start|>assistant\n"
)


def _plain(question: str, _: PromptTokenizer) -> str:
    return question


def _qwen_boxed(question: str, _: PromptTokenizer) -> str:
    return QWEN_BOXED.replace("{question}", question)


def _chat(question: str, tokenizer: PromptTokenizer) -> str:
    return tokenizer.chat(question)


TEMPLATES: dict[str, Callable[[str, PromptTokenizer], str]] = {
    "plain": _plain,
    "qwen-boxed": _qwen_boxed,
    "chat": _chat,
}


def prompt(template: str, question: str, tokenizer: PromptTokenizer) -> Prompt:
    """The question as a model is asked it. A chat template writes its own start token."""
    text = TEMPLATES[template](question, tokenizer)
    return Prompt(text, tokenizer.ids(text, special_tokens=template != "chat"))
