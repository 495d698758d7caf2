"""What the Countdown verifier accepts, and that nothing a model writes can upset it."""

import time

import pytest

from generation.verifiers.countdown import last_boxed, verify

RULES = {"numbers": [7, 3, 4, 5], "target": 22, "use": "all"}
DOUBLED = {"numbers": [6, 6, 2], "target": 10, "use": "all"}
ANY = {"numbers": [25, 4, 3, 50], "target": 100, "use": "any"}


def outcome(answer: str, rules: dict[str, object] = RULES) -> str:
    return verify(rf"So it is \boxed{{{answer}}}", "", rules).outcome


@pytest.mark.parametrize(
    "answer",
    [
        "7 × 3 - 4 + 5",
        "7*3-4+5",
        "7 x 3 − 4 + 5",
        "7·3–4+5",
        r"7 \times 3 - 4 + 5",
        r"7\cdot3-4+5",
        r"\left( 7 \times 3 \right) - 4 + 5",
        "[(7 * 3) - 4] + 5",
        "-4 + 5 + 7 * 3",
        "5 - -7 * 3 - 4",
        "7 × 3 - 4 + 5 = 22",
        "22 = 7 × 3 - 4 + 5",
        "7 × 3 - 4 + 5.",
        r"$7 \times 3 \, - 4 + 5$",
        " 7 × 3 - 4\n+ 5 ",
        "((((7)))) × 3 - (4 - 5)",
    ],
)
def test_every_way_of_writing_a_solution_is_correct(answer: str) -> None:
    assert outcome(answer) == "correct"


@pytest.mark.parametrize(
    ("answer", "rules"),
    [
        (r"\frac{7 \times 3}{4 - 1}", {"numbers": [7, 3, 4, 1], "target": 7}),
        (r"\dfrac{\frac{8}{2}}{4} + 9", {"numbers": [8, 2, 4, 9], "target": 10}),
        ("8 ÷ (3 - 8 / 3)", {"numbers": [8, 8, 3, 3], "target": 24}),
        (r"8 \div 2 + 1", {"numbers": [1, 2, 8], "target": 5}),
        ("6 + 6 - 2", DOUBLED),
        ("25 × 4", ANY),
        ("50 + 25 * (3 - 1)", {**ANY, "numbers": [50, 25, 3, 1]}),
    ],
)
def test_values_are_exact_and_rules_are_read(answer: str, rules: dict[str, object]) -> None:
    assert outcome(answer, rules) == "correct"


@pytest.mark.parametrize(
    ("answer", "rules", "detail"),
    [
        ("6 × 4", {"numbers": [6, 4, 1], "target": 24},
         "6 × 4 = 24 uses 6, 4 but the problem gives 6, 4, 1 each exactly once."),
        ("7 + 3 + 4 + 5", RULES, "7 + 3 + 4 + 5 = 19, but the target is 22."),
        ("7 × 3 + 1", RULES,
         "7 × 3 + 1 = 22 uses 7, 3, 1 but the problem gives 7, 3, 4, 5 each exactly once."),
        ("6 + 6 - 2", {**DOUBLED, "numbers": [6, 2]},
         "6 + 6 - 2 = 10 uses 6, 6, 2 but the problem gives 6, 2 each exactly once."),
        ("50 + 50", ANY,
         "50 + 50 = 100 uses 50, 50 but the problem gives 25, 4, 3, 50 each at most once."),
        ("34 - 12", {"numbers": [3, 4, 1, 2], "target": 22},
         "34 - 12 = 22 uses 34, 12 but the problem gives 3, 4, 1, 2 each exactly once."),
        ("0.5 * 44", {"numbers": [5, 44], "target": 22},
         "0.5 * 44 = 22 uses 1/2, 44 but the problem gives 5, 44 each exactly once."),
        ("7 × 3 - 4 + 5 = 23", RULES,
         "The equation 7 × 3 - 4 + 5 = 23 is false: 22 is not 23."),
        ("7 × 3 = 21 = 21", RULES, "More than one = in 7 × 3 = 21 = 21."),
        ("7 / (3 - 3)", RULES, "7 / (3 - 3) divides by zero."),
        (r"\frac{7}{0}", RULES, r"\frac{7}{0} divides by zero."),
    ],
)  # fmt: skip
def test_the_detail_says_which_rule_is_broken(
    answer: str, rules: dict[str, object], detail: str
) -> None:
    verdict = verify(rf"\boxed{{{answer}}}", "", rules)

    assert (verdict.outcome, verdict.answer, verdict.detail) == ("incorrect", answer, detail)


