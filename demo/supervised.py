"""Next-token training on worked solutions, shared by the base and the distilled model."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from demo.tokenizer import QUESTION_LENGTH

IGNORED = -100


class WorkedProblem(NamedTuple):
    """Question and completion as the model reads them."""

    question: str
    completion: str


class Schedule(NamedTuple):
    """How long and how fast to train: one cycle of the learning rate, AdamW."""

    steps: int
    learning_rate: float


class LoggedStep(NamedTuple):
    """One row of the training log."""

    step: int
    loss: float
    response_length: float
    seconds: float


def train(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    batches: Iterable[Sequence[WorkedProblem]],
    schedule: Schedule,
) -> Iterator[LoggedStep]:
    """Train in place and yield what each step measured; the caller decides when to save."""
    optimizer = torch.optim.AdamW(model.parameters(), schedule.learning_rate, weight_decay=0.01)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, total_steps=schedule.steps, pct_start=0.1
    )
    started = time.monotonic()
    for step, batch in zip(range(1, schedule.steps + 1), batches, strict=False):
        tokens, labels = token_batch(batch, tokenizer)
        loss = completion_loss(model, tokens, labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        cycle.step()
        length = (labels != IGNORED).sum().item() / len(batch)
        yield LoggedStep(step, loss.item(), length, time.monotonic() - started)


def token_batch(
    batch: Sequence[WorkedProblem], tokenizer: PreTrainedTokenizerFast
) -> tuple[torch.Tensor, torch.Tensor]:
    """Padded token ids, and labels that leave out the question and the padding."""
    texts = [f"{question} {completion} {tokenizer.eos_token}" for question, completion in batch]
    encoded = tokenizer(texts, padding=True, padding_side="right", return_tensors="pt")
    tokens = encoded["input_ids"]
    labels = tokens.masked_fill(encoded["attention_mask"] == 0, IGNORED)
    labels[:, :QUESTION_LENGTH] = IGNORED
    return tokens, labels


def completion_loss(
    model: LlamaForCausalLM, tokens: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Mean cross-entropy of the completion's tokens, the end of text among them."""
    logits = model(input_ids=tokens[:, :-1]).logits
    return cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)


def write_log(rows: Sequence[NamedTuple], path: Path) -> None:
    """Write the training log; the header is the names of the row's fields."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0]._fields)
        writer.writerows([round(v, 4) if isinstance(v, float) else v for v in row] for row in rows)
