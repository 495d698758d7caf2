"""Long texts are set block by block, and nothing of them is lost."""

import json
import time

import pytest

from app.typeset import LONGEST, MANY, MOST, REMEMBERED, cut_blocks, set_source, set_text

MATH = """## Step
We need $x^2 \\equiv 1$ and
$$\\sum_{i=1}^{n} \\binom{n}{i} p^i = 1$$

- first \\(a\\)

- second

```python
x = 1

y = 2
```

"""
HOSTILE = {
    "one line": "unbroken" * 30_000,
    "brackets": "[" * 60_000,
    "images": "![" * 30_000,
    "emphasis": "*a _b " * 10_000,
    "quotes": "\n".join(">" * (i % 300) + " a" for i in range(600)),
    "backticks": "".join("`" * (i % 200) + "a" for i in range(600)),
    "fences": "```\n" * 15_000,
    "dollars": "$a" * 30_000,
    "displays": "\\[\n" * 20_000,
    "lines": "\n" * 60_000,
    "table": "a|b\n-|-\n" + "x|y\n" * 15_000,
    "control": "\0\x1b\u202e\ud800" * 15_000,
    "limits": ("$" + "\\sum\\limits_a^b " * 180 + "$ ") * 20,
}


def pieces(text: str) -> list[str]:
    return [text[block.start : block.end] for block in cut_blocks(text, [])]


@pytest.mark.parametrize("name", HOSTILE)
def test_blocks_are_the_whole_text_and_none_goes_on_for_ever(name: str) -> None:
    text = HOSTILE[name]
    found = list(cut_blocks(text, []))

    assert text == "".join(pieces(text))
    assert max(block.end - block.start for block in found) <= MOST
    for block in found[:8]:
        began = time.process_time()
        json.loads(set_source(text[block.start : block.end], block.code))
        assert time.process_time() - began < 5  # usually below 0.1


def test_a_block_ends_at_a_blank_line_that_is_not_in_code() -> None:
    found = pieces(MATH * 60)

    assert len(found) > 3
    assert all(piece.endswith("\n\n") for piece in found)
    assert all(piece.count("```") % 2 == 0 for piece in found)


def test_code_that_is_cut_goes_on_as_code() -> None:
    text = "```\n" + "x = 1\n\n" * 1500 + "```\nAfter *it*.\n"
    found = list(cut_blocks(text, []))

    assert [block.code for block in found] == [False, True, True, False]
    assert text[found[-1].start : found[-1].end] == "After *it*.\n"
    assert '"pre"' in set_source(text[found[1].start : found[1].end], True)


def test_no_block_reaches_over_a_cut() -> None:
    text = MATH * 60
    found = list(cut_blocks(text, [10, 5000]))

    assert {10, 5000} <= {block.start for block in found}
    assert text == "".join(text[block.start : block.end] for block in found)


def test_setting_stops_when_time_is_up_and_goes_on_when_asked_again() -> None:
    text = "".join(f"Paragraph {i} with $x_{{{i}}}$.\n\n" for i in range(2000))
    left = [0]
    while left[-1] or len(left) == 1:
        left.append(sum(block.trees is None for block in set_text(text, 1e-9)))

    assert left[1] > 30
    assert left[1:] == list(range(left[1], -1, -1))  # one more each time


def test_what_is_remembered_does_not_grow_without_end() -> None:
    for i in range(MANY + 10):
        set_source(f"{i}", True)

    assert len(REMEMBERED) == MANY


def test_what_is_too_long_is_not_set() -> None:
    text = "word " * (LONGEST // 4)

    assert set_text(text, 1e-9)[-1].end == LONGEST


def test_an_empty_text_has_no_blocks() -> None:
    assert set_text("", 1.0) == []
