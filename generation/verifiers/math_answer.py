"""Judges mathematics with the package math-verify: are the two answers the same number or formula?

The answer is the last box of the completion; where there is none, what math-verify takes for the
final answer. There is no time limit in here: the pool ends a worker that takes too long.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from typing import Literal

from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse
from math_verify import verify as same

from generation.verifiers import Verdict

VERSION = f"1 (math-verify {version('math-verify')})"

# The answer is at the end; finding formulas in more text than this takes minutes.
LONGEST_COMPLETION = 20_000
# A formula of this length is no answer, and parsing one nested this deep may crash the interpreter.
LONGEST_ANSWER = 1_000
BOX = "\\boxed{"
# A reference that says itself where its formula is; in \\$18.90 the dollar is one.
MARKED = re.compile(r"(?<!\\)\$|\\boxed")


def verify(completion: str, reference: str, metadata: Mapping[str, object]) -> Verdict:  # noqa: ARG001
    """Judge the last box of the completion against the reference."""
    if not _reference(reference):
        return Verdict("error", None, f"The reference {reference[:80]!r} cannot be parsed.")
    if "\\boxed" not in completion:
        return _verdict(completion[-LONGEST_COMPLETION:], None, reference)
    answer = last_box(completion)
    if not answer.strip():
        return Verdict("no_answer", None, "The last box is empty or not closed.")
    if len(answer) > LONGEST_ANSWER:
        detail = f"The last box holds {len(answer)} characters, more than {LONGEST_ANSWER}."
        return Verdict("incorrect", answer[:LONGEST_ANSWER], detail)
    return _verdict(f"{BOX}{answer}}}", answer, reference)


def last_box(completion: str) -> str:
    """What is between the braces of the last \\boxed; nothing where it is not closed."""
    start = completion.rindex("\\boxed") + len("\\boxed")
    rest = completion[start:].lstrip()
    if not rest.startswith("{"):
        # \\boxed 7 and \\boxed\\pi take one token without braces.
        return rest.split(None, 1)[0].rstrip("$.") if rest else ""
    depth = 0
    for end, character in enumerate(rest):
        escaped = end > 0 and rest[end - 1] == "\\"
        depth += 0 if escaped else {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return rest[1:end]
    return ""


@lru_cache
def _reference(reference: str) -> list[object]:
    """The reference as formulas, read as LaTeX: 1{,}000 and \\frac need that."""
    latex = reference if MARKED.search(reference) else f"${reference}$"
    return _parsed(latex, "no_fallback") if reference.strip() else []


def _parsed(text: str, fallback: Literal["no_fallback", "first_match"]) -> list[object]:
    configurations = [LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig()]
    return list(parse(text, configurations, fallback_mode=fallback, parsing_timeout=None))


# Samples of one problem often have the same answer.
@lru_cache(maxsize=1024)
def _verdict(text: str, answer: str | None, reference: str) -> Verdict:
    found = _parsed(text, "first_match")
    if not found:
        return Verdict("no_answer", answer, "No formula was found in the completion.")
    shown = answer if answer is not None else str(found[-1])[:LONGEST_ANSWER]
    equal = same(_reference(reference), found, timeout_seconds=None)
    return Verdict("correct" if equal else "incorrect", shown, None)
