"""What is read from the JSON that servers answer with."""

import pytest

from generation.engines import Sample
from generation.engines.openai_engine import samples_of
from store.chat_answers import answer_of, token_ends


def sample_of(choice: dict[str, object], usage: dict[str, int] | None = None) -> Sample:
    answer = answer_of({"choices": [choice], "usage": usage})
    assert answer is not None
    return samples_of(answer)[0]


@pytest.mark.parametrize(
    ("message", "reason", "expected"),
    [
        ({"reasoning_content": "so", "content": "2"}, "stop", "<think>so</think>2"),
        ({"reasoning": "so", "content": "2"}, "stop", "<think>so</think>2"),
        ({"reasoning": "so far", "content": None}, "length", "<think>so far"),
        ({"reasoning": None, "content": "2"}, "stop", "2"),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "so"}]},
                    {"type": "text", "text": "2"},
                ]
            },
            "stop",
            "<think>so</think>2",
        ),
    ],
)
def test_reasoning_is_part_of_the_completion(
    message: dict[str, object], reason: str, expected: str
) -> None:
    sample = sample_of({"message": message, "finish_reason": reason}, {"completion_tokens": 9})
    assert sample.completion == expected
    assert (sample.finish_reason, sample.n_tokens) == (reason, 9)


def test_what_a_server_does_not_tell_is_not_made_up() -> None:
    assert sample_of({"text": "a", "finish_reason": "stop"}) == Sample(
        None, None, "stop", "a", None, None
    )


@pytest.mark.parametrize(
    ("completion", "tokens", "expected"),
    [
        ("The 2", [b"The", b" 2", b"<|im_end|>"], [3, 5, 5]),
        # 😀 is four bytes, here in three tokens; the last of them has the character.
        ("a😀b", [b"a", b"\xf0\x9f", b"\x98", b"\x80", b"b"], [1, 1, 1, 2, 3]),
        # Decoded alone, a token of some tokenizers loses its leading space.
        ("The answer", [b"The", b"answer"], [3, 10]),
        ("trimmed", [b" trim", b"med", b"\n"], [4, 7, 7]),
        ("<think>so</think>2", [b"so", b"</think>", b"\n\n", b"2"], [9, 17, 17, 18]),
        ("<think>so</think>2", [b"so", b"2"], [9, 18]),
        ("", [b"<|im_end|>"], [0]),
        ("", [], []),
        ("other", [b"The"], None),
    ],
)
def test_token_ends_follow_the_completion(
    completion: str, tokens: list[bytes], expected: list[int] | None
) -> None:
    assert token_ends(completion, tokens) == expected
