"""Verdicts as other people write them: true, 1, "pass", "incorrect"; scores that are none."""

import math
from collections.abc import Sequence

from store.importers.found import Unfit, flag_of, shown

CORRECT = {"true", "yes", "y", "correct", "right", "pass", "passed", "success", "solved", "c", "t"}
INCORRECT = {
    "false", "no", "n", "incorrect", "wrong", "fail", "failed", "failure", "unsolved", "i", "f",
    "timeout", "timed out", "timed_out", "runtime error", "wrong answer", "compilation error",
}  # fmt: skip
OTHERS = {"no_answer": "no_answer", "no answer": "no_answer", "error": "error"}
NOTHING = {"", "nan", "null", "none", "n/a", "na"}
OUTCOMES = {
    **dict.fromkeys(CORRECT, "correct"),
    **dict.fromkeys(INCORRECT, "incorrect"),
    **OTHERS,
    "1": "correct", "1.0": "correct", "0": "incorrect", "0.0": "incorrect",
}  # fmt: skip

NO_VERDICT = "samples without a verdict"
PARTIAL = "samples with a score that is neither 0 nor 1: no verdict (--field threshold=… makes one)"


def judged(
    value: object, name: str, graded: bool, threshold: float | None
) -> tuple[str | None, str]:
    """The outcome, or None and the note that says why there is none. Raises Unfit.

    A number other than 0 and 1 is no verdict, but for a threshold; and where the column is no
    column of scores (`graded`), it is wrong.
    """
    if isinstance(value, bool) or (threshold is None and value in (0, 1)):
        return ("correct" if value else "incorrect"), ""
    if value is None:
        return None, NO_VERDICT
    if isinstance(value, str):
        word = value.strip().lower()
        if threshold is None and (outcome := OUTCOMES.get(word)):
            return outcome, ""
        if word in NOTHING:
            return None, NO_VERDICT
        if (number := number_in(word)) is None:
            if outcome := worded(word):
                return outcome, ""
            flag_of(value, name)  # says what it must be
    elif isinstance(value, int | float):
        number = float(value)
    else:
        raise Unfit(name, f"is {shown(value)}, and must be true, false, 1 or 0")
    if number is not None and math.isnan(number):
        return None, NO_VERDICT
    if number is not None and threshold is not None:
        return ("correct" if number >= threshold else "incorrect"), ""
    if graded:
        return None, PARTIAL
    flag_of(value, name)
    raise Unfit(name, f"is {shown(value)}, and must be true, false, 1 or 0")


def worded(word: str) -> str | None:
    """The outcome of a word, also where more is said after it, as in `failed: AssertionError`."""
    return OUTCOMES.get(word) or OUTCOMES.get(word.partition(":")[0].strip())


def number_in(word: str) -> float | None:
    """The number that is written, if it is one."""
    try:
        return float(word)
    except ValueError:
        return None


def is_verdict(values: Sequence[object], share: float) -> bool:
    """Whether these may be verdicts or scores: so much of them that says something."""
    said = [v for v in values if v is not None and not (isinstance(v, str) and is_nothing(v))]
    return bool(said) and sum(map(may_be, said)) >= share * len(said)


def is_nothing(word: str) -> bool:
    """Whether the word says that there is none."""
    return word.strip().lower() in NOTHING


def may_be(value: object) -> bool:
    """Whether this may be a verdict or a score."""
    if isinstance(value, str):
        word = value.strip().lower()
        return len(word) < 200 and (worded(word) is not None or number_in(word) is not None)
    return isinstance(value, bool | int | float)


def is_graded(values: Sequence[object]) -> bool:
    """Whether many of these are numbers other than 0 and 1, as rewards are: one may be damage."""
    numbers = [number_in(v) if isinstance(v, str) else v for v in values]
    others = [
        number
        for number in numbers
        if isinstance(number, int | float) and number not in (0, 1) and not math.isnan(number)
    ]
    return len(others) > 0.05 * len(values)
