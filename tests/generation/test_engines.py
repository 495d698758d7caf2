"""Both engines are run for real on a tiny random model with a byte-level tokenizer.

The largest differences measured on two CPU cores: generated and teacher-forced 2e-6 (transformers)
and 0 (vLLM), between the engines 1e-6.
"""

import itertools
import random
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from generation import engines
from generation.engines import Forced, Options, problem_seed
from generation.engines.tokens import HubTokens
from store.runs import Model
from tests.generation.engine_probe import (
    MANY,
    QUESTIONS,
    N,
    Reply,
    in_own_process,
    reply,
    samples_of,
)
from tests.generation.tiny_model import END, between, byte_level_tokenizer, save_tiny_model


@pytest.fixture(scope="session")
def transformers_reply(checkpoint: Path) -> Reply:
    return reply("transformers", checkpoint, [])


@pytest.fixture(scope="session")
def vllm_reply(
    checkpoint: Path, transformers_reply: Reply, tmp_path_factory: pytest.TempPathFactory
) -> Reply:
    drawn = transformers_reply["drawn"]["plain"]
    forced = [Forced(one["prompt_ids"], one["sample"].token_ids) for one in drawn]
    folder = tmp_path_factory.mktemp("vllm")
    found: Reply = in_own_process("engine_probe", checkpoint, folder, forced)
    for samples in found["drawn"].values():
        samples_of(samples)
    return found


@pytest.fixture(params=["transformers", pytest.param("vllm", marks=pytest.mark.vllm)])
def found(request: pytest.FixtureRequest) -> Reply:
    value: Reply = request.getfixturevalue(f"{request.param}_reply")
    return value


@pytest.fixture(scope="session")
def end_id() -> int:
    return int(byte_level_tokenizer().convert_tokens_to_ids(END))


def largest_difference(pairs: list[tuple[list[float], list[float]]]) -> float:
    return max(abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("settings", ["plain", "narrow", "greedy"])
def test_generated_and_teacher_forced_logprobs_agree_whatever_the_settings(
    found: Reply, settings: str
) -> None:
    # Raw: were they taken after temperature and top-p, those of "narrow" would differ by far.
    pairs = [(one["sample"].token_logprobs, one["forced"]) for one in found["drawn"][settings]]
    assert largest_difference(pairs) < 1e-4


@pytest.mark.parametrize("settings", ["plain", "narrow", "greedy"])
def test_ranks_are_those_of_the_raw_distribution_whatever_the_settings(
    found: Reply, checkpoint: Path, settings: str
) -> None:
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype="float32").eval()
    seen = set()
    for one in found["drawn"][settings][::5]:
        ids = one["sample"].token_ids
        with torch.no_grad():
            logits = model(torch.tensor([one["prompt_ids"] + ids])).logits[0, -len(ids) - 1 : -1]
        assert between(one["sample"].token_ranks, logits.double(), ids)
        assert between(one["ranks"], logits.double(), ids)
        seen |= set(one["ranks"])
    assert (seen == {1}) == (settings == "greedy")
    assert (max(seen) > 100) == (settings == "plain")  # of 300 tokens


def test_of_tokens_that_are_equally_likely_each_has_the_last_place(tmp_path: Path) -> None:
    # As vLLM counts; of the tiny model without any weight all tokens are equally likely.
    checkpoint = save_tiny_model(tmp_path, sharpness=0.0)
    engine = engines.load("transformers", Model("tiny", "base", path=str(checkpoint)))
    (scores,) = engine.score([Forced([5, 6], [7, 8, 9])])
    engine.close()
    assert scores.ranks == [len(byte_level_tokenizer())] * 3


@pytest.mark.vllm
def test_the_two_engines_agree_on_the_same_tokens(
    transformers_reply: Reply, vllm_reply: Reply
) -> None:
    ours = [one["forced"] for one in transformers_reply["drawn"]["plain"]]
    assert largest_difference(list(zip(ours, vllm_reply["foreign"], strict=True))) < 1e-3
    ranks = [rank for one in transformers_reply["drawn"]["plain"] for rank in one["ranks"]]
    theirs = [rank for one in vllm_reply["foreign_ranks"] for rank in one]
    pairs = list(zip(ranks, theirs, strict=True))
    # Rounding swaps neighbours that are almost as likely.
    assert sum(own == other for own, other in pairs) > 0.99 * len(pairs)
    assert max(abs(own - other) for own, other in pairs) <= 2


def test_n_samples_of_each_problem_are_drawn_and_differ(found: Reply) -> None:
    drawn = found["drawn"]["plain"]
    assert len(drawn) == N * len(QUESTIONS)
    assert len({tuple(one["sample"].token_ids) for one in drawn}) > 0.9 * len(drawn)


