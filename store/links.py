"""Short names for links to pages: `<study>/links/NAME.json`, one file each, never changed.

A name is taken by making its file, which the file system lets only one process do; so several may
write at once, and no name is ever given to another page.
"""

import contextlib
import json
import os
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

from store.shards import sync_folder

FOLDER = "links"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
PAGE = re.compile(r"[a-z][a-z-]{0,39}")
LONGEST = 16_384  # characters of a query: two hundred marked samples fit
MOST = 10_000  # names in a study


class Link(NamedTuple):
    """A page of the dashboard with what was chosen on it, by a name."""

    name: str
    page: str  # the path of one of our pages, such as pass-at-k
    query: str  # the part of the URL after the question mark
    by: str  # who saved it; empty where that was not known
    at: str  # UTC, ISO 8601


def save(study: Path, link: Link) -> None:
    """Save a link for good. Raises ValueError where its name is taken or it is none of ours."""
    if reason := fault(link):
        raise ValueError(reason)
    folder = study / FOLDER
    try:
        make(folder)
        if sum(1 for _ in folder.glob("*.json")) >= MOST:
            raise ValueError(f"This study has {MOST:,} names already. Remove some from {folder}.")
        taken = not put(folder, link)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ValueError(f"The link could not be saved in {folder}: {reason}.") from error
    if taken:
        raise ValueError(f"The name {link.name} is taken. Choose another.")


def make(folder: Path) -> None:
    """Make the folder, unless another process does."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir()


def put(folder: Path, link: Link) -> bool:
    """Make the file of a link when it is whole; False where there is one."""
    temporary = folder / f".{uuid.uuid4().hex}.tmp"
    try:
        write(temporary, link)
        os.link(temporary, folder / f"{link.name}.json")  # unlike a renaming it replaces nothing
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(folder)
    return True


def write(path: Path, link: Link) -> None:
    """Write a file to the end, and to the disk."""
    with path.open("x", encoding="utf-8") as file:
        json.dump(link._asdict(), file)
        file.flush()
        os.fsync(file.fileno())


def load(study: Path, name: str) -> Link:
    """The link with this name. Raises ValueError where there is none, or its file is damaged."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{cut(name)} is no name of a link. {RULE}")
    path = path_of(study, name)
    if not path.is_file():
        raise ValueError(f"This study has no link named {name}. Ask whoever gave it to you.")
    found = read(path)
    if found is None:
        raise ValueError(f"The file of the link {name} is damaged: {path}. Move it away.")
    return found


def saved(study: Path) -> list[Link]:
    """All links that can be read, the newest first."""
    found = (read(path) for path in (study / FOLDER).glob("*.json"))
    return sorted((link for link in found if link), key=lambda link: (link.at, link.name))[::-1]


def read(path: Path) -> Link | None:
    """The link of a file; None where it is none of ours."""
    try:
        link = Link(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return link if link.name == path.stem and not fault(link) else None


def fault(link: Link) -> str | None:
    """Why this cannot be a link, in a sentence; None where it can."""
    if not all(isinstance(value, str) for value in link):
        return "A link is made of texts."
    if not NAME.fullmatch(link.name):
        return f"{cut(link.name)} cannot be a name. {RULE}"
    if not PAGE.fullmatch(link.page):
        return f"{cut(link.page)} is no page of the dashboard."
    if len(link.query) > LONGEST:
        return f"The link has more than {LONGEST:,} characters. Choose less, or unmark samples."
    if not all(re.fullmatch(r"\w{1,80}", key) for key, _ in parse_qsl(link.query)):
        return "What the link says is not what the pages understand."
    if not is_time(link.at):
        return f"{cut(link.at)} is no time such as 2026-01-02T03:04:05+00:00."
    return None


RULE = "Names have 1 to 64 small letters, digits and hyphens, such as figure-2."


def is_time(at: str) -> bool:
    """Whether it is ISO 8601."""
    try:
        datetime.fromisoformat(at)
    except ValueError:
        return False
    return True


def cut(text: str, most: int = 40) -> str:
    """A text of somebody else, in quotes, no longer than a sentence bears."""
    return repr(text if len(text) <= most else f"{text[:most]}…")


def path_of(study: Path, name: str) -> Path:
    """The file of a name."""
    return study / FOLDER / f"{name}.json"


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
