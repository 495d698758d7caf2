"""The Countdown problems of the shipped study: solved right, worded right, split cleanly."""

import json
import random
from fractions import Fraction
from itertools import permutations, product
from pathlib import Path

import pytest

from demo.problems import (
    Problem,
    Step,
    expression,
    is_held_out,
    question,
    random_problem,
    random_walk,
    solutions,
    step_result,
    worked_solution,
)
from generation.verifiers.countdown import verify

SHIPPED = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "demo" / "countdown.jsonl").read_text().splitlines()
]


def reachable_by_brute_force(numbers: tuple[int, ...]) -> set[int]:
    """Values of every order, operation and bracketing of three numbers, kept whole and positive."""
    values = set()
    for (a, b, c), (first, second) in product(permutations(numbers), product("+-×÷", repeat=2)):
        inner = whole(a, first, b)
        if inner is not None:
            values |= {whole(inner, second, c), whole(c, second, inner)}
    return {value for value in values if value is not None}


def whole(left: int, operation: str, right: int) -> int | None:
    exact = {
        "+": Fraction(left + right),
        "-": Fraction(left - right),
        "×": Fraction(left * right),
        "÷": Fraction(left, right),
    }[operation]
    return int(exact) if exact.denominator == 1 and 1 <= exact <= 999 else None


@pytest.mark.parametrize("numbers", [(1, 1, 1), (2, 3, 7), (4, 4, 8), (15, 14, 13), (1, 12, 3)])
def test_the_solver_reaches_what_brute_force_reaches(numbers: tuple[int, ...]) -> None:
    reached = {target for target in range(1, 1000) if solutions(Problem(numbers, target))}

    assert reached == reachable_by_brute_force(numbers)


def test_the_solver_finds_every_solution_once() -> None:
    assert set(solutions(Problem((2, 3), 6))) == {(Step(3, "×", 2, 6),)}
    # 1 + 2 + 3, 2 × 3 × 1 and 2 × 3 ÷ 1, each three ways round: any two numbers can come first.
    assert len(solutions(Problem((1, 2, 3), 6))) == 9


@pytest.mark.parametrize(
    ("left", "operation", "right", "value"),
    [(8, "÷", 4, 2), (8, "÷", 3, None), (3, "-", 3, None), (999, "+", 1, None), (3, "-", 8, None)],
)
def test_a_step_must_come_out_whole_and_positive(
    left: int, operation: str, right: int, value: int | None
) -> None:
    assert step_result(left, operation, right) == value


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((Step(7, "×", 3, 21), Step(21, "-", 4, 17), Step(17, "+", 5, 22)), "7 × 3 - 4 + 5"),
        ((Step(5, "-", 4, 1), Step(7, "-", 1, 6), Step(6, "×", 3, 18)), "( 7 - ( 5 - 4 ) ) × 3"),
        ((Step(5, "+", 4, 9), Step(9, "÷", 3, 3), Step(7, "-", 3, 4)), "7 - ( 5 + 4 ) ÷ 3"),
    ],
)
def test_an_expression_has_only_the_parentheses_it_needs(
    steps: tuple[Step, ...], text: str
) -> None:
    assert expression((7, 3, 4, 5), steps) == text


def test_question_and_completion_read_as_documented() -> None:
    numbers = (7, 3, 4, 5)
    steps = (Step(7, "×", 3, 21), Step(21, "-", 4, 17), Step(17, "+", 5, 22))

    assert question(Problem(numbers, 22)) == "Use 7 , 3 , 4 and 5 each once to reach 22 ."
    assert worked_solution(numbers, steps) == (
        "7 × 3 = 21 ; 21 - 4 = 17 ; 17 + 5 = 22 . \\boxed{ 7 × 3 - 4 + 5 }"
    )


def test_every_worked_walk_is_correct_for_the_target_it_reaches() -> None:
    rng = random.Random(0)
    for _ in range(500):
        problem, steps = random_problem(rng, held_out=False)
        completion = worked_solution(problem.numbers, steps)
        metadata = {"numbers": list(problem.numbers), "target": problem.target, "use": "all"}

        assert verify(completion, "", metadata).outcome == "correct"


def test_a_walk_of_equal_numbers_ends() -> None:
    assert len(random_walk((1, 1, 1, 1), random.Random(0))) == 3


def test_the_order_of_the_numbers_does_not_move_a_problem_across_the_split() -> None:
    sides = {is_held_out(Problem(order, 24)) for order in permutations((3, 5, 7, 11))}

    assert len(sides) == 1


def test_training_never_draws_a_shipped_problem() -> None:
    shipped = {(tuple(sorted(row["numbers"])), row["target"]) for row in SHIPPED}
    rng = random.Random(0)
    drawn = {
        (tuple(sorted(problem.numbers)), problem.target)
        for problem, _ in (random_problem(rng, held_out=False) for _ in range(5000))
    }

    assert all(is_held_out(Problem(tuple(row["numbers"]), row["target"])) for row in SHIPPED)
    assert not shipped & drawn


def test_sixty_different_problems_are_shipped() -> None:
    assert len({(tuple(sorted(row["numbers"])), row["target"]) for row in SHIPPED}) == 60
    assert len({row["problem_id"] for row in SHIPPED}) == 60


@pytest.mark.parametrize("row", SHIPPED, ids=lambda row: row["problem_id"])
def test_each_shipped_reference_solves_its_problem(row: dict[str, object]) -> None:
    assert verify(rf"\boxed{{ {row['reference']} }}", "", row).outcome == "correct"
    assert str(row["target"]) in str(row["question"])
