"""DeepCoder's Parquet with results.json, and the YAML of Large Language Monkeys."""

import json
import time

import polars as pl
import pytest
import yaml

from store.build import publish
from store.importers import import_files, recognise
from store.importers.deepcoder import companion
from store.importers.peek import peek
from store.location import connect

WHO = {"model": "coder", "role": "rl", "benchmark": "math"}


def rows(study, query):
    with connect(publish(study).path) as connection:
        return connection.execute(query).fetchall()


# DeepCoder


def parquet(path, responses=(("a", "b"), ("c", "d")), index=(5, 7), **columns):
    n = len(responses)
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(
        {
            "data_source": ["aime"] * n,
            "prompt": [[{"role": "user", "content": f"Question {i}?"}] for i in range(n)],
            "ability": ["math"] * n,
            "reward_model": [{"style": "rule", "ground_truth": str(i)} for i in range(n)],
            "extra_info": [{"index": i, "split": "test"} for i in index],
            "responses": [list(each) for each in responses],
            **columns,
        }
    ).write_parquet(path)
    return path


def scores(path, *lists):
    path.write_text(json.dumps(list(lists)))
    return path


def test_verdicts_are_joined_by_row_and_position(tmp_path):
    path = parquet(tmp_path / "run" / "aime.parquet")
    scores(path.with_name("results.json"), [1.0, 0.0], [0.0, 0.0])
    path.with_name("pass.csv").write_text(
        "model_path,dataset,pass@1,pass@2\norg/coder-14b,aime.parquet,0.5,0.5\n"
    )
    assert recognise(path).format == "deepcoder"
    imported = import_files([path], tmp_path, role="rl")
    assert imported.notes == {"correct": 1, "incorrect": 3}
    query = """
        SELECT problem_id, sample, completion, outcome, question, reference
        FROM samples JOIN verdicts USING (problem_id, sample) JOIN problems USING (problem_id)
        ORDER BY position, sample
    """
    assert rows(tmp_path, query) == [
        ("5", 0, "a", "correct", "Question 0?", "0"),
        ("5", 1, "b", "incorrect", "Question 0?", "0"),
        ("7", 0, "c", "incorrect", "Question 1?", "1"),
        ("7", 1, "d", "incorrect", "Question 1?", "1"),
    ]
    assert rows(tmp_path, "SELECT model, benchmark, verifier FROM runs") == [
        ("org/coder-14b", "aime", "deepcoder"),
    ]  # fmt: skip
    assert import_files([path], tmp_path, role="rl").samples == 0


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ([[1.0, 0.0]], "has scores of 1 problems, and .*aime.parquet has 2 rows"),
        ([[1.0, 0.0], [1.0]], "has 1 scores for problem 2, and .* has 2 responses"),
        ([[1.0, 0.0], 1.0], "has scores of 2 problems"),
    ],
)
def test_scores_of_other_lengths_are_refused(tmp_path, lists, said):
    path = parquet(tmp_path / "run" / "aime.parquet")
    scores(path.with_name("results.json"), *lists)
    with pytest.raises(ValueError, match=said) as error:
        import_files([path], tmp_path, **WHO)
    assert "they are not of the same run. Name the right file" in str(error.value)
    assert not (tmp_path / "shards").exists()


def test_one_results_file_of_several_datasets_must_be_named(tmp_path):
    path, other = (parquet(tmp_path / "run" / f"{name}.parquet") for name in ("aime", "math"))
    scores(path.with_name("results.json"), [1.0, 0.0], [0.0, 1.0])
    with pytest.raises(ValueError, match=r"has 2 Parquet files and one results\.json"):
        import_files([path], tmp_path, **WHO)
    named = import_files([path], tmp_path, **WHO, fields={"results": "results.json"})
    without = import_files([other], tmp_path / "b", **WHO, fields={"results": "none"})
    assert named.notes == {"correct": 2, "incorrect": 2}
    assert without.notes == {"not judged": 4} and without.unjudged
    with pytest.raises(ValueError, match=r"other\.json is not a file: --field results=NAME"):
        import_files([path], tmp_path, **WHO, fields={"results": "other.json"})
    assert companion(peek(path.with_name("results.json")))


def test_rows_with_an_index_twice_are_known_by_their_place(tmp_path):
    path = parquet(tmp_path / "aime.parquet", index=(3, 3))
    import_files([path], tmp_path / "study", **WHO)
    query = "SELECT problem_id, reference FROM problems ORDER BY position"
    assert rows(tmp_path / "study", query) == [("0", "0"), ("1", "1")]


def test_other_scores_and_long_references_are_counted(tmp_path):
    path = parquet(
        tmp_path / "run" / "code.parquet",
        reward_model=[{"style": "rule", "ground_truth": text} for text in ("7", "x" * 6000)],
    )
    scores(path.with_name("results.json"), [1.0, 0.5], [None, 0])
    imported = import_files([path], tmp_path, **WHO)
    assert imported.notes == {
        "correct": 1, "incorrect": 1, "not judged": 2,
        "scores that are neither 1 nor 0, so no verdicts": 2,
        "references that are longer than 5000 characters, as tests are, and not kept": 1,
    }  # fmt: skip
    query = "SELECT reference FROM problems ORDER BY position"
    assert rows(tmp_path, query) == [("7",), (None,)]


