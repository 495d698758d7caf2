"""What a link says of the study's state, and in which sentences a reader is told what differs.

A link is a page's URL with these parameters beside what was chosen:

    build=ab12…         the name of the build, 16 hexadecimal digits
    audits=37-9f8e…     how many audits there were, and the digest of these rows; audits=0 for none
    as=then             show the study as it was then, and not as it is
    link=NAME           alone: the link that was saved by this name
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

from store.links import cut
from store.state import BUILD, DIGITS, State

BUILD_KEY, AUDITS_KEY, AS_KEY, NAME_KEY = "build", "audits", "as", "link"
STATE_KEYS = (BUILD_KEY, AUDITS_KEY, AS_KEY)
THEN = "then"
AUDITS = re.compile(rf"(0)|([1-9][0-9]{{0,9}})-([0-9a-f]{{{DIGITS}}})")
SHORT = 8  # digits of a build's name in sentences


@dataclass(frozen=True)
class Named:
    """The state that a URL names, as far as it does; and what is wrong with how it does."""

    build: str | None = None
    audits: tuple[int, str] | None = None  # how many, and their digest; empty for none
    then: bool = False
    faults: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether there is anything to compare or to tell."""
        return bool(self.build or self.audits or self.faults)


@dataclass(frozen=True)
class Known:
    """What this study knows of the state that a URL names, and of its own."""

    now: State
    built: str | None  # when the current build was made
    there: bool = True  # whether the named build's file is there
    built_then: str | None = None  # when that was made, where it is known
    matching: bool = True  # whether the first audits are the named ones


@dataclass(frozen=True)
class Compared:
    """What differs, in sentences, and which part of it can be shown as it was."""

    differing: tuple[str, ...] = ()
    build: str | None = None  # an older build that can be shown
    audits: int | None = None  # how many of the audits it had, where there are more now
    hindrances: tuple[str, ...] = field(default=())

    @property
    def older(self) -> bool:
        """Whether there is an older state to show."""
        return self.build is not None or self.audits is not None


def named(parameters: Mapping[str, str]) -> Named:
    """What a URL's parameters say of the state. What cannot be right is left out, and told."""
    build, audits = parameters.get(BUILD_KEY), parameters.get(AUDITS_KEY)
    faults = []
    if build is not None and not BUILD.fullmatch(build):
        faults.append(
            f"The link names the build {cut(build)}, which cannot be one: they have 16 digits of"
            " 0 to 9 and a to f. That part was ignored."
        )
        build = None
    match = AUDITS.fullmatch(audits) if audits is not None else None
    if audits is not None and match is None:
        faults.append(
            f"The link names the audits {cut(audits)}, which is no number of verdicts with their"
            " digest. That part was ignored."
        )
    first = (int(match[2] or 0), match[3] or "") if match else None
    return Named(build, first, parameters.get(AS_KEY) == THEN, tuple(faults))


def parameters_of(state: State, then: bool = False) -> list[tuple[str, str]]:
    """A state as parameters of a URL."""
    audits = f"{state.audits}-{state.digest}" if state.audits else "0"
    shown = [(AS_KEY, THEN)] if then else []
    return [(BUILD_KEY, state.build), (AUDITS_KEY, audits), *shown]


def compared(asked: Named, known: Known) -> Compared:
    """What differs between the state that a link names and the study as it is now."""
    build, hindrances = None, []
    if asked.build and asked.build != known.now.build:
        build = asked.build if known.there else None
        if not known.there:
            hindrances.append(
                f"The file of build {short(asked.build)} is not in this study's folder store/ any"
                " more, or never was a build of it, so its numbers cannot be shown."
            )
    differing = [*build_said(asked, known), *audits_said(asked, known)]
    return Compared(tuple(differing), build, audits_then(asked, known), tuple(hindrances))


def build_said(asked: Named, known: Known) -> list[str]:
    """That the link was made from another build, where it was."""
    if not asked.build or asked.build == known.now.build:
        return []
    return [
        f"This link was made from build {dated(asked.build, known.built_then)}; the newest build is"
        f" {dated(known.now.build, known.built)}, so numbers may differ."
    ]


def audits_said(asked: Named, known: Known) -> list[str]:
    """How many verdicts came since, or that they are not the ones that the link names."""
    if asked.audits is None:
        return []
    count = asked.audits[0]
    if not known.matching:
        return [
            f"The link was made with {verdicts(count)}, which are not the first of the"
            f" {known.now.audits:,} here: the file of audits was replaced, or is another study's."
            " They cannot be shown as they were."
        ]
    more = known.now.audits - count
    were = "was" if more == 1 else "were"
    return [f"{verdicts(more)} {were} added since the link was made."] if more else []


def audits_then(asked: Named, known: Known) -> int | None:
    """How many of the audits there were, where there are more now."""
    if asked.audits is None or not known.matching or asked.audits[0] == known.now.audits:
        return None
    return asked.audits[0]


def same_said(asked: Named, known: Known) -> str:
    """That nothing differs."""
    parts = [f"build {short(asked.build)}"] if asked.build else []
    parts += [verdicts(known.now.audits)] if asked.audits is not None else []
    return f"The data is the same as when this link was made: {', '.join(parts)}."


def then_said(differing: Compared, known: Known) -> str:
    """What is shown while an older state is."""
    build = differing.build
    shown = dated(build, known.built_then) if build else dated(known.now.build, known.built)
    count = known.now.audits if differing.audits is None else differing.audits
    newer = [f"the newest build is {dated(known.now.build, known.built)}"] if build else []
    if differing.audits is not None:
        newer.append(f"{verdicts(known.now.audits - differing.audits)} came later")
    return (
        f"You see the study as it was when the link was made: build {shown}, with"
        f" {verdicts(count)}. Since then: {'; '.join(newer)}."
    )


def dated(build: str, built: str | None) -> str:
    """A build's short name, with the day it was made where that is known."""
    return f"{short(build)} of {day(built)}" if built else short(build)


def short(build: str) -> str:
    """The first digits of a build's name."""
    return f"{build[:SHORT]}…"


def day(built: str) -> str:
    """A day in words, such as 3 Nov 2026."""
    moment = datetime.fromisoformat(built)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def verdicts(count: int) -> str:
    """So many verdicts, in words."""
    return f"{count:,} {'verdict' if count == 1 else 'verdicts'}"


def address(base: str, page: str, parameters: Sequence[tuple[str, str]]) -> str:
    """The full URL of a page. `base` is the URL by which the browser reached one of the pages."""
    parts = urlsplit(base)
    folder = parts.path.rsplit("/", 1)[0]
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/{page}", urlencode(parameters), ""))
