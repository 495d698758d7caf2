"""Logs of other harnesses: what is taken over, what is refused, what is counted."""

import json
from itertools import pairwise
from math import comb
from pathlib import Path

import pytest

from store.build import publish
from store.importers import detect, import_files
from store.location import connect

DATA = Path(__file__).parents[3] / "shared" / "data"
WHO = {"model": "qwen", "role": "rl", "benchmark": "math"}


def rows(path, query):
    with connect(path) as connection:
        return connection.execute(query).fetchall()


def jsonl(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def problem(idx=0, scores=(True, False), **fields):
    n = len(scores)
    codes = [f"answer {idx} {i}" for i in range(n)]
    pred = [str(i) for i in range(n)]
    return {
        "idx": idx, "question": f"q{idx}", "gt": "7", "code": codes, "pred": pred,
        "score": list(scores), **fields,
    }  # fmt: skip


def csv(path, *lines):
    path.write_text("\n".join(["problem_id,n,c", *lines]) + "\n")
    return path


# counts


def test_counts_keep_their_ids_as_text_and_their_order(tmp_path):
    path = csv(tmp_path / "counts.csv", "007,4,2", "x/y z,10,0", "7,4,4")
    import_files([path], tmp_path, **WHO)
    report = publish(tmp_path)
    query = """
        SELECT problem_id, n, c, verifier, position, question
        FROM counts JOIN problems USING (problem_id) ORDER BY position
    """
    assert rows(report.path, query) == [
        ("007", 4, 2, "imported", 0, None),
        ("x/y z", 10, 0, "imported", 1, None),
        ("7", 4, 4, "imported", 2, None),
    ]
    assert report.set_aside.is_empty()


def test_the_same_counts_again_change_nothing_and_others_are_refused(tmp_path):
    path = csv(tmp_path / "counts.csv", "a,4,2")
    first = import_files([path], tmp_path, **WHO)
    second = import_files([path], tmp_path, **WHO)
    assert (first.problems, second.problems) == (1, 0)
    assert second.written == ()
    csv(path, "a,8,3")
    with pytest.raises(ValueError, match=r"was imported on .* with other content"):
        import_files([path], tmp_path, **WHO)
    other = csv(tmp_path / "other.csv", "a,8,3")
    with pytest.raises(ValueError, match=r"problem_id a has counts already, n = 4 and c = 2"):
        import_files([other], tmp_path, **WHO)
    import_files([path], tmp_path, again="replace", **WHO)
    assert rows(publish(tmp_path).path, "SELECT n, c FROM counts") == [(8, 3)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("b,4,5", "c is 5, and must be between 0 and n, which is 4"),
        ("b,4,-1", "c is -1"),
        ("b,0,0", "n is 0"),
        ("b,-2,0", "n is -2"),
        ("b,,0", 'n is "", and must be a whole number'),
        ("b,4", "row has 2 cells, and the header 3"),
        ("b,4.5,1", 'n is "4.5", and must be a whole number'),
        ("b,four,1", 'n is "four"'),
        (f"b,{10**16},1", "n is 10000000000000000, and must be less than 2^53"),
        (",4,1", 'problem_id is "", and must name a problem'),
        ("a,4,1", "problem_id a has counts already, n = 4 and c = 2"),
    ],
)
def test_a_bad_count_is_left_out_and_its_line_and_value_are_told(tmp_path, line, said):
    path = csv(tmp_path / "counts.csv", "a,4,2", line, "z,9,9")
    imported = import_files([path], tmp_path, **WHO)
    assert (imported.problems, imported.bad) == (2, 1)
    assert f"  line 3: {said}" in str(imported)
    assert rows(publish(tmp_path).path, "SELECT problem_id FROM counts ORDER BY 1") == [
        ("a",), ("z",),
    ]  # fmt: skip


def test_two_counts_files_with_other_problems_are_one_run(tmp_path):
    paths = [csv(tmp_path / f"{name}.csv", f"{name},4,2") for name in ("one", "two")]
    assert len(import_files(paths, tmp_path, **WHO).runs) == 1
    assert rows(publish(tmp_path).path, "SELECT sum(n) FROM counts") == [(8,)]


def test_counts_beside_a_described_benchmark_take_its_questions_in_either_order(study):
    folder = study.complete_run("b-model")
    path = csv(study.path / "counts.csv", "p1,4,2", "p0,4,1")
    import_files([path], study.path, model="a-model", role="rl", benchmark="math")
    report = publish(study.path)
    query = "SELECT problem_id, position, question IS NULL FROM problems ORDER BY position"
    expected = [("p0", 0, False), ("p1", 1, False), ("p2", 2, False)]
    assert rows(report.path, query) == expected
    assert report.set_aside.is_empty() and folder.exists()


