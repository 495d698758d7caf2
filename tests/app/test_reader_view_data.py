"""Places, numbers and parts as the browser is given them."""

import base64
import struct

import pytest

from app.components.reader_view import span_of
from app.components.reader_view_data import (
    PARTS,
    Part,
    Tokens,
    Units,
    checked,
    coloured,
    fingerprint,
    packed,
    packed_tokens,
    parts,
)


@pytest.mark.parametrize("text", ["", "abc", "a😀b𝕏c", "\ud800a\udc00", "שלום\0"])
def test_places_are_counted_as_browsers_do(text: str) -> None:
    units = Units(text)
    expected = [
        len(text[:i].encode("utf-16-le", "surrogatepass")) // 2 for i in range(len(text) + 1)
    ]

    assert expected == units.browser(range(len(text) + 1)).tolist()
    assert list(range(len(text) + 1)) == [units.python(place) for place in expected]
    assert units.wide == any(ord(each) > 0xFFFF for each in text)


def test_places_outside_of_the_text_are_its_ends() -> None:
    units = Units("abc")

    assert units.browser([-5, 99]).tolist() == [0, 3]
    assert (units.python(-1), units.python(99)) == (0, 3)


def test_numbers_are_packed_as_bytes() -> None:
    halves = struct.unpack("<3f", base64.b64decode(packed([1.5, None, -2.0], "<f4")))

    assert (halves[0], halves[2]) == (1.5, -2.0)
    assert halves[1] != halves[1]  # NaN
    assert struct.unpack("<2i", base64.b64decode(packed([7, None], "<i4"))) == (7, -1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", [(0, 5, False, False)]),
        ("", [(0, 0, False, False)]),
        ("<think>a</think>b", [(0, 16, True, True), (16, 17, False, False)]),
        ("a<think>b", [(0, 1, False, False), (1, 9, True, False)]),
        ("a</think>b", [(0, 9, True, True), (9, 10, False, False)]),
        ("<think>a<think>b</think>c", [(0, 24, True, True), (24, 25, False, False)]),
        ("<think>a</think></think>", [(0, 16, True, True), (16, 24, False, False)]),
        ("<think></think>", [(0, 15, True, True)]),
    ],
)
def test_blocks_of_thought_are_parts(
    text: str, expected: list[tuple[int, int, bool, bool]]
) -> None:
    assert [Part(*each) for each in expected] == parts(text)


def test_a_text_of_tags_has_few_parts_and_loses_nothing() -> None:
    text = "<think>a</think>b" * 5000
    found = parts(text)

    assert len(found) <= PARTS + 1
    assert text == "".join(text[part.start : part.end] for part in found)


def test_values_must_be_as_many_as_tokens() -> None:
    with pytest.raises(ValueError, match="m: 1 values for 2 tokens"):
        checked(Tokens([1, 2], logprobs={"m": [-1.0]}))
    with pytest.raises(ValueError, match="ranks m: 1 values for 2 tokens"):
        checked(Tokens([1, 2], logprobs={"m": [-1.0, -2.0]}, ranks={"m": [1]}))


def test_ranks_are_packed_by_scorer_and_one_that_is_not_known_is_none() -> None:
    known = Tokens([1, 2], logprobs={"m": [-1.0, -2.0]}, ranks={"m": [3, None]})
    ((name, values),) = packed_tokens(known, Units("ab"))["ranks"]  # type: ignore[attr-defined]

    assert (name, struct.unpack("<2i", base64.b64decode(values))) == ("m", (3, -1))


def test_ends_never_go_back() -> None:
    ends = packed_tokens(Tokens([2, 1, 9], logprobs={}), Units("a😀b"))["ends"]

    assert struct.unpack("<3i", base64.b64decode(str(ends))) == (3, 3, 4)


def test_colours_name_scorers_that_have_values() -> None:
    tokens = Tokens([1], logprobs={"a": [-1.0], "b": [-2.0]}, entropies={"c": [0.5]})

    assert coloured(tokens, ("difference", "b", "a")) == {"kind": "difference", "scorers": [1, 0]}
    assert coloured(tokens, ("entropy", "c")) == {"kind": "entropy", "scorers": [0]}
    assert coloured(tokens, None) == {"kind": "logprob", "scorers": [0]}
    assert coloured(Tokens([1]), None) is None
    for wrong in (("entropy", "a"), ("difference", "a"), ("length", "a"), ("logprob",)):
        with pytest.raises(ValueError, match="choose another colour"):
            coloured(tokens, wrong)


def test_a_span_counts_only_for_the_text_that_it_was_chosen_in() -> None:
    text = "a😀bc"
    own, units = fingerprint(text), Units(text)

    assert span_of([own, 1, 4], own, units) == (1, 3)
    assert span_of([own, 4, 1], own, units) == (1, 3)
    assert span_of([fingerprint("other"), 1, 4], own, units) is None
    for nothing in (None, [], [own, 2], [own, 4, 4], "x"):
        assert span_of(nothing, own, units) is None
