"""The shipped checkpoints: small, loadable, and with a tokenizer that loses nothing."""

import csv
import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

from demo.problems import question, random_problem, random_walk, worked_solution  # noqa: E402
from demo.tokenizer import LONGEST_SEQUENCE, QUESTION_LENGTH, demo_tokenizer  # noqa: E402

DEMO = Path(__file__).parents[2] / "demo"
ROLES = ("base", "rl", "distilled")


def texts(count: int) -> list[tuple[str, str]]:
    """Questions with a walk for completion, as the base model was trained on."""
    rng = random.Random(0)
    problems = [random_problem(rng, held_out=False)[0] for _ in range(count)]
    return [
        (question(problem), worked_solution(problem.numbers, random_walk(problem.numbers, rng)))
        for problem in problems
    ]


def test_decoding_gives_back_question_and_completion() -> None:
    tokenizer = demo_tokenizer()
    for asked, completion in texts(200):
        text = f"{asked} {completion}"
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_joining_without_a_space_gives_the_same_tokens() -> None:
    tokenizer = demo_tokenizer()
    asked, completion = texts(1)[0]

    assert (
        tokenizer(asked + completion)["input_ids"]
        == tokenizer(asked)["input_ids"] + tokenizer(completion)["input_ids"]
    )


def test_the_box_and_each_number_are_single_tokens() -> None:
    assert demo_tokenizer().tokenize("\\boxed{ 999 }") == ["\\boxed{", "999", "}"]


def test_sequences_fit_the_model() -> None:
    tokenizer = demo_tokenizer()
    for asked, completion in texts(200):
        assert len(tokenizer(asked)["input_ids"]) == QUESTION_LENGTH
        assert len(tokenizer(f"{asked} {completion}")["input_ids"]) < LONGEST_SEQUENCE


def test_all_checkpoints_together_are_under_fifteen_megabytes() -> None:
    files = [path for path in (DEMO / "checkpoints").rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) <= 15e6


@pytest.mark.parametrize("role", ROLES)
def test_a_checkpoint_loads_and_completes_a_question(role: str) -> None:
    folder = DEMO / "checkpoints" / role
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    torch.manual_seed(0)
    prompt = tokenizer("Use 7 , 3 , 4 and 5 each once to reach 22 .", return_tensors="pt")
    samples = model.generate(**prompt, max_new_tokens=LONGEST_SEQUENCE - QUESTION_LENGTH)

    assert model.dtype == torch.float32
    assert "\\boxed{" in tokenizer.decode(samples[0])


@pytest.mark.parametrize("role", ROLES)
def test_a_checkpoint_samples_from_the_whole_distribution(role: str) -> None:
    settings = transformers.GenerationConfig.from_pretrained(DEMO / "checkpoints" / role)

    assert (settings.do_sample, settings.temperature) == (True, 1.0)
    assert (settings.top_k, settings.top_p) == (0, 1.0)


def test_the_three_models_differ() -> None:
    weights = {(DEMO / "checkpoints" / role / "model.safetensors").read_bytes() for role in ROLES}

    assert len(weights) == 3


@pytest.mark.parametrize(
    ("role", "columns"),
    [
        ("base", {"step", "loss", "response_length"}),
        ("rl", {"step", "reward", "response_length", "entropy"}),
        ("distilled", {"step", "loss", "response_length"}),
    ],
)
def test_each_training_log_has_its_columns(role: str, columns: set[str]) -> None:
    with (DEMO / "training" / f"{role}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert columns <= set(rows[0])
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
