"""Samples of lm-evaluation-harness: one line for each problem and filter.

The lines of a problem differ only in the filter, so its completions are taken once; each metric is
a verifier, `lm-eval:exact_match` or, of several filters, `lm-eval:exact_match,strict-match`. The
metric is of one completion: where a line has several, none of them has a verdict. A problem that
comes again with the same filter, as in files that were put together, has further samples.

Tasks that compare the likelihoods of given answers have no completions. The answer that the model
finds likeliest is then the sample, as a multiple choice is judged; what has no such answer is told.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from store.importers.beside import mapping, sampling
from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Unfit,
    Verdict,
    clean,
    id_of,
    list_of,
    needed,
    said,
    text_of,
)
from store.importers.lm_eval_results import told_beside
from store.importers.opening import Source, json_lines, understood, untold
from store.importers.peek import Peek
from store.importers.rewards import Judged, Rewards

# All else that a line says is a metric, where it has no list of them.
FIELDS = {
    "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics",
    "doc_hash", "prompt_hash", "target_hash",
}  # fmt: skip
ASKED = ("question", "problem", "Question", "Problem", "query", "input", "prompt", "text")
ABOUT = ("subject", "category", "type", "subfield")
SEVERAL = "samples without a verdict: the file judges one of all that a problem has"
CHOSEN = "samples that are the likeliest of given answers, and not drawn"

Verdicts = dict[str, tuple[object, str | None]]  # verifier → its score, and the answer


@dataclass
class Judgements:
    """What all lines of a file say of each problem, the first or nth time that it comes, by
    `metric,filter`; names in their order."""

    of_problem: dict[tuple[str, int], Verdicts] = field(default_factory=dict)
    names: dict[tuple[str, str], None] = field(default_factory=dict)


def recognises(peek: Peek) -> str | None:
    """The names that every line has."""
    if peek.kind == "jsonl" and peek.has("doc_id", "doc", "resps", "filtered_resps"):
        return "lines with doc_id, resps and filtered_resps, as lm-evaluation-harness writes them"
    return None


def companion(peek: Peek) -> str | None:
    """The results, which are read beside the samples."""
    if peek.kind == "json-object" and peek.has("results", "configs", "versions"):
        return "results of lm-evaluation-harness, which are read beside their samples"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each problem with its completions and what all filters say of them.

    Raises ValueError where a filter or metric is chosen that the file does not have.
    """
    rewards = Rewards.of("lm-eval", source)
    judgements = judged_by_line(source)
    order = chosen(source, list(judgements.names))
    facts = told_beside(source.path)
    times: Counter[tuple[str, str]] = Counter()
    taken: set[tuple[str, int]] = set()

    def understand(where: str, line: dict[str, object]) -> Sequence[Found]:
        problem_id = id_of(line.get("doc_id"), "doc_id")
        nth = next_of(times, problem_id, filter_of(line))
        if (problem_id, nth) in taken:
            return []  # another filter of the same completions
        known = judgements.of_problem.get((problem_id, nth), {})
        found = drawn(problem(where, line, facts), line, known, order, rewards)
        taken.add((problem_id, nth))
        return [found]

    yield from understood(json_lines(source), understand)


def judged_by_line(source: Source) -> Judgements:
    """A first look at all lines: their scores only, since filters stand far from each other."""
    found = Judgements()
    times: Counter[tuple[str, str]] = Counter()
    for record in json_lines(replace(source, progress=untold)):
        if isinstance(record, Bad) or record[1].get("doc_id") is None:
            continue
        line, name = record[1], filter_of(record[1])
        problem_id = str(said(line["doc_id"]))
        nth = next_of(times, problem_id, name)
        own = found.of_problem.setdefault((problem_id, nth), {})
        for metric in metrics_of(line):
            found.names.setdefault((metric, name))
            own[f"{metric},{name}"] = (line.get(metric), extracted(line))
    return found


def next_of(times: Counter[tuple[str, str]], problem_id: str, name: str) -> int:
    """How often the problem came with this filter before; counts it."""
    times[problem_id, name] += 1
    return times[problem_id, name] - 1


def filter_of(line: Mapping[str, object]) -> str:
    """The filter of a line; older files do not name it."""
    return str(line.get("filter") or "none")


def metrics_of(line: Mapping[str, object]) -> list[str]:
    """The metrics of a line by name: those that are numbers."""
    listed = line.get("metrics")
    names = listed if isinstance(listed, list) else [name for name in line if name not in FIELDS]
    return [str(n) for n in names if isinstance(line.get(str(n)), bool | int | float)]


def extracted(line: Mapping[str, object]) -> str | None:
    """What the filter made of the completion: the answer that was judged."""
    found = line.get("filtered_resps")
    first = found[0] if isinstance(found, list) and found else None
    first = first[0] if isinstance(first, list) and len(first) == 1 else first
    return clean(first) if isinstance(first, str) else None