@pytest.mark.parametrize(
    ("answer", "culprit"),
    [
        ("3²", "'²'"),
        ("٣ + 19", "'٣'"),
        ("1e3", "'e'"),
        ("1_000", "'_'"),
        ("1,000", "','"),
        ("22%", "'%'"),
        ("2 ^ 3", "'^'"),
        ("2 ** 3", "'*'"),
        ("7 // 3", "'/'"),
        ("7!", "'!'"),
        ("__import__('os').system('true')", "'_'"),
        ("7 3", "'3'"),
        ("2 ( 7 + 4 )", "'('"),
        ("( 7 + 3", "')' is missing"),
        ("7 + 3 )", "')'"),
        ("( 7 + 3 ]", "')' is missing"),
        (r"\frac{7}", "'{' is missing"),
        (r"\sqrt{49}", "'\\\\'"),
        ("7 +", "it ends"),
        ("= 22", "it ends"),
        (".", "it ends"),
        ("the answer", "'t'"),
        ("9" * 13, "13 digits"),
        ("+ 7", "'+'"),
    ],
)
def test_what_cannot_be_read_is_incorrect_and_named(answer: str, culprit: str) -> None:
    verdict = verify(rf"\boxed{{{answer}}}", "", RULES)

    assert verdict.outcome == "incorrect"
    assert verdict.detail.startswith("Cannot read")
    assert culprit in verdict.detail


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("(" * 200 + "7" + ")" * 200, "nested deeper than 50"),
        ("-" * 200 + "7", "nested deeper than 50"),
        (r"\frac{" * 60 + "7" + "}{1}" * 60, "characters; at most 500"),
        ("7" * 501, "characters; at most 500"),
        ("999999 * " * 50 + "1", "but the target is 22"),
    ],
)
def test_a_hostile_expression_meets_a_limit(answer: str, reason: str) -> None:
    verdict = verify(rf"\boxed{{{answer}}}", "", RULES)

    assert verdict.outcome == "incorrect"
    assert reason in verdict.detail
    assert len(verdict.detail) < 600


@pytest.mark.parametrize(
    ("completion", "detail"),
    [
        ("", "The completion has no closed \\boxed{...}."),
        ("7 × 3 - 4 + 5 = 22", "The completion has no closed \\boxed{...}."),
        (r"\boxed{ 7 × 3 - 4", "The completion has no closed \\boxed{...}."),
        (r"\boxed 7", "The completion has no closed \\boxed{...}."),
        (r"\boxed{}", "The last \\boxed{...} is empty."),
        (r"\boxed{7 × 3 - 4 + 5} \boxed{  }", "The last \\boxed{...} is empty."),
    ],
)
def test_without_a_filled_box_there_is_no_answer(completion: str, detail: str) -> None:
    assert verify(completion, "", RULES) == ("no_answer", None, detail)


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        (r"\boxed{1} then \boxed{2}", "2"),
        (r"\boxed{1} then \boxed{2", "1"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{ \boxed{3} }", "3"),
        (r"a } stray { brace \boxed{4}", "4"),
        (r"\boxed {5}", "5"),
        (r"\{ \boxed{6} \}", "6"),
    ],
)
def test_the_last_closed_box_is_the_answer(completion: str, answer: str) -> None:
    assert last_boxed(completion) == answer


def test_a_very_long_completion_of_open_boxes_takes_one_pass() -> None:
    started = time.perf_counter()

    assert last_boxed(r"\boxed{" * 200_000) is None
    assert time.perf_counter() - started < 2


def test_each_number_counts_exactly_once_unless_the_problem_says_otherwise() -> None:
    assert outcome("25 × 4", {"numbers": [25, 4, 3], "target": 100}) == "incorrect"


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        ({"numbers": [1, 2]}, "target"),
        ({"target": 3}, "numbers"),
        ({"numbers": [], "target": 3}, "numbers"),
        ({"numbers": "12", "target": 3}, "numbers"),
        ({"numbers": [1.5], "target": 3}, "numbers"),
        ({"numbers": [1, 2], "target": "3"}, "target"),
        ({"numbers": [1, 2], "target": True}, "target"),
        ({"numbers": [1, 2], "target": 3, "use": "some"}, "use"),
        ({}, "numbers"),
    ],
)
def test_malformed_metadata_is_the_callers_mistake(metadata: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        verify(r"\boxed{3}", "", metadata)


def test_malformed_metadata_is_reported_even_without_an_answer() -> None:
    with pytest.raises(ValueError, match="numbers"):
        verify("no box", "", {})
