"""Who decides: most readers, unless somebody adjudicates; judge models only where asked."""

from collections import Counter
from itertools import product

import pytest

from store.audits import LABELS, agreed, agreement, newest, record, undo
from tests.store.audit_rows import AT, audit


def test_an_adjudication_decides_over_readers(tmp_path):
    for number, label in enumerate(("valid", "valid", "flawed")):
        record(tmp_path, audit(label, f"reviewer-{number}"))
    ruled = record(tmp_path, audit("guess", "reviewer-9", kind="adjudicator"))
    assert agreed(tmp_path).select("label", "audits").rows() == [("guess", 4)]
    undo(tmp_path, ruled, AT)
    assert agreed(tmp_path).select("label", "audits").rows() == [("valid", 3)]


def test_of_several_adjudications_the_newest_decides(tmp_path):
    record(tmp_path, audit("valid", "reviewer-9", kind="adjudicator", at="2026-01-03T00:00:00Z"))
    record(tmp_path, audit("flawed", "reviewer-8", kind="adjudicator", at="2026-01-02T00:00:00Z"))
    assert agreed(tmp_path).select("label", "audits").rows() == [("valid", 2)]


def test_an_adjudication_is_of_one_text(tmp_path):
    record(tmp_path, audit("flawed", "reviewer-9", kind="adjudicator", text="before"))
    record(tmp_path, audit("valid", "reviewer-1", text="after"))
    found = {row["content_hash"]: row["label"] for row in agreed(tmp_path).to_dicts()}
    assert found[audit(text="before").content_hash] == "flawed"
    assert found[audit(text="after").content_hash] == "valid"


def test_judges_have_no_say_unless_asked(tmp_path):
    record(tmp_path, audit("valid", "reviewer-1"))
    for round_ in range(3):
        record(tmp_path, audit("flawed", "judge:small", kind="judge", round=round_))
    record(tmp_path, audit("flawed", "judge:small", kind="judge", sample=1))
    assert agreed(tmp_path).select("sample", "label", "audits").rows() == [(0, "valid", 1)]
    both = agreement(newest(tmp_path), judges=True).select("sample", "label", "audits").rows()
    assert both == [(0, "ambiguous", 2), (1, "flawed", 1)]  # one vote, whatever its rounds


@pytest.mark.parametrize("rounds", [*product(LABELS[:3], repeat=3)])
def test_a_judge_votes_for_what_most_of_its_rounds_say(tmp_path, rounds):
    for number, label in enumerate(rounds):
        record(tmp_path, audit(label, "judge:small", kind="judge", round=number))
    # Three rounds and no `ambiguous` one: most are right, or most are wrong.
    wrong = Counter(label for label in rounds if label != "valid").most_common(1)
    expected = "valid" if rounds.count("valid") > 1 else wrong[0][0]
    if {*rounds} == {"flawed", "guess", "valid"}:
        expected = "flawed"
    assert agreement(newest(tmp_path), judges=True)["label"].to_list() == [expected]


def test_nothing_but_judges_is_nothing_to_people(tmp_path):
    record(tmp_path, audit("flawed", "judge:small", kind="judge"))
    assert agreed(tmp_path).is_empty()


def test_a_withdrawn_verdict_has_no_weight(tmp_path):
    record(tmp_path, audit("valid", "reviewer-1"))
    second = record(tmp_path, audit("flawed", "reviewer-2"))
    undo(tmp_path, second, AT)
    assert agreed(tmp_path).select("label", "audits").rows() == [("valid", 1)]
