"""LaTeX of models becomes MathML that can do nothing, or stays its source."""

import time

import pytest

from app.mathematics import formula


def words(tree: object) -> list[str]:
    """All texts of a tree, in order."""
    if isinstance(tree, str):
        return [tree]
    assert isinstance(tree, list)
    return [word for child in tree[2] for word in words(child)]


def elements(tree: object) -> list[tuple[str, dict[str, str]]]:
    if isinstance(tree, str):
        return []
    assert isinstance(tree, list)
    inner = [each for child in tree[2] for each in elements(child)]
    return [(tree[0], tree[1]), *inner]


def test_a_fraction_has_a_numerator_and_a_denominator() -> None:
    expected = [
        "math", {"display": "inline"},
        [["mrow", {}, [["mfrac", {}, [["mrow", {}, [["mn", {}, ["1"]]]],
                                      ["mrow", {}, [["mi", {}, ["x"]]]]]]]]],
    ]  # fmt: skip
    assert expected == formula(r"\frac{1}{x}", False)


@pytest.mark.parametrize(
    ("latex", "letters"),
    [
        (r"\mathbb{R}", "ℝ"), (r"\mathbb{A}", "𝔸"), (r"\mathbf{v2}", "𝐯𝟐"),
        (r"\mathcal{L}", "ℒ"), (r"\mathfrak{C}", "ℭ"), (r"\alpha", "α"), (r"\infty", "∞"),
    ],
)  # fmt: skip
def test_letters_are_those_of_their_alphabet(latex: str, letters: str) -> None:
    assert letters == "".join(words(formula(latex, False)))


def test_html_in_a_formula_is_text() -> None:
    tree = formula(r"\text{<script>alert(1)</script> &lt;b&gt; &#x27;}", False)

    assert "".join(words(tree)) == "<script>alert(1)</script>\xa0&lt;b&gt;\xa0'"
    assert {"math", "mrow", "mtext"} == {tag for tag, _ in elements(tree)}


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{a}", r"\href{javascript:alert(1)}{x}", r"\style{position:fixed}{x}",
        r"\class{x}{y}", r"\def\a{\a\a}\a", r"\newcommand{\a}{\b\b}\a", "x_1_2", r"\left( x",
        r"\begin{matrix} a", "{" * 1000, r"\sqrt{" * 500 + "}" * 500, r"\frac" * 500,
        "a" * 100_000, r"\unicode{110000}" + "x^" * 10, r"\rule{1em}",
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_none(latex: str) -> None:
    assert formula(latex, True) is None


@pytest.mark.parametrize(
    "latex",
    [r"\color{url(http://192.0.2.1/)}{x}", r"\textcolor{red;x:y}{x}", r"\hspace{9999999em}x",
     r"\rule{99999em}{99999em}", r"\colorbox{expression(1)}{x}"],
)  # fmt: skip
def test_attributes_have_harmless_values_or_none(latex: str) -> None:
    tree = formula(latex, False)
    values = [value for _, each in elements(tree or "") for value in each.values()]

    assert not [value for value in values if "(" in value or ";" in value or len(value) > 20]


@pytest.mark.parametrize(
    "latex",
    ["a+" * 1499, "'" * 3000, "x'" * 1000, "_" * 3000, "{}" * 1500,
     r"\not" * 700, r"\mathbb{" + "R" * 2900 + "}",
     r"\sum\limits_a^b " * 180, "&" * 3000, "\\" * 3000, r"\text{" * 600, "$" * 3000, "\0" * 3000,
     "\ud800" * 3000, r"\begin{align}" + r"a&b\\" * 500 + r"\end{align}", r"\over" * 600],
)  # fmt: skip
def test_nothing_takes_long(latex: str) -> None:
    formula.cache_clear()
    began = time.process_time()
    formula(latex, True)

    assert time.process_time() - began < 0.5
