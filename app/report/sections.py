"""The sections of a report as HTML."""

from collections.abc import Iterable, Sequence

import polars as pl

from app.glossary import GLOSSARY
from app.rendering import as_json as rendered
from app.rendering import defined, printed
from app.report.asked import Asked
from app.report.chains import NAMED, RULE, Chain
from app.report.figures import Drawn
from app.report.markup import Markup, as_json, data_block, tag, together
from app.report.parts import Part
from app.report.provenance import Provenance

TITLES = {
    "pass-at-k": ("pass@k", "How many problems does each model solve, given k samples of each?"),
    "compare": ("Compare", "Is the other run ahead of the base, at which k, and how sure is that?"),
    "solvable": ("Solvable problems", "Which problems do both runs solve, and which only one?"),
    "accuracy": ("Accuracy", "How many problems have which accuracy?"),
    "perplexity": ("Perplexity", "How surprising does each model find the samples?"),
    "runs": ("Runs", "What is stored, and how was it judged?"),
    "audits": ("Audits", "What did people find who read the rarely solved problems?"),
}
TERMS = {
    "pass-at-k": ("pass@k", "n, c, k"),
    "compare": (
        "pass@k", "n, c, k", "gap of pass@k", "crossover", "Δ_SE", "McNemar's test",
        "parity checks",
    ),
    "solvable": ("solvable at k", "expected number of problems"),
    "accuracy": ("accuracy", "accuracy bins"),
    "perplexity": ("perplexity", "PPL_scorer(Y_sampler)", "quartiles and whiskers"),
    "runs": ("n, c, k",),
    "audits": ("tally of valid reasoning", "Krippendorff's alpha"),
}  # fmt: skip
SHORT = 48  # characters that a column of text may have in one line
REGIONS = {
    "both_problems": "Both solve",
    "only_base_problems": "Only the base solves",
    "only_other_problems": "Only the other run solves",
    "neither_problems": "Neither solves",
}


def section(name: str, title: str, lead: str, *children: str) -> Markup:
    """A section with its heading, to which the list of contents leads."""
    return tag("section", tag("h2", title), tag("p", lead, class_="lead"), *children, id=name)


def view_section(view: str, parts: Sequence[Part]) -> Markup:
    """All parts of one view."""
    title, question = TITLES[view]
    shown = [part_of(part, place) for place, part in enumerate(parts, 1)]
    return section(view, title, question, *shown)


def part_of(part: Part, place: int) -> Markup:
    """One question: what is said, the figures, the numbers, and how to get them again."""
    name = part.view if place == 1 else f"{part.view}-{place}"
    heading = [tag("h3", part.heading)] if part.heading else []
    said = [tag("p", sentence) for sentence in part.said]
    if part.numbers is None:
        return tag("div", *heading, *said, tag("p", part.refused, class_="refused"), class_="part")
    return tag(
        "div",
        *heading,
        *said,
        *figures(name, part.figures),
        numbers(name, part.numbers),
        *([] if part.parity is None else [parity_table(part.parity)]),
        tag("p", "The same numbers: ", tag("code", part.command), class_="command"),
        class_="part",
    )


def figures(name: str, drawn: Sequence[Drawn]) -> list[Markup]:
    """The figures, each below its benchmark where there are several."""
    return [
        together(
            tag("h4", one.benchmark) if len(drawn) > 1 else Markup(),
            figure(f"{name}-{place}", one),
        )
        for place, one in enumerate(drawn, 1)
    ]


def figure(name: str, drawn: Drawn) -> Markup:
    """The place of a figure, and its data."""
    chart = drawn.figure.update_layout(template=None)  # the page has its own, light or dark
    height = chart.layout.height or 450
    return together(
        tag(
            "div", class_="figure", data_figure=f"passband-figure-{name}", role="img",
            aria_label=drawn.alt, style=f"height:{height}px",
        ),
        data_block(f"passband-figure-{name}", chart.to_json(remove_uids=True)),
    )  # fmt: skip


def numbers(name: str, frame: pl.DataFrame) -> Markup:
    """The answer as a table, and whole as JSON for other programs."""
    lists = [column for column, dtype in frame.schema.items() if dtype == pl.List]
    return together(
        table(frame.drop(lists), f"table-{name}"),
        *(members(frame, column) for column in lists if frame.height),
        data_block(f"passband-data-{name}", rendered(frame)),
    )


def members(frame: pl.DataFrame, column: str) -> Markup:
    """The problems of one region at the largest k; the embedded data has those of all k."""
    found, k = frame[column].to_list()[-1], frame["k"][-1]
    if found is None:
        return tag("p", f"{REGIONS[column]}: not known one by one, since only counts are stored.")
    title = f"{REGIONS[column]} at k = {k}: {len(found):,}"
    return tag("details", tag("summary", title), tag("p", ", ".join(found) or "none"))


def table(frame: pl.DataFrame, name: str = "") -> Markup:
    """A table with the numbers that `passband show` prints."""
    looks = [look(frame[column]) for column in frame.columns]
    head = [
        tag("th", column, scope="col", class_=look)
        for column, look in zip(frame.columns, looks, strict=True)
    ]
    rows = (row_of(row, looks) for row in frame.iter_rows())
    whole = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows), id=name or None)
    return tag("div", whole, class_="scroll", tabindex="0")


