"""Benchmarks of one's own: what files may hold, their formats, and what is said of faults."""

import base64
import csv
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from generation.assets import Assets
from generation.benchmarks import Problem, Source, load_benchmark
from tests.generation.pictures import GIF, JPEG, PNG, WEBP


def written(folder: Path, *rows: object) -> Path:
    path = folder / "problems.jsonl"
    path.write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in rows))
    return path


def loaded(path: Path, **asked: object) -> list[Problem]:
    return load_benchmark(Source("mine", path, **asked), Assets(None))  # type: ignore[arg-type]


def test_the_usual_names_of_fields_are_understood(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"problem_id": "a", "question": "1+1?", "reference": "2", "subject": "sums", "seen": True},
        {"unique_id": "b", "problem": "2+2?", "answer": 4, "type": "sums", "level": 3},
        {"question": "line\u2028break", "gt": "x", "answer": None},
    )
    first, second, third = loaded(path)
    assert first[:6] == ("a", 0, "1+1?", "2", "sums", None)
    assert json.loads(first.metadata) == {"seen": True}
    assert second[:6] == ("b", 1, "2+2?", "4", "sums", "3")
    assert third[:4] == ("2", 2, "line\u2028break", "x")


def test_a_second_name_of_a_field_is_kept_as_metadata(tmp_path: Path) -> None:
    row = {"id": "a", "unique_id": "b", "question": "?", "answer": "1", "gt": "2"}
    (problem,) = loaded(written(tmp_path, row))
    assert (problem.problem_id, problem.reference) == ("a", "1")
    assert json.loads(problem.metadata) == {"unique_id": "b", "gt": "2"}


def test_a_field_map_names_the_files_own_fields(tmp_path: Path) -> None:
    row = {"Nr": 7, "Frage": "1+1?", "Antwort": "2", "answer": "no", "nums": [1, 1]}
    fields = (
        *(("problem_id", "Nr"), ("question", "Frage"), ("reference", "Antwort")),
        ("numbers", "nums"),
    )
    (problem,) = loaded(written(tmp_path, row), fields=fields)
    assert problem[:4] == ("7", 0, "1+1?", "2")
    assert json.loads(problem.metadata)["numbers"] == [1, 1]
    assert json.loads(problem.metadata)["answer"] == "no"


def test_a_field_map_that_names_nothing_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {"question": "?", "answer": "1"})
    with pytest.raises(ValueError, match=r'line 1: there is no "Nr".*problem_id.*question, answer'):
        loaded(path, fields=(("problem_id", "Nr"),))


