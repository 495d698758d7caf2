"""What judge models answer, for the server that a test scripts."""

import re
from collections.abc import Callable

from tests.generation.server import Asked, Reply, choice

Answer = Callable[[Asked], Reply]


def material(asked: Asked) -> str:
    return str(asked.body["messages"][1]["content"])


def marker(asked: Asked) -> str:
    """As a judge would: from the sentence that tells it how to end."""
    found = re.search(r'as your last line, "VERDICT (\w+):"', material(asked))
    assert found
    return found[1]


def says(text: str, **more: object) -> Answer:
    return lambda asked: Reply({"choices": [choice(asked, 0, text, **more)]})


def verdict(label: str, reason: str = "So it is.", quote: str = "none") -> Answer:
    """A proper answer."""
    return lambda asked: says(
        f"REASON: {reason}\nQUOTE: {quote}\nVERDICT {marker(asked)}: {label}"
    )(asked)


def about(answers: dict[str, Answer], otherwise: Answer) -> Answer:
    """Answers by what stands in the material."""

    def answer(asked: Asked) -> Reply:
        found = [reply for part, reply in answers.items() if part in material(asked)]
        return (found or [otherwise])[0](asked)

    return answer
