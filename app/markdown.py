"""Markdown as trees of [tag, attributes, children] that show everything and do nothing.

A link is its text and its address, an image its description and its address, HTML is text.
Formulas stand between $, $$, \\( \\), \\[ \\], or in an environment.
"""

import re
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from app.mathematics import Tree, formula

DEEPEST = 30  # elements within each other; markdown-it drops text that is deeper than it goes
BRACKETS = 300  # in a block; the time for links grows with the square of their number
FAR = 100  # lines within which a formula must end
ENVIRONMENT = (
    r"\\begin\{((?:align|alignat|aligned|array|bmatrix|cases|eqnarray|equation|flalign|gather"
    r"|gathered|matrix|multline|pmatrix|split|vmatrix)\*?)\}"
)
BLOCK_OPENING = re.compile(rf"\$\$|\\\[|{ENVIRONMENT}")
OPENING = re.compile(rf"\$\$|\\\[|\\\(|{ENVIRONMENT}")
CLOSING = {"$$": "$$", r"\[": r"\]", r"\(": r"\)"}
# As pandoc reads it, so that "$5 and $6" are amounts.
DOLLARS = re.compile(r"\$(?![\s$])((?:\\[^\n]|[^$\\])*(?:\\[^\n]|[^$\\\s]))\$(?!\d)")
TAGS = {
    "paragraph": "p", "blockquote": "blockquote", "bullet_list": "ul", "ordered_list": "ol",
    "list_item": "li", "table": "table", "thead": "thead", "tbody": "tbody", "tr": "tr",
    "th": "th", "td": "td", "em": "em", "strong": "strong", "s": "s",
}  # fmt: skip
NULL = "\N{SYMBOL FOR NULL}"


def trees(source: str) -> list[Tree]:
    """A tree for each block; its attributes `from` and `to` are its place in the source."""
    if source.count("[") > BRACKETS:
        return [source_tree(source, "too many brackets to be set")]
    tokens = PARSER.parse(plain(source))
    if depth(tokens) >= DEEPEST:
        return [source_tree(source, "nested too deeply to be set")]
    return built(tokens, [0, *accumulate(len(line) + 1 for line in source.split("\n"))])


def depth(tokens: list[Token]) -> int:
    """How many elements are within each other, at most."""
    levels = accumulate(token.nesting for token in tokens)
    return max(
        (level + depth(token.children or []) for level, token in zip(levels, tokens, strict=True)),
        default=0,
    )


def source_tree(source: str, why: str = "") -> Tree:
    """The source as it is; `why` it is not set, for a reader who wonders."""
    attributes: dict[str, str | int] = {"from": 0, "to": len(source)}
    return ["pre", attributes | ({"class": "broken", "title": why} if why else {}), [source]]


def plain(source: str) -> str:
    """The source, as long as it was, without what markdown-it would leave out or replace."""
    return source.replace("\r\n", " \n").replace("\r", " ").replace("\0", NULL)


def built(tokens: list[Token], starts: list[int]) -> list[Tree]:
    """The tree of a flat list of tokens, of which some open an element and some close one."""
    stack: list[list[Tree]] = [[]]
    for token in tokens:
        if token.nesting == 1:
            node: list[Tree] = []
            stack[-1].append([tag(token), attributes(token, starts), node])
            stack.append(node)
        elif token.nesting == -1:
            stack.pop()
            stack[-1].extend(address(stack[-1].pop()))
        else:
            stack[-1].extend(leaves(token, starts))
    return stack[0]


def tag(token: Token) -> str:
    """The element for a token that opens one; a heading is none of the page's."""
    kind = token.type.removesuffix("_open")
    return "span" if token.hidden or kind == "link" else TAGS.get(kind, "p")


def attributes(token: Token, starts: list[int]) -> dict[str, str | int]:
    """Class, number of the first item, and for blocks of the top level their place."""
    found: dict[str, str | int] = place(token, starts)
    if token.type == "heading_open":
        found["class"] = f"heading {token.tag}"
    if token.type == "link_open":
        shown = token.markup != "autolink"
        found |= {"class": "link", "address": str(token.attrGet("href")) if shown else ""}
    if token.type == "ordered_list_open" and token.attrGet("start") is not None:
        found["start"] = int(str(token.attrGet("start")))
    return found


def place(token: Token, starts: list[int]) -> dict[str, str | int]:
    """Where a block of the top level begins and ends in the source."""
    if token.map is None or token.level > 0:
        return {}
    first, last = (min(line, len(starts) - 1) for line in token.map)
    return {"from": starts[first], "to": min(starts[last], starts[-1] - 1)}