# limit-of-RLVR


def test_qwen_math_file_gives_the_known_pass_at_k(tmp_path):
    path = DATA / "samples" / "qwen-math" / "math_cot_100.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    imported = import_files([path], tmp_path, **WHO)
    assert (imported.problems, imported.samples) == (100, 800)
    assert imported.notes == {"correct": 728, "incorrect": 72}
    report = publish(tmp_path)
    assert report.set_aside.is_empty()
    counts = rows(report.path, "SELECT n, c FROM counts")
    assert sum(c for _, c in counts) == 728 and {n for n, _ in counts} == {8}
    for k, expected in ((1, 0.91), (2, 0.932857), (4, 0.951), (8, 0.96)):
        estimate = sum(1 - comb(n - c, k) / comb(n, k) for n, c in counts) / len(counts)
        assert estimate == pytest.approx(expected, abs=5e-7)


def test_seeds_are_pooled_and_the_same_seed_again_adds_nothing(tmp_path):
    names = [f"test_qwen-boxed_-1_seed{seed}_t0.6_s0_e-1.jsonl" for seed in (0, 1)]
    first, second = (
        jsonl(tmp_path / name, problem(0, level=name), problem(1, [1])) for name in names
    )
    assert import_files([first], tmp_path, **WHO).samples == 3
    again = import_files([first], tmp_path, **WHO)
    assert (again.samples, again.written) == (0, ())
    assert again.left_out == {
        "samples of test_qwen-boxed_-1_seed0_t0.6_s0_e-1.jsonl, which was imported before": 3
    }
    further = import_files([first, second], tmp_path, **WHO)
    assert further.samples == 3 and len(further.runs) == 1
    report = publish(tmp_path)
    query = "SELECT problem_id, sample FROM samples ORDER BY ALL"
    assert rows(report.path, query) == [("0", 0), ("0", 1), ("0", 2), ("0", 3), ("1", 0), ("1", 1)]
    assert rows(report.path, "SELECT n, c, unverified FROM counts ORDER BY ALL") == [
        (2, 2, 0), (4, 2, 0),
    ]  # fmt: skip
    assert report.set_aside.is_empty()


def test_a_problem_that_a_resumed_file_repeats_is_taken_once_and_counted(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", problem(0), problem(1), problem(0, [True] * 3))
    imported = import_files([path], tmp_path, **WHO)
    assert imported.samples == 4
    assert imported.left_out == {"records with a problem that the file has already": 1}


def test_ragged_rows_lose_what_has_no_counterpart_and_it_is_counted(tmp_path):
    ragged = problem(0, [True, False, False], code=["one", "two"])
    path = jsonl(tmp_path / "a.jsonl", ragged, problem(1, [True], code=["one", "two"]))
    imported = import_files([path], tmp_path, **WHO)
    assert imported.samples == 3
    assert imported.left_out == {"completions or scores without the other, of ragged rows": 2}
    assert "Left out: 2 completions or scores" in str(imported)


@pytest.mark.parametrize(
    ("pred", "score", "expected"),
    [
        (None, False, "no_answer"),
        ("", 0, "no_answer"),
        (" ", 0.0, "no_answer"),
        ("3", False, "incorrect"),
        (None, True, "correct"),
        ("", 1.0, "correct"),
        ("3", 1, "correct"),
        (0, 0, "incorrect"),
    ],
)
def test_a_wrong_sample_without_answer_is_no_answer(tmp_path, pred, score, expected):
    path = jsonl(tmp_path / "a.jsonl", problem(0, [score], pred=[pred], finish_reason=["length"]))
    assert import_files([path], tmp_path, **WHO).notes == {expected: 1, "truncated": 1}


def test_files_without_pred_are_incorrect_and_not_without_answer(tmp_path):
    line = problem(0, [False, True])
    del line["pred"]
    path = jsonl(tmp_path / "a.jsonl", line)
    assert import_files([path], tmp_path, **WHO).notes == {"correct": 1, "incorrect": 1}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{half", "json is not JSON"),
        ("[1]", "json is not an object"),
        (json.dumps(problem(None)), "idx is null"),
        (json.dumps(problem(0, [0.5])), "score is 0.5"),
        (json.dumps(problem(0, ["yes"])), 'score is "yes"'),
        (json.dumps(problem(0, code="text")), 'code is "text", and must be a list'),
        (json.dumps(problem(0, code=[1, 2])), "code has 1, which is no text"),
    ],
)
def test_a_line_that_cannot_be_right_is_left_out_and_told(tmp_path, line, said):
    path = jsonl(tmp_path / "a.jsonl", problem(7))
    path.write_text(path.read_text() + line + "\n" + json.dumps(problem(8)) + "\n")
    imported = import_files([path], tmp_path, **WHO)
    assert (imported.samples, imported.bad) == (4, 1)
    assert f"line 2: {said}" in str(imported)


