"""Which runs form a training, and with which base run each is compared."""

import pytest

from app.analysis.checkpoints import placed
from tests.app.courses import course, run_row, stored

BASE = run_row("base", "base")


def column(frame, name):
    return dict(frame.select("run", name).rows())


def test_a_run_is_compared_with_the_base_run_of_the_same_settings():
    placed_runs = course(
        run_row("base", "base", run="cold", temperature=0.6),
        run_row("base", "base", run="hot", temperature=1.2),
        run_row("base", "base", run="other prompt", temperature=1.2, prompt_template="few-shot"),
        run_row("rl", step=10, run="rl cold", temperature=0.6),
        run_row("rl", step=10, run="rl hot", temperature=1.2),
    )

    assert column(placed_runs, "base") == {
        "cold": None, "hot": None, "other prompt": None, "rl cold": "cold", "rl hot": "hot",
    }  # fmt: skip
    assert set(column(placed_runs, "mismatch").values()) == {""}


def test_without_such_a_run_the_nearest_is_taken_and_what_differs_is_named():
    placed_runs = course(
        run_row("base", "base", run="near", temperature=0.6),
        run_row("base", "base", run="far", temperature=0.6, top_p=1.0, prompt_template="few-shot"),
        run_row("rl", step=10, temperature=1.2),
    )

    assert column(placed_runs, "base")["rl"] == "near"
    assert column(placed_runs, "mismatch")["rl"] == "T 1.2 (base: T 0.6)"


def test_settings_that_neither_run_states_are_not_taken_for_equal():
    nothing = dict.fromkeys(("prompt_template", "temperature", "top_p", "max_tokens"))
    placed_runs = course(
        run_row("base", "base", **nothing),
        run_row("rl", **nothing),
        run_row("half", **{**nothing, "temperature": 1.0}),
    )

    unknown = column(placed_runs, "unknown")
    assert unknown["rl"] == "prompt template, temperature, top p, max tokens"
    assert unknown["half"] == "prompt template, top p, max tokens"
    assert column(placed_runs, "mismatch") == {
        "base": "", "rl": "", "half": "T 1 (base: temperature unknown)",
    }  # fmt: skip


def test_checkpoints_trained_one_from_another_have_the_first_base():
    placed_runs = course(
        BASE,
        run_row("a", parent="base", step=10),
        run_row("b", parent="a", step=20),
        run_row("c", parent="b", step=30),
    )

    assert column(placed_runs, "origin") == {"base": None, "a": "base", "b": "base", "c": "base"}
    assert column(placed_runs, "series") == {"base": None, "a": "GRPO", "b": "GRPO", "c": "GRPO"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([run_row("rl", parent=None)], "base", id="only base"),
        pytest.param([run_row("rl", parent=None), run_row("base 2", "base")], None, id="two bases"),
        pytest.param([run_row("rl", parent="instruct")], "instruct", id="parent is no base"),
        pytest.param([run_row("rl", parent="x"), run_row("x", parent="rl")], "x", id="a circle"),
    ],
)
def test_origin_where_no_ancestor_is_a_base(rows, expected):
    placed_runs = course(BASE, *rows)

    assert column(placed_runs, "origin")["rl"] == expected


def test_what_an_instruct_model_was_trained_from_is_not_the_base_of_what_follows_it():
    placed_runs = course(
        BASE,
        run_row("instruct", "instruct", algorithm=None),
        run_row("rl", parent="instruct", step=5),
    )

    assert column(placed_runs, "base") == {"base": None, "instruct": "base", "rl": "instruct"}


def test_an_instruct_model_that_was_trained_further_is_the_base_of_its_training():
    placed_runs = course(
        run_row("instruct", "instruct", parent=None), run_row("rl", parent="instruct", step=5)
    )

    assert column(placed_runs, "base")["rl"] == "instruct"


def test_trainings_are_named_by_what_tells_them_apart():
    placed_runs = course(
        BASE,
        run_row("plain 1", step=1, tags={"n": "8"}),
        run_row("plain 2", step=2, tags={"n": "8"}),
        run_row("kl 1", step=1, tags={"n": "8", "kl": "0.001"}),
        run_row("ppo", algorithm="PPO", step=1),
        run_row("stepless", algorithm="ReMax"),
    )

    assert column(placed_runs, "series") == {
        "base": None, "plain 1": "GRPO · no kl", "plain 2": "GRPO · no kl",
        "kl 1": "GRPO · kl 0.001", "ppo": "PPO", "stepless": None,
    }  # fmt: skip


def test_temperatures_are_trainings_of_their_own():
    placed_runs = course(
        run_row("base", "base", run="b1", temperature=1.0),
        run_row("rl", step=1, run="r1", temperature=1.0),
        run_row("rl", step=1, run="r2", temperature=1.5),
    )

    names = column(placed_runs, "series")
    assert (names["r1"], names["r2"]) == ("GRPO · T 1", "GRPO · T 1.5")


def test_two_models_at_one_step_are_two_trainings():
    placed_runs = course(BASE, run_row("seed 1", step=9), run_row("seed 2", step=9))

    names = column(placed_runs, "series")
    assert names["seed 1"] != names["seed 2"]
    assert None not in (names["seed 1"], names["seed 2"])


def test_a_models_tags_hold_for_all_its_runs_and_facts_of_the_tokenizer_are_no_tags():
    runs = stored(
        BASE,
        run_row("rl", step=1, run="r1", tags={"kl": "0.1", "vocabulary": "abc"}),
        run_row("rl", step=1, run="r2", temperature=1.0),
    )

    assert set(column(placed(runs, runs), "tags").values()) == {"{}", '{"kl": "0.1"}'}
    assert column(placed(runs, runs), "tags")["r2"] == '{"kl": "0.1"}'