def address(node: Tree) -> list[Tree]:
    """The element; if it is a link, with its address behind its text."""
    if isinstance(node, str) or not isinstance(node[1], dict) or "address" not in node[1]:
        return [node]
    where = node[1].pop("address")
    return [node, *([["span", {"class": "address"}, [f" ⟨{where}⟩"]]] if where else [])]


def leaves(token: Token, starts: list[int]) -> list[Tree]:
    """The trees of a token that stands for itself."""
    if token.type == "inline":
        return built(token.children or [], starts)
    if token.type in ("softbreak", "hardbreak"):
        return [["br", {}, []]]
    if token.type == "hr":
        return [["hr", place(token, starts), []]]
    if token.type == "code_inline":
        return [["code", {}, [token.content]]]
    if token.type == "fence":
        return [fence(token, starts)]
    if token.type == "image":
        return [image(token)]
    if token.type.startswith("math"):
        return [mathematics(token, starts)]
    return [token.content] if token.content else []


def fence(token: Token, starts: list[int]) -> Tree:
    """A block of code, with the language that it is said to be in."""
    language = token.info.strip()
    told: list[Tree] = [["span", {"class": "language"}, [language]]] if language else []
    return ["pre", place(token, starts), [*told, ["code", {}, [token.content]]]]


def image(token: Token) -> Tree:
    """What an image would show, and where it would come from; nothing is loaded."""
    return ["span", {"class": "image"}, [f"image: {token.content} ⟨{token.attrGet('src')}⟩"]]


def mathematics(token: Token, starts: list[int]) -> Tree:
    """A formula, or its source where it cannot be set."""
    display = token.type == "math_block" or token.info == "display"
    set_formula = formula(token.content.strip(), display)
    tag = "p" if token.type == "math_block" else "span"
    if set_formula is None:
        broken: dict[str, str | int] = {"class": "broken", "title": "LaTeX that cannot be set"}
        return [tag, broken | place(token, starts), [token.markup]]
    return [tag, place(token, starts) | {"class": "formula"}, [set_formula]]


def math_block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """A formula that begins on a line of its own and ends at the end of a line."""
    start = state.bMarks[first] + state.tShift[first]
    opening = BLOCK_OPENING.match(state.src, start, state.eMarks[first])
    if opening is None or state.is_code_block(first):
        return False
    closing = CLOSING.get(opening[0], rf"\end{{{opening[1]}}}")
    at = opening.end()
    for line in range(first, min(last, first + FAR)):
        found = state.src.find(closing, at, state.eMarks[line])
        if found >= 0:
            return ended(state, first, line, found + len(closing), closing, silent)
        if line + 1 < last:
            at = state.bMarks[line + 1]
    return False


def ended(state: StateBlock, first: int, line: int, end: int, closing: str, silent: bool) -> bool:
    """Whether the formula's line ends where the formula does; if so it becomes a token."""
    if state.src[end : state.eMarks[line]].strip(" .,;"):
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.markup = state.getLines(first, line + 1, state.blkIndent, False)
        token.content = within(token.markup.strip(" .,;\n"), closing)
        token.map = [first, line + 1]
        state.line = line + 1
    return True


def within(markup: str, closing: str) -> str:
    """The formula without what it stands between; an environment is part of it."""
    return markup if closing.startswith(r"\end") else markup[2 : -len(closing)]


def math_inline(state: StateInline, silent: bool) -> bool:
    """A formula in a line of text."""
    opening = OPENING.match(state.src, state.pos, state.posMax)
    if opening is None:
        dollars = DOLLARS.match(state.src, state.pos, state.posMax)
        return dollars is not None and inserted(state, dollars.end(), dollars[1], "", silent)
    closing = CLOSING.get(opening[0], rf"\end{{{opening[1]}}}")
    found = state.src.find(closing, opening.end(), state.posMax)
    if found < 0:
        return False
    end = found + len(closing)
    content = within(state.src[state.pos : end], closing)
    display = "" if opening[0] == r"\(" else "display"
    return bool(content.strip()) and inserted(state, end, content, display, silent)


def inserted(state: StateInline, end: int, content: str, info: str, silent: bool) -> bool:
    """The formula as a token."""
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.markup, token.content, token.info = state.src[state.pos : end], content, info
    state.pos = end
    return True


def parser() -> MarkdownIt:
    """CommonMark with tables and formulas, without HTML, references and code by indentation.

    Models indent what is no code, and what a reference refers to would not be shown.
    """
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    made.enable(["table", "strikethrough"]).disable(["reference", "code", "html_block"])
    ends = RuleOptionsType(alt=["paragraph", "blockquote", "list"])
    made.block.ruler.before("fence", "math_block", math_block, ends)
    made.inline.ruler.before("escape", "math_inline", math_inline)
    return made


PARSER = parser()
