"""Text and tokens, the same way for every engine."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

# A character has at most four bytes; more tokens are held back only where bytes are no text.
MOST_HELD = 8


class Text(NamedTuple):
    """A completion and where each of its tokens ends in it."""

    completion: str
    token_ends: list[int]


class HubTokens:
    """A tokenizer of the transformers library, which both engines load models with."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if not isinstance(backend, Tokenizer):
            raise ValueError(
                f"{tokenizer.name_or_path} has no tokenizer.json, without which the text of single "
                "tokens is not known: save the checkpoint with a fast tokenizer."
            )
        self._backend = backend

    def chat(self, question: str) -> str:
        """The question in the tokenizer's chat template, ending in an open assistant turn."""
        if not getattr(self._tokenizer, "chat_template", None):
            raise ValueError(
                f"{self._tokenizer.name_or_path} has no chat template: "
                'choose another prompt than "chat".'
            )
        turns = [{"role": "user", "content": question}]
        return str(
            self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        )

    def ids(self, text: str, *, special_tokens: bool) -> list[int]:
        """Token ids; with special_tokens, those that the tokenizer itself puts around a text."""
        return list(self._tokenizer(text, add_special_tokens=special_tokens)["input_ids"])

    def vocabulary(self) -> str:
        """The first 16 hexadecimal digits of a hash over every token and its id."""
        entries = sorted(self._backend.get_vocab(with_added_tokens=True).items())
        return hashlib.sha256(json.dumps(entries).encode()).hexdigest()[:16]

    def text(self, token_ids: Sequence[int]) -> Text:
        """The completion without special tokens, and where each token ends in it."""
        completion = self._backend.decode(list(token_ids), skip_special_tokens=True)
        ends = [min(end, len(completion)) for end in accumulate(self._ends(token_ids), max)]
        # What the stream still holds back at the end, the completion shows as �.
        return Text(completion, [*ends[:-1], len(completion)] if ends else [])

    def _ends(self, token_ids: Sequence[int]) -> Iterator[int]:
        """A character whose bytes are spread over several tokens belongs to the last of them."""
        stream = DecodeStream(skip_special_tokens=True)
        finished = 0
        held: list[int] = []
        for token_id in token_ids:
            piece = stream.step(self._backend, token_id)
            held.append(token_id)
            if piece is None:
                # The token may end whole characters before the one that it begins.
                whole = self._backend.decode(held[-MOST_HELD:], skip_special_tokens=True)
                yield finished + len(whole.rstrip("\N{REPLACEMENT CHARACTER}"))
            else:
                finished, held = finished + len(piece), []
                yield finished


def stop_ids(*sources: object) -> list[int]:
    """The tokens that end a completion, from all the places where a checkpoint may name them."""
    found: set[int] = set()
    for source in sources:
        if isinstance(source, int):
            found.add(source)
        elif isinstance(source, Iterable):
            found.update(source)
    return sorted(found)
