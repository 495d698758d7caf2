"""Texts that a model is to judge, put so that none of them can pass for an instruction."""

from collections.abc import Mapping


def between_markers(parts: Mapping[str, str], marker: str) -> str:
    """Each text between two lines that say what it is.

    The marker must have been made up after the texts, so that none of them can end its own block.
    """
    blocks = [
        f"[{marker}] {what} begins\n{text}\n[{marker}] {what} ends" for what, text in parts.items()
    ]
    return "\n\n".join(blocks)
