"""Traces of verifiers 1 and prime-rl: traces.jsonl, one rollout a line.

A trace has its messages as nodes, each naming its parent. What the model wrote is in the nodes that
are `sampled`: of those the text, token ids, log-probabilities and reference log-probabilities are
taken, in the order in which they were written. A node's token_ids begin with what the chat template
put there; `mask` is true of the tokens that the model drew, and log-probabilities are only of those
(rounded to 4 decimals in a trace).

The verdict is the one reward with a weight, or the weighted sum of several; another, or a metric,
is named by `--field correct=…`. The scorer of reference_logprobs is not named in a trace: it is
what `--field scorer=MODEL` says, else the parent that is given, else `reference`. The reference of
a problem is its field `answer`, or the one that `--field reference=…` names.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from store.importers.facts import Facts
from store.importers.found import Bad, Drawn, Found, Score, Unfit, id_of_text, list_of, needed, said
from store.importers.messages import Spoken, messages_of, prompt_text, question_of, turns
from store.importers.opening import Source, json_lines, understood
from store.importers.peek import Peek
from store.importers.rewards import Judged, Rewards, detail_of, number_of, reference_of
from store.importers.trace_facts import beside, told_by_trace
from store.importers.trace_tokens import Tokens, tokens_of_nodes
from store.importers.verifiers_results import step_of

TRUNCATED = {
    "max_turns", "max_input_tokens", "max_output_tokens", "max_total_tokens", "compaction_failed",
}  # fmt: skip
# Of a task's data, what is no fact of the problem.
TAKEN = {"prompt", "system_prompt", "idx", "name", "timeout", "resources", "network_allow"}
TOTAL = "reward"
OTHER_AGENT = "traces of other agents than the one that is trained, left out"
SCALED = (
    "samples drawn at another temperature than 1: whether their own log-probabilities are of that "
    "or of temperature 1 is not told"
)
Node = Mapping[str, object]


def recognises(peek: Peek) -> str | None:
    """JSONL whose lines have a task, nodes and rewards."""
    if peek.kind == "jsonl" and peek.has("task", "nodes") and peek.has_any("rewards", "agent"):
        return "lines with task, nodes and rewards, as verifiers 1 writes traces"
    return None


@dataclass(frozen=True)
class Reading:
    """How the traces of a file are read."""

    rewards: Rewards
    chosen: str | None
    scorer: str
    reference: str
    agent: str | None
    facts: Facts
    step: int | None
    given: Facts


def read(source: Source) -> Iterator[Found | Bad]:
    """Each line's rollout."""
    fields = source.fields
    chosen = fields.get("correct")
    reading = Reading(
        Rewards.of("verifiers", source).seen(source, json_lines, reward_of, chosen),
        chosen,
        fields.get("scorer") or source.given.parent or "reference",
        fields.get("reference", "answer"),
        fields.get("agent"),
        beside(source.path),
        step_of(source.path),
        source.given,
    )

    def line(where: str, trace: dict[str, object]) -> Sequence[Found]:
        return [found(where, trace, reading)]

    return understood(json_lines(source), line)


def found(where: str, trace: Mapping[str, object], reading: Reading) -> Found:
    """One trace."""
    task = mapping(needed(trace, "task"), "task")
    data = mapping(task.get("data") or {}, "task.data")
    nodes = checked_nodes(trace)
    prompt = prompt_of(data, nodes)
    facts = told_by_trace(trace).over(reading.facts).at_step(reading.step, reading.given)
    problem_id = said(task.get("key") or task.get("hash") or data.get("idx"))
    problem_id = problem_id or id_of_text(prompt_text(prompt))
    if not is_wanted(trace, reading.agent):
        return Found(where, problem_id, facts=facts, notes={OTHER_AGENT: 1})
    written, tokens = drawn(nodes)
    verdict = judged(trace, reading)
    others = {
        name: value for name, value in data.items() if name not in {*TAKEN, reading.reference}
    }
    return Found(
        where,
        problem_id,
        [sample(trace, nodes, written, tokens, verdict, reading.scorer)],
        facts,
        question_of(prompt),
        reference_of(data.get(reading.reference)),
        metadata={**others, **{k: data[k] for k in ("idx", "name") if k in data}} or None,
        prompt=prompt_text(prompt),
        notes={**written.notes(), **tokens.notes, **scaled(facts, tokens), **verdict.notes},
    )


def scaled(facts: Facts, tokens: Tokens) -> dict[str, int]:
    """Counts log-probabilities that may not be what ours are, of temperature 1."""
    doubtful = tokens.logprobs is not None and facts.temperature not in (None, 1)
    return {SCALED: 1} if doubtful else {}


def mapping(value: object, name: str) -> Mapping[str, object]:
    """The value, which must be an object."""
    if not isinstance(value, Mapping):
        raise Unfit(name, "is not an object")
    return value


