"""Details of lighteval: a Parquet file for each task, one row for each problem with its n samples.

The metric of a row is of all its samples together. Where there is but one it is a verdict, as of
`lighteval:METRIC`; where there are several, none of them has one, and they are to be verified anew
against the reference. Log-probabilities are at most those of the first sample. In tasks that
compare given answers the sample is the one that the model finds likeliest.

    details/ORG/MODEL/DATE/details_SUITE|TASK|SHOTS_DATE.parquet
    results/ORG/MODEL/results_DATE.json
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
    shown,
    text_of,
    texts_of,
    whole_of,
)
from store.importers.opening import Source, parquet_rows, understood
from store.importers.peek import Peek
from store.importers.rewards import Rewards

NAME = re.compile(r"details_(?P<task>.+)_(?P<date>\d{4}-\d{2}-\d{2}T[\d.:-]*\d)\.parquet")
SEVERAL = "samples without a verdict: the file judges all that a problem has together"
CHOSEN = "samples that are the likeliest of given answers, and not drawn"


def recognises(peek: Peek) -> str | None:
    """The columns."""
    for doc, response in (("__doc__", "__model_response__"), ("doc", "model_response")):
        if peek.kind == "parquet" and peek.has(doc, response):
            return f"the columns {doc} and {response}, as in details of lighteval"
    return None


def companion(peek: Peek) -> str | None:
    """The results, which are read beside the details."""
    if peek.kind == "json-object" and peek.has("config_general", "results"):
        return "results of lighteval, which are read beside their details"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each problem with its samples."""
    rewards, facts = Rewards.of("lighteval", source), told_by_path(source.path)
    metric = source.fields.get("correct")

    def understand(where: str, row: dict[str, object]) -> Sequence[Found]:
        row = {name.strip("_"): value for name, value in row.items()}  # some versions underline
        return [drawn(problem(where, row, facts), row, rewards, metric)]

    return understood(parquet_rows(source), understand)


def told_by_path(path: Path) -> Facts:
    """Model, task and shots; and what the results say of how it was sampled."""
    folders = path.absolute().parts[:-1]
    name = NAME.fullmatch(path.name)
    task, shots = task_of(name["task"]) if name else (None, None)
    told = Facts(benchmark=task, prompt_template=shots)
    if "details" not in folders or name is None:
        return told
    root = len(folders) - 1 - folders[::-1].index("details")
    model = folders[root + 1 : -1]
    results = Path(*folders[:root], "results", *model, f"results_{name['date']}.json")
    general = mapping(mapping(json_beside(results)).get("config_general"))
    config = mapping(general.get("model_config"))
    settings = config.get("generation_parameters", general.get("generation_parameters"))
    named = said(general.get("model_name")) or said(config.get("model_name"))
    by_results = replace(sampling(mapping(settings)), model=named)
    return by_results.over(replace(told, model="/".join(model) or None))


def task_of(name: str) -> tuple[str, str | None]:
    """Task and shots in `SUITE|TASK|SHOTS`; older names have more parts after."""
    parts = name.split("|")
    place = next((i for i, part in enumerate(parts) if i and part.isdigit()), None)
    if place is None:
        return name, None
    return parts[place - 1], f"{parts[place]}-shot"


def problem(where: str, row: Mapping[str, object], facts: Facts) -> Found:
    """What a row says of its problem. Raises Unfit."""
    doc, answered = mapping(needed(row, "doc")), mapping(needed(row, "model_response"))
    most = doc.get("generation_size")
    told = Facts(
        benchmark=said(doc.get("task_name")) and task_of(str(doc["task_name"]))[0],
        max_tokens=int(most) if isinstance(most, int | float) else None,
    )
    given = answered.get("input")
    specific = doc.get("specific")
    return Found(
        where,
        id_of(doc.get("id"), "doc.id"),
        facts=facts.over(told),
        question=text_of(needed(doc, "query"), "doc.query"),
        reference=reference_of(doc),
        metadata={k: v for k, v in mapping(specific).items() if v is not None},
        prompt=said(given) or said(doc.get("query")),
    )


def reference_of(doc: Mapping[str, object]) -> str | None:
    """The right one of the choices; several as a JSON list. Raises Unfit."""
    choices = list_of(doc.get("choices") or [], "doc.choices")
    index = doc.get("gold_index")
    if not choices or index is None:
        return None
    places = [
        whole_of(i, "doc.gold_index") for i in (index if isinstance(index, list) else [index])
    ]
    if not all(0 <= place < len(choices) for place in places):
        raise Unfit("doc.gold_index", f"is {shown(index)}, of {len(choices)} choices")
    gold = [choices[place] for place in places]
    return said(gold[0] if len(gold) == 1 else gold)


def drawn(found: Found, row: Mapping[str, object], rewards: Rewards, metric: str | None) -> Found:
    """The problem with its samples. Raises Unfit."""
    answered = mapping(row["model_response"])
    notes: Counter[str] = Counter()
    texts = texts_of(answered.get("text") or [], "model_response.text")
    if not texts:
        sample = likeliest(mapping(row["doc"]), answered)
        notes[CHOSEN] += 1
        samples = [sample]
    else:
        samples = list(generated(texts, answered))
    verdicts: tuple[Verdict, ...] = ()
    if len(samples) > 1:
        notes[SEVERAL] += len(samples)
    else:
        metrics = {k: v for k, v in mapping(row.get("metric")).items() if v is not None}
        for name in sorted(metrics, key=lambda n: n != metric):
            if not isinstance(metrics[name], bool | int | float):
                continue
            judged = rewards.judged(name, metrics[name])
            verdicts += judged.verdicts
            notes.update(judged.notes)
    drawn = [replace(sample, verdicts=verdicts) for sample in samples]
    return replace(found, samples=drawn, notes=notes, main=metric and rewards.verifier(metric))


def generated(texts: list[str], answered: Mapping[str, object]) -> Iterator[Drawn]:
    """The texts with their tokens. Raises Unfit where there are tokens of other texts."""
    tokens = answered.get("output_tokens") or [None] * len(texts)
    each = list_of(tokens, "model_response.output_tokens", len(texts))
    values = answered.get("logprobs")
    for place, (text, ids) in enumerate(zip(texts, each, strict=True)):
        known = (
            [whole_of(i, "model_response.output_tokens") for i in ids]
            if isinstance(ids, list)
            else []
        )
        logged = place == 0 and known and isinstance(values, list) and len(values) == len(known)
        yield Drawn(
            text,
            n_tokens=len(known) or None,
            token_ids=known or None,
            token_logprobs=logprobs_of(values, "model_response.logprobs") if logged else None,
        )


def likeliest(doc: Mapping[str, object], answered: Mapping[str, object]) -> Drawn:
    """Of the choices the likeliest. Raises Unfit where there are no texts and no likelihoods."""
    choices = list_of(doc.get("choices") or [], "doc.choices")
    values = answered.get("logprobs")
    if not choices or not isinstance(values, list) or len(values) != len(choices):
        raise Unfit("model_response.text", "is empty: the row has no sample of the model")
    found = logprobs_of(values, "model_response.logprobs")
    best = max(range(len(found)), key=found.__getitem__)
    return Drawn(text_of(choices[best], "doc.choices").strip(), sum_logprob=found[best])
