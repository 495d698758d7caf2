"""Texts that others wrote: found problems, numbers of samples, and what is left out and named."""

import json

import pytest

from store.build import publish
from store.importers import detect, import_files
from store.location import connect
from store.runs import read_run
from store.shards import read_shards

WHO = {"model": "o1", "benchmark": "math"}


@pytest.fixture
def folder(study):
    """A study with a run of the benchmark "math": its problems p0, p1 and p2."""
    study.complete_run()
    return study.path


def jsonl(path, *lines):
    path.write_text(
        "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    )
    return path


def samples(folder, imported):
    stored = read_shards(folder / "shards" / imported.runs[0], "samples")
    return stored.select("problem_id", "sample", "completion").sort("problem_id", "sample").rows()


def test_texts_become_a_reference_run_with_the_questions_of_the_study(folder, tmp_path):
    path = jsonl(
        tmp_path / "o1.jsonl",
        {"problem_id": "p2", "completion": "two"},
        {"problem_id": "p0", "completions": ["zero", "nil"]},
        {"problem_id": "p2", "completion": "zwei"},
    )
    imported = import_files([path], folder, "texts", **WHO)
    assert samples(folder, imported) == [
        ("p0", 0, "zero"), ("p0", 1, "nil"), ("p2", 0, "two"), ("p2", 1, "zwei"),
    ]  # fmt: skip
    assert str(imported).endswith(f"\nImported 4 samples of 2 problems into {imported.runs[0]}.")
    run = read_run(folder / "shards" / imported.runs[0])
    assert (run.model.name, run.model.role, run.source) == ("o1", "reference", "texts: o1.jsonl")
    report = publish(folder)
    assert report.set_aside.is_empty()
    query = "SELECT question, prompt FROM prompts JOIN runs USING (run) JOIN problems USING \
        (benchmark, problem_id) WHERE model = 'o1' ORDER BY position"
    with connect(report.path) as connection:
        assert connection.execute(query).fetchall() == [
            ("What is 0?", None), ("What is 2?", None),
        ]  # fmt: skip


def test_the_same_file_twice_changes_nothing_and_a_longer_one_adds_what_is_new(folder, tmp_path):
    path = jsonl(tmp_path / "a.jsonl", {"problem_id": "p0", "completions": ["one", "one"]})
    first = import_files([path], folder, **WHO)
    before = sorted(file.name for file in folder.rglob("*"))
    second = import_files([path], folder, **WHO)
    assert second.samples == 0 and second.written == ()
    assert dict(second.left_out) == {"texts that the run has already": 2}
    assert sorted(file.name for file in folder.rglob("*")) == before
    lines = [{"problem_id": "p0", "completions": ["new", "one", "one", "one"]}]
    lines += [{"problem_id": "p1", "completion": "one"}]
    third = import_files([jsonl(tmp_path / "b.jsonl", *lines)], folder, **WHO)
    assert third.samples == 3 and third.runs == first.runs
    assert samples(folder, third) == [
        ("p0", 0, "one"), ("p0", 1, "one"), ("p0", 2, "new"), ("p0", 3, "one"), ("p1", 0, "one"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"id": "p1", "text": "x"}, "p1"),
        ({"unique_id": "p1", "solution": "x", "problem": "What  is 1?"}, "p1"),
        ({"idx": 2, "response": "x"}, "p2"),
        ({"idx": "p2", "response": "x"}, "p2"),
        ({"position": 0, "responses": ["x"]}, "p0"),
        # The first of the names that the line has.
        ({"problem_id": "p0", "idx": 2, "completion": "x", "solution": "y"}, "p0"),
    ],
)
def test_other_names_for_problem_and_text_are_understood(folder, tmp_path, line, problem):
    imported = import_files([jsonl(tmp_path / "a.jsonl", line)], folder, **WHO)
    assert samples(folder, imported) == [(problem, 0, "x")]


