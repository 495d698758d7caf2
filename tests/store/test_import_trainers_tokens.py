"""Rollouts of open-instruct, which have only tokens, and the spelling of tokens."""

import json

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from store.build import publish
from store.importers import detect, import_files
from store.importers.token_spelling import spelled, spelling_of, tokens_of
from store.location import connect

WHO = {"model": "olmo-rl", "role": "rl", "benchmark": "math"}
TEXTS = ["What is 3+4?", "It is 7.\n\tGrüße, ∫ 数学 \U0001f600!", "<think>no</think> zwei"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    """A small byte-level tokenizer, made by the library whose files are read."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator(TEXTS * 3, trainer)
    made.add_special_tokens([AddedToken("<|end|>", special=True)])
    made.add_tokens([AddedToken("<think>", special=False)])
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return made, path


def rows(path, query):
    with connect(path) as connection:
        return connection.execute(query).fetchall()


def jsonl(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


def test_tokens_spell_what_the_tokenizers_library_decodes(tokenizer):
    made, path = tokenizer
    spelling = spelling_of(path)
    assert spelling_of(path.parent) == spelling
    for text in TEXTS:
        ids = made.encode(text + "<|end|>").ids
        found, ends = spelled(tokens_of(spelling, ids, "tokens"))
        assert found == made.decode(ids, skip_special_tokens=True) == text
        # Up to each token it is what the library decodes, but for a character not yet whole.
        for place, end in enumerate(ends, start=1):
            decoded = made.decode(ids[:place], skip_special_tokens=True)
            assert decoded.rstrip("\ufffd") == text[:end]
    assert len(ids) == len(ends) and ends[-2] == ends[-1] == len(text)


def test_bytes_that_are_no_text_are_replaced(tokenizer):
    made, path = tokenizer
    ids = made.encode("\U0001f600").ids
    cut = ids[:-1] if len(ids) > 1 else ids
    found, ends = spelled(tokens_of(spelling_of(path), cut, "tokens"))
    assert found == made.decode(cut) and ends[-1] == len(found)


def rollout(made, question, answer, reward=10.0, **fields):
    response = made.encode(f"{answer}<|end|>").ids
    return {
        "step": 4, "sample_idx": 0, "prompt_idx": 0, "prompt_tokens": made.encode(question).ids,
        "response_tokens": response, "reward": reward, "advantage": 0.0, "finish_reason": "stop",
        "dataset": ["math"], "ground_truth": ["7"], "request_info": None,
        "logprobs": [-0.5] * len(response), **fields,
    }  # fmt: skip


def test_rollouts_get_their_texts_from_the_tokenizer(tmp_path, tokenizer):
    made, path = tokenizer
    shard = jsonl(
        tmp_path / "run1_rollouts_000000.jsonl",
        rollout(made, TEXTS[0], TEXTS[1]),
        rollout(made, TEXTS[0], TEXTS[2], 0.0, finish_reason="length", prompt_idx=5),
        rollout(made, "What is 4?", TEXTS[1], 10.0, step=5),
    )
    told = {"run_name": "run1", "git_commit": "0", "model_name": "org/olmo", "timestamp": "t"}
    jsonl(tmp_path / "run1_metadata.jsonl", told)
    assert detect(shard) == "open-instruct"
    fields = {"tokenizer": str(path.parent), "threshold": "10"}
    import_files([shard], tmp_path / "s", fields=fields, role="rl", benchmark="math")
    report = publish(tmp_path / "s")
    query = """
        SELECT model, parent, step, question, reference, subject, completion, finish_reason,
            n_tokens, sum_logprob, outcome
        FROM samples JOIN runs USING (run) JOIN models USING (model)
        JOIN problems USING (benchmark, problem_id) JOIN verdicts USING (run, problem_id, sample)
        ORDER BY step, sample
    """
    n, m = (len(made.encode(text + "<|end|>").ids) for text in TEXTS[1:])
    first = ("org/olmo-step4", "org/olmo", 4, TEXTS[0], "7", "math")
    assert rows(report.path, query) == [
        (*first, TEXTS[1], "stop", n, -0.5 * n, "correct"),
        (*first, TEXTS[2], "length", m, -0.5 * m, "incorrect"),
        ("org/olmo-step5", "org/olmo", 5, "What is 4?", "7", "math", TEXTS[1], "stop", n, -0.5 * n,
            "correct"),
    ]  # fmt: skip
    for ends, ids in rows(report.path, "SELECT token_ends, token_ids FROM samples"):
        assert len(ends) == len(ids)


def test_without_the_tokenizer_only_tokens_are_kept_and_it_is_said(tmp_path, tokenizer):
    made, path = tokenizer
    line = rollout(made, TEXTS[0], TEXTS[1], 1.0)
    shard = jsonl(tmp_path / "a.jsonl", line, {**line, "reward": 10.0})
    imported = import_files([shard], tmp_path / "s", **WHO)
    assert imported.samples == 2
    assert sum(n for said, n in imported.notes.items() if "--field tokenizer=PATH" in said) == 2
    assert sum(n for said, n in imported.notes.items() if "--field threshold" in said) == 2
    report = publish(tmp_path / "s")
    assert report.set_aside.is_empty()
    ids = line["response_tokens"]
    query = "SELECT completion, token_ids, n_tokens, model FROM samples JOIN runs USING (run)"
    assert rows(report.path, query) == [(None, ids, len(ids), "olmo-rl-step4")] * 2
    # With the tokenizer the problem keeps its id.
    problem = rows(report.path, "SELECT problem_id, question FROM problems")
    fields = {"tokenizer": str(path)}
    import_files([shard], tmp_path / "t", fields=fields, **WHO)
    told = rows(publish(tmp_path / "t").path, "SELECT problem_id, question FROM problems")
    assert told == [(problem[0][0], TEXTS[0])]


def test_rollouts_that_cannot_be_right_are_named(tmp_path, tokenizer):
    made, path = tokenizer
    good = rollout(made, TEXTS[0], TEXTS[1], 1.0)
    masked = {**good, "logprobs": [1.0, *good["logprobs"][1:]]}  # by its sentinel: no token of it
    shard = jsonl(
        tmp_path / "a.jsonl", good, masked, {**good, "response_tokens": [10**6], "logprobs": None},
        {**good, "response_tokens": [1.5]}, {**good, "prompt_tokens": "What"},
        {**good, "logprobs": [-1.0]}, {**good, "logprobs": [0.5, *good["logprobs"][1:]]},
        {**good, "step": None}, {**good, "reward": None},
    )  # fmt: skip
    imported = import_files([shard], tmp_path, fields={"tokenizer": str(path)}, **WHO)
    assert (imported.samples, imported.bad) == (2, 7)
    assert sum(n for said, n in imported.notes.items() if "log-probabilities" in said) == 1
    report = next((tmp_path / "imports").glob("*/bad.jsonl"))
    found = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(bad["where"], bad["field"]) for bad in found] == [
        ("line 3", "response_tokens"), ("line 4", "response_tokens"), ("line 5", "prompt_tokens"),
        ("line 6", "logprobs"), ("line 7", "logprobs"), ("line 8", "step"), ("line 9", "reward"),
    ]  # fmt: skip


def test_a_tokenizer_that_cannot_be_read_is_refused(tmp_path, tokenizer):
    made, _ = tokenizer
    shard = jsonl(tmp_path / "a.jsonl", rollout(made, TEXTS[0], TEXTS[1]))
    words = {"decoder": None, "model": {"vocab": {"a": 0}}, "added_tokens": []}
    (tmp_path / "words.json").write_text(json.dumps(words))
    for name, said in (("words.json", "not of a byte-level"), ("none", "is not a tokenizer.json")):
        with pytest.raises(ValueError, match=said):
            import_files([shard], tmp_path, fields={"tokenizer": str(tmp_path / name)}, **WHO)
