"""Scoring stored samples: under which tokens, which samples, and what is left out.

Expected values are worked out with transformers alone.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
import torch
from tokenizers import processors
from transformers import AutoModelForCausalLM, AutoTokenizer

from generation.division import Division
from generation.engines import Engine, Forced, Options
from generation.forcing import Forcing
from generation.job import generate
from generation.scorable import ScorableRun, Verifier, further_scores, scores_missing, wanted_keys
from generation.scoring import Scored, load_engine, score_study
from generation.study import Scores, StudyModel
from generation.study_tables import load_study
from generation.verifiers import countdown
from store.importers import import_files
from store.runs import Model, read_run
from store.shards import read_shards, shard_paths, write_shard
from tests.generation import tiny_model
from tests.generation.small_study import write_small_study

KEY = ["problem_id", "sample"]
OTHER_WORDS = ["The quick brown fox: Use 1, 2, 3 once once once. 你好 ünïcödé \\frac{1}{2} " * 3]


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose tokenizer has learnt other words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny_model, "TEXTS", OTHER_WORDS)
        return tiny_model.save_tiny_model(tmp_path_factory.mktemp("foreign"), seed=2)


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, foreign: Path) -> Path:
    """The folder of a study whose models have different vocabularies: samples, and no scores."""
    folder = tmp_path_factory.mktemp("sampled")
    study = write_small_study(folder, str(checkpoint), str(foreign), n="4", problems="3")
    study.write_text(study.read_text().partition("[[scores]]")[0])
    generate(study)
    return folder


@pytest.fixture
def study(sampled: Path, tmp_path: Path) -> Path:
    """The study file of a copy of it."""
    return Path(shutil.copytree(sampled, tmp_path / "study")) / "study.toml"


def add_scores(study: Path, *lines: str) -> None:
    with study.open("a") as file:
        file.write("\n".join(["[[scores]]", 'scorer = "base"', *lines, ""]))


def run_folder(study: Path, model: str) -> Path:
    folders = (path.parent for path in study.parent.glob("shards/*/run.json"))
    return next(folder for folder in folders if read_run(folder).model.name == model)


def stored(study: Path, model: str, kind: str = "scores", label: str | None = None) -> pl.DataFrame:
    return read_shards(run_folder(study, model), kind, label).sort(KEY)


def import_texts(study: Path, *lines: dict[str, object], model: str = "o1") -> None:
    path = study.parent / "texts.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    import_files([path], study.parent, model=model, benchmark="countdown")


class Expected(NamedTuple):
    token_ids: list[int]
    logprobs: list[float]
    logits: torch.Tensor
    entropies: list[float]


def expected(checkpoint: Path, prompt: str, completion: str) -> Expected:
    """One forward pass over prompt and completion, tokenized apart."""
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype="float32").eval()
    before = tokenizer(prompt)["input_ids"]
    ids = tokenizer(completion, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logits = model(torch.tensor([before + ids])).logits[0].double()
    steps = logits[len(before) - 1 : -1]
    distribution = steps - steps.logsumexp(-1, keepdim=True)
    values = [float(distribution[i, token]) for i, token in enumerate(ids)]
    entropies = [float(-(row.exp() * row).sum()) for row in distribution]
    return Expected(ids, values, steps, entropies)


def never(entry: StudyModel) -> Engine:
    raise AssertionError(f"{entry.model.name} was loaded although nothing is to be done")


def test_samples_of_another_vocabulary_are_scored_by_their_text(
    study: Path, checkpoint: Path
) -> None:
    assert score_study(study, scorer="base", samples_of=["rl"]) == Scored(12, [])
    scores = stored(study, "rl")
    samples = stored(study, "rl", "samples")
    prompts = dict(stored_problems(study, "rl").select("problem_id", "prompt").rows())
    assert scores.height == samples.height == 12
    for score, sample in zip(scores.to_dicts(), samples.to_dicts(), strict=True):
        right = expected(checkpoint, prompts[sample["problem_id"]], sample["completion"])
        assert score["token_ids"] == right.token_ids
        assert score["n_tokens"] == len(right.token_ids)
        assert tiny_model.between(score["token_ranks"], right.logits, right.token_ids)
        assert score["token_logprobs"] == pytest.approx(right.logprobs, abs=1e-4)
        assert score["sum_logprob"] == pytest.approx(sum(right.logprobs), abs=1e-3)
        if right.token_ids:
            assert score["token_ends"][-1] == len(sample["completion"])
    # The two tokenizers do cut these texts differently.
    assert scores["token_ids"].to_list() != samples["token_ids"].to_list()


def stored_problems(study: Path, model: str) -> pl.DataFrame:
    return read_shards(run_folder(study, model), "problems")


def test_samples_of_the_same_vocabulary_are_scored_token_by_token(study: Path) -> None:
    assert score_study(study, scorer="base", samples_of=["base"]).samples == 12
    scores = stored(study, "base")
    samples = stored(study, "base", "samples")
    assert scores["n_tokens"].to_list() == samples["n_tokens"].to_list()
    assert scores["token_ids"].null_count() == scores["token_ends"].null_count() == 12
    for score, sample in zip(scores.to_dicts(), samples.to_dicts(), strict=True):
        assert score["token_logprobs"] == pytest.approx(sample["token_logprobs"], abs=1e-4)


def test_a_text_is_scored_after_the_prompt_that_the_study_asks_with(
    study: Path, checkpoint: Path
) -> None:
    study.write_text(study.read_text().replace('prompt = "plain"', 'prompt = "qwen-boxed"'))
    text = "So 1 + 2 naïve — 你好."
    import_texts(study, {"problem_id": "p1", "completion": text})
    assert score_study(study, scorer="base", samples_of=["o1"]) == Scored(1, [])
    (score,) = stored(study, "o1").to_dicts()
    question = stored_problems(study, "o1")["question"][0]
    prompt = (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        f"<|im_start|>user\n{question}\n"
        "Please reason step by step, and put your final answer within \\boxed{}.<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    right = expected(checkpoint, prompt, text)
    assert score["token_ids"] == right.token_ids
    assert score["token_logprobs"] == pytest.approx(right.logprobs, abs=1e-4)
    # Where each token ends: by decoding longer and longer beginnings.
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    whole = [
        end
        for i, end in enumerate(score["token_ends"], 1)
        if "\N{REPLACEMENT CHARACTER}" not in (begun := tokenizer.decode(right.token_ids[:i]))
        and end != len(begun)
    ]
    assert whole == []


def test_what_is_too_long_or_empty_stops_nothing_and_is_told(study: Path, checkpoint: Path) -> None:
    import_texts(
        study,
        {"problem_id": "p0", "completions": ["0" * 1000, "1 + 2", "0123456789" * 300]},
        {"problem_id": "p1", "completion": ""},
    )
    scored = score_study(study, scorer="base", samples_of=["o1"])
    longest = stored(study, "o1")["n_tokens"].max()
    question = stored_problems(study, "o1").filter(problem_id="p0")["question"][0]
    asked = len(AutoTokenizer.from_pretrained(checkpoint)(question)["input_ids"])
    (note,) = scored.notes
    run = run_folder(study, "o1").name
    assert note == (
        f'2 samples of {run} are not scored under "base": with their prompts they are longer than '
        f'its 256 tokens (the longest, {longest + asked}: sample 2 of problem "p0").'
    )
    assert scored.samples == 2
    rows = stored(study, "o1").select(*KEY, "sum_logprob").rows()
    right = expected(checkpoint, question, "1 + 2")
    assert rows[0] == ("p0", 0, None) and rows[2] == ("p0", 2, None)
    assert rows[1][2] == pytest.approx(sum(right.logprobs), abs=1e-4)
    empty = stored(study, "o1").filter(problem_id="p1").to_dicts()[0]
    assert (empty["n_tokens"], empty["sum_logprob"], empty["token_logprobs"]) == (0, 0.0, [])
    ranks = stored(study, "o1")["token_ranks"].to_list()
    assert (ranks[0], ranks[2], empty["token_ranks"]) == (None, None, [])
    # The model is not loaded again for what is too long.
    assert score_study(study, scorer="base", samples_of=["o1"], load=never) == Scored(0, [])


def judge(study: Path, model: str, correct: Sequence[tuple[str, int]], version: str) -> None:
    folder = run_folder(study, model)
    keys = read_shards(folder, "samples", columns=KEY)
    chosen = pl.Series([row in correct for row in keys.rows()], dtype=pl.Boolean)
    outcome = pl.when(chosen).then(pl.lit("correct")).otherwise(pl.lit("incorrect"))
    verdicts = keys.with_columns(
        verifier=pl.lit("countdown"), version=pl.lit(version), outcome=outcome,
        answer=pl.lit(None), detail=pl.lit(None),
    )  # fmt: skip
    write_shard(folder, "verdicts", verdicts, "countdown")


RIGHT = [("p0", 1), ("p0", 2), ("p0", 3), ("p2", 3)]


@pytest.fixture
def judged(study: Path) -> Path:
    """The study with made-up verdicts on the samples of "base"."""
    for path in shard_paths(run_folder(study, "base"), "verdicts"):
        path.unlink()
    judge(study, "base", [("p1", 0)], "an older one")
    judge(study, "base", RIGHT, countdown.VERSION)
    return study


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (["correct_only = true"], RIGHT),
        (["correct_only = true", "first = 2"], [("p0", 1), ("p0", 2), ("p2", 3)]),
        (["first = 1"], [("p0", 0), ("p1", 0), ("p2", 0)]),
        (['benchmarks = ["countdown"]', "first = 1"], [("p0", 0), ("p1", 0), ("p2", 0)]),
    ],
)
def test_the_filters_of_a_study_choose_the_samples(
    judged: Path, filters: list[str], keys: list[tuple[str, int]]
) -> None:
    add_scores(judged, 'samples_of = ["base"]', *filters)
    assert score_study(judged) == Scored(len(keys), [])
    assert stored(judged, "base").select(KEY).rows() == keys
    assert score_study(judged, load=never) == Scored(0, [])


def test_the_command_narrows_what_the_study_says(judged: Path) -> None:
    add_scores(judged, 'samples_of = ["base", "rl"]', "first = 3")
    run = run_folder(judged, "base").name
    assert score_study(judged, samples_of=["base"], correct_only=True, first=5).samples == 4
    assert not shard_paths(run_folder(judged, "rl"), "scores")
    assert score_study(judged, runs=[run], first=1).samples == 3
    # As the command line says that nothing was chosen.
    assert score_study(judged, samples_of=["base"], runs=(), benchmarks=(), first=1).samples == 0
    assert score_study(judged, benchmarks=["countdown"], samples_of=["base"]).samples == 4
    every = stored(judged, "base").select(KEY)
    assert every.height == every.unique().height == 11
    assert not shard_paths(run_folder(judged, "rl"), "scores")


def test_correct_samples_of_a_run_that_nobody_judged_are_none_and_that_is_told(
    study: Path,
) -> None:
    import_texts(study, {"problem_id": "p1", "completion": "1 + 2"})
    run = run_folder(study, "o1").name
    scored = score_study(study, scorer="base", samples_of=["o1"], correct_only=True, load=never)
    assert scored.samples == 0
    assert scored.notes == [
        f"No sample of {run} is scored: only correct ones are to be, and none is judged; run "
        f"`passband verify --verifier countdown --run {run}`."
    ]


def test_names_that_nothing_is_known_of_are_refused_with_a_remedy(study: Path) -> None:
    add_scores(study, 'samples_of = ["o1"]')
    with pytest.raises(ValueError, match=r'"o1" in \[\[scores\]\] is no model .* --model o1\)'):
        score_study(study, load=never)
    import_texts(study, {"problem_id": "p1", "completion": "1 + 2"})
    assert score_study(study).samples == 1
    for wrong, said in (
        ({"scorer": "bse"}, 'scorer = "bse" in the command is not known: did you mean "base"'),
        (
            {"samples_of": ["o2"]},
            'samples_of = "o2" in the command is not known: known are base, o1',
        ),
        ({"benchmarks": ["math"]}, 'benchmark = "math" in the command is not known'),
        ({"runs": ["base"]}, 'run = "base" in .*shards is not known'),
    ):
        with pytest.raises(ValueError, match=said):
            score_study(study, load=never, **wrong)  # type: ignore[arg-type]


def test_scores_of_runs_that_the_study_does_not_ask_for_are_counted_too(study: Path) -> None:
    import_texts(study, {"problem_id": "p1", "completions": ["1 + 2", "2 + 1"]})
    add_scores(study, 'samples_of = ["base", "o1"]')
    run = run_folder(study, "o1").name
    assert further_scores(load_study(study), study.parent) == {run: 2}
    assert score_study(study).samples == 14
    assert further_scores(load_study(study), study.parent) == {run: 0}


def test_a_text_of_a_benchmark_that_the_study_does_not_ask_is_told(study: Path) -> None:
    path = study.parent / "texts.jsonl"
    import_texts(study, {"problem_id": "p1", "completion": "1 + 2"})
    study.write_text(study.read_text().replace('name = "countdown"\npath', 'name = "other"\npath'))
    scored = score_study(study, scorer="base", samples_of=["o1"], load=never)
    assert path.exists() and scored.samples == 0
    (note,) = scored.notes
    assert (
        'what their model was asked is not stored, and the study has no [[benchmarks]] "cou' in note
    )


def test_a_checkpoint_that_has_changed_does_not_score_under_the_old_name(
    study: Path, tmp_path: Path, checkpoint: Path
) -> None:
    changed = tiny_model.save_tiny_model(tmp_path / "changed", seed=9)
    study.write_text(study.read_text().replace(str(checkpoint), str(changed)))
    with pytest.raises(ValueError, match=r"The checkpoint in .*changed is not the one that made"):
        score_study(study, scorer="base", samples_of=["rl"])


def test_the_parts_of_a_divided_job_score_each_sample_once(study: Path) -> None:
    parts = [
        score_study(study, scorer="base", samples_of=["rl"], division=Division(i, 3)).samples
        for i in (1, 2, 3)
    ]
    assert parts == [4, 4, 4]
    keys = stored(study, "rl").select(KEY)
    assert keys.height == keys.unique().height == 12


def test_what_is_missing_can_be_counted_before_the_samples_are_drawn(judged: Path) -> None:
    folder = run_folder(judged, "base")
    whole = Scores("base", ("base",))
    best = Scores("base", ("base",), correct_only=True, first=2)
    verifier = Verifier("countdown", countdown.VERSION)
    missing = [("p0", 4, 3), ("p1", 4, 3), ("p3", 0, 2)]
    assert scores_missing(folder, [whole], None) == 12
    assert scores_missing(folder, [whole], None, missing) == 20
    assert scores_missing(folder, [Scores("base", ("base",), first=1)], None, missing) == 4
    # Of p0 and p3 two at most, of p1 two that are not drawn yet, of p2 the one that is correct.
    assert scores_missing(folder, [best], verifier, missing) == 2 + 2 + 1 + 2
    assert wanted_keys(folder, best, verifier).rows() == [("p0", 1), ("p0", 2), ("p2", 3)]
    positions = {f"p{i}": i for i in range(4)}
    parts = [
        scores_missing(folder, [whole], None, missing, positions, Division(i, 2)) for i in (1, 2)
    ]
    assert parts == [7 + 4, 7 + 2]
    score_study(judged, scorer="base", samples_of=["base"], correct_only=True, first=2)
    assert scores_missing(folder, [best], verifier) == 0
    # Two entries that choose the same samples: each is scored once.
    assert scores_missing(folder, [whole, whole], None) == 9


def test_entropies_are_those_of_the_whole_distribution(study: Path, checkpoint: Path) -> None:
    add_scores(study, 'samples_of = ["rl"]', "first = 1", "entropy = true")
    assert score_study(study) == Scored(3, [])
    prompts = dict(stored_problems(study, "rl").select("problem_id", "prompt").rows())
    texts = dict(
        stored(study, "rl", "samples").filter(sample=0).select(KEY[0], "completion").rows()
    )
    entropies = stored(study, "rl", "entropies", "base")
    assert entropies["problem_id"].to_list() == sorted(texts)
    for row in entropies.to_dicts():
        right = expected(checkpoint, prompts[row["problem_id"]], texts[row["problem_id"]])
        assert row["token_entropies"] == pytest.approx(right.entropies, abs=1e-4)
    assert score_study(study, load=never) == Scored(0, [])


def test_entropies_can_be_added_to_scores_that_are_there(study: Path) -> None:
    assert score_study(study, scorer="base", samples_of=["base"]).samples == 12
    assert score_study(study, scorer="base", samples_of=["base"], entropy=True).samples == 12
    assert stored(study, "base").height == stored(study, "base", "entropies").height == 12
    lengths = stored(study, "base", "entropies")["token_entropies"].list.len()
    assert lengths.to_list() == stored(study, "base")["n_tokens"].to_list()


def test_an_engine_without_entropies_scores_all_the_same_and_says_so_once(study: Path) -> None:
    scored = score_study(study, scorer="base", entropy=True, load=lacking("entropies"))
    assert scored.samples == 24
    assert scored.notes == [
        'Entropies under "base" are left out: nothing is known; '
        "`passband score --engine transformers` makes them."
    ]
    assert stored(study, "base").height == stored(study, "rl").height == 12
    assert not shard_paths(run_folder(study, "rl"), "entropies")


def test_an_engine_that_cannot_score_some_samples_is_told_and_goes_on(study: Path) -> None:
    scored = score_study(study, scorer="base", samples_of=["rl"], load=lacking("score"))
    run = run_folder(study, "rl").name
    assert scored == Scored(
        0,
        [
            f'12 samples of {run} are not scored under "base"; of sample 0 of problem "p0": '
            "nothing is known."
        ],
    )
    assert not shard_paths(run_folder(study, "rl"), "scores")


def lacking(method: str) -> Callable[[StudyModel], Engine]:
    """Loads the real engine, which here refuses to answer one question."""

    def load(entry: StudyModel) -> Engine:
        engine = load_engine(entry)

        def refused(_: Sequence[Forced]) -> list[list[float]]:
            raise ValueError("nothing is known.")

        setattr(engine, method, refused)
        return engine

    return load


def test_a_start_token_that_the_scorer_wants_comes_once(
    study: Path, foreign: Path, tmp_path: Path
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(foreign)
    start = ("<|im_start|>", tokenizer.convert_tokens_to_ids("<|im_start|>"))
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[start]
    )
    saved = tmp_path / "with-start"
    shutil.copytree(foreign, saved)
    tokenizer.save_pretrained(saved)
    run = ScorableRun(run_folder(study, "base"), "base", "countdown", None)
    engine = load_engine(
        StudyModel(Model("x", "rl", path=str(saved)), "transformers", Options(), None, ())
    )
    prompt = stored_problems(study, "base")["prompt"][0]
    bare = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    problem = stored_problems(study, "base")["problem_id"][0]
    assert Forcing(run, engine).tokens(problem, "1", None).forced.prompt_ids == [start[1], *bare]
    # A chat template has written it into the text already.
    problems = stored_problems(study, "base").with_columns(
        prompt=pl.lit("<|im_start|>") + pl.col("prompt")
    )
    (path,) = shard_paths(run.folder, "problems")
    path.unlink()
    write_shard(run.folder, "problems", problems)
    assert Forcing(run, engine).tokens(problem, "1", None).forced.prompt_ids == [start[1], *bare]
    engine.close()
