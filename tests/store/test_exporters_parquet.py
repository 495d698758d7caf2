"""A store as Parquet: all of it, part of it, without its texts, and never over something else."""

import json
from pathlib import Path

import duckdb
import polars as pl
import pytest

from store.build import publish
from store.exporters.parquet import write_data
from store.exporters.part import BY_RUN, SMALL, TABLES, Part
from store.location import current
from store.queries import store_info
from tests.store.conftest import Study
from tests.store.handed_over import SECRET, whole_study


def table(folder: Path, name: str) -> pl.DataFrame:
    files = (
        sorted((folder / name).glob("*.parquet"))
        if name in BY_RUN
        else [folder / f"{name}.parquet"]
    )
    return pl.concat([pl.read_parquet(file, glob=False) for file in files])


def stored(store: Path, name: str) -> pl.DataFrame:
    with duckdb.connect(str(store), read_only=True) as connection:
        return pl.DataFrame(connection.table(name).pl())


def test_every_table_comes_out_as_it_is_stored(study: Study, tmp_path: Path) -> None:
    whole_study(study)
    store = current(study.path)
    written = write_data(store, tmp_path / "out", progress=lambda _: None)

    with duckdb.connect(str(store), read_only=True) as connection:
        names = {
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'"
            ).fetchall()
        }
    assert names == set(TABLES)
    for name in names - {"store_info"}:
        expected = stored(store, name)
        found = table(tmp_path / "out", name)
        assert found.columns == expected.columns, name
        assert sorted(map(str, found.rows())) == sorted(map(str, expected.rows())), name
        assert written.rows[name] == expected.height, name
    assert written.rows["samples"] == 24
    assert written.rows["verdicts"] == 2 * (12 + 9)


def test_the_folder_says_what_it_holds_and_is_the_same_when_it_is_written_again(
    study: Study, tmp_path: Path
) -> None:
    whole_study(study)
    store, folder = current(study.path), tmp_path / "out"
    first = write_data(store, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    readme = (folder / "README.md").read_text()
    again = write_data(store, folder)

    assert (first.new, again.new) == (True, False)
    assert again.rows == first.rows
    assert manifest["store"]["content_hash"] == store.stem
    assert "| samples | 24 |" in readme and store.stem in readme
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_it_does_not_take_the_place_of_something_else(study: Study, tmp_path: Path) -> None:
    runs = whole_study(study)
    store, folder = current(study.path), tmp_path / "out"
    write_data(store, folder, Part((runs[0],)))
    with pytest.raises(ValueError, match="holds something else"):
        write_data(store, folder)
    (folder / "counts.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="holds something else"):
        write_data(store, folder, Part((runs[0],)))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(ValueError, match="holds something else"):
        write_data(store, tmp_path / "mine")
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


def test_what_was_stopped_leaves_nothing(study: Study, tmp_path: Path) -> None:
    whole_study(study)

    def stop(step: str) -> None:
        if step.startswith("writing samples"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_data(current(study.path), tmp_path / "there" / "out", progress=stop)
    assert list((tmp_path / "there").iterdir()) == []


def test_of_one_run_only_what_is_its_own_comes_out(study: Study, tmp_path: Path) -> None:
    base, _ = whole_study(study)
    written = write_data(current(study.path), tmp_path / "out", Part((base,)))
    folder = tmp_path / "out"

    assert table(folder, "models")["model"].to_list() == ["base"]
    assert set(table(folder, "counts")["run"]) == {base}
    assert [path.name for path in (folder / "samples").iterdir()] == [f"{base}.parquet"]
    assert written.rows["samples"] == 12
    assert written.rows["reference_curves"] > 0
    info = dict(table(folder, "store_info").rows())
    assert info["made_from"] == current(study.path).stem != info["content_hash"]
    assert json.loads(info["runs"]) == [base]


def test_without_texts_no_byte_of_them_and_no_token_is_left(study: Study, tmp_path: Path) -> None:
    whole_study(study)
    write_data(current(study.path), tmp_path / "with")
    write_data(current(study.path), tmp_path / "out", Part(texts=False))
    folder = tmp_path / "out"

    assert SECRET in str(table(tmp_path / "with", "samples")["completion"][0])
    for name in (*SMALL, *BY_RUN):
        assert SECRET not in str(table(folder, name).rows()), name
        assert "771234567" not in str(table(folder, name).rows()), name
    samples = table(folder, "samples")
    gone = ("completion", "token_ids", "token_logprobs", "token_ranks", "token_ends")
    assert all(samples[name].null_count() == samples.height for name in gone)
    assert samples["sum_logprob"].sum() == pytest.approx(2 * 3 * sum(-0.85 - i for i in range(4)))


def test_where_files_lie_on_this_machine_is_not_told(study: Study, tmp_path: Path) -> None:
    folder = study.run("base", benchmark_source="/home/somebody/benchmarks/math.jsonl")
    text = (
        (folder / "run.json").read_text().replace('"path": null', '"path": "/home/somebody/ckpt"')
    )
    (folder / "run.json").write_text(text)
    study.problems(folder)
    study.samples(folder)
    publish(study.path)
    write_data(current(study.path), tmp_path / "out")

    assert table(tmp_path / "out", "models")["path"].to_list() == ["ckpt"]
    assert table(tmp_path / "out", "benchmarks")["source"].to_list() == ["math.jsonl"]


def test_store_info_of_the_whole_names_the_build(study: Study, tmp_path: Path) -> None:
    whole_study(study)
    store = current(study.path)
    write_data(store, tmp_path / "out")
    with duckdb.connect(str(store), read_only=True) as connection:
        expected = store_info(connection.cursor())

    assert dict(table(tmp_path / "out", "store_info").rows()) == {
        **expected, "made_from": store.stem,
    }  # fmt: skip
