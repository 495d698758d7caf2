"""Countdown problems: drawing, solving, wording, and the split into training and test.

A problem gives four numbers and a target; a solution combines all four, each once. Every value on
the way is a whole number from 1 to 999, so that each is one token and every ÷ is exact.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

NUMBERS = range(1, 16)
TARGETS = range(10, 100)
LARGEST_VALUE = 999
OPERATIONS = ("+", "-", "×", "÷")
PRECEDENCE = {"+": 1, "-": 1, "×": 2, "÷": 2}
NUMBER_PRECEDENCE = 3
# One problem in twenty is kept for testing: enough to draw from, too few for training to miss.
HELD_OUT_ONE_IN = 20


class Problem(NamedTuple):
    """Numbers in the order in which the question lists them, and the target."""

    numbers: tuple[int, ...]
    target: int


class Step(NamedTuple):
    """One line of working: left operation right = result."""

    left: int
    operation: str
    right: int
    result: int


Steps = tuple[Step, ...]


class _Term(NamedTuple):
    value: int
    text: str
    precedence: int


def step_result(left: int, operation: str, right: int) -> int | None:
    """The value of one step, or None where it is not a whole number from 1 to 999."""
    if operation == "÷":
        return left // right if left % right == 0 else None
    value = {"+": left + right, "-": left - right, "×": left * right}[operation]
    return value if 1 <= value <= LARGEST_VALUE else None


def is_held_out(problem: Problem) -> bool:
    """Whether the problem belongs to the test side; the order of its numbers does not matter."""
    identity = " ".join(map(str, (*sorted(problem.numbers), problem.target)))
    digest = hashlib.sha256(identity.encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT_ONE_IN == 0


def solutions(problem: Problem) -> list[Steps]:
    """Every way to reach the target, the sides of + and × in one order only."""
    return [steps for steps in _walks(problem.numbers) if steps[-1].result == problem.target]


def random_numbers(rng: random.Random) -> tuple[int, ...]:
    """Four numbers, drawn independently, so that repeats occur."""
    return tuple(rng.choice(NUMBERS) for _ in range(4))


def random_walk(numbers: Sequence[int], rng: random.Random) -> Steps:
    """Steps that use every number once, with no target in mind.

    Always ends: two different values can be subtracted one way round, two equal ones divided.
    """
    values = list(numbers)
    steps: list[Step] = []
    while len(values) > 1:
        left, right = rng.sample(values, 2)
        operation = rng.choice(OPERATIONS)
        result = step_result(left, operation, right)
        if result is not None:
            steps.append(Step(left, operation, right, result))
            values = [*_without(values, left, right), result]
    return tuple(steps)


def random_problem(rng: random.Random, *, held_out: bool) -> tuple[Problem, Steps]:
    """A problem of one side of the split, with the random walk that set its target.

    The target is where a walk came out, so it can always be reached, and easy targets are commoner.
    Walks that end outside the targets are drawn again with new numbers: four ones reach none.
    """
    while True:
        numbers = random_numbers(rng)
        steps = random_walk(numbers, rng)
        problem = Problem(numbers, steps[-1].result)
        if problem.target in TARGETS and is_held_out(problem) == held_out:
            return problem, steps


def question(problem: Problem) -> str:
    """The problem as text, with a space between any two tokens."""
    first, second, third, last = problem.numbers
    return f"Use {first} , {second} , {third} and {last} each once to reach {problem.target} ."


def expression(numbers: Sequence[int], steps: Steps) -> str:
    """The steps as one expression over the given numbers, with only the parentheses it needs."""
    terms = [_Term(number, str(number), NUMBER_PRECEDENCE) for number in numbers]
    for step in steps:
        left = _taken(terms, step.left)
        right = _taken(terms, step.right)
        terms.append(_combined(left, step, right))
    return terms[-1].text


def worked_solution(numbers: Sequence[int], steps: Steps) -> str:
    """The completion: each step, then the expression in a box."""
    lines = " ; ".join(f"{s.left} {s.operation} {s.right} = {s.result}" for s in steps)
    return f"{lines} . \\boxed{{ {expression(numbers, steps)} }}"


def _walks(values: Sequence[int]) -> Iterator[Steps]:
    if len(values) == 1:
        yield ()
    for step in _possible_steps(values):
        for rest in _walks([*_without(values, step.left, step.right), step.result]):
            yield (step, *rest)


def _possible_steps(values: Sequence[int]) -> Iterator[Step]:
    for low, high in sorted({(min(pair), max(pair)) for pair in combinations(values, 2)}):
        for operation in OPERATIONS:
            result = step_result(high, operation, low)
            if result is not None:
                yield Step(high, operation, low, result)


def _without(values: Sequence[int], left: int, right: int) -> list[int]:
    rest = list(values)
    rest.remove(left)
    rest.remove(right)
    return rest


def _taken(terms: list[_Term], value: int) -> _Term:
    index = next(i for i, term in enumerate(terms) if term.value == value)
    return terms.pop(index)


def _combined(left: _Term, step: Step, right: _Term) -> _Term:
    precedence = PRECEDENCE[step.operation]
    left_text = left.text if left.precedence >= precedence else f"( {left.text} )"
    needs_none = right.precedence > precedence or (
        right.precedence == precedence and step.operation in "+×"
    )
    right_text = right.text if needs_none else f"( {right.text} )"
    return _Term(step.result, f"{left_text} {step.operation} {right_text}", precedence)
