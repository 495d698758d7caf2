"""A problem and one sample of it, piece by piece: what every page that people read on shows."""

from pathlib import Path
from typing import NamedTuple

import polars as pl
import streamlit as st

from app.analysis.word_difference import word_difference
from app.cache import ask, keep, work_out
from app.components.pictures import show_pictures
from app.components.reader_view import Tokens, show_response
from app.components.tables import ABSENT, show_table
from app.components.text import escaped
from app.metrics.perplexity import perplexity
from store import queries
from store.queries import reading
from store.queries.tokens import token_ranks

RANKED = 4  # form of the store, from which on it holds the ranks of tokens
HERE = Path(__file__).parent

draw_difference = st.components.v2.component(
    "passband.reader_difference",
    html=(HERE / "reader_difference.html").read_text(),
    css=(HERE / "reader_difference.css").read_text(),
    js=(HERE / "reader_difference.js").read_text(),
)


def show_question(benchmark: str, problem: str, view: str = "raw") -> None:
    """Question, images, reference; `view` as of show_response."""
    row = ask(reading.problem, benchmark, problem).to_dicts()[0]
    st.markdown("##### Question")
    show_response(
        row["question"] or "(The question is not stored.)", key="reading_question", view=view
    )
    show_pictures(ask(queries.images, benchmark, problem))
    said = [f"{name} {row[name]}" for name in ("reference", "subject", "level") if row[name]]
    st.markdown(escaped("   ·   ".join(said)) or "No reference is stored.")


def show_prompt(run: str, problem: str) -> None:
    """The prompt, character by character."""
    with st.expander("Prompt, exactly as the model was given it"):
        prompt = ask(queries.prompt, run, problem)
        if prompt is None:
            st.caption("The prompt is not stored.")
        else:
            st.code(prompt, language=None, wrap_lines=True)


def show_facts(run: str, problem: str, sample: int) -> None:
    """Finish reason, length, and perplexity under each scorer."""
    row = ask(queries.sample, run, problem, sample).to_dicts()[0]
    known = [f"perplexity under {name}: {value:.4f}" for name, value in perplexities_of(
        run, problem, sample).items()]  # fmt: skip
    finish = {"length": "length (truncated)", None: "unknown"}.get(
        row["finish_reason"], row["finish_reason"]
    )
    length = "unknown" if row["n_tokens"] is None else row["n_tokens"]
    facts = [f"finish reason: {finish}", f"length: {length} tokens", *known]
    st.markdown(escaped("   ·   ".join(facts)))


def perplexities_of(run: str, problem: str, sample: int) -> dict[str, float]:
    """Scorer → perplexity; what the run's own model kept while generating goes first."""
    row = ask(queries.sample, run, problem, sample).to_dicts()[0]
    scores = ask(queries.scores_of_sample, run, problem, sample)
    scored = scores.filter(pl.col("sum_logprob").is_not_null())
    sums = {s["scorer"]: (s["sum_logprob"], s["n_tokens"]) for s in scored.to_dicts()}
    if row["sum_logprob"] is not None and row["n_tokens"]:
        sums[model_of(run)] = (row["sum_logprob"], row["n_tokens"])
    return {name: float(perplexity(total, tokens)) for name, (total, tokens) in sums.items()}


def model_of(run: str) -> str:
    """The name of the model that was sampled."""
    return keep(models)[run]


def models() -> dict[str, str]:
    """Run → model."""
    return dict(ask(queries.runs).select("run", "model").rows())


