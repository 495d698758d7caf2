"""Files beside the one that is imported, as far as they are there and can be read, and names in
nested objects."""

from collections.abc import Mapping
from pathlib import Path

from store.importers.facts import Facts
from store.importers.opening import Source, json_whole


def json_beside(path: Path) -> object:
    """The content of a JSON file; None where it is not there. Raises ValueError where it is not
    JSON."""
    return json_whole(Source(path)) if path.is_file() else None


def mapping(value: object) -> Mapping[str, object]:
    """The value, if it is an object; else one with no names."""
    return value if isinstance(value, Mapping) else {}


def sampling(settings: Mapping[str, object]) -> Facts:
    """Temperature, top-p and length, as far as they are numbers."""
    temperature, top_p = number(settings.get("temperature")), number(settings.get("top_p"))
    named = (settings.get(n) for n in ("max_tokens", "max_new_tokens", "max_gen_toks"))
    most = next((number(value) for value in named if value is not None), None)
    whole = None if most is None else int(most)
    return Facts(temperature=temperature, top_p=top_p, max_tokens=whole)


def number(value: object) -> float | None:
    """The value, if it is a number."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if good else None  # type: ignore[arg-type]
