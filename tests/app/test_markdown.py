"""Markdown of models becomes trees that show all of it and do nothing."""

import re

import pytest

from app.markdown import trees

TAGS = {
    "p", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "table", "thead",
    "tbody", "tr", "th", "td", "hr", "br", "span",
}  # fmt: skip


def nodes(found: list[object]) -> list[list[object]]:
    """All elements of the trees."""
    lists = [tree for tree in found if isinstance(tree, list)]
    return [inner for tree in lists for inner in [tree, *nodes(tree[2])]]


def text(found: list[object]) -> str:
    return "".join(tree if isinstance(tree, str) else text(tree[2]) for tree in found)


def formulas(source: str) -> list[tuple[str, str]]:
    """What the formulas of the source show, and whether on lines of their own."""
    return [
        (text(node[2]), node[1]["display"]) for node in nodes(trees(source)) if node[0] == "math"
    ]


def test_elements_follow_each_other_as_written() -> None:
    source = "# One\n\nTwo *three* **four** `five`\n- six\n- seven\n\n5. eight\n\n> nine\n\n---\n"
    found = trees(source)

    assert [tree[0] for tree in found] == ["p", "p", "ul", "ol", "blockquote", "hr"]
    assert text(found) == "OneTwo three four fivesixseveneightnine"
    assert found[3][1]["start"] == 5


def test_blocks_know_their_place_in_the_source() -> None:
    source = "a\nb\r\n\n```\ncode\n```\n$$\nx\n$$\nlast 😀"
    places = [(tree[1]["from"], tree[1]["to"]) for tree in trees(source)]

    assert [source[start:end] for start, end in places] == [
        "a\nb\r\n",
        "```\ncode\n```\n",
        "$$\nx\n$$\n",
        "last 😀",
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("so $x$ is", [("x", "inline")]),
        (r"so \(x\) is", [("x", "inline")]),
        (r"so \[x\] is", [("x", "block")]),
        ("$$\nx = 1\n+ 2\n$$", [("x=1+2", "block")]),
        ("\\[\n- x\n\\]", [("−x", "block")]),
        ("> $$x$$\n> $y$", [("x", "block"), ("y", "inline")]),
        ("- a\n  $$\n  x\n  $$\n- b", [("x", "block")]),
        ("text:\n\\begin{align}\nx &= y\n\\end{align}\nmore", [("x=y", "block")]),
        ("costs $5 and $6", []), ("costs $5-$10", []), (r"\$x\$", []), ("a $ b $ c", []),
        ("`$x$`", []), ("$$\nno end", []), ("$x", []), (r"\(x", []),
        ("$a$ costs $5", [("a", "inline")]),
    ],
)  # fmt: skip
def test_formulas_are_found_where_they_are_meant(
    source: str, expected: list[tuple[str, str]]
) -> None:
    assert expected == formulas(source)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ('<img src=x onerror="alert(1)">', '<img src=x onerror="alert(1)">'),
        ("<!-- note -->", "<!-- note -->"),
        ("![i](http://192.0.2.1/x.png)", "image: i ⟨http://192.0.2.1/x.png⟩"),
        ("[l](http://192.0.2.1)", "l ⟨http://192.0.2.1⟩"),
        ("[j](javascript:alert(1))", "[j](javascript:alert(1))"),
        ("<http://192.0.2.1>", "http://192.0.2.1"),
        ("[r]\n\n[r]: http://192.0.2.1", "[r][r]: http://192.0.2.1"),
        ("    indented", "indented"),
        ("$\\frac{a}$", "$\\frac{a}$"),
        ("a\0b", "a␀b"),
        ("a\rb", "a b"),
        ("~~x~~ \u202eabc \ud800", "x \u202eabc \ud800"),
    ],
)  # fmt: skip
def test_all_is_shown_as_text(source: str, shown: str) -> None:
    found = trees(source)

    assert shown == text(found)
    html = [node for node in nodes(found) if node[0] not in ("math", "mrow", "mfrac", "mi")]
    assert {str(node[0]) for node in html} <= TAGS
    assert {name for node in html for name in node[1]} <= {"class", "title", "from", "to", "start"}


@pytest.mark.parametrize(
    "source",
    [
        ">" * 500 + " deep", "- " * 500 + "deep", "1. " * 500 + "deep", "*" * 999 + "deep*" * 9,
        "\n".join("  " * level + "- deep" for level in range(80)), "[" * 2000 + "deep",
        "![" * 1000 + "deep", "](" * 1000 + "deep", "**_" * 600 + "deep" + "_**" * 600,
        "\n".join(">" * level + " deep" for level in range(60)),
    ],
)  # fmt: skip
def test_nothing_that_is_nested_is_lost(source: str) -> None:
    """markdown-it drops the text of levels beyond those that it follows, without a word."""
    assert len(re.findall("deep", source)) == text(trees(source)).count("deep")
