"""How groups PPL_scorer(Y_run) are named and drawn, in all figures of perplexity."""

import textwrap
from collections.abc import Mapping
from typing import NamedTuple

import plotly.graph_objects as go
import polars as pl

from app.analysis.perplexity import VERDICTS
from app.charts.style import DASHES, Style, plain, rank, styles
from app.charts.wrapping import top_margin

NAME = 22  # characters of a model's name that a figure has room for
LINE = 76  # characters of a subtitle at 900 pixels
BESIDE = 44  # those beside the names of groups
HOVER = (
    "<b>%{text}</b><br>perplexity %{x:.4f}<br>problem %{customdata[6]},"
    " sample %{customdata[3]}<br>%{customdata[4]} tokens, %{customdata[5]}<extra></extra>"
)
CUSTOM = ("scorer", "run", "problem_id", "sample", "n_tokens", "said", "shown")


class Group(NamedTuple):
    """The samples of one run under one scorer, perhaps of one verdict: how they are drawn."""

    scorer: str
    run: str
    verdict: str
    name: str  # as short as a figure needs
    full: str
    look: Style

    @property
    def key(self) -> dict[str, str]:
        """What `part` and rows go by."""
        return {"scorer": self.scorer, "run": self.run, "verdict": self.verdict}


def groups(frame: pl.DataFrame, labels: Mapping[str, str], roles: Mapping[str, str]) -> list[Group]:
    """The groups of a frame: by the role of the run, then as the scorers come, then by verdict.

    The colour and the mark are the run's; groups of one run differ in dash.
    """
    found = frame.select("scorer", "run", "verdict").unique(maintain_order=True).rows()
    runs, scorers = list(labels), list(dict.fromkeys(scorer for scorer, _, _ in found))
    looks = styles(runs, roles)

    def place(key: tuple[str, str, str]) -> tuple[int, ...]:
        scorer, run, verdict = key
        order = VERDICTS.index(verdict) if verdict in VERDICTS else 0
        return rank(roles.get(run, "reference")), runs.index(run), scorers.index(scorer), order

    seen: dict[str, int] = {}
    result = []
    for scorer, run, verdict in sorted(found, key=place):
        turn = seen.setdefault(run, 0)
        seen[run] += 1
        look = looks[run]._replace(dash=DASHES[turn % len(DASHES)])
        names = [group_name(scorer, labels[run], verdict, most) for most in (NAME, None)]
        result.append(Group(scorer, run, verdict, names[0], names[1], look))
    return result


def group_name(scorer: str, run: str, verdict: str = "", most: int | None = NAME) -> str:
    """PPL with the scorer as subscript, of the samples Y of a run: as in Fig. 6 of the paper."""
    model, samples = (plain(shortened(name, most)) for name in (scorer, run))
    name = f"PPL<sub>{model}</sub>(Y<sub>{samples}</sub>)"
    return f"{name} {verdict.replace('_', ' ')}" if verdict else name


def shortened(text: str, most: int | None) -> str:
    """The text, its middle left out where it has more than so many characters."""
    if most is None or len(text) <= most:
        return text
    return f"{text[: most // 2]}…{text[len(text) - (most - 1) // 2 :]}"


def part(frame: pl.DataFrame, group: Group, **more: str) -> pl.DataFrame:
    """The rows of one group."""
    same = {**group.key, **more}
    return frame.filter(*(pl.col(name) == value for name, value in same.items()))


def custom(points: pl.DataFrame) -> list[tuple[object, ...]]:
    """What a point knows of its sample: CUSTOM."""
    said = pl.col("outcome").fill_null("unverified").str.replace("_", " ", literal=True)
    shown = pl.Series("shown", [plain(problem) for problem in points["problem_id"]], pl.String)
    return points.with_columns(shown, said=said).select(CUSTOM).rows()


def wrapped(sentence: str, line: int = LINE) -> str:
    """A subtitle in lines that fit."""
    return "<br>".join(textwrap.wrap(plain(sentence), line))


def head_room(figure: go.Figure, subtitle: str) -> go.Figure:
    """Room for the title and all lines of the subtitle."""
    return figure.update_layout(margin_t=top_margin(subtitle))


def list_below(figure: go.Figure) -> go.Figure:
    """The legend as a list below the axis; the margin there must have room for it.

    A legend takes half of the figure's height at most.
    """
    below = {"yref": "container", "y": 0.005, "yanchor": "bottom", "orientation": "v"}
    left = {"x": 0, "xanchor": "left", "tracegroupgap": 0}
    return figure.update_layout(legend=below | left)
