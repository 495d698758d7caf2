"""What `passband show` answers where reviewers have a say: numbers by hand, and what is told."""

from math import exp

import pytest

from store.audits import Audit, content_hash, newest, record
from tests.app.shown import rows, small_study


@pytest.fixture(scope="module")
def cursor(tmp_path_factory):
    with small_study(tmp_path_factory.mktemp("study")) as cursor:
        yield cursor


def test_flawed_samples_are_not_correct_and_ambiguous_ones_do_not_count(cursor, tmp_path):
    run = rows(cursor, "runs", runs=["small-rl"])[0]["run"]
    texts = [("p3", 0, "C", "flawed"), ("p0", 0, "C", "ambiguous"), ("p0", 1, "C", "valid")]
    for problem, sample, text, label in texts:
        at = "2026-01-01T00:00:00+00:00"
        record(tmp_path, Audit(at, run, problem, sample, content_hash(text), "A", label))
    audits = newest(tmp_path)

    raw = rows(cursor, "pass-at-k", runs=["small-rl"], k=1)[0]
    audited = rows(cursor, "pass-at-k", runs=["small-rl"], k=1, audits=audits)[0]

    assert raw["pass_at_k"] == pytest.approx((4 / 4 + 3 / 4) / 4)
    assert audited["pass_at_k"] == pytest.approx((3 / 3 + 2 / 4) / 4)
    assert (raw["n_min"], audited["n_min"]) == (4, 3)


def audits_of(cursor, study, run, *said):
    """The newest audits of a study in which reviewers said this: problem, sample, text, label."""
    name = rows(cursor, "runs", runs=[run])[0]["run"]
    at = "2026-01-01T00:00:00+00:00"
    for problem, sample, text, label, *reviewer in said:
        named = reviewer[0] if reviewer else "A"
        record(study, Audit(at, name, problem, sample, content_hash(text), named, label))
    return newest(study)


QUESTIONS = {
    "pass-at-k": {"runs": ["small-rl"]},
    "accuracy": {"runs": ["small-rl"]},
    "solvable": {"base": "small--math", "other": "small-rl"},
    "compare": {"base": "small--math", "other": "small-rl"},
    "perplexity": {"runs": ["small-rl"]},
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_audited_numbers_say_how_many_verdicts_stand_behind_them(
    cursor, tmp_path, caplog, question
):
    chosen = QUESTIONS[question]
    rows(cursor, question, **chosen)
    assert "Audited" not in caplog.text
    rows(cursor, question, **chosen, audits=newest(tmp_path))
    assert "Audited: 0 verdicts of 0 reviewers on 0 samples; 0 taken off c" in caplog.text
    assert "fewer samples" not in caplog.text

    caplog.clear()
    said = [("p3", 0, "C", "flawed"), ("p0", 0, "C", "ambiguous"), ("p0", 1, "C", "valid")]
    audits = audits_of(cursor, tmp_path, "small-rl", *said, ("p1", 0, "old text", "valid"))
    rows(cursor, question, **chosen, audits=audits)
    told = "3 verdicts of 1 reviewer on 3 samples; 1 taken off c, 1 left out of n."
    assert caplog.text.count(told) == 1
    assert "1 more on samples that do not count, or whose text has changed since." in caplog.text
    assert "problems with fewer samples, since ambiguous ones are left out of n: 1." in caplog.text


def test_audits_change_nothing_of_what_is_stored_and_it_says_so(cursor, tmp_path, caplog):
    audits = audits_of(cursor, tmp_path, "small-rl", ("p0", 0, "C", "ambiguous"))
    assert rows(cursor, "runs", audits=audits) == rows(cursor, "runs")
    assert caplog.text.count("audits change nothing here") == 1


def test_audits_count_in_every_number(cursor, tmp_path):
    said = [("p3", number, text, "guess") for number, text in ((0, "C"), (2, "C"), (3, "c"))]
    audits = audits_of(cursor, tmp_path, "small-rl", *said, ("p0", 0, "C", "ambiguous"))
    found = rows(cursor, "accuracy", runs=["small-rl"], audits=audits)
    assert {row["bin"]: row["count"] for row in found if row["count"]} == {"0": 3, "1": 1}
    (row,) = rows(cursor, "solvable", **QUESTIONS["compare"], audits=audits)
    assert (row["k"], row["both_problems"], row["only_base"]) == (3, ["p0"], 1)
    gaps = {row["k"]: row for row in rows(cursor, "compare", **QUESTIONS["compare"], audits=audits)}
    assert gaps[1]["other"] == pytest.approx(1 / 4)
    assert (gaps[4]["other"], gaps[4]["gap"]) == (None, None)


def test_an_ambiguous_sample_has_no_perplexity_in_audited_numbers(cursor, tmp_path, caplog):
    audits = audits_of(cursor, tmp_path, "small--math", ("p0", 2, "C", "ambiguous"))
    chosen = {"runs": ["small--math"], "scorer": "judge"}
    (raw,) = rows(cursor, "perplexity", **chosen)
    (audited,) = rows(cursor, "perplexity", **chosen, audits=audits)
    assert (raw["samples"], audited["samples"]) == (4, 3)
    assert audited["mean"] == pytest.approx(sum(exp(i / 2) for i in (0, 1, 3)) / 3)
    assert caplog.text.count("12 samples have no log-probability under judge") == 2


def test_the_guess_filter_drops_audits_too(cursor, tmp_path, caplog):
    """Previously a run's reviewers and their agreement were those of the dropped problems, too."""
    said = [("p3", 0, "C", label, name) for label, name in (("valid", "A"), ("flawed", "B"))]
    audits = audits_of(cursor, tmp_path, "small-rl", *said)
    chosen = {"runs": ["small-rl"], "below": 0.9, "audits": audits}
    (whole,) = rows(cursor, "audits", **chosen)
    names = ("answered", "verdicts", "reviewers", "texts_read_twice")
    assert [whole[name] for name in names] == [1, 2, 2, 1]
    assert "do not count" not in caplog.text
    (row,) = rows(cursor, "audits", **chosen, direct="small--math", guess_below=0.5)
    assert [row[name] for name in names] == [0, 0, 0, 0]
    assert "Verdicts on samples that do not count, or whose text has changed since: 2." in (
        caplog.text
    )
    assert caplog.text.count("Guess filter: 3 of 4 problems dropped.") == 1
