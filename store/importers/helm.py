"""Runs of HELM: scenario_state.json with every request and what the model answered, judged by
per_instance_stats.json beside it; or, where only what its website shows is there,
display_predictions.json with instances.json.

HELM computes tens of statistics, of which those in METRICS say that an answer is right; another is
named with --field correct=…. Where a request asked for several completions, a statistic is not of
one of them. Instances that were perturbed to test robustness are left out and counted.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from store.importers.beside import json_beside, mapping, sampling
from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Unfit,
    Verdict,
    id_of,
    list_of,
    logprobs_of,
    needed,
    said,
    text_of,
    token_ends,
    whole_of,
)
from store.importers.model_output import with_reasoning
from store.importers.opening import Source, json_items, json_pairs, understood, untold
from store.importers.peek import Peek
from store.importers.rewards import Rewards

METRICS = (
    "math_equiv_chain_of_thought", "math_equiv", "final_number_exact_match",
    "chain_of_thought_correctness", "quasi_exact_match", "exact_match", "prefix_exact_match",
    "quasi_prefix_exact_match", "test_pass", "pass",
)  # fmt: skip
SHOWN, STATE, STATS = "display_predictions.json", "scenario_state.json", "per_instance_stats.json"
SEVERAL = "samples without a verdict: the file judges all of a request together"
PERTURBED = "requests of instances that were perturbed"
FAILED = "requests that failed"
OF_RUN = ("run_spec.json", "scenario.json", "stats.json", "instances.json", STATS)
MODEL = re.compile(r"[,:]model=[^,]*")

Scores = dict[tuple[str, int], dict[str, float]]  # instance and trial → statistic → its mean


@dataclass(frozen=True)
class Run:
    """What all requests of a run have in common; `names` are its verdicts, the main one first."""

    facts: Facts
    scores: Scores
    names: list[str]
    rewards: Rewards


def recognises(peek: Peek) -> str | None:
    """The names in the object, or in the first item of the list."""
    if peek.kind == "json-object" and peek.has("adapter_spec", "request_states"):
        return "an object with adapter_spec and request_states, as HELM's scenario_state.json"
    listed = peek.kind == "json-list" and peek.has("instance_id", "predicted_text", "stats")
    if listed and not peek.path.with_name(STATE).is_file():
        return "a list with instance_id and predicted_text, as HELM's display_predictions.json"
    return None


def companion(peek: Peek) -> str | None:
    """The files of a run that are read beside its requests, or tell the same."""
    beside = [name for name in (STATE, SHOWN) if peek.path.with_name(name).is_file()]
    if peek.path.name in OF_RUN and beside:
        return f"a file of HELM that is read, where it is needed, beside {beside[0]}"
    if peek.path.name in (SHOWN, "display_requests.json") and beside[:1] == [STATE]:
        return f"a file of HELM that tells what {STATE} tells"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each request. Raises ValueError where the run drew nothing from the model."""
    spec = spec_of(source)
    method = str(spec.get("method") or "")
    if method.startswith(("multiple_choice_separate", "language_modeling", "ranking")):
        raise ValueError(
            f"{source.path} has no samples of the model: its method, {method}, compares the "
            "likelihoods of given texts."
        )
    rewards = Rewards.of("helm", source)
    shown = source.path.name.startswith("display_predictions")
    scores = shown_scores(source) if shown else stored_scores(source)
    run = Run(facts_of(spec, source.path), scores, chosen(source, scores), rewards)
    if shown:
        instances = instances_of(source.path)
        records = json_items(source)
        yield from understood(records, lambda where, item: prediction(where, item, run, instances))
    else:
        records = json_items(source, "request_states")
        yield from understood(records, lambda where, item: request(where, item, run))