def test_lines_that_cannot_be_right_are_left_out_with_number_field_and_reason(folder, tmp_path):
    path = jsonl(
        tmp_path / "a.jsonl",
        {"problem_id": "p0", "completion": "good"},
        {"problem_id": "p0", "completion": 5},
        "\n",
        {"problem_id": "p0"},
        "{broken\n",
        "[1]\n",
        {"completion": "whose?"},
        {"problem_id": "p0", "completions": ["a", None]},
        {"problem_id": "p0", "completions": []},
        {"problem_id": True, "completion": "x"},
        {"problem_id": "p1", "question": "What is 2?", "completion": "x"},
    )
    imported = import_files([path], folder, "texts", **WHO)
    assert samples(folder, imported) == [("p0", 0, "good")]
    ((reason, count),) = imported.left_out.items()
    assert count == 9
    assert reason.startswith(
        "lines that cannot be right: a.jsonl line 2, completion is 5, and must be a text; "
        "a.jsonl line 4, completion is missing, and must be a text; a.jsonl line 5 is not JSON: "
    )
    assert "a.jsonl line 6 is not a JSON object; a.jsonl line 7, problem_id is None" in reason
    assert reason.endswith("; and 4 more")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            {"problem_id": "p0", "completions": ["a", None]},
            "completions is null, and must be a text",
        ),
        ({"problem_id": "p0", "completions": []}, "completions is empty"),
        ({"problem_id": "p0", "text": {"a": 1}}, 'text is {"a": 1}, and must be a text'),
        ({"problem_id": True, "completion": "x"}, "problem_id is True, and must name a problem"),
        ({"idx": 1.5, "completion": "x"}, "idx is 1.5, and must name a problem"),
        (
            {"problem_id": "p1", "question": "What is 2?", "completion": "x"},
            "question is not that of problem p1 in the study: 'What is 2?'…",
        ),
    ],
)
def test_each_way_in_which_a_line_can_be_wrong_is_told_by_its_field(folder, tmp_path, line, said):
    path = jsonl(tmp_path / "a.jsonl", {"problem_id": "p0", "completion": "good"}, line)
    imported = import_files([path], folder, "texts", **WHO)
    assert dict(imported.left_out) == {f"lines that cannot be right: a.jsonl line 2, {said}": 1}
    assert samples(folder, imported) == [("p0", 0, "good")]


def test_problems_that_the_study_does_not_have_are_left_out_and_named(folder, tmp_path):
    lines = [{"problem_id": f"p{i}", "completion": "x"} for i in range(9)]
    lines += [{"position": 7, "completion": "x"}]
    imported = import_files([jsonl(tmp_path / "a.jsonl", *lines)], folder, **WHO)
    assert imported.samples == 3
    assert dict(imported.left_out) == {
        "lines with a problem that the study does not have: a.jsonl line 4, problem_id p3; "
        "a.jsonl line 5, problem_id p4; a.jsonl line 6, problem_id p5; "
        "a.jsonl line 7, problem_id p6; a.jsonl line 8, problem_id p7; and 2 more": 7
    }


def test_a_benchmark_that_the_study_does_not_have_is_named_with_the_known_ones(folder, tmp_path):
    path = jsonl(tmp_path / "a.jsonl", {"problem_id": "p0", "completion": "x"})
    with pytest.raises(ValueError, match=r"no problems of the benchmark aime.*Benchmarks: math"):
        import_files([path], folder, model="o1", benchmark="aime")
    with pytest.raises(ValueError, match="give --model and --benchmark"):
        import_files([path], folder)
    other = jsonl(tmp_path / "b.jsonl", {"problem_id": "zz", "completion": "x"})
    with pytest.raises(ValueError, match=r"no text that can be imported: 1 lines with a problem"):
        import_files([other], folder, **WHO)
    assert not list(folder.glob("shards/o1*"))


def test_texts_are_recognised_only_where_a_line_names_a_problem_and_has_a_text(tmp_path):
    clear = jsonl(tmp_path / "a.jsonl", {"problem_id": "p0", "completion": "x"})
    assert detect(clear) == "texts"
    for line in ({"completion": "x"}, {"problem_id": "p0", "answer": "7"}, {"question": "?"}):
        with pytest.raises(
            ValueError, match=r"neither verdicts nor references|none of the formats|no samples"
        ):
            detect(jsonl(tmp_path / "b.jsonl", line))
    harness = {"idx": 0, "code": ["x"], "score": [True], "solution": "y"}
    assert detect(jsonl(tmp_path / "c.jsonl", harness)) == "limit-of-rlvr"