def test_a_row_without_responses_is_bad_and_the_others_come_in(tmp_path):
    path = parquet(tmp_path / "a.parquet", responses=(("a",), ("b",)))
    frame = pl.read_parquet(path).with_columns(
        responses=pl.Series([["a"], None], dtype=pl.List(pl.String))
    )
    frame.write_parquet(path)
    imported = import_files([path], tmp_path / "study", **WHO)
    (bad,) = imported.bad_named
    assert imported.samples == 1
    assert (bad.where, bad.field, bad.reason) == ("row 2", "responses", "is null")


# Large Language Monkeys


def problem(samples=("It is #### 4", "5"), correct=(True, False), **fields):
    return {
        "prompt": "Q: 2+2?\nA:", "question": "2+2?", "samples": list(samples),
        "gt_answer": "Two and two: 2+2 = 4\n#### 4", "is_corrects": list(correct), **fields,
    }  # fmt: skip


def yaml_file(path, fields):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump(fields, sort_keys=True))
    return path


def test_a_folder_of_problems_is_one_run(tmp_path):
    folder = tmp_path / "evaluated"
    yaml_file(folder / "7.yaml", problem())
    yaml_file(folder / "12.yaml", problem(("a",), (False,), gt_answer=r"So \boxed{\frac{1}{2}}."))
    imported = import_files([folder], tmp_path / "study", **WHO)
    assert (imported.problems, imported.samples, len(imported.runs)) == (2, 3, 1)
    query = """
        SELECT problem_id, position, reference, n, c, verifier
        FROM problems JOIN counts USING (problem_id) ORDER BY position
    """
    assert rows(tmp_path / "study", query) == [
        ("7", 7, "4", 2, 1, "large-language-monkeys"),
        ("12", 12, r"\frac{1}{2}", 1, 0, "large-language-monkeys"),
    ]
    query = "SELECT metadata->>'solution' FROM problems ORDER BY position"
    assert rows(tmp_path / "study", query)[0] == ("Two and two: 2+2 = 4\n#### 4",)
    assert import_files([folder], tmp_path / "study", **WHO).samples == 0


def test_the_same_samples_before_their_evaluation_add_nothing(tmp_path):
    judged = yaml_file(tmp_path / "evaluated" / "7.yaml", problem())
    before = {k: v for k, v in problem().items() if k != "is_corrects"}
    generated = yaml_file(tmp_path / "samples" / "7.yaml", before)
    again = import_files([judged, generated], tmp_path / "study", **WHO)
    assert again.samples == 2 and sum(again.left_out.values()) == 1
    alone = import_files([generated], tmp_path / "other", **WHO)
    assert alone.notes == {"not judged": 2}


def test_the_key_of_the_readme_code_and_ragged_lists(tmp_path):
    readme = problem(("a", "b", "c"), ())
    readme["is_correct"] = [1, 0]
    del readme["is_corrects"]
    code = problem(
        ("```x```", "no code"), (True, False), solutions=["x", None], timeout=3.0,
        test_cases={"input": ["1"] * 9, "output": ["2"] * 9}, name="p_1",
    )  # fmt: skip
    del code["gt_answer"]
    folder = tmp_path / "evaluated"
    yaml_file(folder / "p_0.yaml", readme)
    yaml_file(folder / "p_1", code)  # the evaluation of CodeContests drops the ending
    imported = import_files([folder], tmp_path / "study", **WHO)
    assert imported.left_out == {"samples or verdicts without each other": 1}
    query = "SELECT problem_id, sample, outcome, answer FROM verdicts ORDER BY ALL"
    assert rows(tmp_path / "study", query) == [
        ("p_0", 0, "correct", None), ("p_0", 1, "incorrect", None),
        ("p_1", 0, "correct", "x"), ("p_1", 1, "no_answer", None),
    ]  # fmt: skip
    query = "SELECT metadata->>'tests' FROM problems WHERE problem_id = 'p_1'"
    assert rows(tmp_path / "study", query) == [("9",)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("question: q\nsamples:\n- 'open\n", "is not YAML: while scanning a quoted scalar"),
        ("question: q\nsamples: text\n", "samples is \"text\", and must be a list"),
        ("question: q\nsamples: [7]\n", "samples is 7, and must be a text"),
        ("question: q\nsamples: [a]\nis_corrects: [maybe]\n", "is_corrects is \"maybe\""),
        ("question: q\nsamples: !!python/object/apply:os.getcwd []\n", "is not YAML"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_right_is_refused_with_a_sentence(tmp_path, content, said):
    path = tmp_path / "1.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"1\.yaml") as error:
        import_files([path], tmp_path / "study", **WHO)
    assert said in str(error.value)


def test_ten_thousand_samples_take_seconds(tmp_path):
    text = "Let us see: the answer's 'x' \\ \"y\"\nand so on, line by line.\n" * 5
    many = problem([f"{text}{i}" for i in range(10_000)], [i % 3 == 0 for i in range(10_000)])
    path = tmp_path / "0.yaml"
    path.write_text(yaml.dump(many, Dumper=yaml.CSafeDumper))
    started = time.monotonic()
    imported = import_files([path], tmp_path / "study", **WHO)
    assert time.monotonic() - started < 30
    assert imported.notes["correct"] == 3334