def spec_of(source: Source) -> Mapping[str, object]:
    """How the run was made: in the object itself, or in run_spec.json beside it."""
    beside = mapping(json_beside(source.path.with_name("run_spec.json")))
    spec = {"name": beside.get("name"), **mapping(beside.get("adapter_spec"))}
    if not beside and source.path.name.startswith("scenario_state"):
        pairs = json_pairs(replace(source, progress=untold))
        first = next((pair for pair in pairs if not isinstance(pair, Bad)), ("", None))
        if first[0] == "adapter_spec":
            spec |= mapping(first[1])
    return spec


def facts_of(spec: Mapping[str, object], path: Path) -> Facts:
    """Model, scenario and settings; the run's name is that of its folder."""
    name = said(spec.get("name")) or path.absolute().parent.name
    shots = spec.get("max_train_instances")
    template = f"{spec.get('method')}, {shots}-shot" if isinstance(shots, int) else None
    model = said(spec.get("model")) or said(spec.get("model_deployment"))
    scenario = MODEL.sub("", name) if "model=" in name else None
    return replace(sampling(spec), model=model, benchmark=scenario, prompt_template=template)


def stored_scores(source: Source) -> Scores:
    """The statistics beside the requests that may be verdicts; empty where they are not there."""
    path, wanted = source.path.with_name(STATS), source.fields.get("correct")
    found: Scores = {}
    if not path.is_file():
        return found
    for record in json_items(Source(path)):
        if isinstance(record, Bad) or record[1].get("perturbation") is not None:
            continue
        own = found.setdefault(key_of(record[1]), {})
        for stat in list_of(record[1].get("stats") or [], "stats"):
            about = mapping(mapping(stat).get("name"))
            name, mean = str(about.get("name")), mapping(stat).get("mean")
            if (name in METRICS or name == wanted) and about.get("perturbation") is None:
                own.setdefault(name, float(mean) if isinstance(mean, int | float) else 0.0)
    return found


def shown_scores(source: Source) -> Scores:
    """The statistics that stand with the predictions themselves: those that may be verdicts."""
    wanted, found = source.fields.get("correct"), Scores()
    for record in json_items(replace(source, progress=untold)):
        if not isinstance(record, Bad):
            found[key_of(record[1])] = {
                name: float(value)
                for name, value in mapping(record[1].get("stats")).items()
                if (name in METRICS or name == wanted) and isinstance(value, int | float)
            }
    return found


def key_of(fields: Mapping[str, object]) -> tuple[str, int]:
    """Instance and trial; what cannot be right is told where the request itself is read."""
    trial = fields.get("train_trial_index")
    return str(said(fields.get("instance_id"))), trial if isinstance(trial, int) else 0


def chosen(source: Source, scores: Scores) -> list[str]:
    """The statistics that are verdicts, the main one first. Raises ValueError."""
    there = {name for own in scores.values() for name in own}
    wanted = source.fields.get("correct")
    if wanted is not None and wanted not in there:
        raise ValueError(
            f"{source.path} has no statistic {wanted} with its requests: give --field correct= "
            f"with one of {', '.join(sorted(there)) or 'those that HELM computed'}."
        )
    return sorted(there, key=lambda n: (n != wanted, METRICS.index(n) if n in METRICS else 0))


def request(where: str, state: Mapping[str, object], run: Run) -> Sequence[Found]:
    """A request with its completions. Raises Unfit."""
    instance, asked = mapping(needed(state, "instance")), mapping(state.get("request"))
    result = mapping(state.get("result"))
    found = about(where, instance, mapping(state.get("output_mapping")), run.facts)
    facts = run.facts.over(replace(sampling(asked), model=said(asked.get("model"))))
    found = replace(found, facts=facts, prompt=said(asked.get("prompt")))
    if instance.get("perturbation") is not None:
        return [replace(found, left_out={PERTURBED: 1})]
    if not result.get("success", True):
        return [replace(found, left_out={FAILED: 1})]
    samples = [completion(each) for each in list_of(needed(result, "completions"), "completions")]
    if not samples:
        raise Unfit("completions", "is empty")
    trial = whole_of(state.get("train_trial_index", 0), "train_trial_index")
    return [judged(found, samples, trial, run)]


