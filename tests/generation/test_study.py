"""Each mistake in a study file is one sentence that names the key, the value and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from generation.study import load_study

GOOD = """
name = "study"
engine = "transformers"
[sampling]
n = 4
temperature = 1
top_p = 0.95
max_tokens = 40
seed = 1
[[models]]
name = "base"
role = "base"
path = "weights"
[[models]]
name = "rl"
role = "rl"
parent = "base"
path = "Qwen/Qwen2.5-7B"
step = 150
[[benchmarks]]
name = "countdown"
path = "problems.jsonl"
prompt = "plain"
verifier = "countdown"
[[scores]]
scorer = "base"
samples_of = ["base", "rl"]
"""

# What is replaced in GOOD, by what, and what the sentence must name.
MISTAKES = [
    ('engine = "transformers"', 'engin = "vllm"', ["engin", "study.toml", '"engine"']),
    ("n = 4", "n = 4\ntemprature = 1.0", ["temprature", "[sampling]", '"temperature"']),
    ('role = "rl"', 'role = "rl"\nalgoritm = "GRPO"', ["algoritm", '"rl"', '"algorithm"']),
    ('prompt = "plain"', 'promt = "plain"', ["promt", '"countdown"', '"prompt"']),
    ('scorer = "base"', 'scored = "base"', ["scored", "[[scores]]", '"scorer"']),
    ('name = "study"', "", ["name", "study.toml", "add"]),
    ("seed = 1", "", ["seed", "[sampling]", "add"]),
    ('role = "base"', "", ["role", '"base"', "add"]),
    ('verifier = "countdown"', "", ["verifier", '"countdown"', "add"]),
    ('samples_of = ["base", "rl"]', "", ["samples_of", "[[scores]]", "add"]),
    ("n = 4", 'n = "4"', ["n = '4'", "[sampling]", "whole number"]),
    ("n = 4", "n = 4.5", ["n = 4.5", "[sampling]", "whole number"]),
    ("n = 4", "n = true", ["n = true", "[sampling]", "whole number"]),
    ("temperature = 1", "temperature = false", ["temperature = false", "a number"]),
    ('name = "study"', "name = 3", ["name = 3", "study.toml", "a text"]),
    ('samples_of = ["base", "rl"]', 'samples_of = "rl"', ["samples_of", "'rl'", "a list"]),
    ('samples_of = ["base", "rl"]', "samples_of = []", ["samples_of = []", "at least one"]),
    ('samples_of = ["base", "rl"]', "samples_of = [1]", ["samples_of = 1", "a text"]),
    ("n = 4", "n = 0", ["n = 0", "[sampling]", "at least 1"]),
    ("temperature = 1", "temperature = -0.1", ["temperature = -0.1", "at least 0"]),
    ("temperature = 1", "temperature = nan", ["temperature = nan", "at least 0"]),
    ("temperature = 1", "temperature = inf", ["temperature = inf", "finite"]),
    ("top_p = 0.95", "top_p = 0", ["top_p = 0", "above 0 and at most 1"]),
    ("top_p = 0.95", "top_p = 1.5", ["top_p = 1.5", "above 0 and at most 1"]),
    ("max_tokens = 40", "max_tokens = 0", ["max_tokens = 0", "at least 1"]),
    ("seed = 1", "seed = -1", ["seed = -1", "at least 0"]),
    ('role = "rl"', 'role = "rlhf"', ["role", '"rlhf"', '"rl"']),
    ('parent = "base"', 'parent = "bas"', ["parent", '"bas"', '"base"']),
    ('scorer = "base"', 'scorer = "bse"', ["scorer", '"bse"', '"base"']),
    ('["base", "rl"]', '["base", "rl2"]', ["samples_of", '"rl2"', '"rl"']),
    ('engine = "transformers"', 'engine = "transformer"', ["engine", '"transformers"']),
    ('engine = "transformers"', 'engine = "sglang"', ["engine", '"sglang"', "vllm"]),
    ('verifier = "countdown"', 'verifier = "maths"', ["verifier", '"maths"', '"math"']),
    ('prompt = "plain"', 'prompt = "qwen"', ["prompt", '"qwen"', "plain"]),
    ('path = "problems.jsonl"', 'path = "none.jsonl"', ["path", '"none.jsonl"', "no file"]),
    ('path = "weights"', 'path = "./weight"', ["path", '"./weight"', "folder"]),
    ('path = "weights"', 'path = "/none"', ["path", '"/none"', "folder"]),
    ('path = "weights"', 'path = "~/none-such"', ["path", '"~/none-such"', "folder"]),
    ('path = "weights"', 'path = "wights"', ["path", '"wights"', "folder"]),
    ('path = "weights"', 'path = ""', ["path", '""', "folder"]),
    ('path = "weights"', 'path = "problems.jsonl"', ["path", '"problems.jsonl"', "is a file"]),
    ('path = "weights"', 'path = "weights"\ndtype = "fp32"', ["dtype", '"fp32"', "float32"]),
    (
        'path = "weights"',
        'path = "weights"\ntraining_log = "log.csv"',
        ["training_log", '"log.csv"', "no file"],
    ),
    ('name = "rl"', 'name = "base"', ["name", '"base"', "twice", "rename"]),
    ('name = "rl"', 'name = "—"', ["name", '"—"', "letter or digit"]),
    ('verifier = "countdown"', 'verifier = "countdown"\nproblems = 0', ["problems = 0", "1"]),
    ('verifier = "countdown"', 'verifier = "countdown"\nn = 0', ["n = 0", '"countdown"']),
    ("[sampling]", "[[sampling]]", ["sampling", "a table"]),
    ("[[benchmarks]]", "[benchmarks]", ["benchmarks", "a list"]),
    ("n = 4", "n = = 4", ["study.toml", "not valid TOML", "line 5"]),
]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    (tmp_path / "weights").mkdir()
    (tmp_path / "problems.jsonl").write_text("")

    def write(text: str) -> Path:
        path = tmp_path / "study.toml"
        path.write_text(text)
        return path

    return write


def test_a_good_study_is_read_with_paths_relative_to_its_file(
    written: Callable[[str], Path],
) -> None:
    path = written(GOOD)
    study = load_study(path)
    assert study.model("base").path == str((path.parent / "weights").resolve())
    assert study.model("rl").path == "Qwen/Qwen2.5-7B"
    assert study.model("rl").step == 150
    assert study.sampling.temperature == 1.0
    assert study.benchmarks[0].n == 4
    assert study.scores[0].samples_of == ("base", "rl")


def test_a_benchmark_may_have_an_n_of_its_own(written: Callable[[str], Path]) -> None:
    text = GOOD.replace('verifier = "countdown"', 'verifier = "countdown"\nn = 256')
    assert load_study(written(text)).benchmarks[0].n == 256


@pytest.mark.parametrize(("before", "after", "named"), MISTAKES)
def test_a_mistake_is_named_in_one_sentence(
    written: Callable[[str], Path], before: str, after: str, named: list[str]
) -> None:
    assert before in GOOD
    with pytest.raises(ValueError) as mistake:
        load_study(written(GOOD.replace(before, after, 1)))
    sentence = str(mistake.value)
    assert "\n" not in sentence
    for words in named:
        assert words in sentence


@pytest.mark.parametrize("key", ["models", "benchmarks"])
def test_a_study_without_models_or_benchmarks_is_refused(
    written: Callable[[str], Path], key: str
) -> None:
    parts = GOOD.split("[[")
    text = "[[".join(part for part in parts if not part.startswith(f"{key}]]"))
    with pytest.raises(ValueError, match=f'lacks the key "{key}"'):
        load_study(written(text))


def test_a_missing_study_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no study file .*none\.toml"):
        load_study(tmp_path / "none.toml")


def test_the_study_that_ships_is_sound() -> None:
    study = load_study(Path(__file__).parents[2] / "demo" / "study.toml")
    assert [entry.model.role for entry in study.models] == ["base", "rl", "distilled"]