def checked_nodes(trace: Mapping[str, object]) -> list[Node]:
    """The nodes; each parent stands before its child."""
    nodes = [mapping(node, "nodes") for node in list_of(needed(trace, "nodes"), "nodes")]
    for place, node in enumerate(nodes):
        parent = node.get("parent")
        if parent is not None and (not isinstance(parent, int) or not 0 <= parent < place):
            raise Unfit("nodes.parent", f"of node {place} is {parent}, which is no node before it")
    return nodes


def prompt_of(data: Mapping[str, object], nodes: Sequence[Node]) -> object:
    """The messages before the first that the model wrote; else the prompt of the task."""
    first = next((node for node in nodes if node.get("sampled")), {})
    messages: list[object] = []
    while isinstance(parent := first.get("parent"), int):
        first = nodes[parent]
        messages.insert(0, first.get("message"))
    return messages_of(messages, "nodes.message") or data.get("prompt") or []


def is_wanted(trace: Mapping[str, object], agent: str | None) -> bool:
    """Whether the trace is of the agent that was named, or else of one that is trained."""
    info = trace.get("agent")
    if not isinstance(info, Mapping):
        return True
    return info.get("name") == agent if agent else info.get("trainable") is not False


def drawn(nodes: Sequence[Node]) -> tuple[Spoken, Tokens]:
    """What the model wrote, and its tokens."""
    own = [node for node in nodes if node.get("sampled")]
    if not own:
        raise Unfit("nodes", "have none that is sampled: nothing was drawn")
    messages = messages_of([node.get("message") for node in own], "nodes.message")
    return turns(messages), tokens_of_nodes(own)


def sample(
    trace: Mapping[str, object],
    nodes: Sequence[Node],
    written: Spoken,
    tokens: Tokens,
    verdict: Judged,
    scorer: str,
) -> Drawn:
    """The sample, with its log-probabilities under the model itself and under the reference."""
    scores = () if tokens.reference is None else (Score(scorer, tokens.reference),)
    uid = said(trace.get("id"))
    return Drawn(
        written.text,
        verdict.verdicts,
        ending(trace, nodes),
        None if tokens.ids is None else len(tokens.ids),
        token_ids=tokens.ids,
        token_logprobs=tokens.logprobs,
        scores=scores,
        uid=uid and f"verifiers:{uid}",
    )


def ending(trace: Mapping[str, object], nodes: Sequence[Node]) -> str | None:
    """Why the rollout ended: the last reason that a model call gave, unless a limit cut it."""
    if trace.get("stop_condition") in TRUNCATED:
        return "length"
    calls = trace.get("calls")
    made = calls if isinstance(calls, list) else []
    ended = [
        *nodes,
        *(call for call in made if isinstance(call, Mapping) and not call.get("error")),
    ]
    reasons = [said(each["finish_reason"]) for each in ended if each.get("finish_reason")]
    return reasons[-1] if reasons else said(trace.get("stop_condition"))


def judged(trace: Mapping[str, object], reading: Reading) -> Judged:
    """The verdict; a rollout that failed was not judged."""
    there = signals(trace)
    name = reading.chosen or standard(trace)
    if trace.get("stop_condition") == "error":
        return reading.rewards.failed(name, str(said(trace.get("errors")) or "the rollout failed"))
    if name not in there:
        raise Unfit("rewards", f"have no {name}, only {', '.join(there)}")
    others = {each: value for each, value in there.items() if each not in (name, TOTAL)}
    return reading.rewards.judged(name, there[name], detail=detail_of(others))


def reward_of(trace: Mapping[str, object], chosen: str | None) -> object:
    """The reward that is the verdict; a rollout that failed has none."""
    failed = trace.get("stop_condition") == "error"
    return None if failed else signals(trace).get(chosen or standard(trace))


def standard(trace: Mapping[str, object]) -> str:
    """The one reward that has a weight, or the sum of all."""
    names = [name for name, (_, weight) in weighted(trace).items() if weight]
    return names[0] if len(names) == 1 else TOTAL


def signals(trace: Mapping[str, object]) -> dict[str, object]:
    """Metrics and rewards by their names, and the weighted sum of the rewards."""
    rewards, metrics = weighted(trace), trace.get("metrics")
    parts = [score * weight for score, weight in rewards.values() if score is not None]
    return {
        **(metrics if isinstance(metrics, Mapping) else {}),
        TOTAL: sum(parts) if parts else None,
        **{name: score for name, (score, _) in rewards.items()},
    }


def weighted(trace: Mapping[str, object]) -> dict[str, tuple[float | None, float]]:
    """The rewards with their weights; in the first versions a reward was a number."""
    found: dict[str, tuple[float | None, float]] = {}
    for name, reward in mapping(trace.get("rewards") or {}, "rewards").items():
        parts = reward if isinstance(reward, Mapping) else {"score": reward}
        weight = number_of(parts.get("weight", 1.0), f"rewards.{name}.weight")
        found[name] = (number_of(parts.get("score"), f"rewards.{name}"), weight or 0.0)
    return found
