"""What a judge of reasoning is told, and which of its answers are verdicts."""

import pytest

from generation.judge_prompt import (
    CRITERIA,
    Material,
    NoVerdict,
    Said,
    fingerprint,
    messages,
    new_marker,
    note,
    prompt_of,
    said,
    shortened,
    span,
)

MARKER = "0a1b2c3d"
PROMPT = "0123456789ab"
FORMAL = f"REASON: 2 + 2 is not 5.\nQUOTE: so 2 + 2 = 5\nVERDICT {MARKER}: flawed"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (FORMAL, Said("flawed", "2 + 2 is not 5.", "so 2 + 2 = 5")),
        (f"Long thoughts.\n\n{FORMAL}\n", Said("flawed", "2 + 2 is not 5.", "so 2 + 2 = 5")),
        (
            f"**REASON:** Fine.\n**QUOTE:** none\n**VERDICT {MARKER}: Valid**.",
            Said("valid", "Fine."),
        ),
        (f"- Reason: Fine.\n\n- Verdict [{MARKER}]: guess", Said("guess", "Fine.")),
        (f"```\nREASON: Fine.\nQUOTE: None.\nVERDICT {MARKER}: valid\n```", Said("valid", "Fine.")),
        (f"It skips steps.\nVERDICT {MARKER}: ambiguous", Said("ambiguous", "It skips steps.")),
        (f"VERDICT {MARKER}: valid", Said("valid", "")),
        (
            f"<think>VERDICT {MARKER}: valid</think>\nREASON: No.\nVERDICT {MARKER}: flawed",
            Said("flawed", "No."),
        ),
        # It quotes what the response says of itself, and then gives its own.
        (
            f"It says\nVERDICT: valid\nyet it is not.\nVERDICT {MARKER}: flawed",
            Said("flawed", "It says\nVERDICT: valid\nyet it is not."),
        ),
        # LaTeX is not touched, in the quotation least of all.
        (
            f"REASON: $x_1*$ is wrong.\nQUOTE: \\frac{{1}}{{2}} \\cdot $y_2$\n"
            f"VERDICT {MARKER}: flawed",
            Said("flawed", "$x_1*$ is wrong.", "\\frac{1}{2} \\cdot $y_2$"),
        ),
    ],
)
def test_the_last_line_is_the_verdict_and_the_two_above_say_why(
    answer: str, expected: Said
) -> None:
    assert said(answer, MARKER) == expected


@pytest.mark.parametrize(
    "answer",
    [
        "I think that it is valid.",
        # Quoted from a response, which cannot know the marker.
        "VERDICT: valid",
        "VERDICT 00000000: valid",
        f"VERDICT {MARKER}: valid or flawed",
        f"VERDICT {MARKER}: valid, flawed, guess or ambiguous",
        f"VERDICT {MARKER}: not valid",
        f"VERDICT {MARKER}: correct",
        f"VERDICT {MARKER}: valid\nI hope that this helps.",
        f"It claims VERDICT {MARKER}: valid",
        f'{{"verdict": "valid", "marker": "{MARKER}"}}',
    ],
)
def test_every_other_answer_is_no_verdict_and_its_end_is_shown(answer: str) -> None:
    found = said(answer, MARKER)
    assert isinstance(found, NoVerdict)
    assert found.why == "its last line is no verdict in the form asked for"
    assert found.example == f"…{' '.join(answer.split())}"


@pytest.mark.parametrize("answer", ["", "  \n", "<think>thoughts</think>", "```\n```"])
def test_silence_is_no_verdict(answer: str) -> None:
    assert said(answer, MARKER) == NoVerdict("the judge said nothing")


def test_thoughts_that_break_off_are_no_verdict() -> None:
    answer = f"<think>\nIt would be\nVERDICT {MARKER}: valid"
    assert said(answer, MARKER) == NoVerdict("its thoughts have no end")


def test_halves_of_characters_are_kept_out_of_what_is_stored() -> None:
    found = said(f"REASON: half \ud83d a face\nVERDICT {MARKER}: valid", MARKER)
    assert found == Said("valid", "half ? a face")


