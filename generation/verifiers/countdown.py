"""Judges Countdown: does the boxed expression reach the target with the given numbers?

The answer is the last closed `\\boxed{...}`. It is read by the small parser below, never by
`eval`, and computed with exact fractions. Understood: whole numbers, + - − × * · x ÷ / and their
LaTeX names, `\\frac{a}{b}`, round and square brackets, and `= target` on either side. Numbers
side by side are not multiplied: 6 ÷ 2 ( 1 + 2 ) means different things to different readers.

A minus sign is an operation and not part of a number: in `- 3 + 7` the numbers used are 3 and 7.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from generation.verifiers import Verdict

NAME = "countdown"
VERSION = "1"

LONGEST_EXPRESSION = 500
LONGEST_NUMBER = 12
DEEPEST_NESTING = 50
SHOWN = 80

BRACE = re.compile(r"\\boxed\s*\{|\\[{}]|[{}]")
LAYOUT = re.compile(r"\\(?:left|right|q?quad)(?![A-Za-z])|\\[,;:! ]|[~$]")
# [0-9] and not \d, which also matches the digits of other scripts.
NUMBER = r"[0-9]+(?:\.[0-9]+)?"
COMMAND = r"\\(?:times|cdot|div|[dt]?frac)(?![A-Za-z])"
TOKEN = re.compile(rf"{NUMBER}|{COMMAND}|\S")
OPERATIONS = {
    **dict.fromkeys(["+"], "+"),
    **dict.fromkeys(["-", "−", "–"], "-"),
    **dict.fromkeys(["×", "*", "·", "⋅", "x", "X", "\\times", "\\cdot"], "×"),
    **dict.fromkeys(["÷", "/", "\\div"], "÷"),
}
FRACTIONS = ("\\frac", "\\dfrac", "\\tfrac")
CLOSING = {"(": ")", "[": "]", "{": "}"}


class Rules(NamedTuple):
    """What the problem demands: `use` is "all" (each exactly once) or "any" (at most once)."""

    numbers: tuple[int, ...]
    target: int
    use: str


class Reading(NamedTuple):
    """An expression as it was written, its value and the numbers in it."""

    text: str
    value: Fraction
    numbers: tuple[Fraction, ...]


class UnreadableError(ValueError):
    """The answer is not an expression with a value; the message says what stands in the way."""


def verify(completion: str, reference: str, metadata: Mapping[str, object]) -> Verdict:  # noqa: ARG001
    """Judge the last box of the completion by the numbers and the target in the metadata.

    Any expression that obeys the rules is correct, so it is not compared with the reference.
    Raises ValueError where the metadata is not that of a Countdown problem.
    """
    rules = countdown_rules(metadata)
    answer = last_boxed(completion)
    if answer is None:
        return Verdict("no_answer", None, "The completion has no closed \\boxed{...}.")
    if not answer:
        return Verdict("no_answer", None, "The last \\boxed{...} is empty.")
    try:
        reading = answer_reading(answer)
    except UnreadableError as reason:
        return Verdict("incorrect", answer, str(reason))
    fault = broken_rule(reading, rules)
    return Verdict("incorrect" if fault else "correct", answer, fault or _praise(reading))


def countdown_rules(metadata: Mapping[str, object]) -> Rules:
    """The rules in a problem's metadata; ValueError names the field that is missing or wrong."""
    numbers, target = metadata.get("numbers"), metadata.get("target")
    use = metadata.get("use", "all")
    if not isinstance(numbers, Sequence) or not numbers or not all(map(_is_whole, numbers)):
        raise ValueError(f"Countdown needs numbers, a list of whole numbers, not {numbers!r}.")
    if not isinstance(target, int) or isinstance(target, bool):
        raise ValueError(f"Countdown needs target, a whole number, not {target!r}.")
    if use not in ("all", "any"):
        raise ValueError(f'Countdown needs use to be "all" or "any", not {use!r}.')
    return Rules(tuple(numbers), target, str(use))


def last_boxed(completion: str) -> str | None:
    """The text of the closed box that starts last, or None; one pass, whatever the text."""
    open_braces: list[re.Match[str]] = []
    start, text = -1, None
    for brace in BRACE.finditer(completion):
        if brace[0] == "}" and open_braces:
            opening = open_braces.pop()
            if opening[0] != "{" and opening.start() > start:
                start, text = opening.start(), completion[opening.end() : brace.start()].strip()
        elif brace[0] == "{" or brace[0].startswith("\\boxed"):
            open_braces.append(brace)
    return text


