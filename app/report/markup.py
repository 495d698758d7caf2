"""HTML in which everything that is not written here is escaped."""

import html
import json

VOID = ("meta", "br")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | bool | None) -> Markup:
    """An element; children are escaped unless they are Markup.

    Attributes: `class_` is class, `data_x` is data-x; True stands without a value, None and False
    do not stand at all.
    """
    head = "".join(
        f" {attribute(key)}" if value is True else f' {attribute(key)}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Markup(f"<{name}{head}>")
    return Markup(f"<{name}{head}>{together(*children)}</{name}>")


def attribute(key: str) -> str:
    """The name of an attribute as HTML has it."""
    return key.rstrip("_").replace("_", "-")


def together(*children: str) -> Markup:
    """Elements one after the other; what is no Markup is escaped."""
    return Markup("".join(c if isinstance(c, Markup) else html.escape(c) for c in children))


def data_block(name: str, text: str) -> Markup:
    """JSON that scripts can read and no browser runs; `text` is JSON."""
    # In JSON these stand inside strings only, where they can be written so.
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(f'<script type="application/json" id="{html.escape(name)}">{safe}</script>')


def as_json(value: object) -> str:
    """The value as JSON, the same text for the same value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