def show_verdicts(run: str, problem: str, sample: int, narrow: bool = False) -> None:
    """What each verifier says of the sample: as a table, or, where that is cut off, as lines."""
    verdicts = ask(queries.verdicts_of_sample, run, problem, sample)
    st.markdown("##### Verdicts")
    if verdicts.is_empty():
        st.caption("No verifier has judged this sample.")
        return
    text = pl.col(pl.String).fill_null(ABSENT)
    words = pl.col("outcome").str.replace("_", " ", literal=True)
    table = verdicts.with_columns(outcome=words).with_columns(text)
    table = table.rename({"answer": "extracted answer", "detail": "reason"})
    if not narrow:
        show_table(table)
        return
    for row in table.to_dicts():
        parts = [f"{name} {row[name]}" for name in ("verifier", "version")]
        rest = [f"{name}: {row[name]}" for name in ("extracted answer", "reason")]
        st.markdown(f"**{escaped(row['outcome'])}**{escaped('   ·   '.join(['', *parts, *rest]))}")


class Cut(NamedTuple):
    """One scorer's tokens of a completion, and a value for each of them; None: not known."""

    ends: list[int]
    ids: list[int] | None
    logprobs: list[float | None] | None
    ranks: list[int | None] | None
    entropies: list[float | None] | None


def tokens_of(run: str, problem: str, sample: int, scorer: str | None = None) -> Tokens | None:
    """The tokens as `scorer` cut them, with the values of all scorers that cut them alike.

    By default, and where this scorer has none, of the first that has values: the run's own model
    if it can be. None where no token has a value.
    """
    found = cuts(run, problem, sample)
    if not found:
        return None
    chosen = found[scorer] if scorer in found else next(iter(found.values()))
    alike = {name: cut for name, cut in found.items() if cut.ends == chosen.ends}
    return Tokens(
        ends=chosen.ends,
        ids=chosen.ids,
        logprobs={name: cut.logprobs for name, cut in alike.items() if cut.logprobs},
        ranks={name: cut.ranks for name, cut in alike.items() if cut.ranks},
        entropies={name: cut.entropies for name, cut in alike.items() if cut.entropies},
    )


def cuts(run: str, problem: str, sample: int) -> dict[str, Cut]:
    """Scorer → its tokens, which are the sample's own or not; the run's own model first."""
    row = ask(queries.sample, run, problem, sample).to_dicts()[0]
    scores = {
        score["scorer"]: score
        for score in ask(queries.scores_of_sample, run, problem, sample).to_dicts()
    }
    entropies = dict(ask(queries.entropies_of_sample, run, problem, sample).rows())
    ranks = ranks_of(run, problem, sample)
    model = model_of(run)
    found: dict[str, Cut] = {}
    for name in dict.fromkeys([model, *scores, *entropies]):
        score = scores.get(name, {})
        kept = row["token_logprobs"] if name == model else None
        others = row if kept or not score.get("token_ids") else score
        logprobs = kept or score.get("token_logprobs")
        values = (logprobs, ranks.get(name), entropies.get(name))
        cut = fitting(others["token_ends"], others["token_ids"], *values)
        if cut:
            found[name] = cut
    return found


def ranks_of(run: str, problem: str, sample: int) -> dict[str, list[int | None]]:
    """Scorer → ranks of the tokens that it scored."""
    if int(ask(queries.store_info)["schema_version"]) < RANKED:
        return {}
    return dict(ask(token_ranks, run, problem, sample).rows())


def fitting(
    ends: list[int] | None,
    ids: list[int] | None,
    logprobs: list[float | None] | None,
    ranks: list[int | None] | None,
    entropies: list[float | None] | None,
) -> Cut | None:
    """The values that there is one of for every token; None without any."""
    if not ends:
        return None
    size = len(ends)
    logprobs = logprobs if logprobs and len(logprobs) == size else None
    ranks = ranks if logprobs and ranks and len(ranks) == size else None
    entropies = entropies if entropies and len(entropies) == size else None
    return Cut(ends, ids, logprobs, ranks, entropies) if logprobs or entropies else None


def show_difference(first: str, second: str, key: str) -> None:
    """The words that only one of two texts has, in their place among those that both have."""
    found = work_out(word_difference, first, second)
    draw_difference(data={"pieces": [list(piece) for piece in found]}, key=key)
