"""The engine for a laptop: plain transformers, on the CPU or one GPU.

The only file that imports torch or transformers.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
)

from generation.engines import Forced, Options, Request, Sample, Settings, TokenScores
from generation.engines.batches import Asked, Part, batches, by_length, check_length
from generation.engines.images import check_places, pictures
from generation.engines.tokens import HubTokens, stop_ids
from store.runs import Model

# What one batch may hold: log-probabilities over the vocabulary (64 Mi values are 256 MiB in
# float32), and tokens in the key-value cache (prompt and completion, all rows together).
VALUES_PER_STEP = 2**26
TOKENS_PER_BATCH = 2**16
MOST_ROWS = 256


class RawLogprobs(LogitsProcessor):  # type: ignore[misc]
    """Notes raw log-probability and rank of each token that generation chose.

    Transformers runs it before temperature and top-p. Its turn comes before the choice, so it keeps
    one step's distribution and reads the chosen token off at the next: `output_logits` would keep
    every step's, 0.6 MB for each token of a large vocabulary.
    """

    def __init__(self) -> None:
        self._latest: torch.Tensor | None = None
        self._noted: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Called at each step, before the next token is chosen; changes nothing."""
        self.note(input_ids[:, -1])
        self._latest = scores
        return scores

    def note(self, chosen: torch.Tensor) -> None:
        """Read off the latest choice; called once more when generation is over."""
        if self._latest is not None:
            distribution = torch.log_softmax(self._latest.float(), dim=-1)
            self._noted.append(_chosen(distribution, chosen))

    def rows(self) -> list[TokenScores]:
        """What is noted of each row, padding after its end included."""
        return [_scores(row) for row in torch.stack(self._noted, dim=1).cpu()]


