"""Long text in figures: wrapped to lines, or shortened in its middle."""

import textwrap
from collections.abc import Sequence

from app.charts.style import plain

# Characters that fit beside the sidebar in a window of 900 pixels.
LINE = 76
LEGEND = 66


def wrapped(text: str, width: int = LINE) -> str:
    """The text, escaped, in lines of at most `width` characters."""
    return "<br>".join(plain(line) for line in textwrap.wrap(text, width))


def shortened(text: str, most: int) -> str:
    """The text, escaped, with an ellipsis in its middle where it is longer than `most`."""
    if len(text) > most:
        kept = most - 1
        text = f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"
    return plain(text)


def legend_height(names: Sequence[str]) -> int:
    """Pixels for a legend below the axes in a window of 900 pixels: columns are equally wide."""
    longest = max((len(name) for name in names), default=0)
    columns = max(LEGEND // (longest + 7), 1)
    return 20 * -(-len(names) // columns)


def top_margin(subtitle: str) -> int:
    """Pixels above the axes for a title and these lines."""
    return 84 + 22 * subtitle.count("<br>")
