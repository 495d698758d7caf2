"""What a file of another harness tells, in our words, before it is written (taking_in.py).

A reader of a format turns each record of a file into `Found`, a problem with some of its samples,
or into `Bad`, which says why the record cannot be used. It raises `Unfit` to have that said.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from store.importers.facts import Facts

LONGEST_EXCERPT = 2000  # characters of a bad record that its report keeps


class Unfit(ValueError):  # noqa: N818 (it is no error of the program)
    """A record that cannot be right: which field of it, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field, self.reason = field, reason


@dataclass(frozen=True)
class Bad:
    """A record that is left out: where it stands (`line 7`), the field, the reason, its text."""

    where: str
    field: str
    reason: str
    excerpt: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one verifier of the file says of a sample; `outcome` as in the table verdicts."""

    verifier: str
    outcome: str
    answer: str | None = None
    detail: str | None = None
    version: str = "1"


@dataclass(frozen=True)
class Score:
    """Log-probabilities of the sample's tokens under another model, as a trainer dumps them."""

    scorer: str
    token_logprobs: Sequence[float]
    token_ids: Sequence[int] | None = None


@dataclass(frozen=True)
class Drawn:
    """One sample. None: the file does not tell. `number` is the file's own index of it among those
    of its problem, and `uid` an id that no other sample anywhere has: both only tell repetitions.
    """

    completion: str | None  # None: only its tokens are known
    verdicts: tuple[Verdict, ...] = ()
    finish_reason: str | None = None  # stop, length (truncated), or the file's own word
    n_tokens: int | None = None
    sum_logprob: float | None = None  # made from token_logprobs where they are given
    token_ids: Sequence[int] | None = None
    token_logprobs: Sequence[float] | None = None
    token_ends: Sequence[int] | None = None
    scores: tuple[Score, ...] = ()
    number: int | None = None
    uid: str | None = None


@dataclass(frozen=True)
class Found:
    """A problem and samples of it. `facts` are what this record tells of its run; `seed` names a
    draw of which a problem can be there only once, in whatever file; `counts` is n and c, where
    there are no samples; `notes` count what a reader of the numbers should know, `left_out` what of
    the record does not come in. `main` is the verifier that the run is to be shown with; None: the
    first that judged a sample.
    """

    where: str
    problem_id: str
    samples: Sequence[Drawn] = ()
    facts: Facts = field(default_factory=Facts)
    question: str | None = None
    reference: str | None = None
    subject: str | None = None
    level: str | None = None
    metadata: Mapping[str, object] | None = None
    prompt: str | None = None
    position: int | None = None  # in the benchmark; None: in order of appearance
    seed: str | None = None
    counts: tuple[int, int] | None = None
    notes: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    main: str | None = None


def clean(text: str) -> str:
    """The text with U+FFFD for halves of surrogate pairs, which JSON may hold and UTF-8 may not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def needed(fields: Mapping[str, object], *names: str) -> object:
    """The first of these fields that is there and not null. Raises Unfit naming the first."""
    found = next((fields[name] for name in names if fields.get(name) is not None), None)
    if found is None:
        raise Unfit(names[0], "is null" if names[0] in fields else "is missing")
    return found


def text_of(value: object, name: str) -> str:
    """The value, which must be a text. Raises Unfit."""
    if not isinstance(value, str):
        raise Unfit(name, f"is {shown(value)}, and must be a text")
    return clean(value)


def texts_of(value: object, name: str) -> list[str]:
    """The value, which must be a list of texts. Raises Unfit."""
    return [text_of(each, name) for each in list_of(value, name)]


def list_of(value: object, name: str, n: int | None = None) -> list[object]:
    """The value, which must be a list, and of n items where n is given. Raises Unfit."""
    if not isinstance(value, list | tuple):
        raise Unfit(name, f"is {shown(value)}, and must be a list")
    if n is not None and len(value) != n:
        raise Unfit(name, f"has {len(value)} items, and must have {n}")
    return list(value)


def said(value: object) -> str | None:
    """A number, text or other value as text; None where it says nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def id_of(value: object, name: str) -> str:
    """A problem's id as text. Raises Unfit where the value is no text or whole number."""
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        raise Unfit(name, f"is {shown(value)}, and must be a number or a name")
    found = said(value)
    if found is None or not found.strip() or found == "NaN":
        raise Unfit(name, f"is {shown(value)}, and must name a problem")
    return found


def id_of_text(text: str) -> str:
    """An id for a problem that has none: the same words give the same id."""
    return f"q-{hashlib.sha256(' '.join(text.split()).encode()).hexdigest()[:12]}"


def flag_of(value: object, name: str) -> bool:
    """A verdict: true or false, as a boolean, as 1 or 0, or as a text of these. Raises Unfit."""
    words = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    if isinstance(value, bool | int | float) and value in (0, 1):
        return bool(value)
    raise Unfit(name, f"is {shown(value)}, and must be true, false, 1 or 0")


def whole_of(value: object, name: str) -> int:
    """A whole number. Raises Unfit."""
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal() and len(value) < 18:
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(name, f"is {shown(value)}, and must be a whole number")
    return value


def logprobs_of(value: object, name: str) -> list[float]:
    """Log-probabilities: numbers up to 0, −∞ allowed. Raises Unfit."""
    found = list_of(value, name)
    for each in found:
        good = isinstance(each, int | float) and not isinstance(each, bool)
        if not good or math.isnan(float(each)) or float(each) > 1e-4:  # type: ignore[arg-type]
            raise Unfit(name, f"has {shown(each)}, which is no log-probability")
    return [float(each) for each in found]  # type: ignore[arg-type]


def token_ends(tokens: Sequence[str], completion: str) -> list[int] | None:
    """Where each token ends in the completion; None where the tokens do not spell it."""
    spelled = "".join(tokens)
    if not (completion.startswith(spelled) or spelled.startswith(completion)):
        return None
    ends, end = [], 0
    for token in tokens:
        end += len(token)
        ends.append(min(end, len(completion)))
    return ends


def outcome_of(correct: bool, has_answer: bool = True) -> str:
    """A sample without an answer is told apart only where it is judged wrong."""
    if correct:
        return "correct"
    return "incorrect" if has_answer else "no_answer"


def shown(value: object) -> str:
    """The value in a sentence, cut where it is long."""
    try:
        written = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        written = repr(value)
    return clean(written if len(written) <= 60 else f"{written[:60]}…")