def test_greedy_samples_of_a_problem_are_all_the_same(found: Reply) -> None:
    drawn = found["drawn"]["greedy"]
    assert len(drawn) == N * len(QUESTIONS)
    assert len({tuple(one["sample"].token_ids) for one in drawn}) <= len(QUESTIONS)


def test_narrow_settings_leave_out_what_is_unlikely(found: Reply) -> None:
    def mean(settings: str) -> float:
        values = [v for one in found["drawn"][settings] for v in one["sample"].token_logprobs]
        return sum(values) / len(values)

    assert mean("narrow") > mean("plain")


def test_the_settings_in_the_checkpoint_are_not_taken_over(found: Reply) -> None:
    # Its generation_config.json says top_k = 3: with it, no token would be less likely than third.
    firsts = {one["sample"].token_ids[0] for one in found["drawn"]["plain"]}
    assert len(firsts) > 3 * len(QUESTIONS)


def test_stop_means_that_the_end_token_is_the_last_and_length_that_there_is_none(
    found: Reply, end_id: int
) -> None:
    samples = [one["sample"] for one in found["drawn"]["plain"]]
    reasons = {sample.finish_reason for sample in samples}
    assert reasons == {"stop", "length"}
    for sample in samples:
        stopped = sample.finish_reason == "stop"
        assert (sample.token_ids[-1] == end_id) == stopped
        assert end_id not in sample.token_ids[:-1]
        assert stopped or len(sample.token_ids) == 24
        assert len(sample.token_logprobs) == len(sample.token_ranks) == len(sample.token_ids)
        assert END not in sample.completion


def test_token_ends_cut_the_completion_into_its_tokens(found: Reply) -> None:
    for one in found["drawn"]["plain"]:
        sample = one["sample"]
        assert sample.token_ends == sorted(sample.token_ends)
        assert len(sample.token_ends) == len(sample.token_ids)
        assert sample.token_ends[-1] == len(sample.completion)


def test_the_same_request_is_answered_the_same_and_its_extension_is_new(found: Reply) -> None:
    first = [s["sample"].token_ids for s in found["drawn"]["plain"] if s["first"] == 0][:N]
    again = [tuple(ids) for ids in found["again"]]
    extension = {tuple(ids) for ids in found["extension"]}
    assert len(first) == len(again) == N
    # A short completion may well be drawn twice; most are not.
    assert len(extension & set(again)) < N / 4


def test_an_empty_completion_has_no_scores(found: Reply) -> None:
    assert found["empty"] == [[[], []]]


def test_requests_are_pulled_as_there_is_room_for_them(found: Reply) -> None:
    order = found["order"]
    assert order.count("pulled") == order.count("answered") == MANY
    # 40 × 256 sequences are more than wait at once: an answer comes before the last is pulled.
    assert order.index("answered") < MANY
    assert order[: order.index("answered")].count("pulled") <= 17


@pytest.mark.vllm
def test_vllm_says_which_engine_gives_entropies(vllm_reply: Reply) -> None:
    assert "transformers" in vllm_reply["refusal"]


def test_entropy_is_that_of_the_whole_distribution_at_temperature_1(
    checkpoint: Path, transformers_reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So small that every completion is read in several pieces.
    monkeypatch.setattr("generation.engines.transformers_engine.VALUES_PER_STEP", 300 * 4 * 5)
    drawn = transformers_reply["drawn"]["narrow"][::9]
    forced = [Forced(one["prompt_ids"], one["sample"].token_ids) for one in drawn]
    engine = engines.load("transformers", Model("tiny", "base", path=str(checkpoint)))
    found = engine.entropies(forced)
    assert engine.entropies([Forced([1, 2], [])]) == [[]]
    engine.close()
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype="float32").eval()
    for one, entropies in zip(forced, found, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([one.prompt_ids + one.token_ids])).logits[0]
        # By another method: one row, no cache, torch's own categorical distribution.
        own = torch.distributions.Categorical(logits=logits[len(one.prompt_ids) - 1 : -1].double())
        assert entropies == pytest.approx(own.entropy().tolist(), abs=1e-4)


@pytest.mark.parametrize("engine", ["transformers", pytest.param("vllm", marks=pytest.mark.vllm)])
@pytest.mark.parametrize("path", ["/no/such/folder", "../no/such", "no/such/folder"])
def test_a_path_that_is_no_folder_and_no_name_on_the_hub_is_said_at_once(
    engine: str, path: str
) -> None:
    pytest.importorskip(engine)
    with pytest.raises(ValueError) as refusal:
        engines.load(engine, Model("mine", "base", path=path))
    assert str(refusal.value) == f'Model "mine" cannot be loaded: there is no folder {path}.'


