"""Problems with images: both engines on a tiny random model that sees.

The largest differences measured: generated and teacher-forced 2e-6 (transformers) and 0 (vLLM).
"""

import base64
from io import BytesIO
from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

from generation import engines
from generation.engines import Forced
from generation.engines.images import pictures
from store.runs import Model
from tests.generation.engine_probe import in_own_process, samples_of
from tests.generation.tiny_model import between
from tests.generation.tiny_vision_model import data_uri, save_tiny_vision_model
from tests.generation.vision_probe import PROMPTS, Drawn, N, Reply, asked, error, reply


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_vision_model(tmp_path_factory.mktemp("checkpoints") / "seeing")


@pytest.fixture(scope="module")
def transformers_reply(seeing: Path) -> Reply:
    return reply("transformers", seeing, [])


@pytest.fixture(scope="module")
def vllm_reply(
    seeing: Path, transformers_reply: Reply, tmp_path_factory: pytest.TempPathFactory
) -> Reply:
    folder = tmp_path_factory.mktemp("vllm")
    forced = [forced_of(one) for one in transformers_reply["drawn"]]
    found: Reply = in_own_process("vision_probe", seeing, folder, forced)
    samples_of(found["drawn"])
    return found


@pytest.fixture(params=["transformers", pytest.param("vllm", marks=pytest.mark.vllm)])
def found(request: pytest.FixtureRequest) -> Reply:
    value: Reply = request.getfixturevalue(f"{request.param}_reply")
    return value


def forced_of(drawn: Drawn) -> Forced:
    text, images = PROMPTS[drawn["name"]]
    return Forced(drawn["prompt_ids"], drawn["sample"].token_ids, text, images)


def largest_difference(pairs: list[tuple[list[float], list[float]]]) -> float:
    return max(abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", PROMPTS)
def test_generated_and_teacher_forced_logprobs_agree_with_images(found: Reply, name: str) -> None:
    drawn = [one for one in found["drawn"] if one["name"] == name]
    assert len(drawn) == N
    assert largest_difference([(d["sample"].token_logprobs, d["forced"]) for d in drawn]) < 1e-4


def test_a_completion_holds_its_own_tokens_only(found: Reply) -> None:
    for one in found["drawn"]:
        sample = one["sample"]
        assert 0 < len(sample.token_ids) <= 24
        assert len(sample.token_ids) == len(sample.token_logprobs) == len(sample.token_ends)
        assert len(sample.token_ids) == len(sample.token_ranks) == len(one["ranks"])


def test_generated_and_teacher_forced_ranks_agree_with_images(found: Reply) -> None:
    ranks = [
        pair
        for one in found["drawn"]
        for pair in zip(one["sample"].token_ranks, one["ranks"], strict=True)
    ]
    # Rounding swaps neighbours that are almost as likely.
    assert sum(drawn == forced for drawn, forced in ranks) > 0.99 * len(ranks)
    assert max(abs(drawn - forced) for drawn, forced in ranks) <= 2


def test_the_model_sees_the_image(found: Reply) -> None:
    red = [one for one in found["drawn"] if one["name"] == "red"]
    changes = [
        abs(sum(one["forced"]) - sum(other))
        for one, other in zip(red, found["other_image"], strict=True)
    ]
    assert sorted(changes)[len(changes) // 2] > 0.1


@pytest.mark.vllm
def test_the_two_engines_agree_on_what_they_see(
    transformers_reply: Reply, vllm_reply: Reply
) -> None:
    ours = [one["forced"] for one in transformers_reply["drawn"]]
    assert largest_difference(list(zip(ours, vllm_reply["foreign"], strict=True))) < 1e-3


def test_what_cannot_be_shown_is_refused_in_one_sentence(found: Reply) -> None:
    assert "place" in found["errors"]["no place"] or "2 images" in found["errors"]["no place"]
    assert "should be a data URI" in found["errors"]["address"]
    assert 'Problem "red" is too long with its images: 19' in found["errors"]["long"]


def test_logprobs_ranks_and_entropy_are_those_of_one_run_over_the_whole_text(
    seeing: Path, transformers_reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another method: no cache, no pieces, one row at a time."""
    forced = [forced_of(one) for one in transformers_reply["drawn"][::7]]
    # So small that every completion is read in several pieces.
    monkeypatch.setattr("generation.engines.transformers_engine.VALUES_PER_STEP", 305 * 5 * 3)
    engine = engines.load("transformers", Model("seeing", "base", path=str(seeing)))
    scores, entropies = engine.score(forced), engine.entropies(forced)
    engine.close()
    processor = AutoProcessor.from_pretrained(seeing)
    model = AutoModelForImageTextToText.from_pretrained(seeing, dtype="float32").eval()
    for one, score, entropy in zip(forced, scores, entropies, strict=True):
        images = pictures(one.images) or None
        inputs = processor(text=one.prompt, images=images, return_tensors="pt")
        completion = torch.tensor([one.token_ids])
        inputs["input_ids"] = torch.cat([inputs["input_ids"], completion], dim=1)
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        # A place that the model itself wrote shows no image.
        if images and (completion == model.config.image_token_id).any():
            continue
        with torch.no_grad():
            logits = model(**inputs).logits[0, -completion.shape[1] - 1 : -1].double()
        chances = logits.softmax(dim=-1)
        expected = chances.log().gather(1, completion[0, :, None])[:, 0]
        assert score.logprobs == pytest.approx(expected.tolist(), abs=1e-4)
        assert between(score.ranks, logits, one.token_ids)
        assert entropy == pytest.approx((-chances * chances.log()).sum(-1).tolist(), abs=1e-4)


def test_a_model_that_cannot_see_refuses_images(checkpoint: Path) -> None:
    engine = engines.load("transformers", Model("blind", "base", path=str(checkpoint)))
    request = asked(engine, "red")
    assert "cannot see" in error(engine, request)
    with pytest.raises(ValueError, match="cannot see"):
        engine.score([Forced(request.prompt_ids, [5], request.prompt, request.images)])
    engine.close()


def test_a_chat_template_shows_images_in_the_words_of_the_model(seeing: Path) -> None:
    engine = engines.load("transformers", Model("seeing", "base", path=str(seeing)))
    parts = [{"type": "image"}, {"type": "text", "text": "Colour?"}]
    text = engine.tokens.chat([{"role": "user", "content": parts}])
    assert text == "<|im_start|>user\n<image>Colour?<|im_end|>\n<|im_start|>assistant\n"
    request = asked(engine, "red")._replace(
        prompt=text, prompt_ids=engine.tokens.ids(text, special_tokens=False)
    )
    assert error(engine, request) == ""
    engine.close()


def test_images_are_read_as_rgb_and_transparency_as_white() -> None:
    layer = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    layer.putpixel((1, 0), (0, 0, 0, 0))
    content = BytesIO()
    layer.save(content, "PNG")
    uri = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    (image,) = pictures([uri])
    assert [image.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0), (255, 255, 255)]
    assert pictures([data_uri("red", (4, 3))])[0].size == (4, 3)


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org/a.png",
        "data:text/html,<p>",
        "data:image/png;base64,AAAA",
        "data:image/png;base64,*",
    ],
)
def test_what_is_no_image_is_named(uri: str) -> None:
    with pytest.raises(ValueError, match="image"):
        pictures([uri])
