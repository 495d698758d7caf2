"""What the store tells of samples that a judge model is to read."""

import hashlib

import polars as pl
import pytest

from store.build import publish
from store.location import connect
from store.queries.judged import sizes, texts

TEXTS = {0: "First: 1 + 1 = 2.\n你好 😀", 1: " \n\t", 2: "", 3: None}


def places(*samples, problem="p0", run):
    rows = [(run, problem, sample) for sample in samples]
    schema = {"run": pl.String, "problem_id": pl.String, "sample": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.fixture
def written(study):
    folder = study.run()
    study.problems(folder, 1, images=["data:image/png;base64,AA", "data:image/png;base64,BB"])
    study.shard(
        folder,
        "samples",
        [{"problem_id": "p0", "sample": i, "completion": text} for i, text in TEXTS.items()],
    )
    unknown = study.run("other", "rl")
    study.shard(
        unknown,
        "samples",
        [{"problem_id": "q", "sample": 0, "completion": "no question"}],
    )
    with connect(publish(study.path).path) as connection:
        yield connection.cursor(), folder.name, unknown.name


def test_the_order_asked_for_is_kept_and_the_hash_is_that_of_the_text(written):
    cursor, run, _ = written
    found = sizes(cursor, places(2, 0, 3, 1, run=run))
    assert found["sample"].to_list() == [2, 0, 3, 1]
    text = TEXTS[0].encode()
    assert found["content_hash"][1] == hashlib.sha256(text).hexdigest()
    assert found["content_hash"][2] is None
    assert found["empty"].to_list() == [True, False, True, True]
    # Characters of "What is 0?", "0" and the text.
    assert found["characters"].to_list() == [11, 11 + len(TEXTS[0]), 11, 11 + 3]
    assert found["asked"].all()


def test_samples_that_are_not_there_have_no_row_and_one_without_a_question_says_so(written):
    cursor, run, unknown = written
    assert sizes(cursor, places(7, run=run)).is_empty()
    assert sizes(cursor, places(0, run="nobody")).is_empty()
    (row,) = sizes(cursor, places(0, problem="q", run=unknown)).iter_rows(named=True)
    assert (row["asked"], row["empty"]) == (False, False)
    assert row["characters"] == len("no question")


def test_texts_come_with_what_they_are_about_in_the_order_asked_for(written):
    cursor, run, _ = written
    first, second = texts(cursor, places(1, 0, run=run)).iter_rows(named=True)
    assert (first["completion"], second["completion"]) == (TEXTS[1], TEXTS[0])
    assert (second["question"], second["reference"]) == ("What is 0?", "0")
    assert second["images"] == ["data:image/png;base64,AA", "data:image/png;base64,BB"]