def test_a_name_that_the_hub_cannot_be_asked_about_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Read by the hub's library when it is imported, which has long happened.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError) as refusal:
        engines.load("transformers", Model("mine", "base", path="some/model"))
    assert str(refusal.value) == (
        'Model "mine" cannot be loaded: there is no folder some/model, and the Hugging Face hub '
        "could not be reached for a model of that name."
    )


def test_one_gpu_is_what_the_transformers_engine_uses(checkpoint: Path) -> None:
    model = Model("tiny", "base", path=str(checkpoint))
    with pytest.raises(ValueError, match="tensor_parallel = 2"):
        engines.load("transformers", model, Options(tensor_parallel=2))
    engine = engines.load("transformers", model, Options(max_model_len=100))
    assert engine.longest == 100
    engine.close()


def test_seeds_of_problems_and_of_extensions_never_overlap() -> None:
    names = [(s, f"run{r}", f"p{p}") for s in range(5) for r in range(5) for p in range(400)]
    beginnings = sorted(problem_seed(*name) for name in names)
    gaps = [b - a for a, b in itertools.pairwise(beginnings)]
    # Sample i has the seed of its problem + i: ten million samples of each would still not meet.
    assert min(gaps) > 10_000_000
    assert beginnings[-1] + 10_000_000 < 2**63


@pytest.mark.parametrize("text", ["😀 你好, 世界", "naïve — 👩‍👩‍👧", "  two  spaces\n\n", "plain"])
def test_each_character_belongs_to_the_token_that_completes_it(text: str) -> None:
    tokenizer = byte_level_tokenizer()
    ids = tokenizer(text)["input_ids"]
    completion, ends = HubTokens(tokenizer).text([*ids, tokenizer.eos_token_id])
    assert completion == text
    for i, end in enumerate(ends[:-1]):
        # By another method: the characters that the first i + 1 tokens complete.
        whole = tokenizer.decode(ids[: i + 1]).rstrip("�")
        assert completion[:end] == whole


def test_token_ends_stay_in_order_for_bytes_that_are_no_text() -> None:
    tokens, draw = HubTokens(byte_level_tokenizer()), random.Random(1)
    for _ in range(500):
        ids = [draw.randrange(290) for _ in range(draw.randrange(1, 40))]
        completion, ends = tokens.text(ids)
        assert ends == sorted(ends)
        assert (len(ends), ends[-1]) == (len(ids), len(completion))


def streamed(tokens: HubTokens, ids: list[int], length: int) -> list[int]:
    """Token by token, as a reader would see them appear."""
    ends = [min(end, length) for end in accumulate(tokens._streamed_ends(ids), max)]
    return [*ends[:-1], length]


def spaced_tokenizer() -> PreTrainedTokenizerFast:
    """Words without a decoder: a space stands between tokens."""
    words = {word: i for i, word in enumerate(["<end>", "1", "+", "22", "=", "<unk>"])}
    backend = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<end>")


BYTES = ["<0xE4>", "<0xBD>", "<0xA0>"]  # of one character


def word_piece_tokenizer() -> PreTrainedTokenizerFast:
    """The space belongs to words, not to their later pieces, and is dropped before the first."""
    words = {word: i for i, word in enumerate(["<end>", "▁one", "▁two", "s", *BYTES])}
    backend = Tokenizer(models.WordLevel(words, unk_token="<end>"))
    backend.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<end>")


@pytest.mark.parametrize("make", [byte_level_tokenizer, spaced_tokenizer, word_piece_tokenizer])
def test_token_ends_are_those_of_a_stream_whatever_the_tokenizer(make: Any) -> None:
    tokenizer = make()
    tokens, draw = HubTokens(tokenizer), random.Random(2)
    words = [[i] for i in range(3, len(tokenizer)) if tokenizer.decode([i], True) not in ("", "�")]
    character = tokenizer.convert_tokens_to_ids(BYTES)
    words += [character] * 3 if make is word_piece_tokenizer else []
    for _ in range(300):
        chosen = draw.choices(words, k=draw.randrange(1, 30))
        ids = [token for word in chosen for token in word] + [tokenizer.eos_token_id]
        completion, ends = tokens.text(ids)
        assert completion == tokenizer.decode(ids, skip_special_tokens=True)
        assert ends == streamed(tokens, ids, len(completion))


def test_bytes_that_are_no_text_never_stop_the_job() -> None:
    tokenizer = word_piece_tokenizer()
    tokens, draw = HubTokens(tokenizer), random.Random(3)
    for _ in range(300):
        ids = draw.choices(range(len(tokenizer)), k=draw.randrange(1, 30))
        completion, ends = tokens.text(ids)
        assert ends == sorted(ends)
        assert (len(ends), ends[-1]) == (len(ids), len(completion))
