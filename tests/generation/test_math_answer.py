"""The verifier of mathematics, and completions that try to hang or to break it."""

import time
from collections.abc import Iterator

import pytest

from generation.verifiers import Verdict
from generation.verifiers.pool import Pool, Question

SECONDS = 3.0

ANSWERS = [
    ("27", "\\boxed{27}", "correct", "27"),
    ("27", "\\boxed{27.0}", "correct", "27.0"),
    ("27", "\\boxed{28}", "incorrect", "28"),
    ("$27$", "so $\\boxed{27}$.", "correct", "27"),
    ("\\frac{1}{2}", "\\boxed{0.5}", "correct", "0.5"),
    ("0.5", "\\boxed{\\dfrac{1}{2}}", "correct", "\\dfrac{1}{2}"),
    ("x=3", "\\boxed{3}", "correct", "3"),
    ("3", "\\boxed{x=3}", "correct", "x=3"),
    ("(1,2)", "\\boxed{(1,2)}", "correct", "(1,2)"),
    ("(1,2)", "\\boxed{(2,1)}", "incorrect", "(2,1)"),
    ("\\left(3,\\frac{\\pi}{2}\\right)", "\\boxed{(3,\\pi/2)}", "correct", "(3,\\pi/2)"),
    ("\\$18.90", "\\boxed{18.9}", "correct", "18.9"),
    ("10,\\!080", "\\boxed{10080}", "correct", "10080"),
    ("2\\sqrt{3}", "\\boxed{\\sqrt{12}}", "correct", "\\sqrt{12}"),
    ("(x-1)(x+1)", "\\boxed{x^2-1}", "correct", "x^2-1"),
    ("\\text{Evelyn}", "\\boxed{\\text{Evelyn}}", "correct", "\\text{Evelyn}"),
    ("27", "first \\boxed{27}, no: \\boxed{1}", "incorrect", "1"),
    ("27", "first \\boxed{1}, no: \\boxed{27}", "correct", "27"),
    ("27", "\\boxed 27", "correct", "27"),
    ("27", "The answer is 27.", "correct", "27"),
    ("27", "", "no_answer", None),
    ("27", "I do not know", "no_answer", None),
    ("27", "\\boxed{}", "no_answer", None),
    ("27", "\\boxed{27", "no_answer", None),
    ("27", "答案是 \\boxed{27} 😀", "correct", "27"),
    ("", "\\boxed{27}", "error", None),
    ("\\frac{", "\\boxed{27}", "error", None),
]  # fmt: skip

ATTACKS = {
    "tower": "\\boxed{9^{9^{9^9}}}",
    "tower of two": "\\boxed{2^{2^{2^{2^{2^2}}}}}",
    "factorial": "\\boxed{(10^9)!}",
    "long sum": "\\boxed{\\sum_{i=1}^{10^{12}} i!}",
    "nested": "\\boxed{" + "\\frac{1}{" * 5000 + "2" + "}" * 5000 + "}",
    "roots": "\\boxed{" + "\\sqrt{" * 100 + "2" + "}" * 100 + "}",
    "parentheses": "\\boxed{" + "(" * 450 + "1" + ")" * 450 + "}",
    "long": "x + 1 = 2 " * 20_000,
    "long with a box": "a" * 200_000 + "\\boxed{1}",
    "open braces": "\\boxed{" * 20_000,
    "control characters": "\x00\x1b[2J \ud83d \\boxed{1\x00}",
    "digits": "\\boxed{" + "9" * 900 + "!}",
}


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool("math", workers=1, seconds=SECONDS) as pool:
        yield pool


def verdicts(pool: Pool, questions: list[Question]) -> list[Verdict]:
    return [verdict for _, verdict in sorted(pool.judge(questions))]


def test_answers_are_compared_as_mathematics(pool: Pool) -> None:
    asked = [Question(completion, reference, "{}") for reference, completion, *_ in ANSWERS]
    found = [(verdict.outcome, verdict.answer) for verdict in verdicts(pool, asked)]
    assert found == [(outcome, answer) for *_, outcome, answer in ANSWERS]


def test_a_verdict_without_an_answer_says_why(pool: Pool) -> None:
    asked = [Question("none", "27", "{}"), Question("\\boxed{1}", "\\frac{", "{}")]
    assert all(verdict.detail for verdict in verdicts(pool, asked))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_completion_hangs_or_kills_the_pool(pool: Pool, attack: str) -> None:
    verdicts(pool, [Question("\\boxed{27}", "27", "{}")])  # the worker is up
    begun = time.monotonic()
    (verdict,) = verdicts(pool, [Question(ATTACKS[attack], "27", "{}")])
    assert time.monotonic() - begun < SECONDS + 2
    assert verdict.outcome in {"incorrect", "no_answer", "error"}
    assert verdict.outcome != "error" or verdict.detail


def test_an_attack_costs_no_other_sample_its_verdict() -> None:
    good = [Question(f"\\boxed{{{i}}}", "27", "{}") for i in range(100)]
    attack = Question(ATTACKS["tower"], "27", "{}")
    with Pool("math", workers=2, seconds=2.0) as pool:
        found = verdicts(pool, [*good[:50], attack, *good[50:], attack])
    outcomes = [verdict.outcome for verdict in found]
    assert outcomes.count("correct") == 1
    assert outcomes.count("incorrect") == 99
    assert [i for i, outcome in enumerate(outcomes) if outcome == "error"] == [50, 101]
    assert "2 s" in (found[50].detail or "")
