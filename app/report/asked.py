"""What a report is asked for, and what each of its views is asked about."""

import re
import shlex
from dataclasses import dataclass, field, replace

import polars as pl

from app.analysis.runs import others_of, usual_first
from app.show_counted import Options, chosen_runs
from store import queries
from store.location import Cursor
from store.state import State

VIEWS = ("pass-at-k", "compare", "solvable", "accuracy", "perplexity", "runs", "audits")
PAIRS = ("compare", "solvable")  # views that are about two runs
MEGABYTE = 1_000_000
UNITS = {"": 1, "B": 1, "KB": 1000, "MB": MEGABYTE, "GB": 1000 * MEGABYTE}


@dataclass(frozen=True)
class Study:
    """A published study: its folder's name, the open build, and everybody's newest audits."""

    name: str
    cursor: Cursor
    audits: pl.DataFrame  # store.audits.newest
    state: State  # as links name it


@dataclass(frozen=True)
class Asked:
    """What was chosen. `options.audits` is filled in for each view; see `of_view`."""

    options: Options = field(default_factory=Options)
    audited: bool = False
    views: tuple[str, ...] = VIEWS
    samples: tuple[str, ...] = ()  # RUN/PROBLEM/NUMBER; none: chosen by a rule
    title: str = ""
    most_bytes: int = 20 * MEGABYTE


def of_view(study: Study, asked: Asked, view: str) -> Options:
    """The options as `passband show` would have them for this view."""
    heard = asked.audited or view == "audits"
    return replace(asked.options, audits=study.audits if heard else None)


def questions(study: Study, asked: Asked, view: str) -> list[Options]:
    """What the view asks: one question; of pairs, where none is named, one for each benchmark."""
    options = of_view(study, asked, view)
    if view not in PAIRS or options.base or options.other:
        return [options]
    pairs = usual_pairs(study.cursor, options)
    return [replace(options, base=base, other=other) for base, other in pairs] or [options]


def usual_pairs(cursor: Cursor, options: Options) -> list[tuple[str, str]]:
    """Of each benchmark with two runs: the first base, and the first run trained from it.

    As the page `compare` begins; among the runs asked for, without the direct-answer run.
    """
    runs = chosen_runs(cursor, options)
    if options.direct:
        runs = runs.filter(~pl.col("run").str.contains(options.direct, literal=True))
    found = []
    for there in runs.partition_by("benchmark", maintain_order=True):
        ordered = usual_first(there)
        if ordered.height > 1:
            base = str(ordered["run"][0])
            found.append((base, others_of(ordered, base)[0]))
    return found


def command(study: str, view: str, options: Options, audited: bool) -> str:
    """The shell command that prints the same numbers."""
    words = ["passband", "show", view, "--study", study]
    return shlex.join([*words, *option_words(options, audited)])


def option_words(options: Options, audited: bool) -> list[str]:
    """The options as they are given in a shell."""
    given = {
        "benchmark": options.benchmark,
        "base": options.base,
        "other": options.other,
        "scorer": options.scorer,
        "verifier": options.verifier,
        "direct": options.direct,
    }
    words: list[str] = []
    for name, value in given.items():
        words += [f"--{name}", value] if value else []
    for run in options.runs:
        words += ["--run", run]
    for kind in options.leave_out:
        words += ["--leave-out", kind]
    return [*words, *rarely_given(options), *(["--audited"] if audited else [])]


def rarely_given(options: Options) -> list[str]:
    """Those options that have a default, where they differ from it."""
    usual, words = Options(), []
    for name in ("k", "threshold", "band", "guess_below", "below"):
        value = getattr(options, name)
        if value != getattr(usual, name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words


def checked_views(text: str | None) -> tuple[str, ...]:
    """The views of a list such as "pass-at-k,compare"; all where none is given."""
    if text is None:
        return VIEWS
    named = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if unknown := [name for name in named if name not in VIEWS]:
        raise ValueError(f"No view {', '.join(unknown)}: choose from {', '.join(VIEWS)}.")
    if not named:
        raise ValueError(f"No view is named. Choose from {', '.join(VIEWS)}.")
    return named


def byte_count(text: str) -> int:
    """The bytes that a size such as 20MB means."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?B?)", text.strip().upper())
    unit = "" if found is None else found[2] + ("B" if found[2] in ("K", "M", "G") else "")
    if found is None or not float(found[1]):
        raise ValueError(f"{text!r} is no size: write a number with KB, MB or GB, such as 20MB.")
    return int(float(found[1]) * UNITS[unit])


def all_runs(study: Study, asked: Asked) -> pl.DataFrame:
    """The runs that any view of the report is about, and the direct-answer run."""
    stored = queries.runs(study.cursor)
    pairs = [o for view in PAIRS if view in asked.views for o in questions(study, asked, view)]
    named = [name for o in pairs for name in (o.base, o.other, o.direct) if name]
    chosen = set(chosen_runs(study.cursor, asked.options)["run"])
    also = {run for name in named for run in matching(stored, name)}
    return stored.filter(pl.col("run").is_in(sorted(chosen | also)))


def matching(runs: pl.DataFrame, name: str) -> list[str]:
    """Runs that a name may mean; an unknown one is told by the view that needs it."""
    there = pl.col("run").str.to_lowercase().str.contains(name.lower(), literal=True)
    return runs.filter(there | (pl.col("model") == name))["run"].to_list()
