"""What token ids spell, from the tokenizer.json of a byte-level tokenizer: Qwen, Llama 3, OLMo.

In its vocabulary every byte of a token is one printable character: those of Latin-1 that can be
printed stand for themselves, the others for the characters from U+0100 on, in their order.
"""

import codecs
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from store.importers.found import Unfit, clean, list_of, shown

Spelling = Mapping[int, bytes]

PRINTED = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
OTHERS = [byte for byte in range(256) if byte not in PRINTED]
BYTES = {
    **{chr(byte): byte for byte in PRINTED},
    **{chr(0x100 + place): byte for place, byte in enumerate(OTHERS)},
}
LARGEST = 2**31 - 1


@lru_cache(maxsize=4)
def spelling_of(path: Path) -> Spelling:
    """The bytes of each token id; special tokens, such as those that end a text, have none.

    `path` is tokenizer.json or its folder. Raises ValueError where it is none that can be read.
    """
    path = path / "tokenizer.json" if path.is_dir() else path
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        decoders = kinds(found["decoder"])
        vocabulary = dict(found["model"]["vocab"])
        added = {each["id"]: each for each in found["added_tokens"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{path} is not a tokenizer.json. Name it, or a folder that has it: --field tokenizer=…"
        ) from error
    if "ByteLevel" not in decoders:
        raise ValueError(
            f"{path} is not of a byte-level tokenizer, and only those can be read. Write the texts "
            "of the samples into the file, or import it without the tokenizer."
        )
    spelled = {number: bytes_of(token) for token, number in vocabulary.items()}
    special = {
        number: b"" if each["special"] else each["content"].encode()
        for number, each in added.items()
    }
    return {**spelled, **special}


def kinds(decoder: object) -> set[str]:
    """The kinds of a decoder, or of those in a sequence of them."""
    if not isinstance(decoder, Mapping):
        return set()
    inner = decoder.get("decoders")
    return {str(decoder.get("type"))}.union(*map(kinds, inner if isinstance(inner, list) else []))


def bytes_of(token: str) -> bytes:
    """The bytes of one token of the vocabulary."""
    if all(character in BYTES for character in token):
        return bytes(BYTES[character] for character in token)
    return token.encode()


def ids_of(value: object, name: str) -> list[int]:
    """Token ids. Raises Unfit where one is none."""
    found = list_of(value, name)
    for each in found:
        if isinstance(each, bool) or not isinstance(each, int) or not 0 <= each <= LARGEST:
            raise Unfit(name, f"has {shown(each)}, which is no token id")
    return found  # type: ignore[return-value]


def tokens_of(spelling: Spelling, ids: Iterable[int], name: str) -> list[bytes]:
    """The bytes of these tokens. Raises Unfit where the tokenizer lacks one."""
    ids = list(ids)
    unknown = next((number for number in ids if number not in spelling), None)
    if unknown is not None:
        raise Unfit(name, f"has {unknown}, which is no token of the tokenizer")
    return [spelling[number] for number in ids]


def spelled(tokens: Sequence[bytes]) -> tuple[str, list[int]]:
    """The text, and where each token ends in it. Bytes that are no text are U+FFFD; a character
    whose bytes are spread over several tokens belongs to the last of them."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pieces, ends, end = [], [], 0
    for place, token in enumerate(tokens, start=1):
        pieces.append(decoder.decode(token, final=place == len(tokens)))
        end += len(pieces[-1])
        ends.append(end)
    return clean("".join(pieces)), ends
