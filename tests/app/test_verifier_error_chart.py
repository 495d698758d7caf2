"""The figure of corrected pass@k draws the numbers it is given, and gaps where there are none."""

import math

import polars as pl

from app.charts.verifier_error import CORRECTED, JUDGED, TOGETHER, corrected_chart

NAN = math.nan
CURVES = pl.DataFrame(
    {
        "run": ["a", "a", "b", "b"], "label": ["first", "first", "<b>second</b>", "<b>second</b>"],
        "k": [1, 2, 1, 2], "raw": [0.5, 0.75, 0.2, NAN], "value": [0.4, 0.6, 0.1, NAN],
        "low": [0.3, 0.5, 0.05, NAN], "high": [0.5, 0.7, 0.2, NAN],
        "reliable": [True, True, True, True], "least": [0.4, 0.5, 0.1, NAN],
        "problems": [8, 8, 8, 8], "n_min": [4, 4, 2, 2], "n_max": [4, 4, 2, 2],
    }
)  # fmt: skip


def traces(name):
    """y of the lines with this name, in the order of the panels."""
    figure = corrected_chart(CURVES)
    return [list(t.y) for t in figure.data if t.name == name and t.mode != "none"]


def test_each_run_has_a_panel_with_both_curves():
    assert traces(JUDGED) == [[0.5, 0.75], [0.2, None]]
    assert traces(CORRECTED) == [[0.4, 0.6], [0.1, None]]
    titles = [note.text for note in corrected_chart(CURVES).layout.annotations]
    assert any("first" in title for title in titles)
    assert not any("<b>second</b>" in title for title in titles)


def test_the_least_is_drawn_beneath():
    assert traces(TOGETHER) == [[0.4, 0.5], [0.1, None]]


def test_the_band_is_that_of_the_corrected_curve_only():
    bands = [t for t in corrected_chart(CURVES).data if t.fill == "toself"]
    assert [list(band.y) for band in bands] == [[0.5, 0.7, 0.5, 0.3], [0.2, 0.05]]


def test_it_says_how_many_problems_and_samples():
    subtitle = corrected_chart(CURVES).layout.title.subtitle.text
    assert "8 problems" in subtitle
    assert "n = 2–4" in subtitle
