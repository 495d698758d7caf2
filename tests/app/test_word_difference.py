"""The difference of two texts: it gives both back, is small where they are alike, and is quick."""

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.word_difference import MOST, Piece, rising, word_difference

WORDS = st.lists(st.sampled_from(["so", "then", "x=1", "\n\n", "{", "é", "42", " ", "."]))


def side(pieces: list[Piece], of: str) -> str:
    return "".join(piece.text for piece in pieces if piece.of in ("both", of))


@settings(deadline=None, max_examples=300)
@given(WORDS, WORDS, st.sampled_from([" ", "", "\n"]))
def test_the_pieces_make_both_texts(one: list[str], two: list[str], between: str) -> None:
    first, second = between.join(one), between.join(two)
    pieces = word_difference(first, second)
    assert (side(pieces, "first"), side(pieces, "second")) == (first, second)
    assert all(piece.text for piece in pieces)
    assert all(one.of != two.of for one, two in pairwise(pieces))


def test_a_changed_word_is_all_that_differs() -> None:
    assert word_difference("half of it is 3 now", "half of it is 4 now") == [
        Piece("both", "half of it is "), Piece("first", "3"), Piece("second", "4"),
        Piece("both", " now"),
    ]  # fmt: skip


def test_the_same_text_does_not_differ() -> None:
    assert word_difference("a b", "a b") == [Piece("both", "a b")]
    assert word_difference("", "") == []
    assert word_difference("", "a") == [Piece("second", "a")]


def test_marks_and_spaces_alone_are_not_taken_for_something_in_common() -> None:
    pieces = word_difference("one, two. three", "uno, dos. tres")
    assert [piece.of for piece in pieces] == ["first", "second"]


def test_a_moved_sentence_is_found_once() -> None:
    moved = "the quick brown fox jumps over the lazy dog. "
    rest = " ".join(f"w{i}" for i in range(400))
    pieces = word_difference(moved + rest, rest + " " + moved)
    assert rest in "".join(piece.text for piece in pieces if piece.of == "both")


@settings(deadline=None)
@given(st.permutations(range(9)))
def test_the_longest_rising_series_is_as_long_as_one_can_be(order: list[int]) -> None:
    pairs = list(enumerate(order))
    found = rising(pairs)
    longest = max(  # every subset, by brute force
        bin(chosen).count("1")
        for chosen in range(1, 512)
        if (kept := [v for i, v in enumerate(order) if chosen >> i & 1]) == sorted(kept)
    )
    assert len(found) == longest
    assert found == sorted(found, key=lambda pair: pair[1])
    assert set(found) <= set(pairs)


def chain(random: np.random.Generator, words: int) -> str:
    """Words as frequent as in a language."""
    return " ".join(f"w{min(int(word), 3000)}" for word in random.zipf(1.3, words))


def hard() -> dict[str, tuple[str, str]]:
    random = np.random.default_rng(1)
    long = chain(random, 40_000)
    few = [" ".join(f"u{i % 100}" for i in random.permutation(20_000)) for _ in range(2)]
    return {
        "unrelated": (long, chain(random, 40_000)),
        "near": (long, long.replace("w7 ", "v7 ")),
        "few words": (few[0], few[1]),
        "one line": ("a" * 2_000_000, "a" * 2_000_000 + "b"),
        "short lines": ("a!\n" * MOST, "a!\n" * MOST + "b"),
        "no words": ("é! " * 60_000, "é! " * 60_000 + "b"),
    }


@pytest.mark.parametrize("name", hard())
def test_no_pair_of_texts_takes_more_than_a_second(name: str) -> None:
    first, second = hard()[name]
    started = time.thread_time()
    pieces = word_difference(first, second)
    assert time.thread_time() - started < 1
    assert (side(pieces, "first"), side(pieces, "second")) == (first, second)


def test_little_differs_between_long_texts_that_are_nearly_the_same() -> None:
    first, second = hard()["near"]
    same = sum(len(p.text) for p in word_difference(first, second) if p.of == "both")
    assert same > 0.98 * len(first)
