"""Any table of samples: which shapes come in, by which names, and what is asked."""

import gzip
import json
from math import comb

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from store.build import publish
from store.importers import import_files, recognise
from store.location import connect

WHO = {"model": "m", "role": "rl", "benchmark": "b"}
SAMPLES = [("a", "A1", True), ("a", "A2", False), ("b", "B1", False), ("b", "B2", False)]
COUNTS = [("a", 2, 1), ("b", 2, 0)]


def rows(study, query):
    with connect(publish(study).path) as connection:
        return connection.execute(query).fetchall()


def written(path, content):
    """The content as the file's name asks for: lines of JSON, JSON, CSV, Parquet, or as it is."""
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content)
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(content), path)
    elif ".jsonl" in path.name:
        lines = "".join(json.dumps(line) + "\n" for line in content).encode()
        path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    else:
        path.write_text(json.dumps(content, indent=1))
    return path


def imported(folder, name, content, fields=None, who=WHO, **more):
    """What the import says, and the study."""
    path = written(folder / name, content)
    said = import_files([path], folder / "study", fields=fields or {}, **{**who, **more})
    return said, folder / "study"


def counts(study, run="*"):
    """n and c by problem, of the shards themselves."""
    frames = [
        pl.read_parquet(p, glob=False) for p in study.glob(f"shards/{run}/verdicts-*.parquet")
    ]
    if frames:
        right = (pl.col("outcome") == "correct").sum()
        found = pl.concat(frames).group_by("problem_id").agg(n=pl.len(), c=right)
    else:
        found = pl.read_parquet(next(study.glob(f"shards/{run}/counts-*.parquet")), glob=False)
    return sorted(found.select("problem_id", "n", "c").rows())