def about(
    where: str, instance: Mapping[str, object], letters: Mapping[str, object], facts: Facts
) -> Found:
    """What is said of the problem; of a multiple choice the reference is the letter. Raises
    Unfit."""
    references = [mapping(each) for each in list_of(instance.get("references") or [], "references")]
    right = [
        str(mapping(each.get("output")).get("text"))
        for each in references
        if "correct" in (each.get("tags") or ())  # type: ignore[operator]
    ]
    spelled = {str(text): letter for letter, text in letters.items()}
    named = [spelled.get(text, text) for text in right]
    return Found(
        where,
        id_of(instance.get("id"), "instance.id"),
        facts=facts,
        question=text_of(needed(mapping(instance.get("input")), "text"), "instance.input.text"),
        reference=said(named[0] if len(named) == 1 else named or None),
        metadata={k: v for k, v in instance.items() if k in ("split", "sub_split") and v},
    )


def completion(found: object) -> Drawn:
    """One completion. Clients that know no log-probabilities write zeros. Raises Unfit."""
    fields = mapping(found)
    text = text_of(fields.get("text"), "completions.text")
    tokens = [mapping(each) for each in list_of(fields.get("tokens") or [], "completions.tokens")]
    values = [token.get("logprob", 0) for token in tokens]
    known = any(value != 0 for value in values)
    return Drawn(
        text,
        finish_reason=said(mapping(fields.get("finish_reason")).get("reason")),
        n_tokens=len(tokens) or None,
        token_logprobs=logprobs_of(values, "completions.tokens") if known else None,
        token_ends=token_ends([str(t.get("text")) for t in tokens], text) if known else None,
    )


def judged(
    found: Found, samples: list[Drawn], trial: int, run: Run, answer: str | None = None
) -> Found:
    """The problem with its samples and the verdicts on a single one."""
    notes: Counter[str] = Counter()
    verdicts: tuple[Verdict, ...] = ()
    scores = run.scores.get((found.problem_id, trial), {})
    if len(samples) > 1:
        notes[SEVERAL] += len(samples)
    else:
        samples = [replace(samples[0], number=trial)]
        for name in run.names:
            each = run.rewards.judged(name, scores.get(name), answer)
            verdicts += each.verdicts
            notes.update(each.notes)
    drawn = [replace(sample, verdicts=verdicts) for sample in samples]
    main = run.rewards.verifier(run.names[0]) if run.names else None
    return replace(found, samples=drawn, notes=notes, main=main)


def instances_of(path: Path) -> Mapping[str, Mapping[str, object]]:
    """The instances beside the predictions, by id."""
    found = json_beside(path.with_name("instances.json"))
    listed = found if isinstance(found, list) else []
    return {
        str(mapping(each).get("id")): mapping(each)
        for each in listed
        if mapping(each).get("perturbation") is None
    }


def prediction(
    where: str,
    item: Mapping[str, object],
    run: Run,
    instances: Mapping[str, Mapping[str, object]],
) -> Sequence[Found]:
    """A prediction as the website shows it. Raises Unfit."""
    problem_id = id_of(item.get("instance_id"), "instance_id")
    instance = instances.get(problem_id)
    found = Found(where, problem_id, facts=run.facts)
    if instance is not None:
        found = about(where, instance, {}, run.facts)
    if item.get("perturbation") is not None:
        return [replace(found, left_out={PERTURBED: 1})]
    text, thinking = (
        text_of(item.get("predicted_text"), "predicted_text"),
        item.get("thinking_text"),
    )
    if isinstance(thinking, str) and thinking:
        text = with_reasoning(text_of(thinking, "thinking_text"), text)
    trial = whole_of(item.get("train_trial_index", 0), "train_trial_index")
    return [judged(found, [Drawn(text)], trial, run, said(item.get("mapped_output")))]