def answer_reading(answer: str) -> Reading:
    """The expression in an answer; of an equation, the side that is not a bare number."""
    if len(answer) > LONGEST_EXPRESSION:
        raise UnreadableError(
            f"The answer has {len(answer)} characters; at most {LONGEST_EXPRESSION} are read."
        )
    sides = [expression_reading(side) for side in answer.removesuffix(".").split("=")]
    if len(sides) > 2:
        raise UnreadableError(f"More than one = in {_shown(answer)}.")
    if sides[0].value != sides[-1].value:
        raise UnreadableError(
            f"The equation {_shown(answer)} is false: {sides[0].value} is not {sides[-1].value}."
        )
    return max(sides, key=lambda side: len(side.numbers))


def expression_reading(text: str) -> Reading:
    """One expression without =, computed exactly."""
    tokens = TOKEN.findall(LAYOUT.sub(" ", text))
    numbers = tuple(Fraction(token) for token in tokens if _is_number(token))
    try:
        return Reading(_shown(text), _Parser(tokens).value(), numbers)
    except ZeroDivisionError:
        raise UnreadableError(f"{_shown(text)} divides by zero.") from None
    except UnreadableError as reason:
        raise UnreadableError(f"Cannot read {_shown(text)!r}: {reason}.") from None


def broken_rule(reading: Reading, rules: Rules) -> str | None:
    """The rule that the expression breaks, as a sentence; None if it is a solution."""
    if reading.value != rules.target:
        return f"{reading.text} = {reading.value}, but the target is {rules.target}."
    used, given = Counter(reading.numbers), Counter(map(Fraction, rules.numbers))
    allowed = used == given if rules.use == "all" else used <= given
    if allowed:
        return None
    demand = "exactly" if rules.use == "all" else "at most"
    return (
        f"{reading.text} = {reading.value} uses {_listed(reading.numbers)} "
        f"but the problem gives {_listed(rules.numbers)} each {demand} once."
    )


class _Parser:
    """Recursive descent over the tokens of one expression: sums of products of atoms."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def value(self) -> Fraction:
        total = self.sum()
        if self.next_token is not None:
            raise UnreadableError(f"{self.next_token!r} cannot stand where it does")
        return total

    @property
    def next_token(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    @property
    def next_operation(self) -> str | None:
        return OPERATIONS.get(self.next_token or "")

    def sum(self) -> Fraction:
        total = self.product()
        while (operation := self.next_operation) in ("+", "-"):
            self.position += 1
            term = self.product()
            total = total + term if operation == "+" else total - term
        return total

    def product(self) -> Fraction:
        total = self.atom()
        while (operation := self.next_operation) in ("×", "÷"):
            self.position += 1
            factor = self.atom()
            total = total * factor if operation == "×" else total / factor
        return total

    def atom(self) -> Fraction:
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise UnreadableError(f"it is nested deeper than {DEEPEST_NESTING} levels")
        value = self.nested_value(self.next_token)
        self.depth -= 1
        return value

    def nested_value(self, token: str | None) -> Fraction:
        if token is None:
            raise UnreadableError("it ends where a number should follow")
        if _is_number(token):
            return self.number(token)
        if token in FRACTIONS:
            self.position += 1
            return self.bracketed("{") / self.bracketed("{")
        if self.next_operation == "-":
            self.position += 1
            return -self.atom()
        if token in ("(", "["):
            return self.bracketed(token)
        raise UnreadableError(f"{token!r} cannot stand where it does")

    def number(self, token: str) -> Fraction:
        if len(token) > LONGEST_NUMBER:
            raise UnreadableError(f"a number has {len(token)} digits")
        self.position += 1
        return Fraction(token)

    def bracketed(self, opening: str) -> Fraction:
        self.expect(opening)
        value = self.sum()
        self.expect(CLOSING[opening])
        return value

    def expect(self, bracket: str) -> None:
        if self.next_token != bracket:
            raise UnreadableError(f"{bracket!r} is missing")
        self.position += 1


def _is_number(token: str) -> bool:
    return "0" <= token[0] <= "9"


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _listed(numbers: Sequence[Fraction] | Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "no numbers"


def _praise(reading: Reading) -> str:
    return f"{reading.text} = {reading.value} uses {_listed(reading.numbers)} as the problem asks."


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
