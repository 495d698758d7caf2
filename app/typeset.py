"""Long texts of Markdown, set in blocks one after the other, so that none takes long."""

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from app.markdown import source_tree, trees

LONGEST = 200_000  # characters that are set; what follows is shown as it is
BLOCK, MOST = 1_500, 4_000  # characters after which a block may end, and which it never exceeds
MANY = 4096  # blocks that are remembered, of about 10 kB
REMEMBERED: dict[tuple[str, bool], str] = {}  # source and whether it is code → trees, oldest first
LOCK = threading.Lock()
FENCE = re.compile(r"\s*(?:(?:[-*+>]|\d{1,9}[.)])\s+)*(`{3,}(?=[^`]*$)|~{3,})")


class Block(NamedTuple):
    """Characters of a text that are set together; code: it begins inside a block of code."""

    start: int
    end: int
    code: bool


class SetBlock(NamedTuple):
    """A block and its trees (app.markdown) as JSON; None: not set yet."""

    start: int
    end: int
    trees: str | None


def set_text(text: str, seconds: float, cuts: Sequence[int] = ()) -> list[SetBlock]:
    """The text's first LONGEST characters in blocks, the first of which are set.

    As many as can be in about this time, which must be above 0, so that one more is set whenever
    this is asked again: those set before take none of it. No block reaches over one of `cuts`.
    """
    found: list[SetBlock] = []
    for block in cut_blocks(text[:LONGEST], cuts):
        source = (text[block.start : block.end], block.code)
        known = REMEMBERED.get(source)
        if known is None and seconds > 0:
            began = time.perf_counter()
            known = set_source(*source)
            seconds -= time.perf_counter() - began
        found.append(SetBlock(block.start, block.end, known))
    return found


def cut_blocks(text: str, cuts: Sequence[int]) -> Iterator[Block]:
    """The blocks of each piece between two cuts."""
    for start, end in pairwise([0, *(cut for cut in cuts if cut < len(text)), len(text)]):
        for block in blocks(text[start:end]):
            yield Block(start + block.start, start + block.end, block.code)


def set_source(source: str, code: bool) -> str:
    """The trees of this source, as JSON; remembered."""
    found = json.dumps([source_tree(source)] if code else trees(source))
    with LOCK:
        while len(REMEMBERED) >= MANY:
            del REMEMBERED[next(iter(REMEMBERED))]
        REMEMBERED[source, code] = found
    return found


def blocks(text: str) -> list[Block]:
    """The text, cut at blank lines outside of code, or else where a block grows too long."""
    found: list[Block] = []
    start = at = 0
    fence, code, blank = "", False, False
    for line in lines(text):
        may_end = blank and at - start >= BLOCK and not line[:1].isspace()
        if at > start and (may_end or at - start + len(line) > MOST):
            found.append(Block(start, at, code))
            start, code = at, bool(fence)
        at += len(line)
        fence = after(line, fence)
        blank = not fence and not line.strip()
        if code and not fence:  # the rest of a block of code that was cut
            found.append(Block(start, at, True))
            start, code = at, False
    return [*found, Block(start, at, code)] if at > start else found


def lines(text: str) -> list[str]:
    """Lines with their ends; one that is too long for a block is cut."""
    return re.findall(rf"[^\n]{{0,{MOST - 1}}}\n|[^\n]{{1,{MOST}}}", text)


def after(line: str, fence: str) -> str:
    """The fence of the code that is open after this line, if any; `fence` was open before it."""
    found = FENCE.match(line.rstrip("\n"))
    if not fence:
        return found[1] if found else ""
    closes = found is not None and found[1].startswith(fence) and line.strip() == found[1]
    return "" if closes else fence
