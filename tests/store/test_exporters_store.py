"""A store in one file: it answers as the study does, and tells nothing that was left out."""

import contextlib
from pathlib import Path

import duckdb
import polars as pl
import pytest

from app.analysis.pass_at_k import curves
from app.show import answer
from store import queries
from store.audits import Audit, content_hash, newest, record, since
from store.build import publish
from store.exporters.part import Part
from store.exporters.single_file import write_store
from store.location import connect, current
from store.queries.answers import answers
from store.queries.per_problem import answer_entropies
from store.queries.training import entropy_sums
from store.shared import as_study
from tests.store.conftest import Study
from tests.store.handed_over import ENTROPIES, SECRET, text, whole_study

QUESTIONS = {
    "runs": {}, "pass-at-k": {"k": "all"}, "accuracy": {}, "perplexity": {},
    "compare": {"base": "base", "other": "rl", "k": "1,4"},
    "solvable": {"base": "base", "other": "rl", "k": "1,2"},
}  # fmt: skip


def shared(study: Study, file: Path, part: Part, audits: pl.DataFrame | None = None) -> Path:
    write_store(current(study.path), file, part, audits)
    return as_study(file)


@pytest.mark.parametrize("texts", [True, False])
def test_it_answers_every_question_as_the_study_does(
    study: Study, tmp_path: Path, texts: bool
) -> None:
    whole_study(study)
    folder = shared(study, tmp_path / "shared.duckdb", Part(texts=texts))
    with connect(current(study.path)) as one, connect(current(folder)) as other:
        for question, options in QUESTIONS.items():
            expected = answer(question, one.cursor(), **options)
            assert answer(question, other.cursor(), **options).equals(expected), question
            for verifier in ("boxed", "strict"):
                if question != "perplexity":
                    chosen = {**options, "verifier": verifier, "leave_out": ("truncated",)}
                    expected = answer(question, one.cursor(), **chosen)
                    assert answer(question, other.cursor(), **chosen).equals(expected), question
        runs = queries.runs(one.cursor())["run"].to_list()
        counts = [queries.counts(c.cursor(), runs, None) for c in (one, other)]
        assert curves(counts[1]).equals(curves(counts[0]))


def test_without_texts_votes_and_entropies_are_as_before(study: Study, tmp_path: Path) -> None:
    runs = list(whole_study(study))
    folder = shared(study, tmp_path / "shared.duckdb", Part(texts=False))
    with connect(current(study.path)) as one, connect(current(folder)) as other:
        votes = [answers(c.cursor(), runs, None).drop("answer") for c in (one, other)]
        kinds = [answer_entropies(c.cursor(), runs, None) for c in (one, other)]
        levels = [entropy_sums(c.cursor(), runs, None) for c in (one, other)]
    assert votes[1].equals(votes[0])
    assert kinds[1].equals(kinds[0])
    assert levels[1].equals(levels[0])
    # Of problem 1 one correct, two wrong ones that are alike, and an error without an answer.
    third = votes[1].filter(run=runs[0], problem_id="p1")
    assert third.select("correct", "samples").rows() == [(True, 1), (False, 2), (False, 1)]
    assert levels[1]["entropy"].sum() == pytest.approx(2 * 12 * sum(ENTROPIES), abs=1e-5)


def test_without_texts_no_byte_of_them_is_in_the_file(study: Study, tmp_path: Path) -> None:
    whole_study(study)
    hidden, whole = tmp_path / "hidden.duckdb", tmp_path / "whole.duckdb"
    write_store(current(study.path), whole)
    write_store(current(study.path), hidden, Part(texts=False))

    # DuckDB may compress texts, so besides the bytes every value is looked at.
    assert SECRET.encode() in whole.read_bytes()
    assert SECRET.encode() not in hidden.read_bytes()
    assert (771234567).to_bytes(4, "little") not in hidden.read_bytes()
    with connect(hidden) as connection:
        names = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        assert len(names) > 15
        for (name,) in names:
            said = str(connection.table(name).fetchall())
            assert SECRET not in said and "771234567" not in said, name
    assert [path.name for path in tmp_path.iterdir() if path.name[0] == "."] == []


