"""A table of numbers for other programs and for papers: CSV, JSON, LaTeX, Markdown."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from app.rendering import defined, printed, render

UNDEFINED = "--"
# Each character by itself, so that none of a replacement is replaced again.
LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "[": "{[}", "]": "{]}", "∞": r"$\infty$", "−": "$-$", "–": r"\textendash{}",
    "\n": " ", "\r": " ",
}  # fmt: skip
MARKDOWN = "\\`*_{}[]()<>#+!|~$&"  # of which most mean nothing inside a table, and none here


def written(frame: pl.DataFrame, path: Path, caption: str) -> str:
    """The table as the ending of the file's name asks for it. Raises ValueError for others."""
    return FORMS[checked_form(path)](frame, caption)


def checked_form(path: Path) -> str:
    """The ending of the file's name. Raises ValueError where it is none of FORMS."""
    if path.suffix.lower() not in FORMS:
        raise ValueError(f"{path.name!r} ends in none of {', '.join(FORMS)}: name the file so.")
    return path.suffix.lower()


def as_latex(frame: pl.DataFrame, caption: str) -> str:
    """A table environment with the rules of the package booktabs; numbers to the right, with the
    decimals of `passband show --format table`.
    """
    frame, note = without_lists(frame)
    columns = "".join("r" if dtype.is_numeric() else "l" for dtype in frame.dtypes)
    lines = [" & ".join(latex(name) for name in frame.columns) + r" \\"]
    rows = [" & ".join(map(latex_cell, row)) + r" \\" for row in frame.rows()]
    body = [r"\toprule", *lines, r"\midrule", *rows, r"\bottomrule"]
    return "\n".join(
        [
            "% needs \\usepackage{booktabs} and \\usepackage[T1]{fontenc}",
            r"\begin{table}",
            rf"\caption{{{latex(caption + note)}}}",
            r"\centering",
            rf"\begin{{tabular}}{{{columns}}}",
            *body,
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def latex_cell(value: object) -> str:
    """A value in LaTeX; undefined as a dash."""
    known = defined(value)
    if known is None:
        return UNDEFINED
    negative = isinstance(known, (int, float)) and known < 0
    return f"${printed(known)}$" if negative else latex(printed(known))


def latex(text: str) -> str:
    """Text of others such that LaTeX prints it as it is; two hyphens stay two."""
    escaped = "".join(LATEX.get(character, character) for character in text)
    return escaped.replace("--", "-{}-").replace("--", "-{}-")


def as_markdown(frame: pl.DataFrame, caption: str) -> str:
    """A table of GitHub's Markdown below its caption; numbers to the right."""
    frame, note = without_lists(frame)
    rule = ["--:" if dtype.is_numeric() else ":--" for dtype in frame.dtypes]
    heading = [markdown(name) for name in frame.columns]
    rows = [[markdown_cell(value) for value in row] for row in frame.rows()]
    lines = ["| " + " | ".join(line) + " |" for line in (heading, rule, *rows)]
    return "\n".join([markdown(caption + note), "", *lines])


def markdown_cell(value: object) -> str:
    """A value in Markdown; undefined as a dash."""
    known = defined(value)
    return "–" if known is None else markdown(printed(known))


def markdown(text: str) -> str:
    """Text of others such that Markdown prints it as it is, in one line."""
    escaped = "".join(f"\\{c}" if c in MARKDOWN else c for c in text)
    return " ".join(escaped.split())


def without_lists(frame: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """The columns that a page has room for, and where to find the lists of problems."""
    lists = [name for name, dtype in frame.schema.items() if dtype == pl.List]
    note = f" Not shown: {', '.join(lists)}; a CSV or JSON file has them." if lists else ""
    return frame.drop(lists), note


FORMS: dict[str, Callable[[pl.DataFrame, str], str]] = {
    ".csv": lambda frame, _: render(frame, "csv"),
    ".json": lambda frame, _: render(frame, "json"),
    ".tex": as_latex,
    ".md": as_markdown,
}
