"""A large JSON object in outline: all its keys, and the first values of each list and object in it.

What a look at the beginning shows may end within the first column.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import ijson

from store.importers.json_constants import NullForConstants
from store.importers.opening import Source, opened
from store.importers.peek import HEAD, Peek

KEPT = 20  # values of each list and object, but for the outermost
Events = Iterator[tuple[str, object]]


def outline(peek: Peek) -> dict[str, object]:
    """The object; as far as it was looked at, where that is all or the rest is no JSON."""
    known = peek.path.stat()
    if known.st_size < HEAD // 8:  # also where it is compressed
        return dict(peek.first)
    return read_outline(peek.path, known.st_mtime_ns, known.st_size) or dict(peek.first)


@lru_cache(maxsize=4)
def read_outline(path: Path, modified: int, size: int) -> dict[str, object]:  # noqa: ARG001
    """The object of this version of the file; empty where it breaks off."""
    with opened(Source(path)) as file:
        try:
            events: Events = iter(ijson.basic_parse(NullForConstants(file), use_float=True))
            found = value_of(*next(events), events, True, 2**62)
        except (ijson.JSONError, UnicodeDecodeError, RecursionError, StopIteration):
            return {}
    return found if isinstance(found, dict) else {}


def value_of(event: str, value: object, events: Events, keep: bool, most: int = KEPT) -> object:
    """The value that begins with this event; nothing of it is kept unless that is asked for."""
    if event == "start_map":
        return map_of(events, keep, most)
    if event == "start_array":
        return list_of(events, keep, most)
    return value


def map_of(events: Events, keep: bool, most: int) -> dict[str, object]:
    """The object that has begun."""
    found: dict[str, object] = {}
    for event, key in events:
        if event == "end_map":
            break
        kept = keep and len(found) < most
        value = value_of(*next(events), events, kept)
        if kept:
            found[str(key)] = value
    return found


def list_of(events: Events, keep: bool, most: int) -> list[object]:
    """The list that has begun."""
    found: list[object] = []
    for event, first in events:
        if event == "end_array":
            break
        kept = keep and len(found) < most
        value = value_of(event, first, events, kept)
        if kept:
            found.append(value)
    return found
