"""Two scorers along the tokens of a sample: differences, their sum, and what is refused."""

import math

import pytest

from app.analysis.token_difference import Scored, described, differences, refusal
from app.charts.token_difference import token_difference_chart, token_text
from tests.app.perplexities import INF

OWN = Scored("m", [-1.0, -0.5, -2.0], [7, 8, 9], [2, 5, 5], True)
TEXT = "ab cd"


def test_the_sum_of_the_differences_is_that_of_the_log_probabilities():
    other = Scored("base", [-1.5, -0.25, -4.0], [7, 8, 9], [2, 5, 5], True)
    assert refusal(other, OWN) is None
    rows = differences(other, OWN, TEXT)
    assert rows["text"].to_list() == ["ab", " cd", ""]
    assert rows["difference"].to_list() == [0.5, -0.25, 2.0]
    assert rows["cumulative"].to_list() == [0.5, 0.25, 2.25]
    said = described(rows, rows, "base", "m", "sample 0 of p0")
    assert "n = 3 tokens" in said and "sum +2.250" in said
    assert f"perplexity {math.exp(3.5 / 3):.4f} under m" in said
    assert f"perplexity {math.exp(5.75 / 3):.4f} under base" in said


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            Scored("x", [-1.0, -1.0], [1, 2], [2, 5], False),
            "x cuts this sample into 2 tokens and m",
        ),
        (Scored("x", [-1.0] * 3, [1, 2, 3], [2, 4, 5], False), "differently from token 1 on"),
        (Scored("x", [-1.0] * 3, [1, 2, 3], None, False), "Where the tokens of x end is not known"),
        (Scored("x", [-1.0] * 3, None, [2, 5, 5], False), None),  # cut at the same places
        (Scored("x", [-1.0] * 3, [7, 8, 9], None, False), None),  # the same tokens
        (Scored("x", [-1.0] * 3, None, None, True), None),  # both the sample's own
    ],
)
def test_tokens_of_another_cut_are_refused(other, sentence):
    found = refusal(other, OWN)
    assert found is None if sentence is None else sentence in str(found)


def test_a_token_without_a_finite_value_is_a_gap_and_the_sum_passes_over_it():
    other = Scored("base", [-1.5, None, -INF], None, None, True)
    rows = differences(other, OWN, None)
    assert [math.isnan(x) for x in rows["difference"]] == [False, True, True]
    assert rows["cumulative"].to_list() == [0.5, 0.5, 0.5]
    assert rows["text"].to_list() == ["token id 7", "token id 8", "token id 9"]
    said = described(rows, rows.head(1), "base", "m", "s")
    assert "2 tokens without a finite difference" in said and "tokens 0 to 0 drawn" in said
    figure = token_difference_chart(rows, "base", "m", said)
    assert list(figure.data[0].y) == [0.5, None, None]


def test_tokens_show_their_spaces_and_are_not_read_as_markup():
    assert token_text(" <b>\n") == "␣&lt;b&gt;⏎"
    assert token_text("") == "(no text)"