def chosen(source: Source, names: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Metrics and filters in the file's order, what was chosen first. Raises ValueError."""
    metric, name = source.fields.get("correct"), source.fields.get("filter")
    for what, wanted, known in (
        ("metric", metric, [m for m, _ in names]),
        ("filter", name, [f for _, f in names]),
    ):
        if wanted is not None and wanted not in known:
            option = "correct" if what == "metric" else "filter"
            raise ValueError(
                f"{source.path} has no {what} {wanted}: give --field {option}= with one of "
                f"{', '.join(dict.fromkeys(known)) or 'none'}."
            )
    return sorted(names, key=lambda n: (name not in (None, n[1]), metric not in (None, n[0])))


def problem(where: str, line: Mapping[str, object], facts: Facts) -> Found:
    """What a line says of its problem. Raises Unfit."""
    doc = line.get("doc")
    about = mapping(doc)
    asked = next((name for name in ASKED if isinstance(about.get(name), str)), None)
    prompt, settings = request(line)
    index = line.get("doc_id")
    return Found(
        where,
        id_of(index, "doc_id"),
        facts=sampled(settings).over(facts),
        question=clean(str(about[asked])) if asked else (prompt or said(doc)),
        reference=reference_of(line.get("target"), about),
        subject=next((said(about[name]) for name in ABOUT if about.get(name)), None),
        level=said(about.get("level")),
        metadata={k: v for k, v in about.items() if k not in (asked, "level", *ABOUT)},
        prompt=prompt,
        position=index if isinstance(index, int) else None,
    )


def requests(line: Mapping[str, object]) -> list[list[object]]:
    """The arguments of each request: the text, and what is to be generated or compared."""
    given = line.get("arguments")
    if isinstance(given, Mapping):
        return [list(mapping(each).values()) for each in given.values()]
    older = given if isinstance(given, list) else []
    return [each if isinstance(each, list) else [each] for each in older]


def request(line: Mapping[str, object]) -> tuple[str | None, Mapping[str, object]]:
    """Prompt and settings of the first request."""
    first = next(iter(requests(line)), [])
    prompt = first[0] if first else None
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    return said(prompt), mapping(first[1] if len(first) > 1 else None)


def sampled(settings: Mapping[str, object]) -> Facts:
    """Temperature, top-p and length. Without sampling the temperature is 0, unless another one is
    there as well: engines differ in which of the two they obey."""
    told = sampling(settings)
    greedy = settings.get("do_sample") is False
    return replace(told, temperature=None if told.temperature else 0.0) if greedy else told


def reference_of(target: object, about: Mapping[str, object]) -> str | None:
    """The target, or of a solution its answer: after ####, or where the problem states it."""
    text = said(target)
    if text and "####" in text:
        return text.rpartition("####")[2].strip()
    if text and "\\boxed" in text and isinstance(about.get("answer"), str):
        return said(about["answer"])
    return text


def drawn(
    found: Found,
    line: Mapping[str, object],
    known: Verdicts,
    order: list[tuple[str, str]],
    rewards: Rewards,
) -> Found:
    """The problem with its samples. Raises Unfit where the line has none."""
    of_requests = list_of(needed(line, "resps"), "resps")
    notes: Counter[str] = Counter()
    if pair_of(of_requests[0] if of_requests else None) is not None:
        texts, totals = likeliest(of_requests, line)
        notes[CHOSEN] += 1
    else:
        texts, totals = completions(of_requests), [None]
    verdicts: tuple[Verdict, ...] = ()
    if len(texts) > 1:
        notes[SEVERAL] += len(texts)
    else:
        for judged in judgements(known, order, rewards, texts[0]):
            verdicts += judged.verdicts
            notes.update(judged.notes)
    samples = [Drawn(text, verdicts, sum_logprob=totals[0]) for text in texts]
    main = rewards.verifier(verifier_of(*order[0], order)) if order else None
    return replace(found, samples=samples, notes=notes, main=main)


def verifier_of(metric: str, name: str, order: list[tuple[str, str]]) -> str:
    """What a metric is called; where there are several filters, with its filter, as in results."""
    return f"{metric},{name}" if len({each for _, each in order}) > 1 else metric


def judgements(
    known: Verdicts, order: list[tuple[str, str]], rewards: Rewards, completion: str
) -> Iterator[Judged]:
    """What each metric and filter says, the main one first. A filter that finds no answer leaves
    none, or `[invalid]`."""
    for metric, name in order:
        if f"{metric},{name}" in known:
            score, answer = known[f"{metric},{name}"]
            verifier = verifier_of(metric, name, order)
            none = answer is not None and answer.strip() in ("", "[invalid]")
            told = None if none or answer == completion else answer
            yield rewards.judged(verifier, score, told, has_answer=not none)


def completions(of_requests: list[object]) -> list[str]:
    """The completions of the one request. Raises Unfit."""
    if len(of_requests) != 1:
        raise Unfit("resps", f"has {len(of_requests)} requests, and must have one")
    texts = of_requests[0] if isinstance(of_requests[0], list) else [of_requests[0]]
    if not texts:
        raise Unfit("resps", "is empty")
    return [text_of(text, "resps") for text in texts]


def likeliest(
    of_requests: list[object], line: Mapping[str, object]
) -> tuple[list[str], list[float | None]]:
    """Of the given answers the likeliest, and its log-probability. Raises Unfit."""
    pairs = [pair_of(each) for each in of_requests]
    values = [-float("inf") if pair is None else pair for pair in pairs]
    texts = [given[1] if len(given) > 1 else None for given in requests(line)]
    if len(values) < 2 or len(texts) != len(values):
        raise Unfit("resps", "has the likelihood of a given text, and no sample of the model")
    best = max(range(len(values)), key=values.__getitem__)
    return [text_of(texts[best], "arguments").strip()], [values[best]]


def pair_of(responses: object) -> float | None:
    """The log-probability in `[[value, is_greedy]]`; None where this is something else."""
    first = responses[0] if isinstance(responses, list) and len(responses) == 1 else None
    if not isinstance(first, list) or len(first) != 2:
        return None
    if str(first[1]) not in ("True", "False", "0", "1"):
        return None
    try:
        return float(first[0])
    except (TypeError, ValueError):
        return None