# From a distribution (log-probabilities over the vocabulary) and the token that follows: a value,
# or several along one more dimension.
Reading = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class TransformersEngine:
    """One model, loaded with transformers."""

    def __init__(self, model: Model, options: Options) -> None:
        self._path, self._revision = model.path, model.revision
        tokenizer = AutoTokenizer.from_pretrained(model.path, revision=model.revision)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        configuration = AutoConfig.from_pretrained(model.path, revision=model.revision)
        self._sees = getattr(configuration, "vision_config", None) is not None
        kind = AutoModelForImageTextToText if self._sees else AutoModelForCausalLM
        self._model: Any = kind.from_pretrained(
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
        most = int(configuration.max_position_embeddings)
        self.longest = min(most, options.max_model_len or most)
        self.tokens = HubTokens(tokenizer)
        self.versions = {"transformers": transformers.__version__, "torch": torch.__version__}

    def sample(
        self, requests: Iterable[Request], settings: Settings
    ) -> Iterator[tuple[Request, list[Sample]]]:
        """Draw the samples, batch by batch."""
        done: list[Sample] = []
        asked = (self._asked(request, settings) for request in requests)
        for batch in batches(asked, settings.max_tokens, self._most_rows):
            samples = iter(self._generated(batch, settings))
            for part in batch:
                done += islice(samples, part.n)
                request = part.asked.request
                if part.first + part.n == request.first + request.n:
                    yield request, done
                    done = []

    def score(self, forced: Sequence[Forced]) -> list[TokenScores]:
        """Teacher forcing."""
        return [_scores(row) for row in self._read(forced, _chosen)]

    def entropies(self, forced: Sequence[Forced]) -> list[list[float]]:
        """Teacher forcing; over the whole vocabulary."""
        return [row.tolist() for row in self._read(forced, _entropy)]

    def close(self) -> None:
        """Free the memory for the next model."""
        self._model = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _most_rows(self, tokens: int) -> int:
        rows = min(VALUES_PER_STEP // self._vocabulary, TOKENS_PER_BATCH // max(tokens, 1))
        return max(1, min(rows, MOST_ROWS))

    def _asked(self, request: Request, settings: Settings) -> Asked:
        """The request with its images, if it has any, as the model sees them."""
        if not request.images:
            return Asked(request, len(request.prompt_ids))
        seen = self._seen(request.prompt, request.prompt_ids, request.images)
        length = int(seen["input_ids"].shape[1])
        check_length(request, length, settings.max_tokens, self.longest)
        return Asked(request, length, seen)

    def _seen(self, prompt: str, prompt_ids: list[int], images: tuple[str, ...]) -> dict[str, Any]:
        """One row of the model's inputs: places of images in the prompt have become many tokens."""
        check_places(prompt, images, getattr(self._processor, "image_token", ""))
        inputs = self._processor(
            text=[prompt],
            images=[pictures(images)],
            return_tensors="pt",
            add_special_tokens=self.tokens.ids(prompt, special_tokens=False) != prompt_ids,
        )
        return dict(inputs.to(self._device, self._model.dtype))

    @cached_property
    def _processor(self) -> Any:
        if not self._sees:
            raise ValueError("The problems have images, which this model cannot see.")
        try:
            return AutoProcessor.from_pretrained(self._path, revision=self._revision)
        except ImportError as error:
            raise ValueError("Images of this model need: pip install torchvision.") from error

    def _generated(self, batch: Sequence[Part], settings: Settings) -> list[Sample]:
        """One call of generate, with the seed of its first sample, which no other batch has."""
        torch.manual_seed(batch[0].asked.request.seed + batch[0].first)
        inputs = self._inputs(batch)
        raw = RawLogprobs()
        output = self._model.generate(
            **inputs,
            generation_config=self._config(settings),
            logits_processor=LogitsProcessorList([raw]),
        )
        raw.note(output[:, -1])
        tokens = output[:, inputs["input_ids"].shape[1] :].tolist()
        return [self._sample(*row, settings) for row in zip(tokens, raw.rows(), strict=True)]

    def _inputs(self, batch: Sequence[Part]) -> dict[str, Any]:
        """Prompts padded on the left; one with images has its batch to itself."""
        if batch[0].asked.seen:
            return _repeated(batch[0].asked.seen, batch[0].n)
        prompts = [part.asked.request.prompt_ids for part in batch for _ in range(part.n)]
        width = max(map(len, prompts))
        ids = [[self._padding()] * (width - len(prompt)) + prompt for prompt in prompts]
        mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        rows = {"input_ids": ids, "attention_mask": mask}
        return {name: torch.tensor(row, device=self._device) for name, row in rows.items()}

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

    def _sample(self, tokens: list[int], scores: TokenScores, settings: Settings) -> Sample:
        """Cut after the first end token; a row that has none was cut off by max_tokens."""
        end = next((i + 1 for i, token in enumerate(tokens) if token in self._stop), None)
        kept = tokens[: end or settings.max_tokens]
        text = self.tokens.text(kept)
        logprobs, ranks = scores.logprobs[: len(kept)], scores.ranks[: len(kept)]
        return Sample(kept, logprobs, "stop" if end else "length", *text, token_ranks=ranks)

    def _read(self, forced: Sequence[Forced], reading: Reading) -> list[torch.Tensor]:
        """What is read for each completion token of each."""
        found = [torch.empty(0, 2) for _ in forced]
        for places in by_length(forced, self._most_rows):
            batch = [forced[i] for i in places]
            values = self._read_seeing if batch[0].images else self._read_text
            for i, row in zip(places, values(batch, reading), strict=True):
                found[i] = row
        return found

    def _read_text(self, batch: Sequence[Forced], reading: Reading) -> list[torch.Tensor]:
        ids = self._right_padded([one.prompt_ids + one.token_ids for one in batch])
        values = torch.cat(list(self._pieces(ids, None, reading)), dim=1).cpu()
        return [
            # The distribution after a token is that of the next one.
            row[len(one.prompt_ids) - 1 : len(one.prompt_ids + one.token_ids) - 1]
            for row, one in zip(values, batch, strict=True)
        ]

    def _read_seeing(self, batch: Sequence[Forced], reading: Reading) -> list[torch.Tensor]:
        """Completions of the same prompt with the same images, which are run first."""
        seen = self._seen(batch[0].prompt, batch[0].prompt_ids, batch[0].images)
        longest = seen["input_ids"].shape[1] + max(len(one.token_ids) for one in batch)
        rows = self._most_rows(longest)
        parts = (batch[start : start + rows] for start in range(0, len(batch), rows))
        return [values for part in parts for values in self._read_after(seen, part, reading)]

    def _read_after(
        self, seen: dict[str, Any], batch: Sequence[Forced], reading: Reading
    ) -> list[torch.Tensor]:
        prompt = self._model(**_repeated(seen, len(batch)), use_cache=True, logits_to_keep=1)
        ids = self._right_padded([one.token_ids for one in batch])
        first = reading(torch.log_softmax(prompt.logits[:, -1:].float(), dim=-1), ids[:, :1])
        others = self._pieces(ids, prompt.past_key_values, reading)
        values = torch.cat([first, *others], dim=1).cpu()
        return [row[: len(one.token_ids)] for row, one in zip(values, batch, strict=True)]

    def _right_padded(self, rows: Sequence[list[int]]) -> torch.Tensor:
        """Nothing before the padding sees it, so it needs no mask."""
        width = max(map(len, rows))
        padded = [row + [self._padding()] * (width - len(row)) for row in rows]
        return torch.tensor(padded, device=self._device)

    def _pieces(self, ids: torch.Tensor, cache: Any, reading: Reading) -> Iterator[torch.Tensor]:
        """Values of all tokens but the first, piece by piece over a key-value cache, so that the
        distributions over the vocabulary are held for one piece only."""
        length, seen = max(1, VALUES_PER_STEP // (self._vocabulary * len(ids))), cache is not None
        for start in range(0, ids.shape[1] - 1, length):
            end = min(start + length, ids.shape[1] - 1)
            # After images, only the model knows the positions.
            places = None if seen else torch.arange(start, end, device=ids.device)[None]
            output = self._model(
                ids[:, start:end], past_key_values=cache, use_cache=True, position_ids=places
            )
            cache = output.past_key_values
            distribution = torch.log_softmax(output.logits.float(), dim=-1)
            yield reading(distribution, ids[:, start + 1 : end + 1])


def open_engine(model: Model, options: Options) -> TransformersEngine:
    """Load the model. The job shows its own progress."""
    if options.tensor_parallel > 1:
        raise ValueError(
            f"tensor_parallel = {options.tensor_parallel}, and the transformers engine uses one "
            'GPU only: set engine = "vllm"'
        )
    transformers.utils.logging.disable_progress_bar()
    try:
        return TransformersEngine(model, options)
    except SafetensorError as error:
        raise ValueError(f"its weights are damaged ({error}); copy the checkpoint again") from error


def _repeated(row: dict[str, Any], rows: int) -> dict[str, Any]:
    """The inputs of one row, so many times; images of all rows follow each other."""
    return {name: torch.cat([value] * rows) for name, value in row.items()}


def _chosen(distribution: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
    """Log-probability and rank of the token that follows; single precision holds both exactly."""
    own = distribution.gather(-1, following[..., None])
    return torch.stack([own[..., 0], (distribution >= own).sum(dim=-1).float()], dim=-1)


def _scores(row: torch.Tensor) -> TokenScores:
    """What _chosen gives for the tokens of one completion."""
    logprobs, ranks = row.unbind(-1)
    return TokenScores(logprobs.tolist(), ranks.int().tolist())


def _entropy(distribution: torch.Tensor, following: torch.Tensor) -> torch.Tensor:  # noqa: ARG001
    """Σ −p ln p over the vocabulary, in nats."""
    return torch.special.entr(distribution.exp()).sum(dim=-1)
