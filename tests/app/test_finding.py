"""The one sentence: what it says, and above all what it does not claim."""

import polars as pl
import pytest

from app.analysis.finding import Names, finding, points, strip_said
from app.analysis.wording import amount, fraction
from app.metrics.crossover import Crossover

NAMES = Names("small", "small-rl", "problems like these", 0.95)


def gaps_frame(*rows) -> pl.DataFrame:
    """Each row: k, gap, low, high, and whether the band is reliable."""
    columns = ["k", "gap", "low", "high", "reliable"]
    filled = [(*row, True)[:5] for row in rows]
    return pl.DataFrame(filled, schema=columns, orient="row")


AHEAD = (1, 0.165, 0.141, 0.189)
BEHIND = (128, -0.026, -0.046, -0.006)
OPEN = (128, -0.004, -0.02, 0.012)
CROSSED = Crossover(16, 11, 23, False, 128)


@pytest.mark.parametrize(
    ("rows", "crossing", "said"),
    [
        (
            (AHEAD, BEHIND),
            CROSSED,
            "small-rl is ahead at k = 1 by 16.5 points [14.1, 18.9]; small is ahead at k = 128 by"
            " 2.6 points [0.6, 4.6] (95 % bands, problems like these); they cross at k = 16"
            " [11, 23].",
        ),
        (
            (AHEAD, OPEN),
            Crossover(64, 23, None, False, 128),
            "small-rl is ahead at k = 1 by 16.5 points [14.1, 18.9]; at k = 128 it is undecided:"
            " small-rl − small is −0.4 points [−2.0, 1.2] (95 % bands, problems like these); the"
            " estimates cross at k = 64 (the bands allow k = 23 to 128, or no crossing).",
        ),
        (
            ((1, 0.01, -0.02, 0.04), OPEN),
            Crossover(64, 1, None, False, 128),
            "Undecided: small-rl − small is 1.0 points [−2.0, 4.0] at k = 1 and −0.4 points"
            " [−2.0, 1.2] at k = 128, which hold 0 both (95 % bands, problems like these); the"
            " estimates cross at k = 64 (the bands allow k = 1 to 128, or no crossing).",
        ),
        (
            ((1, 0.01, -0.02, 0.04), BEHIND),
            Crossover(16, 1, 23, False, 128),
            "At k = 1 it is undecided: small-rl − small is 1.0 points [−2.0, 4.0]; small is ahead"
            " at k = 128 by 2.6 points [0.6, 4.6] (95 % bands, problems like these); the estimates"
            " cross at k = 16 (the bands allow k = 1 to 23).",
        ),
        (
            (AHEAD, (128, 0.08, 0.05, 0.11)),
            Crossover(None, 128, None, False, 128),
            "small-rl is ahead at k = 1 by 16.5 points [14.1, 18.9]; small-rl is ahead at k = 128"
            " by 8.0 points [5.0, 11.0] (95 % bands, problems like these); they do not cross up"
            " to k = 128.",
        ),
        (
            (AHEAD, (128, 0.01, -0.01, 0.03)),
            Crossover(None, 90, None, False, 128),
            "small-rl is ahead at k = 1 by 16.5 points [14.1, 18.9]; at k = 128 it is undecided:"
            " small-rl − small is 1.0 points [−1.0, 3.0] (95 % bands, problems like these); the"
            " estimates do not cross up to k = 128, but a crossing from k = 90 on is not"
            " excluded.",
        ),
        (
            ((1, -0.1, -0.15, -0.05), BEHIND),
            Crossover(1, 1, 1, False, 128),
            "small is ahead at k = 1 by 10.0 points [5.0, 15.0]; small is ahead at k = 128 by 2.6"
            " points [0.6, 4.6] (95 % bands, problems like these); the curve of small is nowhere"
            " below that of small-rl.",
        ),
        (
            (AHEAD, (59, 0.0, -0.02, 0.02)),
            Crossover(59, 30, None, True, 59),
            "small-rl is ahead at k = 1 by 16.5 points [14.1, 18.9]; at k = 59 it is undecided:"
            " small-rl − small is 0.0 points [−2.0, 2.0] (95 % bands, problems like these); the"
            " estimates meet at the last k, 59 (the bands allow k = 30 to 59, or no crossing).",
        ),
        (
            ((1, 0.1, -0.05, 0.25),),
            Crossover(None, 1, None, False, 1),
            "Undecided: small-rl − small is 10.0 points [−5.0, 25.0] at k = 1, which holds 0"
            " (95 % bands, problems like these).",
        ),
        (
            ((1, 0.1, 0.05, 0.25),),
            Crossover(None, 1, None, False, 1),
            "small-rl is ahead at k = 1 by 10.0 points [5.0, 25.0] (95 % bands, problems like"
            " these).",
        ),
    ],
)
def test_the_sentence_says_what_the_bands_decide(rows, crossing, said):
    assert finding(gaps_frame(*rows), crossing, NAMES) == said


