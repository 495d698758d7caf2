"""The engine for a laptop: plain transformers, on the CPU or one GPU.

The only file that imports torch or transformers.
"""

import gc
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import torch
import transformers
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
)

from generation.engines import Forced, Request, Sample, Settings
from generation.engines.tokens import HubTokens, stop_ids
from store.runs import Model

# What one batch may hold: log-probabilities over the vocabulary (64 Mi values are 256 MiB in
# float32), and tokens in the key-value cache (prompt and completion, all rows together).
VALUES_PER_STEP = 2**26
TOKENS_PER_BATCH = 2**16
MOST_ROWS = 256


class RawLogprobs(LogitsProcessor):  # type: ignore[misc]
    """Notes the raw log-probability of each token that generation chose.

    Transformers runs it before temperature and top-p. Its turn comes before the choice, so it keeps
    one step's distribution and reads the chosen token off at the next: `output_logits` would keep
    every step's, 0.6 MB for each token of a large vocabulary.
    """

    def __init__(self) -> None:
        self._latest: torch.Tensor | None = None
        self._chosen: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Called at each step, before the next token is chosen; changes nothing."""
        self.note(input_ids[:, -1])
        self._latest = torch.log_softmax(scores.float(), dim=-1)
        return scores

    def note(self, chosen: torch.Tensor) -> None:
        """Read off the latest choice; called once more when generation is over."""
        if self._latest is not None:
            self._chosen.append(self._latest.gather(1, chosen[:, None])[:, 0])

    def rows(self) -> list[list[float]]:
        """Log-probabilities of each row, padding after its end included."""
        return [list(row) for row in torch.stack(self._chosen, dim=1).tolist()]


class Part(NamedTuple):
    """Rows of one batch that belong to one request: its samples from `first` on."""

    request: Request
    first: int
    n: int


class TransformersEngine:
    """One model, loaded with transformers."""

    def __init__(self, model: Model) -> None:
        tokenizer = AutoTokenizer.from_pretrained(model.path, revision=model.revision)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model: Any = AutoModelForCausalLM.from_pretrained(
            model.path, revision=model.revision, dtype=model.dtype or "auto"
        )
        self._model.to(self._device).eval().requires_grad_(False)
        # Of a model that also sees, the part that writes.
        configuration = self._model.config.get_text_config()
        self._stop = stop_ids(
            tokenizer.eos_token_id,
            configuration.eos_token_id,
            self._model.generation_config.eos_token_id,
        )
        # Transformers fills what a call leaves unset from the checkpoint's generation_config.json,
        # such as top_k = 20 or a repetition penalty.
        self._model.generation_config = GenerationConfig()
        self._vocabulary = int(self._model.get_output_embeddings().weight.shape[0])
        self.longest = int(configuration.max_position_embeddings)
        self.tokens = HubTokens(tokenizer)
        self.versions = {"transformers": transformers.__version__, "torch": torch.__version__}

    def sample(
        self, requests: Sequence[Request], settings: Settings
    ) -> Iterator[tuple[Request, list[Sample]]]:
        """Draw the samples, batch by batch."""
        done: list[Sample] = []
        for batch in self._batches(requests, settings):
            samples = iter(self._generated(batch, settings))
            for part in batch:
                done += islice(samples, part.n)
                if part.first + part.n == part.request.first + part.request.n:
                    yield part.request, done
                    done = []

    def score(self, forced: Sequence[Forced]) -> list[list[float]]:
        """Teacher forcing; neighbours in length share a batch, so that little is padding."""
        order = sorted(
            range(len(forced)), key=lambda i: len(forced[i].prompt_ids + forced[i].token_ids)
        )
        scores: list[list[float]] = [[] for _ in forced]
        while order:
            longest = len(forced[order[-1]].prompt_ids + forced[order[-1]].token_ids)
            batch = order[-self._most_rows(longest) :]
            del order[-len(batch) :]
            for i, logprobs in zip(batch, self._forced([forced[i] for i in batch]), strict=True):
                scores[i] = logprobs
        return scores

    def close(self) -> None:
        """Free the memory for the next model."""
        self._model = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _most_rows(self, tokens: int) -> int:
        rows = min(VALUES_PER_STEP // self._vocabulary, TOKENS_PER_BATCH // max(tokens, 1))
        return max(1, min(rows, MOST_ROWS))

    def _batches(self, requests: Sequence[Request], settings: Settings) -> Iterator[list[Part]]:
        """Requests in order, split and joined so that each batch has as many rows as may be."""
        batch: list[Part] = []
        longest = 0
        for request in requests:
            first, end = request.first, request.first + request.n
            while first < end:
                longest = max(longest, len(request.prompt_ids) + settings.max_tokens)
                room = self._most_rows(longest) - sum(part.n for part in batch)
                if room <= 0:
                    yield batch
                    batch, longest = [], 0
                    continue
                batch.append(Part(request, first, min(room, end - first)))
                first += batch[-1].n
        if batch:
            yield batch

    def _generated(self, batch: Sequence[Part], settings: Settings) -> list[Sample]:
        """One call of generate. Each batch begins with a sample that no other begins with, and so
        has a seed of its own."""
        torch.manual_seed(batch[0].request.seed + batch[0].first)
        prompts = [part.request.prompt_ids for part in batch for _ in range(part.n)]
        ids, mask = self._left_padded(prompts)
        raw = RawLogprobs()
        output = self._model.generate(
            ids,
            attention_mask=mask,
            generation_config=self._config(settings),
            logits_processor=LogitsProcessorList([raw]),
        )
        raw.note(output[:, -1])
        tokens = output[:, ids.shape[1] :].tolist()
        return [self._sample(*row, settings) for row in zip(tokens, raw.rows(), strict=True)]

    def _config(self, settings: Settings) -> GenerationConfig:
        draws = settings.temperature > 0
        return GenerationConfig(
            do_sample=draws,
            temperature=settings.temperature if draws else 1.0,
            top_p=settings.top_p if draws else 1.0,
            top_k=0 if draws else 50,
            max_new_tokens=settings.max_tokens,
            eos_token_id=self._stop or None,
            pad_token_id=self._padding(),
        )

    def _padding(self) -> int:
        """Any token will do: padding is masked before a prompt and cut off after an end."""
        return self._stop[0] if self._stop else 0

    def _left_padded(self, prompts: Sequence[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        width = max(map(len, prompts))
        padding = [width - len(prompt) for prompt in prompts]
        pairs = list(zip(padding, prompts, strict=True))
        ids = [[self._padding()] * gap + prompt for gap, prompt in pairs]
        mask = [[0] * gap + [1] * len(prompt) for gap, prompt in pairs]
        return torch.tensor(ids, device=self._device), torch.tensor(mask, device=self._device)

    def _sample(self, tokens: list[int], logprobs: list[float], settings: Settings) -> Sample:
        """Cut after the first end token; a row that has none was cut off by max_tokens."""
        end = next((i + 1 for i, token in enumerate(tokens) if token in self._stop), None)
        kept = tokens[: end or settings.max_tokens]
        text = self.tokens.text(kept)
        reason = "stop" if end else "length"
        return Sample(kept, logprobs[: len(kept)], reason, text.completion, text.token_ends)

    def _forced(self, batch: Sequence[Forced]) -> list[list[float]]:
        """Log-probability of each completion token of a batch, padded on the right.

        Run piece by piece over a key-value cache, so that the distributions over the vocabulary
        are held for one piece only.
        """
        rows = [forced.prompt_ids + forced.token_ids for forced in batch]
        width = max(map(len, rows))
        ids = torch.tensor(
            [row + [self._padding()] * (width - len(row)) for row in rows], device=self._device
        )
        mask = torch.tensor(
            [[1] * len(row) + [0] * (width - len(row)) for row in rows], device=self._device
        )
        logprobs = torch.cat(list(self._pieces(ids, mask)), dim=1).tolist()
        return [
            # The distribution after a token is that of the next one.
            list(row[len(forced.prompt_ids) - 1 : len(forced.prompt_ids + forced.token_ids) - 1])
            for row, forced in zip(logprobs, batch, strict=True)
        ]

    def _pieces(self, ids: torch.Tensor, mask: torch.Tensor) -> Iterator[torch.Tensor]:
        cache = None
        length = max(1, VALUES_PER_STEP // (self._vocabulary * ids.shape[0]))
        for start in range(0, ids.shape[1] - 1, length):
            end = min(start + length, ids.shape[1] - 1)
            output = self._model(
                ids[:, start:end],
                attention_mask=mask[:, :end],
                past_key_values=cache,
                use_cache=True,
            )
            cache = output.past_key_values
            distribution = torch.log_softmax(output.logits.float(), dim=-1)
            yield distribution.gather(2, ids[:, start + 1 : end + 1, None])[:, :, 0]


def open_engine(model: Model) -> TransformersEngine:
    """Load the model. The job shows its own progress."""
    transformers.utils.logging.disable_progress_bar()
    try:
        return TransformersEngine(model)
    except SafetensorError as error:
        raise ValueError(f"its weights are damaged ({error}); copy the checkpoint again") from error
