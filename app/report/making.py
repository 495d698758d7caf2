"""The whole report, made small enough for its bound; what was shortened is said in it."""

from typing import NamedTuple

from app.report.asked import MEGABYTE, Asked, Study, all_runs
from app.report.chains import Chain, places, read
from app.report.figures import POINTS
from app.report.markup import Markup, tag
from app.report.page import page
from app.report.parts import parts
from app.report.provenance import audit_state, provenance
from app.report.sections import (
    TITLES,
    chains_section,
    definitions_section,
    facts_block,
    provenance_section,
    view_section,
)
from store import queries

Section = tuple[str, str, Markup]


class Cut(NamedTuple):
    """How much of what may be shortened is kept."""

    chains: float  # share of them, the first ones
    characters: int  # of a text
    points: int  # samples drawn in a figure of perplexities


class Report(NamedTuple):
    """The file's text, its size in bytes, and what was shortened to make it fit."""

    html: str
    size: int
    shortened: str


WHOLE = Cut(1, 20_000, POINTS)
CUTS = (
    WHOLE,
    Cut(1, 5_000, POINTS),
    Cut(1, 2_000, 2_000),
    Cut(1, 1_000, 500),
    Cut(0.5, 1_000, 500),
    Cut(0.25, 1_000, 200),
    Cut(0, 1_000, 200),
)


def report(study: Study, asked: Asked) -> Report:
    """The report of a study. Raises ValueError where even its shortest form is too large, and
    where nothing that was asked for can be answered at all.
    """
    chains = read(study, places(study, asked))
    rest = [provenance_part(study, asked), definitions_part(asked)]
    views: list[Section] = []
    size, before = 0, 0
    for cut in CUTS:
        if cut.points != before:
            views, before = views_of(study, asked, cut.points), cut.points
        shortened = said(asked, chains, cut)
        text = whole(study, asked, [*views, chains_part(asked, chains, cut), *rest], shortened)
        size = len(text.encode())
        if size <= asked.most_bytes:
            return Report(text, size, shortened)
    raise ValueError(
        f"The report has {megabytes(size)} even without chains of thought, more than the"
        f" {megabytes(asked.most_bytes)} allowed. Choose fewer views, runs or values of k, or a"
        " larger --max-size."
    )


def views_of(study: Study, asked: Asked, points: int) -> list[Section]:
    """The section of each view."""
    found = parts(study, asked, points)
    if all(part.numbers is None for part in found):
        raise ValueError(found[0].refused)
    sections = []
    for view in asked.views:
        own = [part for part in found if part.view == view]
        sections.append((view, TITLES[view][0], view_section(view, own)))
    return sections


def chains_part(asked: Asked, chains: list[Chain], cut: Cut) -> Section:
    """The section of the chains of thought that are kept."""
    kept = chains[: kept_number(chains, cut)]
    left_out = len(chains) - len(kept)
    content = chains_section(kept, cut.characters, left_out, bool(asked.samples))
    return "chains", "Chains of thought", content


def kept_number(chains: list[Chain], cut: Cut) -> int:
    """How many chains of thought the cut keeps."""
    return int(len(chains) * cut.chains)


def provenance_part(study: Study, asked: Asked) -> Section:
    """The section that says where the numbers come from."""
    found = provenance(study.cursor, all_runs(study, asked))
    return "provenance", "Provenance", provenance_section(found)


def definitions_part(asked: Asked) -> Section:
    """The section that says what the numbers are."""
    return "definitions", "Definitions", definitions_section(asked)


def whole(study: Study, asked: Asked, sections: list[Section], shortened: str) -> str:
    """The text of the file."""
    title = asked.title or f"Passband report of {study.name}"
    note = [tag("p", shortened, class_="short")] if shortened else []
    return page(title, [facts_block(facts(study, asked)), *note], sections)


def facts(study: Study, asked: Asked) -> dict[str, str]:
    """What the report is of."""
    info = queries.store_info(study.cursor)
    return {
        "Study": study.name,
        "Build": info["content_hash"],
        "Built": info["built_at"],
        "Passband": info["passband_version"],
        "Audits": audit_state(study.audits, study.state, asked.audited),
        "Chosen": choices(asked),
        "Views": ", ".join(asked.views),
    }


def choices(asked: Asked) -> str:
    """Every option that decides what is counted, defaults too."""
    options = asked.options
    left_out = [kind.replace("_", " ") for kind in options.leave_out]
    chosen = {
        "benchmark": options.benchmark or "all",
        "runs": ", ".join(options.runs) or "all",
        "k": "powers of two" if options.k is None else str(options.k),
        "base": options.base or "the first of each benchmark",
        "other": options.other or "the first that was trained from the base",
        "scorer": options.scorer or "all",
        "verifier": options.verifier or "each run's own",
        "left out of n": " and ".join(left_out) or "nothing",
        "threshold": str(options.threshold),
        "bands": f"95 %, {options.band}",
        "guess filter": guess_filter(options.direct, options.guess_below),
        "audited": "yes" if asked.audited else "no",
        "rarely solved": f"below {100 * options.below:g} %",
    }
    return "; ".join(f"{name}: {value}" for name, value in chosen.items())


def guess_filter(direct: str | None, below: float) -> str:
    """Which problems the guess filter drops."""
    return f"{direct}, below {100 * below:g} %" if direct else "none"


def said(asked: Asked, chains: list[Chain], cut: Cut) -> str:
    """What was shortened, with counts; nothing where nothing was."""
    if cut == WHOLE:
        return ""
    kept, told = kept_number(chains, cut), []
    if number := too_long(chains[:kept], cut):
        told.append(f"texts are cut to {cut.characters:,} characters ({number:,} are)")
    if kept < len(chains):
        told.append(f"{len(chains) - kept:,} of {len(chains):,} chains of thought are left out")
    if cut.points < POINTS and "perplexity" in asked.views:
        told.append(f"a figure of perplexities draws at most {cut.points:,} samples as points")
    return (
        f"To stay within {megabytes(asked.most_bytes)}: {'; '.join(told)}. All numbers are whole."
    )


def too_long(chains: list[Chain], cut: Cut) -> int:
    """Questions and completions that the cut shortens."""
    texts = [text for chain in chains for text in (chain.question, chain.completion) if text]
    return sum(len(text) > cut.characters for text in texts)


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / MEGABYTE:.2f} MB"