def test_broken_unicode_and_null_characters_survive_up_to_the_store(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", problem(0, [True, True], code=["a\ud800b", "a\x00b"]))
    import_files([path], tmp_path, **WHO)
    completions = rows(publish(tmp_path).path, "SELECT completion FROM samples ORDER BY sample")
    assert completions == [("a\ufffdb",), ("a\x00b",)]


def harness_path(root, step, seed=3):
    folder = f"EVAL/checkpoints/Qwen2.5-7B_aime24_temp0.6_n8_seed{seed}/eval_results"
    name = f"test_qwen-boxed_-1_seed{seed}_t0.6_s0_e-1.jsonl"
    return root / folder / f"global_step_{step}" / "aime24" / name


def test_the_path_tells_model_benchmark_template_temperature_and_step(tmp_path):
    path = jsonl(harness_path(tmp_path, 100), problem(0))
    import_files([path], tmp_path, role="rl", parent="Qwen2.5-7B")
    query = """
        SELECT model, step, parent, benchmark, prompt_template, temperature, source
        FROM runs JOIN models USING (model)
    """
    assert rows(publish(tmp_path).path, query) == [
        ("Qwen2.5-7B-step100", 100, "Qwen2.5-7B", "aime24", "qwen-boxed", 0.6,
            f"limit-of-rlvr: {path.name}"),
    ]  # fmt: skip


def test_arguments_go_before_the_path(tmp_path):
    path = jsonl(harness_path(tmp_path, 0), problem(0))
    imported = import_files([path], tmp_path, role="base", model="mine", temperature=1.0)
    assert imported.runs[0].startswith("mine--aime24--qwen-boxed--t1--")


def test_checkpoints_of_different_steps_are_not_pooled_under_one_name(tmp_path):
    paths = [jsonl(harness_path(tmp_path, step), problem(0)) for step in (50, 100)]
    with pytest.raises(ValueError, match="different training steps"):
        import_files(paths, tmp_path, role="rl", model="mine")
    import_files(paths[:1], tmp_path, role="rl", model="mine")
    with pytest.raises(ValueError, match="with step 50, not 100"):
        import_files(paths[1:], tmp_path, role="rl", model="mine")
    two = import_files(paths, tmp_path, role="rl")
    assert len(two.runs) == 2 and all(a != b for a, b in pairwise(two.runs))


# which format, and what is missing


def test_formats_are_recognised_by_content(tmp_path):
    assert detect(csv(tmp_path / "any.txt", "a,1,1")) == "counts"
    assert detect(jsonl(tmp_path / "any.json", problem(0), problem(1))) == "limit-of-rlvr"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"{}", b"problem_id,n\n", b"\x00" * 99])
def test_an_unknown_format_is_refused_and_the_known_ones_named(tmp_path, content):
    path = tmp_path / "odd"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"odd has none of the formats .*counts.*limit-of-rlvr"):
        import_files([path], tmp_path, **WHO)


def test_a_missing_file_and_an_unknown_format_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match="nothing is not a file"):
        import_files([tmp_path / "nothing"], tmp_path, **WHO)
    for name in ("counts", "limit-of-rlvr"):
        with pytest.raises(ValueError, match="nothing is not a file"):
            import_files([tmp_path / "nothing"], tmp_path, name, **WHO)
    with pytest.raises(ValueError, match="There is no format xml"):
        import_files([], tmp_path, "xml", **WHO)


def test_what_the_files_do_not_tell_is_asked_for_by_option(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", problem(0))
    with pytest.raises(ValueError, match="give --model and --role and --benchmark"):
        import_files([path], tmp_path)
    with pytest.raises(ValueError, match="The role boss is none of base, rl"):
        import_files([path], tmp_path, **{**WHO, "role": "boss"})
