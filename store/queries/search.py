"""Which questions and completions match what a reader looks for, and where in the text.

All of it is RE2, the regular expressions of DuckDB: a plain text is looked for as the expression
that matches just that text, which RE2 finds as fast as a plain search would.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl
from duckdb import DuckDBPyConnection, Error

from store.queries.answer import answer
from store.queries.passed_over import NONE, passed_over

AROUND = 70  # characters of the text that a snippet shows before and after what matches
MATCHED = 120  # of what matches


class Wanted(NamedTuple):
    """What is looked for."""

    text: str
    regex: bool = False
    match_case: bool = False

    @property
    def expression(self) -> str:
        """The regular expression, with its case."""
        return ("" if self.match_case else "(?i)") + (
            self.text if self.regex else quoted(self.text)
        )


def quoted(text: str) -> str:
    """The expression that matches this text and nothing else."""
    return re.sub(r"[^\w\x80-\U0010ffff]", escape, text, flags=re.ASCII)


def escape(character: re.Match[str]) -> str:
    """One character that means something in an expression, as itself."""
    return "\\x00" if character[0] == "\0" else f"\\{character[0]}"


def check(cursor: DuckDBPyConnection, wanted: Wanted) -> None:
    """Raise ValueError, with a sentence for the reader, where the expression is none."""
    try:
        own = wanted.text if wanted.regex else wanted.expression
        for expression in (own, starting(wanted)):
            cursor.execute("SELECT regexp_matches('', ?)", [expression]).fetchall()
    except Error as error:
        said = str(error).partition("\n")[0].removeprefix("Invalid Input Error: ")
        raise ValueError(
            f"“{wanted.text}” is not a regular expression that can be searched for ({said}):"
            " mend it, or switch “Regular expression” off. Lookahead, lookbehind and references"
            " back to a group are not known here (RE2)."
        ) from error


def starting(wanted: Wanted) -> str:
    """The expression whose first group is all that stands before the first match."""
    return rf"\A((?s:.*?))(?:{wanted.expression})"


def matching_questions(cursor: DuckDBPyConnection, benchmark: str, wanted: Wanted) -> pl.DataFrame:
    """problem_id, matches: of each problem whose question is stored."""
    statement = """
        SELECT problem_id, regexp_matches(question, $expression) AS matches
        FROM problems
        WHERE benchmark = $benchmark AND question IS NOT NULL
        ORDER BY position, problem_id
    """
    return answer(cursor, statement, {"benchmark": benchmark, "expression": wanted.expression})


def matching_samples(
    cursor: DuckDBPyConnection,
    runs: Sequence[str],
    wanted: Wanted,
    verifier: str | None = None,
    left_out: Collection[str] = (),
    undecided: pl.DataFrame = NONE,
) -> pl.DataFrame:
    """run, problem_id, searched (samples whose text is stored), samples (list of the numbers of
    those that match): a row for each problem of which anything was searched.

    What is left out is not searched: see passed_over.
    """
    statement = """
        SELECT samples.run, samples.problem_id, count(*) AS searched,
            coalesce(list(samples.sample ORDER BY samples.sample)
                FILTER (WHERE regexp_matches(samples.completion, $expression)), []) AS samples
        FROM samples
        ANTI JOIN passed_over
            ON passed_over.run = samples.run
            AND passed_over.problem_id = samples.problem_id
            AND passed_over.sample = samples.sample
        WHERE samples.run IN (SELECT unnest(CAST($runs AS VARCHAR[])))
            AND samples.completion IS NOT NULL
        GROUP BY samples.run, samples.problem_id
        ORDER BY samples.run, samples.problem_id
    """
    skipped = passed_over(cursor, runs, verifier, left_out, undecided)
    cursor.register("passed_over", skipped)
    return answer(cursor, statement, {"runs": list(runs), "expression": wanted.expression})


def snippets(
    cursor: DuckDBPyConnection, samples: pl.DataFrame, wanted: Wanted, verifier: str | None
) -> pl.DataFrame:
    """run, problem_id, sample, outcome (null where unverified), finish_reason, matches (in this
    text, those that are not empty), before, matched, after: the first match with the text around
    it; in the order of `samples` (run, problem_id, sample), which are to match.
    """
    # Texts are long: those that are asked for are looked up by row, after these are known.
    statement = """
        WITH placed AS MATERIALIZED (
            SELECT wanted.run, wanted.problem_id, wanted.sample, wanted.place, samples.rowid AS id
            FROM wanted
            JOIN samples USING (run, problem_id, sample)
        ),
        texts AS MATERIALIZED (
            SELECT rowid AS id, finish_reason, completion,
                regexp_extract(completion, $starting, 1) AS preceding,
                regexp_extract(completion, $expression) AS matched,
                len(list_filter(regexp_extract_all(completion, $expression), lambda x: x <> ''))
                    AS matches
            FROM samples
            WHERE rowid IN (SELECT id FROM placed)
        )
        SELECT placed.run, placed.problem_id, placed.sample, verdicts.outcome,
            texts.finish_reason, texts.matches,
            right(texts.preceding, $around) AS before,
            left(texts.matched, $matched) AS matched,
            substring(texts.completion,
                length(texts.preceding) + least(length(texts.matched), $matched) + 1,
                $around) AS after
        FROM placed
        JOIN texts USING (id)
        LEFT JOIN default_verifiers ON default_verifiers.run = placed.run
        LEFT JOIN newest_verdicts AS verdicts
            ON verdicts.run = placed.run
            AND verdicts.problem_id = placed.problem_id
            AND verdicts.sample = placed.sample
            AND verdicts.verifier
                = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
        ORDER BY placed.place
    """
    cursor.register("wanted", samples.with_row_index("place"))
    chosen: dict[str, object] = {
        "expression": wanted.expression, "starting": starting(wanted), "verifier": verifier,
        "around": AROUND, "matched": MATCHED,
    }  # fmt: skip
    return answer(cursor, statement, chosen)