def test_the_build_keeps_its_name_unless_runs_are_missing(study: Study, tmp_path: Path) -> None:
    base, rl = whole_study(study)
    build = current(study.path).stem
    parts = {
        "whole": Part(), "hidden": Part(texts=False), "one": Part((base,)), "other": Part((rl,)),
    }  # fmt: skip
    names = {}
    for name, part in parts.items():
        folder = shared(study, tmp_path / f"{name}.duckdb", part)
        names[name] = current(folder).stem
        with connect(current(folder)) as connection:
            assert queries.store_info(connection.cursor())["content_hash"] == names[name]
            assert queries.store_info(connection.cursor())["made_from"] == build
    assert names["whole"] == names["hidden"] == build
    assert len({build, names["one"], names["other"]}) == 3
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names.values())


def test_of_one_run_only_what_is_its_own_is_in_it(study: Study, tmp_path: Path) -> None:
    base, _ = whole_study(study)
    folder = shared(study, tmp_path / "one.duckdb", Part((base,)))
    with connect(current(study.path)) as one, connect(current(folder)) as other:
        assert queries.runs(other.cursor())["run"].to_list() == [base]
        expected = answer("pass-at-k", one.cursor(), runs=[base], k="all")
        assert answer("pass-at-k", other.cursor(), k="all").equals(expected)
        assert other.table("samples").count("*").fetchall() == [(12,)]


def test_audits_go_along_only_where_they_are_asked_for(study: Study, tmp_path: Path) -> None:
    base, _ = whole_study(study)
    for at, label in (("2026-01-02T03:04:05", "flawed"), ("2026-01-02T03:04:06", "guess")):
        hashed = content_hash(text("completion", base, 0, 1))
        record(study.path, Audit(at, base, "p0", 1, hashed, "ann", label, "why", 1, 4))
    rows = since(study.path, 0)
    without = shared(study, tmp_path / "without.duckdb", Part())
    given = shared(study, tmp_path / "with.duckdb", Part(), rows)

    assert newest(without).height == 0
    assert since(given, 0).equals(rows)
    with connect(current(study.path)) as one, connect(current(given)) as other:
        options = {"k": "1,2", "audits": newest(study.path)}
        expected = answer("pass-at-k", one.cursor(), **options)
        options["audits"] = newest(given)
        assert answer("pass-at-k", other.cursor(), **options).equals(expected)
    with pytest.raises(ValueError, match="audits cannot go without the texts"):
        write_store(current(study.path), tmp_path / "no.duckdb", Part(texts=False), rows)


def test_nothing_is_written_over_and_nothing_into_it(study: Study, tmp_path: Path) -> None:
    base, _ = whole_study(study)
    file = tmp_path / "shared.duckdb"
    assert write_store(current(study.path), file).new
    before = file.read_bytes()
    assert not write_store(current(study.path), file).new
    with pytest.raises(ValueError, match="holds something else"):
        write_store(current(study.path), file, Part((base,)))
    (tmp_path / "notes.duckdb").write_text("keep")
    with pytest.raises(ValueError, match="holds something else"):
        write_store(current(study.path), tmp_path / "notes.duckdb")
    audit = Audit("2026-01-02T03:04:05", base, "p0", 1, "0" * 64, "ann", "valid")
    with contextlib.suppress(ValueError):
        record(file, audit)
    assert file.read_bytes() == before
    assert (tmp_path / "notes.duckdb").read_text() == "keep"


def test_a_file_that_is_none_is_told_apart(study: Study, tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("no database")
    with pytest.raises(ValueError, match="is no store that Passband has written"):
        as_study(tmp_path / "text.duckdb")
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("CREATE TABLE store_info (key VARCHAR, value VARCHAR)")
        connection.execute("INSERT INTO store_info VALUES ('schema_version', '999')")
    with pytest.raises(ValueError, match="this version cannot read"):
        as_study(tmp_path / "other.duckdb")
    assert as_study(study.path) == study.path


def test_a_file_handed_over_can_be_handed_on(study: Study, tmp_path: Path) -> None:
    base, _ = whole_study(study)
    first = shared(study, tmp_path / "first.duckdb", Part())
    write_store(current(first), tmp_path / "second.duckdb", Part((base,), texts=False))
    with connect(tmp_path / "second.duckdb") as connection:
        info = queries.store_info(connection.cursor())
    assert info["made_from"] == publish(study.path).path.stem