RESPONSE = 'First 2 + 2 = 4.\nThen 4 · 3 = 13.\nSo "x" = 13, by 2 + 2 = 4.'


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("4 · 3 = 13", "4 · 3 = 13"),
        ('"4 · 3 = 13"', "4 · 3 = 13"),
        ("“Then 4 · 3 = 13.”", "Then 4 · 3 = 13."),
        ('So "x" = 13', 'So "x" = 13'),
        ("2 + 2 = 4", None),  # twice
        ("4 * 3 = 13", None),
        ("", None),
        ("``", None),
    ],
)
def test_a_passage_that_is_quoted_exactly_and_found_once_is_the_span(
    quote: str, expected: str | None
) -> None:
    found = span(quote, RESPONSE)
    assert (RESPONSE[found[0] : found[1]] if found else None) == expected


def test_a_note_is_the_reason_and_names_the_prompt_in_its_last_line() -> None:
    written = note(Said("flawed", "4 · 3 is 12.", "4 · 3 = 13"), RESPONSE, PROMPT)
    assert written == f"4 · 3 is 12.\n(prompt {PROMPT})"
    assert prompt_of(written) == PROMPT
    assert note(Said("valid", ""), RESPONSE, PROMPT) == f"(prompt {PROMPT})"
    assert prompt_of(f"(prompt {PROMPT})") == PROMPT


def test_a_quotation_that_is_not_there_is_told_in_the_note() -> None:
    absent = note(Said("flawed", "No.", "5 = 5"), RESPONSE, PROMPT)
    assert absent == f"No.\nIt quotes, what is not in the response: 5 = 5\n(prompt {PROMPT})"
    twice = note(Said("flawed", "No.", "2 + 2 = 4"), RESPONSE, PROMPT)
    assert "what is several times in the response: 2 + 2 = 4" in twice


def test_long_reasons_are_cut_and_say_so_and_the_prompt_stays() -> None:
    written = note(Said("flawed", "because " * 1000, "x" * 900), RESPONSE, PROMPT)
    reason, quote, last = written.split("\n")
    assert reason.endswith("because … (cut: 2,000 of 8,000 characters)")
    assert quote.endswith(f"{'x' * 300} … (cut: 300 of 900 characters)")
    assert last == f"(prompt {PROMPT})"
    assert shortened("whole", 5) == "whole"


@pytest.mark.parametrize(
    "forged", ["Fine.", "", f"(prompt {PROMPT})\nFine.", "(prompt xyz)", f"see (prompt {PROMPT})"]
)
def test_a_prompt_is_read_only_from_the_place_where_it_is_written(forged: str) -> None:
    assert prompt_of(forged) is None


def test_what_may_change_a_verdict_changes_the_fingerprint() -> None:
    own = fingerprint(CRITERIA, True, 1.0)
    assert own == fingerprint(CRITERIA, True, 1.0)
    others = {
        fingerprint(CRITERIA + "!", True, 1.0),
        fingerprint(CRITERIA, False, 1.0),
        fingerprint(CRITERIA, True, 0.5),
    }
    assert len(others | {own}) == 4


def test_the_material_stands_between_markers_and_the_reference_only_where_there_is_one() -> None:
    shown = messages(Material("What is 2 + 2?", "It is 4.", "four"), CRITERIA, MARKER)
    system, user = (str(message["content"]) for message in shown)
    assert system.startswith(CRITERIA)
    assert MARKER not in system
    for what, text in (
        ("problem", "What is 2 + 2?"),
        ("reference answer, which is right", "four"),
        ("response", "It is 4."),
    ):
        assert f"[{MARKER}] {what} begins\n{text}\n[{MARKER}] {what} ends" in user
    without = messages(Material("What is 2 + 2?", "It is 4."), CRITERIA, MARKER)
    assert "reference" not in str(without[1]["content"])


def test_requests_on_one_sample_begin_alike_and_no_two_are_the_same() -> None:
    one, other = (str(messages(Material("?", "x"), "c", MARKER)[1]["content"]) for _ in range(2))
    assert one != other
    assert one.rpartition("\n")[0] == other.rpartition("\n")[0]
    assert len({new_marker() for _ in range(100)}) == 100


def test_images_come_before_the_text() -> None:
    content = messages(Material("?", "x", None, ("data:a", "data:b")), "c", MARKER)[1]["content"]
    assert isinstance(content, list)
    assert [part["type"] for part in content] == ["image_url", "image_url", "text"]
    assert content[0]["image_url"] == {"url": "data:a"}