@pytest.mark.parametrize(
    ("gaps", "crossing", "said"),
    [
        ((0.1, 0.1, 0.0), Crossover(3, 2, None, True, 3),
         "meet at the last k, 3 (the bands allow k = 2 to 3, or no crossing)."),
        ((0.1, 0.0, 0.0), Crossover(2, 1, None, True, 3),
         "meet at k = 2 and are equal up to k = 3 (the bands allow k = 1 to 3, or no crossing)."),
        ((0.1, -0.1, 0.0), Crossover(2, 3, None, True, 3),
         "cross at k = 2 and are equal at k = 3 (the bands allow k = 3, or no crossing)."),
        ((0.1, 0.1, -0.01), Crossover(3, 2, None, False, 3),
         "cross at the last k, 3 (the bands allow k = 2 to 3, or no crossing)."),
        ((0.0, 0.0, 0.0), Crossover(1, 1, None, True, 3), "are equal at every k."),
        ((0.1, 0.1, 0.1), Crossover(None, 3, None, False, 3),
         "do not cross up to k = 3, but a crossing at the last k is not excluded."),
    ],
)  # fmt: skip
def test_curves_that_meet_are_not_said_to_cross_and_each_k_is_said_of_once(gaps, crossing, said):
    rows = gaps_frame(*((k, gap, gap - 0.2, gap + 0.2) for k, gap in enumerate(gaps, start=1)))
    assert finding(rows, crossing, NAMES).endswith(f"; the estimates {said}")


@pytest.mark.parametrize(
    ("last_low", "crossing", "said"),
    [
        (-0.05, Crossover(16, 11, 23, False, 128),
         "Shaded: the band allows the crossover at k = 11 to 23; the estimate: crossover at"
         " k = 16."),
        (-0.05, Crossover(64, 23, None, False, 128),
         "Shaded: the band allows the crossover at k = 23 to 128, or none; the estimate: crossover"
         " at k = 64."),
        (-0.05, Crossover(None, 90, None, False, 128),
         "Shaded: the band allows the crossover at k = 90 to 128, or none; the estimate: no"
         " crossover."),
        (-0.05, Crossover(None, 128, None, False, 128),
         "No crossover; the earliest that the band allows is k = 128."),
        (0.05, Crossover(None, 128, None, False, 128),
         "No crossover up to k = 128, and the band allows none."),
        (-0.05, Crossover(1, 1, 1, False, 128),
         "Crossover at k = 1; the band allows no other k."),
    ],
)  # fmt: skip
def test_the_strip_of_the_crossover_is_said_in_words(last_low, crossing, said):
    assert strip_said(gaps_frame(AHEAD, (128, 0.06, last_low, 0.1)), crossing) == said


def test_a_fraction_has_three_decimals_and_a_true_minus_sign():
    said = [fraction(-0.61649), fraction(1.0), fraction(-0.0), fraction(-0.0001)]
    assert said == ["−0.616", "1.000", "0.000", "0.000"]
    signed = [fraction(value, signed=True) for value in (0.0262, -0.5, 0.0, float("nan"))]
    assert signed == ["+0.026", "−0.500", "0.000", "–"]


def test_one_problem_is_no_plural():
    assert [amount(n) for n in (0, 1, 1024)] == ["0 problems", "1 problem", "1,024 problems"]


def test_an_undefined_comparison_is_undecided():
    nothing = gaps_frame((1, float("nan"), float("nan"), float("nan")))
    assert finding(nothing, None, NAMES).startswith("Undecided: a problem has no samples")


def test_an_undefined_band_claims_nothing():
    said = finding(gaps_frame((1, 0.5, float("nan"), float("nan")), BEHIND), CROSSED, NAMES)
    assert said.startswith("At k = 1 it is undecided") and "small-rl is ahead" not in said


@pytest.mark.parametrize(("low", "high"), [(-0.01, 0.2), (0.0, 0.2), (-0.2, 0.0), (0.0, 0.0)])
def test_nobody_is_ahead_where_the_band_holds_0(low, high):
    rows = gaps_frame((1, 0.0, low, high), (128, 0.0, low, high))
    said = finding(rows, Crossover(1, 1, None, True, 128), NAMES)
    assert "ahead" not in said and said.startswith("Undecided")


def test_a_marked_band_is_named():
    rows = gaps_frame((*AHEAD, False), BEHIND)
    assert finding(rows, CROSSED, NAMES).endswith(
        "; the band at k = 1 is marked, since its real coverage is not as stated."
    )


def test_nobody_is_ahead_by_a_band_that_cannot_be_relied_on():
    doubtful = gaps_frame((1, 0.2, 0.1, 0.3), (64, -0.133, -0.276, -0.003)).with_columns(
        reliable=pl.col("k") == 1
    )
    said = finding(doubtful, Crossover(24, 10, 40, False, 64), NAMES)
    assert "at k = 64 it is undecided" in said and "is ahead at k = 64" not in said
    assert "they cross" not in said


def test_the_kind_and_the_level_are_those_of_the_band():
    said = finding(gaps_frame(AHEAD, BEHIND), CROSSED, Names("a", "b", "these problems", 0.9))
    assert "(90 % bands, these problems)" in said and said.startswith("b is ahead")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.165, "16.5"), (-0.165, "−16.5"), (0.0, "0.0"), (0.0004, "0.04"), (0.00004, "0.004"),
        (-0.0004, "−0.04"), (1.0, "100.0"), (float("nan"), "undefined"), (0.0000001, "0.0"),
    ],
)  # fmt: skip
def test_what_is_not_0_does_not_read_as_0(value, said):
    assert points(value) == said
