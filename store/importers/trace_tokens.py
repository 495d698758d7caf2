"""The tokens that a model drew in a trace of verifiers, and their log-probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from store.importers.found import Unfit, list_of, logprobs_of
from store.importers.token_spelling import ids_of

Number = TypeVar("Number", int, float)
REFERENCE = "reference_logprobs"
PARTLY = "samples whose {name} are left out: not all their turns have them"


@dataclass(frozen=True)
class Tokens:
    """Of all turns together; None where the trace does not have them of every turn."""

    ids: list[int] | None = None
    logprobs: list[float] | None = None
    reference: list[float] | None = None
    notes: Mapping[str, int] = field(default_factory=dict)


def tokens_of_nodes(nodes: Sequence[Mapping[str, object]]) -> Tokens:
    """What is in these nodes, all of which the model wrote. Raises Unfit where lengths differ."""
    notes: dict[str, int] = {}
    return Tokens(
        joined([drawn_ids(node) for node in nodes], "token_ids", notes),
        joined([values_of(node, "logprobs") for node in nodes], "logprobs", notes),
        joined([values_of(node, REFERENCE) for node in nodes], REFERENCE, notes),
        notes,
    )


def joined(
    parts: Sequence[list[Number] | None], name: str, notes: dict[str, int]
) -> list[Number] | None:
    """The parts as one list; None where one is missing, which is noted where another is not."""
    known = [part for part in parts if part is not None]
    if len(known) == len(parts):
        return [value for part in known for value in part]
    if known:
        notes[PARTLY.format(name=name)] = 1
    return None


def drawn_ids(node: Mapping[str, object]) -> list[int] | None:
    """The ids of the tokens that the model drew, without those of the chat template."""
    ids = ids_of(node.get("token_ids") or [], "nodes.token_ids")
    mask = list_of(node.get("mask") or [], "nodes.mask", len(ids))
    return [number for number, own in zip(ids, mask, strict=True) if own] or None


def values_of(node: Mapping[str, object], name: str) -> list[float] | None:
    """The node's log-probabilities, one for each token that the model drew."""
    if not node.get(name):
        return None
    values = logprobs_of(node[name], f"nodes.{name}")
    mask = list_of(node.get("mask") or [], "nodes.mask")
    if len(values) != sum(map(bool, mask)):
        raise Unfit(
            f"nodes.{name}", f"has {len(values)} values, and the mask {sum(map(bool, mask))} tokens"
        )
    return values
