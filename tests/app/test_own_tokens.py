"""A scorer with tokens of its own: pages colour the completion by those."""

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from store.build import publish
from store.location import current
from store.runs import Model, Run, write_run
from store.shards import COLUMNS, write_shard

COMPLETION = "naïve 1 + 2"
KEY = {"problem_id": "p0", "sample": 0}
SCORES = [
    # The same tokens as the sample has.
    {"scorer": "alike", "n_tokens": 2, "sum_logprob": -3.0, "token_logprobs": [-1.0, -2.0],
     "token_ranks": [2, 7]},
    {
        "scorer": "other", "n_tokens": 3, "sum_logprob": -6.0, "token_logprobs": [-2.0, -2.0, -2.0],
        "token_ids": [4, 5, 6], "token_ends": [2, 9, 11], "token_ranks": [1, 1, 3],
    },
    # Its tokenizer does not give the text back, so that where its tokens end is not known.
    {"scorer": "lossy", "n_tokens": 2, "sum_logprob": -2.0, "token_logprobs": [-1.0, -1.0],
     "token_ids": [4, 5]},
    {"scorer": "short", "n_tokens": 9000},
]  # fmt: skip


def add(folder: Path, kind: str, rows: list[dict[str, object]]) -> None:
    filled = [{name: {**KEY, **row}.get(name) for name in COLUMNS[kind]} for row in rows]
    write_shard(folder, kind, pl.DataFrame(filled, schema=COLUMNS[kind]))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = write_run(tmp_path / "shards", Run(Model("m", "base"), "math"))
    add(folder, "problems", [{"position": 0, "question": "?"}])
    sample = {"completion": COMPLETION, "n_tokens": 2, "token_ids": [7, 8], "token_ends": [5, 11]}
    add(folder, "samples", [{**sample, "sum_logprob": -1.0, "token_logprobs": [-0.5, -0.5]}])
    add(folder, "scores", SCORES)
    entropies = {"m": [0.25, 0.5], "other": [1.0, 2.0]}  # those of other lack one
    add(folder, "entropies", [{"scorer": n, "token_entropies": v} for n, v in entropies.items()])
    publish(tmp_path)
    monkeypatch.setenv("PASSBAND_STUDY", str(tmp_path))
    return folder.name


def asked(run: str, question: str) -> AppTest:
    """A page that puts a question to app.components.reading; the answer is in its state."""

    def page(run: str, question: str) -> None:
        import streamlit as st

        from app.cache import look_up_build
        from app.components import reading

        look_up_build()
        place = (run, "p0", 0)
        if question == "facts":
            reading.show_facts(*place)
        else:
            st.session_state["scorers"] = list(reading.cuts(*place))
            st.session_state["tokens"] = reading.tokens_of(*place, question)

    app = AppTest.from_function(page, args=(run, question)).run(timeout=30)
    assert [exception.message for exception in app.exception] == []
    return app


def test_tokens_are_shown_as_the_scorer_cut_them(run: str) -> None:
    app = asked(run, "other")
    tokens = app.session_state["tokens"]
    assert app.session_state["scorers"] == ["m", "alike", "other"]
    assert (tokens.ends, tokens.ids) == ([2, 9, 11], [4, 5, 6])
    assert tokens.logprobs == {"other": [-2.0, -2.0, -2.0]}
    assert tokens.entropies == {}


@pytest.mark.parametrize("scorer", ["alike", "m", "lossy", "nobody"])
def test_scorers_of_the_same_tokens_are_shown_together(run: str, scorer: str) -> None:
    tokens = asked(run, scorer).session_state["tokens"]
    assert (tokens.ends, tokens.ids) == ([5, 11], [7, 8])
    assert tokens.logprobs == {"m": [-0.5, -0.5], "alike": [-1.0, -2.0]}


def test_entropies_come_with_the_tokens_that_they_are_of(run: str) -> None:
    own = asked(run, "m").session_state["tokens"]
    assert own.entropies == {"m": [0.25, 0.5]}


def test_ranks_come_with_the_scorer_that_they_are_of(run: str) -> None:
    # The sample's own tokens were drawn before ranks were stored.
    assert asked(run, "m").session_state["tokens"].ranks == {"alike": [2, 7]}
    assert asked(run, "other").session_state["tokens"].ranks == {"other": [1, 1, 3]}


def test_a_store_of_an_earlier_form_is_read_without_ranks(
    run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "older" / "store"
    store.mkdir(parents=True)
    shutil.copyfile(current(tmp_path), store / "old.duckdb")
    with duckdb.connect(str(store / "old.duckdb")) as connection:
        connection.execute("UPDATE store_info SET value = '3' WHERE key = 'schema_version'")
        for table in ("samples", "scores"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN token_ranks")
    (store / "current").symlink_to("old.duckdb")
    monkeypatch.setenv("PASSBAND_STUDY", str(store.parent))
    tokens = asked(run, "alike").session_state["tokens"]
    assert tokens.logprobs == {"m": [-0.5, -0.5], "alike": [-1.0, -2.0]}
    assert tokens.ranks == {}


def test_the_facts_name_each_perplexity_but_not_one_that_is_not_known(run: str) -> None:
    (facts,) = [text.value for text in asked(run, "facts").markdown if "perplexity" in text.value]
    assert facts.count("perplexity under") == 4
    assert "other: 7.3891" in facts.replace("\\", "")  # exp(6 / 3)
    assert "short" not in facts
