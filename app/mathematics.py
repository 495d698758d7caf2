"""LaTeX as MathML, which browsers draw themselves: a tree of [tag, attributes, children].

Formulas come from models, so that nothing about them can be relied on: what is too long, too deep,
defines macros or cannot be understood is None, and is then shown as its source.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

Tree = str | list[Any]  # a text, or [tag, {attribute: value}, [tree, …]]

LONGEST = 3_000  # characters; the converter takes 0.02 ms for each
DEEPEST = 40  # elements within each other
ELEMENTS = 4_000
# They could define one another, doubling each time; and \href, \style and \class are not for us.
REFUSED = re.compile(
    r"\\(?:def|gdef|edef|xdef|let|(?:re|provide)?newcommand|providecommand|renewcommand"
    r"|newenvironment|DeclareMathOperator|loop|input|include|href|url|style|class|cssId|html\w*)"
    r"(?![a-zA-Z])"
)
TAGS = frozenset(
    ("math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded",
     "mphantom", "mprescripts", "mroot", "mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup",
     "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "none")
)  # fmt: skip
LENGTH = r"[+-]?\d{0,3}(\.\d{0,4})?(em|ex|px|pt|mu|%)?"
ARITY = {
    "mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "mover": 2, "munder": 2, "msubsup": 3,
    "munderover": 3,
}  # fmt: skip
WORD = r"[a-zA-Z-]{1,20}"
ATTRIBUTES = {
    **dict.fromkeys(
        ("accent", "accentunder", "columnalign", "columnlines", "displaystyle", "fence", "form",
         "largeop", "linebreak", "mathvariant", "movablelimits", "notation", "rowlines",
         "separator", "stretchy", "symmetric"),
        re.compile(rf"{WORD}( {WORD}){{0,40}}"),
    ),
    **dict.fromkeys(
        ("columnspacing", "depth", "height", "linethickness", "lspace", "maxsize", "minsize",
         "rowspacing", "rspace", "scriptlevel", "voffset", "width"),
        re.compile(rf"{LENGTH}( {LENGTH}){{0,40}}"),
    ),
    **dict.fromkeys(
        ("mathcolor", "mathbackground"), re.compile(r"[a-zA-Z]{1,20}|#[0-9a-fA-F]{3,8}")
    ),
}  # fmt: skip
REFERENCE = re.compile(r"&#x([0-9a-fA-F]{1,6});")
# Browsers know no letters by variant but the upright ones: others have characters of their own.
ALPHABETS = {
    "bold": "BOLD", "bold-italic": "BOLD ITALIC", "double-struck": "DOUBLE-STRUCK",
    "script": "SCRIPT", "bold-script": "BOLD SCRIPT", "fraktur": "FRAKTUR",
    "bold-fraktur": "BOLD FRAKTUR", "sans-serif": "SANS-SERIF",
    "bold-sans-serif": "SANS-SERIF BOLD", "monospace": "MONOSPACE", "italic": "ITALIC",
}  # fmt: skip
DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")


@lru_cache(maxsize=4096)
def formula(latex: str, display: bool) -> Tree | None:
    """The formula as MathML; None where it must be shown as its source."""
    if len(latex) > LONGEST or depth(latex) > DEEPEST or REFUSED.search(latex):
        return None
    try:
        unnumbered = latex.replace("{align}", "{align*}")
        element = convert_to_element(unnumbered, display="block" if display else "inline")
    except Exception:  # whatever the converter raises, of which its own errors are a few
        return None
    if sum(1 for _ in element.iter()) > ELEMENTS:
        return None
    return branch(element, 0)


def depth(latex: str) -> int:
    """How many braces are open at once, at most; unclosed environments count too."""
    deepest = now = 0
    for mark in re.findall(r"\\begin\b|\\end\b|\\left\b|\\right\b|\\.|[{}]", latex, re.DOTALL):
        now += {"{": 1, "}": -1, r"\begin": 1, r"\end": -1, r"\left": 1, r"\right": -1}.get(mark, 0)
        deepest = max(deepest, now)
    return deepest


def branch(element: Element, level: int) -> Tree | None:
    """The element with what is in it; None for one that is unknown, too deep, or lacks a part."""
    lacks = len(element) != ARITY.get(element.tag, len(element))
    if element.tag not in TAGS or level > DEEPEST or lacks:
        return None
    children: list[Tree] = [written(element)] if element.text else []
    for child in element:
        inner = branch(child, level + 1)
        if inner is None:
            return None
        children.append(inner)
    return [element.tag, attributes(element), children]


def attributes(element: Element) -> dict[str, str]:
    """Those that are known, with values that are; the others could reach out of the formula."""
    return {
        name: value
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and ATTRIBUTES[name].fullmatch(value)
    } | ({"display": element.attrib["display"]} if element.tag == "math" else {})


def written(element: Element) -> str:
    """The element's text, in the letters of its variant."""
    text = REFERENCE.sub(lambda found: character(int(found[1], 16)), element.text or "")
    alphabet = ALPHABETS.get(element.attrib.get("mathvariant", ""))
    if alphabet is None or (alphabet == "ITALIC" and len(text) == 1):
        return text
    return "".join(letter(each, alphabet) for each in text)


def character(number: int) -> str:
    """The character of this number; a replacement character where there is none."""
    return chr(number) if 0 < number < 0x110000 else "\N{REPLACEMENT CHARACTER}"


def letter(plain: str, alphabet: str) -> str:
    """The letter or digit in this mathematical alphabet; as it is where that has none."""
    if not plain.isascii() or not plain.isalnum():
        return plain
    if plain.isdigit():
        names = [f"MATHEMATICAL {alphabet} DIGIT {DIGITS[int(plain)]}"]
    else:
        case = "CAPITAL" if plain.isupper() else "SMALL"
        names = [f"{kind}{alphabet} {case} {plain.upper()}" for kind in ("MATHEMATICAL ", "")]
        names.append(f"BLACK-LETTER {case} {plain.upper()}" if alphabet == "FRAKTUR" else plain)
    return next((found for name in names if (found := named(name))), plain)


def named(name: str) -> str | None:
    """The character of this name."""
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return None