def row_of(values: Sequence[object], looks: Sequence[str | None]) -> Markup:
    """One row of a table."""
    cells = zip(values, looks, strict=True)
    return tag("tr", *(tag("td", printed(defined(value)), class_=look) for value, look in cells))


def look(column: pl.Series) -> str | None:
    """How a column is set: numbers to the right, and short text in one line."""
    if column.dtype.is_numeric():
        return "number"
    longest = column.cast(pl.String).str.len_chars().max() or 0
    return "short" if longest <= SHORT else None  # type: ignore[operator]


def parity_table(checks: pl.DataFrame) -> Markup:
    """Whether both runs were made alike, and a sentence for each check that is not passed."""
    said = [tag("li", sentence) for sentence in checks["said"] if sentence]
    return together(
        tag("h4", "Were both made alike?"),
        tag("ul", *said) if said else tag("p", f"All {checks.height} checks are passed."),
        table(checks.drop("said")),
    )


def provenance_section(found: Provenance) -> Markup:
    """How runs were made and judged, and what was left out."""
    more = found.set_aside_rows - found.set_aside.height
    left = f" The first {found.set_aside.height:,} are listed, {more:,} are not." if more else ""
    aside = (
        [tag("p", f"Files, or rows of files: {found.set_aside_rows:,}.{left}")]
        if found.set_aside_rows
        else [tag("p", "Nothing: every file was read whole.")]
    )
    return section(
        "provenance", "Provenance", "How these runs were made and judged, as the store has it.",
        tag("h3", "Sampling"), table(found.runs, "table-made"),
        tag("h3", "Models"), table(found.models),
        tag("h3", "Verifiers"), table(found.judged, "table-judged"),
        tag("h3", "Left out when the store was built"), *aside,
        *([table(found.set_aside)] if found.set_aside_rows else []),
    )  # fmt: skip


def definitions_section(asked: Asked, also: Iterable[str] = ()) -> Markup:
    """What every term means that the views use."""
    terms = [term for view in asked.views for term in TERMS[view]]
    terms += [asked.options.band, "verdict", "truncated", *also]
    terms += ["guess filter"] if asked.options.direct else []
    terms += ["audited"] if asked.audited else []
    entries = [
        together(tag("dt", term), tag("dd", GLOSSARY[term].meaning, " ", source(term)))
        for term in dict.fromkeys(terms)
    ]
    return section("definitions", "Definitions", "What each number is.", tag("dl", *entries))


def source(term: str) -> Markup:
    """Where a definition comes from."""
    return tag("cite", GLOSSARY[term].source)


def chains_section(chains: Sequence[Chain], characters: int, left_out: int, named: bool) -> Markup:
    """Chains of thought as text, each with its question and its verdicts."""
    why = NAMED if named else RULE
    beside = f" {left_out:,} more are left out, to keep this file small." if left_out else ""
    shown = [chain_of(chain, characters) for chain in chains]
    none = [] if chains or left_out else [tag("p", "There is none: no such text is stored.")]
    return section(
        "chains", "Chains of thought", f"{why} Shown: {len(chains):,}.{beside}", *none, *shown
    )


def chain_of(chain: Chain, characters: int) -> Markup:
    """One sample."""
    run, problem, sample, why = chain.place
    return tag(
        "article",
        tag("h3", f"{chain.label}, problem {problem}, sample {sample}"),
        tag("p", f"{'. '.join(facts(chain, why))}.", class_="facts"),
        tag("h4", "Question"),
        text(chain.question, characters, "The question is not stored."),
        tag("p", f"Reference answer: {chain.reference}") if chain.reference else Markup(),
        tag("h4", "Completion"),
        text(chain.completion, characters, "The text of this sample is not stored."),
        tag("h4", "Verdicts"),
        table(chain.verdicts),
        class_="chain",
        data_run=run,
    )


def facts(chain: Chain, why: str) -> list[str]:
    """Where the sample is from, how long it is and how it ended, and what people said of it."""
    said = [f"{why[0].upper()}{why[1:].rstrip('.')}", f"Run {chain.place.run}"]
    if chain.tokens is not None:
        said.append(f"{chain.tokens:,} tokens")
    if chain.finish_reason == "length":
        said.append("Truncated at the largest number of tokens")
    if chain.images:
        said.append(f"The problem has {chain.images} images, which are not in this file")
    audits = [f"{label}: {count}" for label, count in chain.audits.rows()]
    said.append(f"People: {', '.join(audits)}" if audits else "Nobody has judged it")
    return said


def text(written: str | None, characters: int, absent: str) -> Markup:
    """Text of a model or a benchmark, as it is; cut, and saying so, where it is long."""
    if written is None:
        return tag("p", absent)
    shown = tag("pre", written[:characters], dir="auto")
    if len(written) <= characters:
        return shown
    cut = f"Cut: the first {characters:,} of {len(written):,} characters are shown."
    return together(shown, tag("p", cut, class_="cut"))


def facts_block(facts: dict[str, str]) -> Markup:
    """What the report is of, for readers and for programs."""
    entries = [together(tag("dt", name), tag("dd", value)) for name, value in facts.items()]
    return together(
        tag("dl", *entries, class_="facts"), data_block("passband-report", as_json(facts))
    )
