"""Tables as they are given to Streamlit: what is escaped, not known, left away, or scrolls."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from store.build import publish
from store.runs import Model, Run, write_run
from store.shards import COLUMNS, write_shard

FORMULA = "$y$ *m* [a](b)"
KINDS = ["no answer", "error", "truncated", "unverified"]


def add(folder: Path, kind: str, rows: Sequence[dict[str, object]]) -> None:
    filled = [{name: row.get(name) for name in COLUMNS[kind]} for row in rows]
    write_shard(folder, kind, pl.DataFrame(filled, schema=COLUMNS[kind]))


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two runs: one of samples, the first without an answer, and one of imported counts."""
    sampled = write_run(tmp_path / "shards", Run(Model("sampled", "base"), "math"))
    keys = [{"problem_id": "p0", "sample": number} for number in range(2)]
    add(sampled, "problems", [{"problem_id": "p0", "position": 0, "question": "?"}])
    text = {"completion": "7", "finish_reason": "stop", "n_tokens": 1}
    add(sampled, "samples", [key | text for key in keys])
    said = {"verifier": "exact", "version": "1"}
    outcomes = ("no_answer", "correct")
    judged = [k | said | {"outcome": o} for k, o in zip(keys, outcomes, strict=True)]
    add(sampled, "verdicts", judged)
    imported = write_run(tmp_path / "shards", Run(Model("imported", "rl"), "math"))
    add(imported, "counts", [{"problem_id": "p0", "verifier": "paper", "n": 8, "c": 3}])
    publish(tmp_path)
    monkeypatch.setenv("PASSBAND_STUDY", str(tmp_path))
    return [sampled.name, imported.name]


def counted(runs: Sequence[str], names: Sequence[str]) -> AppTest:
    """What was counted of these runs, under these names."""

    def page(runs: list[str], names: list[str]) -> None:
        from app.analysis.counting import left_out
        from app.cache import ask, look_up_build
        from app.components.tables import show_counted
        from store import queries

        look_up_build()
        show_counted(left_out(ask(queries.counts, runs, None), ()), dict(zip(runs, names)))  # noqa: B905

    return checked(AppTest.from_function(page, args=(list(runs), list(names))))


def checked(app: AppTest) -> AppTest:
    """The page after its script ran through."""
    app.run(timeout=60)
    assert [exception.message for exception in app.exception] == []
    return app


def test_what_is_not_known_of_imported_counts_is_a_dash_and_not_zero(study: list[str]) -> None:
    (table,) = counted(study, ["a", "b"]).table
    rows = {row["run"]: row for row in table.value.to_dict("records")}
    assert [rows["a"][kind] for kind in KINDS] == ["1", "0", "0", "0"]
    assert [rows["b"][kind] for kind in KINDS] == ["–"] * 4
    assert [str(rows[run]["left out of n"]) for run in "ab"] == ["0", "0"]


def test_counts_of_samples_alone_stay_numbers(study: list[str]) -> None:
    (table,) = counted(study[:1], ["a"]).table
    assert table.value[KINDS].to_numpy().tolist() == [[1, 0, 0, 0]]


def test_a_table_with_long_labels_scrolls(study: list[str]) -> None:
    app = counted(study, ["a", "b" * 60])
    assert len(app.table) == 0
    assert app.dataframe[0].value["run"].tolist() == ["a", "b" * 60]


def test_headers_and_cells_are_shown_as_they_are() -> None:
    def page(text: str) -> None:
        import polars as pl

        from app.components.tables import show_table

        show_table(pl.DataFrame({text: [text], "c": [1]}))

    (table,) = checked(AppTest.from_function(page, args=(FORMULA,))).table
    shown = r"\$y\$ \*m\* \[a\]\(b\)"
    assert table.value.columns.tolist() == [shown, "c"]
    assert table.value.to_numpy().tolist() == [[shown, 1]]


@pytest.mark.parametrize(("place", "columns"), [(0, ["samples", "problem"]), (1, ["problem"])])
def test_problems_lead_to_samples_where_there_are_any(
    study: list[str], place: int, columns: list[str]
) -> None:
    def page(run: str) -> None:
        import polars as pl

        from app.cache import look_up_build
        from app.components.tables import show_problems
        from app.selection import Selection

        look_up_build()
        selection = Selection("math", (run,), (), None, ())
        show_problems(pl.DataFrame({"problem_id": ["p0"]}), selection, run, "problems")

    (table,) = checked(AppTest.from_function(page, args=(study[place],))).dataframe
    assert table.value.columns.tolist() == columns
