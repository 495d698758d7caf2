"""NaN and Infinity in JSON, which Python's writers put there and strict parsers stop at, as null.

What stands in texts is left as it is: the bytes go by in blocks, and whether a block begins within
a text is known from the quotes before it.
"""

import re
from typing import IO

TEXT_OR_CONSTANT = re.compile(rb'"(?:[^"\\]|\\.)*+"?|NaN|-?Infinity', re.DOTALL)
UNCLEAR_END = re.compile(rb"-?[A-Za-z]{0,8}\Z")  # may be the half of a constant
LONGEST = len(b"-Infinity")


class NullForConstants:
    """A file of JSON, to be read; without NaN and Infinity."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.inside = False  # within a text
        self.waiting = b""

    def read(self, size: int = -1) -> bytes:
        """About so many bytes; none at the end of the file."""
        if size == 0:
            return b""
        while True:
            fresh = self.file.read(max(size, 2**16) if size > 0 else -1)
            block = self.waiting + fresh
            cut = clear_end(block) if fresh else len(block)
            block, self.waiting = block[:cut], block[cut:]
            if block or not fresh:
                return self.without(block)

    def without(self, block: bytes) -> bytes:
        """The block with null for the constants that stand outside of texts."""
        inside = self.inside
        plain = block.replace(b"\\\\", b"")
        if (plain.count(b'"') - plain.count(b'\\"')) % 2:
            self.inside = not inside
        if b"NaN" not in block and b"Infinity" not in block:
            return block
        whole = b'"' + block if inside else block
        cleaned = TEXT_OR_CONSTANT.sub(lambda m: m[0] if m[0][:1] == b'"' else b"null", whole)
        return cleaned[1:] if inside else cleaned


def clear_end(block: bytes) -> int:
    """Up to where no escape and no constant is cut in two."""
    if block.endswith(b"\\"):
        return len(block.rstrip(b"\\"))
    start = max(0, len(block) - LONGEST)
    end = UNCLEAR_END.search(block, start)
    return end.start() if end else len(block)
