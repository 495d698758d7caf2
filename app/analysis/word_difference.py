"""Where two texts differ, word by word, in bounded time."""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate, pairwise
from typing import NamedTuple

WORD = re.compile(r"\w+|\s+|[^\w\s]")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
BY_WORD = 600_000  # characters of both texts; longer ones are compared line by line
MOST = 300_000  # words or lines of both texts that are compared at all
STEPS = 600_000  # of difflib's search: less than half a second
RUN = 8  # words, marks and spaces that are the same, and found only once in each text


class Piece(NamedTuple):
    """A stretch of text: of `both`, or only of the `first`, or only of the `second`."""

    of: str
    text: str


def word_difference(first: str, second: str) -> list[Piece]:
    """The pieces in order: those of `both` and `first` make the first text, of `both` and `second`
    the second.

    Runs of words that each text has once are matched first, in the longest series that is in both
    in the same order; between them difflib searches. It has no bound of its own: what it has not
    found in STEPS counts as different.
    """
    unit = WORD if len(first) + len(second) <= BY_WORD else LINE
    one, two = unit.findall(first), unit.findall(second)
    if first == second or len(one) + len(two) > MOST:
        return pieces(one, two, [Match(0, 0, len(one))] if first == second else [])
    blocks, steps = list[Match](), STEPS
    for gap in gaps(anchors(one, two), len(one), len(two)):
        if gap.anchor:
            blocks.append(gap.anchor)
        found, steps = searched(one[gap.a : gap.a_end], two[gap.b : gap.b_end], steps)
        blocks += [Match(gap.a + a, gap.b + b, size) for a, b, size in found]
    return pieces(one, two, blocks)


class Gap(NamedTuple):
    """What is between two anchors, after the first of them."""

    anchor: Match | None
    a: int
    a_end: int
    b: int
    b_end: int


def gaps(matched: Sequence[Match], a_end: int, b_end: int) -> Iterator[Gap]:
    """Before the first anchor, between them, and after the last."""
    ends = [Match(0, 0, 0), *matched, Match(a_end, b_end, 0)]
    for one, two in pairwise(ends):
        yield Gap(one if one.size else None, one.a + one.size, two.a, one.b + one.size, two.b)


def anchors(one: Sequence[str], two: Sequence[str]) -> list[Match]:
    """Stretches of RUN or more that are certainly the same, in order and apart."""
    here, there = found_once(one), found_once(two)
    pairs = [(place, there[run]) for run, place in here.items() if run in there]
    result: list[Match] = []
    for a, b in rising(pairs):
        last = result[-1] if result else Match(-1, -1, 0)
        new = last.a + last.size - a  # how much of this run the last stretch has already
        if new > 0 and a - last.a == b - last.b:
            result[-1] = Match(last.a, last.b, a - last.a + RUN)
        elif a >= last.a + last.size and b >= last.b + last.size:
            result.append(Match(a, b, RUN))
    return result


def found_once(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Every run of RUN words that is there once → its place, in order."""
    places: dict[tuple[str, ...], int] = {}
    for place, run in enumerate(zip(*(words[i:] for i in range(RUN)), strict=False)):
        places[run] = -1 if run in places else place
    return {run: place for run, place in places.items() if place >= 0}


def rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of pairs in order of their first number, the longest series in which the second rises."""
    lowest: list[int] = []  # the lowest last second number of a series of each length
    last: list[int] = []  # … and which pair that is
    before: list[int] = []
    for place, (_, second) in enumerate(pairs):
        length = bisect_left(lowest, second)
        lowest[length : length + 1] = [second]
        last[length : length + 1] = [place]
        before.append(last[length - 1] if length else -1)
    series, place = [], last[-1] if last else -1
    while place >= 0:
        series.append(pairs[place])
        place = before[place]
    return series[::-1]


def searched(one: Sequence[str], two: Sequence[str], steps: int) -> tuple[list[Match], int]:
    """The longest stretch in both, then the longest before and after it, and so on, in order; and
    the steps that are left. A step is a pair of equal words that is looked at.
    """
    matcher = SequenceMatcher(str.isspace, one, two)
    places: dict[str, list[int]] = matcher.b2j  # type: ignore[attr-defined]  # documented
    taken = [0, *accumulate(1 + len(places.get(word, ())) for word in one)]
    found: list[Match] = []
    waiting = deque([(0, len(one), 0, len(two))])
    while waiting:
        start, end, low, high = waiting.popleft()
        if start == end or low == high or taken[end] - taken[start] > steps:
            continue
        steps -= taken[end] - taken[start]
        block = matcher.find_longest_match(start, end, low, high)
        if block.size:
            found.append(block)
            waiting.append((start, block.a, low, block.b))
            waiting.append((block.a + block.size, end, block.b + block.size, high))
    return sorted(block for block in found if says(one, block)), steps


def says(words: Sequence[str], block: Match) -> bool:
    """Whether there is more in it than marks and white space, which match anywhere."""
    text = "".join(words[block.a : block.a + block.size])
    return any(character.isalnum() for character in text)


def pieces(one: Sequence[str], two: Sequence[str], blocks: Sequence[Match]) -> list[Piece]:
    """The matching blocks, and what is between them."""
    found: list[Piece] = []
    for before, block in pairwise([Match(0, 0, 0), *blocks, Match(len(one), len(two), 0)]):
        add(found, "first", "".join(one[before.a + before.size : block.a]))
        add(found, "second", "".join(two[before.b + before.size : block.b]))
        add(found, "both", "".join(one[block.a : block.a + block.size]))
    return found


def add(found: list[Piece], of: str, text: str) -> None:
    """Add a piece; to the last one where it is of the same kind."""
    if not text:
        return
    if found and found[-1].of == of:
        found[-1] = Piece(of, found[-1].text + text)
    else:
        found.append(Piece(of, text))