ROWS = [{"problem_name": p, "generated_text": t, "passed": c} for p, t, c in SAMPLES]
LISTS = [
    {"qid": "a", "responses": ["A1", "A2"], "accs": [True, False]},
    {"qid": "b", "responses": ["B1", "B2"], "accs": [False, False]},
]
OBJECTS = [
    {"idx": "a", "outputs": [{"text": "A1", "is_correct": 1}, {"text": "A2", "is_correct": 0}]},
    {"idx": "b", "outputs": [{"text": "B1", "is_correct": 0}, {"text": "B2", "is_correct": 0}]},
]
CSV = "question_id,generation,correct\na,A1,pass\na,A2,fail\nb,B1,fail\nb,B2,Fail\n"
SHAPES = {
    "rows.jsonl": ROWS,
    "rows.jsonl.gz": ROWS,
    "rows.json": ROWS,
    "rows.parquet": ROWS,
    "rows.csv": CSV,
    "rows.tsv": CSV.replace(",", "\t"),
    "windows.csv": CSV.replace("\n", "\r\n").encode("utf-8-sig"),
    "lists.jsonl": LISTS,
    "lists.json": LISTS,
    "lists.parquet": LISTS,
    "lists.csv": 'id,responses,correct\na,"[""A1"", ""A2""]","[true, false]"\n'
    "b,\"['B1', 'B2']\",\"[False, False]\"\n",
    "objects.jsonl": OBJECTS,
    "objects.parquet": OBJECTS,
    "infos.jsonl": [
        {"idx": "a", "ys": ["A1", "A2"], "infos": [{"r": 1}, {"r": 0}]},
        {"idx": "b", "ys": ["B1", "B2"], "infos": [{"r": 0}, {"r": 0.0}]},
    ],
    "columns.json": {
        "problem_id": ["a", "a", "b", "b"],
        "output": ["A1", "A2", "B1", "B2"],
        "score": [1, 0, 0, 0],
    },
    "pandas.json": {
        "problem_id": {"0": "a", "1": "a", "2": "b", "3": "b"},
        "score": {"0": 1.0, "1": 0.0, "2": 0.0, "3": 0.0},
        "output": {"0": "A1", "1": "A2", "2": "B1", "3": "B2"},
    },
    "columns-by-key.json": {
        "generations": {"a": ["A1", "A2"], "b": ["B1", "B2"]},
        "graded": {"b": [False, False], "a": [True, False]},
        "pass_at_1": 25.0,
    },
    "keys.json": {
        "a": [{"solution": "A1", "status": "pass"}, {"solution": "A2", "status": "fail"}],
        "b": [{"solution": "B1", "status": "fail"}, {"solution": "B2", "status": "timeout"}],
    },
    "inner-keys.json": {
        "date": "2026",
        "eval": {
            "a": {"completions": ["A1", "A2"], "correct": ["true", "false"]},
            "b": {"completions": ["B1", "B2"], "correct": ["false", "false"]},
        },
    },
    "inner-list.json": {"model": "x", "config": {"n": 2}, "results": ROWS},
    "split.json": {
        "columns": ["problem_name", "text", "correct"], "data": [list(each) for each in SAMPLES],
    },
    "deep-list.json": {"version": 1, "results": {"stats": {"n": 4}, "results": ROWS}},
    "nested.jsonl": [
        {"doc": {"id": p, "text": "asked"}, "output": {"text": t}, "eval": {"score": int(c)}}
        for p, t, c in SAMPLES
    ],
    "chat.jsonl": [
        {
            "prompt_id": p,
            "prompt": [{"role": "user", "content": f"asked {p}"}],
            "completion": [{"role": "assistant", "content": t}],
            "reward": float(c),
        }
        for p, t, c in SAMPLES
    ],
    "conversations.jsonl": [
        {
            "problem_idx": p,
            "all_messages": [
                {"role": "user", "content": "asked"}, {"role": "assistant", "content": t},
            ],
            "correct": c,
        }
        for p, t, c in SAMPLES
    ],
    "messages.jsonl": [
        {"id": "a", "generations": [{"message": {"role": "assistant", "content": t}} for t in "xy"],
         "passed": [True, False]},
        {"id": "b", "generations": [{"message": {"role": "assistant", "content": t}} for t in "xy"],
         "passed": [False, False]},
    ],
    "one-request.jsonl": [
        {"id": "a", "resps": [["A1", "A2"]], "correct": [[True, False]]},
        {"id": "b", "resps": [["B1", "B2"]], "correct": [[False, False]]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_tables_of_every_shape_come_in_by_themselves(tmp_path, name):
    said, store = imported(tmp_path, name, SHAPES[name])
    assert (said.samples, said.bad) == (4, 0)
    assert next(iter(said.recognised.values())).startswith("table: ")
    assert counts(store) == COUNTS


def test_pass_at_k_of_a_table_is_that_of_its_verdicts(tmp_path):
    correct = [7, 0, 3, 12, 1]
    lines = [
        {"qid": i, "samples": [{"text": f"{i}.{j}", "correct": j < c} for j in range(12)]}
        for i, c in enumerate(correct)
    ]
    _, store = imported(tmp_path, "rollouts.jsonl", lines)
    found = rows(store, "SELECT n, c FROM counts ORDER BY CAST(problem_id AS INT)")
    assert found == [(12, c) for c in correct] == [(n, c) for _, n, c in counts(store)]
    estimate = sum(1 - comb(n - c, 4) / comb(n, 4) for n, c in found) / 5
    assert estimate == pytest.approx((490 / 495 + 0 + 369 / 495 + 1 + 165 / 495) / 5, abs=1e-12)


def test_columns_of_a_json_file_are_found_where_the_first_is_larger_than_a_look(tmp_path):
    texts = {f"s{i}": [f"{i} {j} " + "x" * 500 for j in range(5)] for i in range(1800)}
    graded = {f"s{i}": [j < i % 5 for j in range(5)] for i in reversed(range(1800))}
    path = written(tmp_path / "a.json", {"generations": texts, "meta": {"n": 5}, "correct": graded})
    assert path.stat().st_size > 4.4 * 2**20
    said = import_files([path], tmp_path / "study", **WHO)
    assert said.notes == {"correct": 3600, "incorrect": 5400}  # 0 + 1 + 2 + 3 + 4, 360 times


def test_what_was_recognised_is_said(tmp_path):
    line = {
        "qid": 3, "question": "How many?", "gold": "7", "model_name": "org/m",
        "rollouts": [{"rollout": 0, "text": "seven", "correct": True, "pred_token": "7"}],
    }  # fmt: skip
    found = recognise(written(tmp_path / "a.jsonl", [line]))
    assert found.format == "table"
    assert found.why == (
        "problem_id is `qid`, question is `question`, reference is `gold`, model is `model_name`; "
        "samples are the list `rollouts`, in them completion is `text`, correct is `correct`, "
        "answer is `pred_token`, sample is `rollout`"
    )


def test_everything_that_the_tables_have_a_place_for_is_kept(tmp_path):
    line = {
        "problem_id": "p/1", "sample_idx": 0, "question": "Q?", "expected_answer": 7, "type": "sum",
        "difficulty": "Level 3", "prompt": "User: Q?", "response": "héllo", "correct": True,
        "predicted_answer": "7", "finish_reason": "max_tokens", "token_ids": [1, 2],
        "logprobs": [-0.5, -0.25], "tokens": ["hé", "llo"], "model": "org/m", "dataset": "sums",
        "sampling": {"temperature": 0.6, "top_p": 0.95, "max_new_tokens": 64},
        "prompt_template": "r1", "global_step": 20,
    }  # fmt: skip
    said, store = imported(tmp_path, "a.jsonl", [line], who={"role": "rl"})
    assert said.notes == {"correct": 1, "truncated": 1}
    assert rows(
        store,
        """
        SELECT problem_id, question, reference, subject, level, prompt, completion, finish_reason,
            n_tokens, sum_logprob, samples.token_ids, token_logprobs, token_ends, answer, outcome,
            verifier
        FROM samples JOIN verdicts USING (problem_id, sample) JOIN problems USING (problem_id)
        JOIN prompts USING (problem_id)
        """,
    ) == [
        ("p/1", "Q?", "7", "sum", "Level 3", "User: Q?", "héllo", "length", 2, -0.75, [1, 2],
         [-0.5, -0.25], [2, 5], "7", "correct", "table:correct"),
    ]  # fmt: skip
    assert rows(
        store,
        "SELECT model, step, benchmark, prompt_template, temperature, top_p, max_tokens "
        "FROM runs JOIN models USING (model)",
    ) == [("org/m-step20", 20, "sums", "r1", 0.6, 0.95, 64)]


def test_log_probabilities_in_lists_of_samples_stay_with_their_samples(tmp_path):
    line = {
        "id": "a", "completions": ["x", "yz"], "correct": [0, 1],
        "token_logprobs": [[-1.0], [-0.5, -0.25]], "cumulative_logprob": [-1.0, -0.75],
        "finish_reasons": ["stop", "length"], "output_tokens": [1, 2],
    }  # fmt: skip
    _, store = imported(tmp_path, "a.jsonl", [line])
    query = "SELECT sample, n_tokens, sum_logprob, token_logprobs, finish_reason FROM samples"
    assert rows(store, query + " ORDER BY ALL") == [
        (0, 1, -1.0, [-1.0], "stop"), (1, 2, -0.75, [-0.5, -0.25], "length"),
    ]  # fmt: skip


# names that are given


def test_fields_may_be_named_nested_constant_or_none(tmp_path):
    lines = [
        {"n.o": i, "said": {"by": {"model": f"t{i}"}}, "judge": "C", "correct": False, "acc": True}
        for i in range(2)
    ]
    fields = {
        "problem_id": "n.o", "completion": "said.by.model", "correct": "judge",
        "subject": "=algebra", "finish_reason": "=stop", "verifier": "people", "model": "none",
    }  # fmt: skip
    said, store = imported(tmp_path, "a.jsonl", lines, fields)
    assert said.notes == {"correct": 2}
    query = "SELECT problem_id, subject, completion, finish_reason, verifier FROM problems "
    query += "JOIN samples USING (problem_id) JOIN verdicts USING (problem_id, sample) ORDER BY 1"
    assert rows(store, query) == [
        ("0", "algebra", "t0", "stop", "people"), ("1", "algebra", "t1", "stop", "people"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"correct": "corect"}, "has no column `corect`; there are id, completion, correct"),
        ({"verdict": "correct"}, "has no field verdict to be named: --field takes answer, arm,"),
        ({"threshold": "half"}, "The threshold half is no number"),
        ({"arms": "x,y"}, "has no arm x"),
    ],
)
def test_a_name_that_there_is_not_is_refused_with_those_that_there_are(tmp_path, fields, said):
    lines = [{"id": 1, "completion": "t", "correct": True}]
    with pytest.raises(ValueError, match=r"a\.jsonl|threshold") as error:
        imported(tmp_path, "a.jsonl", lines, fields)
    assert said in str(error.value)
    assert not (tmp_path / "study" / "shards").exists()


def test_of_two_verdicts_that_differ_none_is_taken_in_silence(tmp_path):
    lines = [
        {"id": i, "response": "t", "strict_correct": bool(i), "flexible_correct": True}
        for i in range(2)
    ]
    with pytest.raises(ValueError, match="several columns that may be the verdict") as error:
        imported(tmp_path, "a.jsonl", lines)
    ways = "--field correct=strict_correct or --field correct=flexible_correct, or correct=none"
    assert ways in str(error.value)
    said, _ = imported(tmp_path, "a.jsonl", lines, {"correct": "strict_correct"})
    assert said.notes == {"correct": 1, "incorrect": 1}
    said, _ = imported(tmp_path, "b.jsonl", lines, {"correct": "none", "completion": "response"})
    assert said.notes == {"not judged": 2} and said.unjudged == said.runs


def test_two_verdicts_that_agree_are_one_until_they_do_not(tmp_path):
    lines = [{"id": i, "response": "t", "correct": True, "acc": 1.0} for i in range(250)]
    said, _ = imported(tmp_path, "a.jsonl", lines)
    assert said.notes == {"correct": 250} and "`acc` must say the same as correct" in str(said)
    lines[240]["acc"] = 0.0
    with pytest.raises(ValueError, match=r"of a later one true and 0\.0: give --field correct="):
        imported(tmp_path, "b.jsonl", lines, model="m2")
    assert not list((tmp_path / "study" / "shards").glob("m2*"))


def test_of_two_rewards_none_is_taken_though_one_is_0_and_1(tmp_path):
    lines = [
        {"id": i, "completion": "t", "accuracy_reward": i / 4, "format_reward": 1.0}
        for i in range(4)
    ]
    with pytest.raises(ValueError, match="several columns that may be the verdict"):
        imported(tmp_path, "a.jsonl", lines)


# scores and missing verdicts


def test_scores_that_are_neither_0_nor_1_are_verdicts_by_a_threshold_only(tmp_path):
    lines = [{"id": i, "output": "t", "score": s, "gold": "1"} for i, s in enumerate([1, 0.5, 0.2])]
    said, _ = imported(tmp_path, "a.jsonl", lines)
    note = (
        "samples with a score that is neither 0 nor 1: no verdict (--field threshold=… makes one)"
    )
    assert said.notes == {"correct": 1, "not judged": 2, note: 2}
    said, _ = imported(tmp_path, "b.jsonl", lines, {"threshold": "0.5"}, model="m2")
    assert said.notes == {"correct": 2, "incorrect": 1}


def test_samples_without_a_verdict_are_unjudged_and_counted(tmp_path):
    values = [True, None, float("nan"), False]
    lines = [{"id": i, "output": "t", "passed": value} for i, value in enumerate(values)]
    said, store = imported(tmp_path, "a.jsonl", lines)
    assert said.notes == {
        "correct": 1, "incorrect": 1, "not judged": 2, "samples without a verdict": 2,
    }  # fmt: skip
    assert rows(store, "SELECT sum(n), sum(unverified) FROM counts") == [(2, 2)]


def test_texts_with_a_reference_and_no_verdict_come_in_to_be_judged(tmp_path):
    lines = [{"question": f"{i} + 1?", "answer": str(i + 1), "response": "2"} for i in range(3)]
    said, store = imported(tmp_path, "a.jsonl", lines)
    assert said.notes == {"not judged": 3} and said.unjudged == said.runs
    assert rows(store, "SELECT reference FROM problems ORDER BY 1") == [("1",), ("2",), ("3",)]


@pytest.mark.parametrize(
    ("answer", "correct", "outcome"),
    [("", False, "no_answer"), (None, False, "no_answer"), ("x", False, "incorrect"),
     ("", True, "correct"), (0, False, "incorrect")],
)  # fmt: skip
def test_a_wrong_sample_of_which_nothing_was_extracted_is_no_answer(
    tmp_path, answer, correct, outcome
):
    first = {"id": 0, "output": "t", "correct": True, "pred": "x"}
    lines = [first, {"id": 1, "output": "t", "correct": correct, "pred": answer}]
    _, store = imported(tmp_path, "a.jsonl", lines)
    assert rows(store, "SELECT outcome FROM verdicts WHERE problem_id = '1'") == [(outcome,)]


def test_a_text_between_failures_of_other_words_is_a_verdict(tmp_path):
    words = ["passed", "failed: AssertionError: 3", "timed out", "failed"]
    lines = [{"task_id": i, "completion": "t", "result": w} for i, w in enumerate(words)]
    said, _ = imported(tmp_path, "a.csv.jsonl", lines)
    assert said.notes == {"correct": 1, "incorrect": 3}


# problems without ids


def test_a_problem_without_an_id_is_known_by_its_question(tmp_path):
    lines = [
        {"question": q, "response": r, "correct": True} for q in ("one?", "two?") for r in "xy"
    ]
    said, store = imported(tmp_path, "a.jsonl", lines)
    assert "problem_id is made of the question" in str(said)
    assert [(n, c) for _, n, c in counts(store)] == [(2, 2), (2, 2)]


def test_an_id_of_rows_is_not_taken_for_the_problems(tmp_path):
    lines = [{"id": i, "question": f"q{i % 3}", "response": "x", "correct": True} for i in range(6)]
    said, store = imported(tmp_path, "a.jsonl", lines)
    assert "`id` is not taken for the problem's id: it is another in every row" in str(said)
    assert [n for _, n, _ in counts(store)] == [2, 2, 2]


def test_an_id_that_begins_anew_with_each_subject_is_not_taken(tmp_path):
    lines = [
        {"idx": i, "subject": s, "question": f"{s}{i}", "response": "x", "correct": True}
        for s in ("algebra", "number theory")
        for i in range(2)
    ]
    said, store = imported(tmp_path, "a.jsonl", lines)
    assert "different questions have the same" in str(said)
    assert [n for _, n, _ in counts(store)] == [1, 1, 1, 1]


def test_a_position_is_an_id_where_rows_hold_lists_or_it_was_said(tmp_path):
    lists = [
        {"completions": ["x", "y"], "correct": [True, False]},
        {"completions": ["z"], "correct": [0]},
    ]
    said, store = imported(tmp_path, "a.jsonl", lists)
    assert "problem_id is the row's position" in str(said)
    assert counts(store) == [("0", 2, 1), ("1", 1, 0)]
    single = b'{"completion": "x", "correct": true}\n{bad\n{"completion": "y", "correct": false}\n'
    with pytest.raises(
        ValueError, match="no column that names the problem: give --field problem_id="
    ):
        imported(tmp_path, "b.jsonl", single, model="m2")
    _, store = imported(tmp_path, "b.jsonl", single, {"problem_id": "position"}, model="m2")
    assert counts(store, "m2*") == [("0", 1, 1), ("2", 1, 0)]  # the bad line has a place too


# repetitions


def test_a_sample_is_taken_once_by_its_number_also_in_a_later_part_of_the_file(tmp_path):
    lines = [
        {"qid": q, "attempt": i, "output": f"{q} {i}", "correct": i == 0}
        for q in "ab"
        for i in (0, 1, 5000, -1)
    ]
    said, store = imported(tmp_path, "a.jsonl", [*lines, lines[0], lines[2], lines[7]])
    assert [(bad.where, bad.field) for bad in said.bad_named] == [
        ("line 9", "sample"), ("line 10", "sample"), ("line 11", "sample"),
    ]  # fmt: skip
    assert counts(store) == [("a", 4, 1), ("b", 4, 1)]


def test_a_number_that_is_the_same_for_all_samples_tells_nothing(tmp_path):
    lines = [{"qid": 1, "epoch": 1, "seed": 7, "output": f"{i}", "correct": True} for i in range(3)]
    said, store = imported(tmp_path, "a.jsonl", lines)
    assert (said.samples, said.left_out) == (3, {})
    assert counts(store) == [("1", 3, 3)]


def test_seeds_of_several_files_are_pooled_and_a_seed_again_adds_nothing(tmp_path):
    def lines(*seeds):
        return [
            {"qid": 1, "seed": seed, "outputs": [f"{seed}a", f"{seed}b"], "correct": [True, False]}
            for seed in seeds
        ]

    imported(tmp_path, "a.jsonl", lines(0, 1))
    said, store = imported(tmp_path, "b.jsonl", lines(1, 2))
    assert said.left_out == {"records with a problem that the study has of this seed already": 1}
    assert counts(store) == [("1", 6, 3)]


# arms


def test_arms_as_keys_are_runs(tmp_path):
    line = {
        "question": "1 + 1?", "ground_truth": "2",
        "gpt-a": {"is_correct": True, "solution": "2"},
        "gpt-b": {"is_correct": False, "solution": "3"},
    }  # fmt: skip
    said, store = imported(tmp_path, "a.jsonl", [line], who={"role": "base", "benchmark": "b"})
    assert "each of the arms gpt-a, gpt-b is a run" in str(said)
    query = "SELECT model, prompt_template, c FROM runs JOIN counts USING (run) ORDER BY ALL"
    assert rows(store, query) == [("gpt-a", None, 1), ("gpt-b", None, 0)]
    _, store = imported(tmp_path, "b.jsonl", [line], model="gpt", role="base", benchmark="b")
    assert rows(store, query)[:2] == [("gpt", "gpt-a", 1), ("gpt", "gpt-b", 0)]


def test_arms_with_lists_and_one_arm_alone(tmp_path):
    line = {
        "id": 1, "base-7b": [{"text": "x", "correct": True}, {"text": "y", "correct": False}],
        "rl-7b": [{"text": "z", "correct": True}] * 2,
    }  # fmt: skip
    who = {"role": "rl", "benchmark": "b"}
    said, _ = imported(tmp_path, "a.jsonl", [line], who=who)
    assert (len(said.runs), said.notes) == (2, {"correct": 3, "incorrect": 1})
    said, _ = imported(tmp_path, "a.jsonl", [line], {"arm": "rl-7b"}, model="mine")
    assert (len(said.runs), said.notes) == (1, {"correct": 2})


@pytest.mark.parametrize(
    "header",
    [
        "qid,qwen_response,qwen_correct,llama_response,llama_correct",
        "qid,response_qwen,correct_qwen,response_llama,correct_llama",
        "qid,qwen.output,qwen.passed,llama.output,llama.passed",
    ],
)
def test_arms_as_columns_are_runs(tmp_path, header):
    text = f"{header}\n1,a,1,b,0\n2,c,1,d,1\n"
    _, store = imported(tmp_path, "a.csv", text, who={"role": "base", "benchmark": "b"})
    query = "SELECT model, sum(c) FROM runs JOIN counts USING (run) GROUP BY ALL ORDER BY ALL"
    assert rows(store, query) == [("llama", 1), ("qwen", 2)]


def test_a_column_of_models_gives_runs_and_is_not_pooled_under_one_name(tmp_path):
    text = "id,model,output,correct\n1,a,x,1\n1,b,y,0\n2,a,x,1\n2,b,y,1\n"
    said, store = imported(tmp_path, "a.csv", text, who={"role": "base", "benchmark": "b"})
    assert len(said.runs) == 2
    query = "SELECT model, sum(c) FROM runs JOIN counts USING (run) GROUP BY ALL ORDER BY ALL"
    assert rows(store, query) == [("a", 2), ("b", 1)]
    with pytest.raises(ValueError, match=r"several models \(a, b\) that would be one run"):
        imported(tmp_path, "b.csv", text, model="c", role="base", benchmark="b")
    said, _ = imported(tmp_path, "b.csv", text, {"arm": "b"}, model="c", role="base", benchmark="b")
    assert said.notes == {"correct": 1, "incorrect": 1}


# counts


def test_counts_by_other_names_and_of_arms(tmp_path):
    said, store = imported(tmp_path, "a.csv", "qid,n_rollouts,n_correct\nx,8,3\ny,8,9\n")
    assert counts(store) == [("x", 8, 3)]
    assert (said.bad, said.bad_named[0].reason) == (
        1,
        "is 9, and must be between 0 and n, which is 8",
    )
    arms = "qid,question,c_sft,c_rl,k\n1,q,4,8,8\n2,r,0,1,8\n"
    with pytest.raises(ValueError, match="but not how many were drawn: give --field n=COLUMN"):
        imported(tmp_path, "b.csv", arms, who={"role": "rl", "benchmark": "b"})
    _, store = imported(
        tmp_path, "b.csv", arms, {"n": "k"}, who={"role": "rl", "benchmark": "arms"}
    )
    query = (
        "SELECT model, n, c FROM runs JOIN counts USING (run) WHERE benchmark = 'arms' ORDER BY ALL"
    )
    assert rows(store, query) == [("rl", 8, 1), ("rl", 8, 8), ("sft", 8, 0), ("sft", 8, 4)]


def test_verdicts_without_texts_become_counts(tmp_path):
    lines = [{"problem_id": p, "correct": c} for p, _, c in SAMPLES]
    said, store = imported(tmp_path, "a.jsonl", lines)
    assert (said.samples, said.problems) == (0, 2)
    assert counts(store) == COUNTS
    lists = [{"problem_id": "a", "correct": [1, 0]}, {"problem_id": "b", "correct": [0, 0]}]
    _, store = imported(tmp_path, "b.jsonl", lists, model="m2")
    assert counts(store, "m2*") == COUNTS


def test_a_count_that_is_not_that_of_the_verdicts_is_told(tmp_path):
    lines = [
        {"qid": i, "n_correct": i, "rollouts": [{"text": "x", "correct": True}]} for i in (1, 0)
    ]
    said, _ = imported(tmp_path, "a.jsonl", lines)
    assert (
        said.notes["problems whose own count of correct samples is not that of their verdicts"] == 1
    )


# training steps


def test_the_step_is_told_by_a_folder_or_by_the_name_of_a_checkpoint(tmp_path):
    line = {"id": 1, "output": "x", "correct": True, "model": "m", "model_revision": "main"}
    who = {"role": "rl", "benchmark": "b"}
    (tmp_path / "step-100").mkdir()
    paths = [
        written(tmp_path / "step-100" / "a.jsonl", [line]),
        written(tmp_path / "b.jsonl", [{**line, "model_revision": "step-300"}]),
        written(tmp_path / "c.jsonl", [line]),
    ]
    import_files(paths, tmp_path / "study", **who)
    assert rows(tmp_path / "study", "SELECT model, step FROM models ORDER BY 1") == [
        ("m", None), ("m-step100", 100), ("m-step300", 300),
    ]  # fmt: skip


# what is no table of samples


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", [{"question": "1 + 1?", "answer": "2"}], "has problems (`question`) and no"),
        ("b.jsonl", [{"problem": "p", "solution": "s", "answer": "2", "id": "x"}], "no samples of"),
        ("c.csv", "Rank,Puzzles,Solved rate\n1,1 1 4 6,99.2%\n", "has problems (`Puzzles`) and no"),
        ("d.jsonl", [{"code": "f", "input": "1", "output": "2", "id": "s"}], "neither verdicts"),
        ("e.json", {"metrics": {"n_questions": 3, "accuracy": 0.5}}, "none of the formats"),
        ("f.csv", "id,score\na,0.7\nb,0.2\n", "that are not 0 and 1, and no texts"),
    ],
)  # fmt: skip
def test_what_has_no_samples_is_refused_in_a_sentence(tmp_path, name, content, said):
    with pytest.raises(ValueError, match=name) as error:
        imported(tmp_path, name, content)
    assert said in str(error.value)


def test_texts_of_problems_that_the_study_knows_are_left_to_their_own_format(tmp_path):
    path = written(tmp_path / "a.jsonl", [{"problem_id": "p", "completion": "x"}])
    assert recognise(path).format == "texts"


def test_importing_twice_changes_nothing(tmp_path):
    first, _ = imported(tmp_path, "a.jsonl", ROWS)
    again, store = imported(tmp_path, "a.jsonl", ROWS)
    assert (first.samples, again.samples) == (4, 0)
    assert counts(store) == COUNTS
