"""Values of a row as what they are: a text, which may be a chat; the list of a record's samples."""

from collections.abc import Callable, Mapping

from store.importers.found import Unfit, clean, shown
from store.importers.table_leaves import (
    MISSING,
    Path,
    answer_of,
    is_chat,
    is_message,
    said_by,
    value_at,
)

Row = Mapping[str, object]


def getter(path: Path) -> Callable[[Row], object]:
    """What stands at this path of a record."""
    if len(path) == 1:
        (name,) = path
        return lambda row: row.get(name, MISSING)
    return lambda row: value_at(row, path)


def single(value: object) -> object:
    """A list in a list of one, or a list of lists of one: the samples of one request."""
    if (
        isinstance(value, list)
        and value
        and all(isinstance(v, list) and not is_chat(v) for v in value)
    ):
        if len(value) == 1:
            return value[0]
        if all(len(each) == 1 for each in value):
            return [each[0] for each in value]
    return value


def completion(value: object, name: str) -> str:
    """The text of a sample, which may be a chat. Raises Unfit."""
    if isinstance(value, str):
        return value if value.isascii() else clean(value)
    found = None
    if is_chat(value):
        found = answer_of(value)  # type: ignore[arg-type]
    elif is_message(value):
        found = said_by(value)  # type: ignore[arg-type]
    if found is None:
        raise Unfit(name, f"is {shown(value)}, and must be a text")
    return clean(found)