def write_json(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text(json.dumps(rows))


def write_packed(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_bytes(gzip.compress("\r\n".join(map(json.dumps, rows)).encode("utf-8-sig")))


def write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def write_parquet(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    pl.DataFrame(rows).write_parquet(path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("problems.json", write_json),
        ("problems.JSONL.gz", write_packed),
        ("problems.csv", write_csv),
        ("problems.parquet", write_parquet),
    ],
)
def test_every_format_holds_the_same_problems(
    tmp_path: Path, name: str, write: Callable[[Path, Sequence[Mapping[str, object]]], None]
) -> None:
    questions = ["plain", 'a "quoted", one', "two\nlines", "naïve 😀 \\frac{1}{2}"] * 10
    rows = [
        {"id": f"p{i}", "question": question, "answer": f"{i}", "level": None if i % 2 else "hard"}
        for i, question in enumerate(questions)
    ]
    write(tmp_path / name, rows)
    problems = loaded(tmp_path / name)
    assert [(p.problem_id, p.question, p.reference) for p in problems] == [
        (row["id"], row["question"], row["answer"]) for row in rows
    ]
    assert [p.level for p in problems[:3]] == ["hard", None, "hard"]
    assert {p.metadata for p in problems[::2]} == {"{}"}


def test_a_limit_takes_the_first_problems(tmp_path: Path) -> None:
    rows = [{"question": str(i), "answer": "1"} for i in range(5)]
    assert [p.question for p in loaded(written(tmp_path, *rows), limit=2)] == ["0", "1"]


def test_the_stated_count_is_that_before_the_limit(tmp_path: Path) -> None:
    path = written(tmp_path, *({"question": str(i), "answer": "1"} for i in range(5)))
    assert len(loaded(path, count=5, limit=2)) == 2
    with pytest.raises(ValueError, match=r"mine has 6 problems and .*problems\.jsonl holds 5"):
        loaded(path, count=6)


def test_since_and_until_include_both_days_and_keep_positions(tmp_path: Path) -> None:
    days = ["2024-07-31", "2024-08-01", "2024-12-24T00:00:00", "2025-01-31", "2025-02-01"]
    rows = [{"question": day, "answer": "1", "contest_date": day} for day in days]
    path = written(tmp_path, *rows)
    problems = loaded(path, since="2024-08-01", until="2025-01-31", count=3)
    assert [(p.problem_id, p.position, p.question) for p in problems] == [
        (str(i), i, days[i]) for i in (1, 2, 3)
    ]
    assert len(loaded(path, until="2024-08-01")) == 2


def test_a_window_needs_dates(tmp_path: Path) -> None:
    path = written(tmp_path, {"question": "?", "answer": "1"})
    with pytest.raises(ValueError, match="line 1: the problem has no contest_date"):
        loaded(path, since="2024-08-01")
    with pytest.raises(ValueError, match='since = "August" of benchmark "mine" is no date'):
        loaded(path, since="August")


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"answer": "1"}, ["line 2", "question"]),
        ({"question": "?"}, ["line 2", "reference"]),
        ({"id": "a", "question": "?", "answer": "1"}, ["line 2", '"a"', "line 1"]),
        ("{'question'}\n", ["line 2", "not JSON"]),
        ("[1, 2]\n", ["line 2", "JSON object"]),
        ({"question": "?", "answer": "1", "images": [1]}, ["line 2", "images"]),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, row: object, named: list[str]) -> None:
    good = {"id": "a", "question": "?", "answer": "1"}
    path = written(tmp_path, good, row)
    with pytest.raises(ValueError, match=r"problems\.jsonl") as mistake:
        loaded(path)
    for words in named:
        assert words in str(mistake.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", b"\n", "holds no problems"),
        ("a.jsonl", b'{"question": "\xff"}\n', "line 1 is not JSON"),
        ("a.jsonl.gz", b"{}", "cannot be read: Not a gzipped file"),
        (
            "a.jsonl.gz",
            gzip.compress(b"{}" * 99, mtime=0)[:-9],
            "cannot be read: Compressed file ended",
        ),
        ("a.json", b'{"question": "?"}', "must hold a JSON list"),
        ("a.json", b'[{"question": "?", "answer": "1"}, 2]', "entry 2 must be a JSON object"),
        ("a.csv", b"question,answer\n1+1?,2,3\n", "line 2 has more cells"),
        ("a.csv", b"question,answer\n,2\n", "line 2: the problem has no question"),
        ("a.parquet", b"PAR1 and no more", "is not Parquet"),
        ("a.txt", b"?", r"ends in \.jsonl, \.json, \.csv, .*\.parquet"),
        ("gone.jsonl", None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=said) as mistake:
        loaded(tmp_path / name)
    assert name in str(mistake.value)


def test_a_row_of_a_parquet_file_is_named(tmp_path: Path) -> None:
    answers = ["1"] * 20 + [None]
    pl.DataFrame({"question": ["?"] * 21, "answer": answers}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"a\.parquet, row 21: the problem has no reference"):
        loaded(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("content", "kind"), [(PNG, "png"), (JPEG, "jpeg"), (GIF, "gif"), (WEBP, "webp")]
)
def test_an_image_beside_the_file_becomes_a_data_uri(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    # The name does not tell the type.
    (tmp_path / "image.dat").write_bytes(content)
    path = written(tmp_path, {"question": "?", "answer": "1", "images": "image.dat"})
    (problem,) = loaded(path)
    (image,) = problem.images
    assert image.startswith(f"data:image/{kind};base64,")
    assert base64.b64decode(image.partition(",")[2]) == content


def test_images_may_be_bytes_mappings_and_data_uris(tmp_path: Path) -> None:
    uri = f"data:image/jpeg;base64,{base64.b64encode(PNG).decode()}"
    told = uri.replace("jpeg", "png")
    rows = {
        "question": ["?", "?"],
        "answer": ["1", "2"],
        "image": [{"bytes": PNG, "path": None}, {"bytes": GIF, "path": "gone.gif"}],
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "struct.parquet")
    rows["image"] = [PNG, PNG]
    pl.DataFrame(rows).write_parquet(tmp_path / "binary.parquet")
    first, second = loaded(tmp_path / "struct.parquet")
    assert first.images == [told]
    assert second.images[0].startswith("data:image/gif;")
    assert loaded(tmp_path / "binary.parquet")[1].images == [told]
    path = written(tmp_path, {"question": "?", "answer": "1", "images": [uri, uri]})
    assert loaded(path)[0].images == [told, told]


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("gone.png", "gone.png cannot be read"),
        ("problems.jsonl", "problems.jsonl is no PNG, JPEG, WebP or GIF"),
        ("data:image/png;base64,AAAA", "is no PNG"),
        ("data:image/png;base64,A", "cannot be decoded"),
        ("https://example.org/a.png", "is on the web"),
        ({"path": None}, "images must be"),
    ],
)
def test_an_image_that_is_none_is_named(tmp_path: Path, image: object, said: str) -> None:
    path = written(tmp_path, {"question": "?", "answer": "1", "images": image})
    with pytest.raises(ValueError, match=rf"problems\.jsonl, line 1: .*{said}"):
        loaded(path)
