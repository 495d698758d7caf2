"""The engine for GPUs: vLLM. The only file that imports it."""

import gc
import itertools
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

# Read by vLLM when it is imported; what the user sets in the environment wins.
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")

import vllm
from vllm.platforms import current_platform
from vllm.sampling_params import RequestOutputKind

from generation.engines import Forced, Options, Request, Sample, Settings, TokenScores
from generation.engines.batches import check_length
from generation.engines.images import pictures
from generation.engines.tokens import HubTokens, stop_ids
from store.runs import Model

# So many sequences wait in the engine: enough that none of its places is ever empty, and few
# enough that a study of millions of samples is not held in its queue.
WAITING = 4096
LONGEST_REASON = 300

Key = TypeVar("Key")


class Job(NamedTuple):
    """What vLLM is asked: tokens, among which each image has one place, and how to go on."""

    token_ids: list[int]
    images: tuple[str, ...]
    parameters: Any


class VllmEngine:
    """One model, loaded with vLLM."""

    def __init__(self, model: Model, options: Options) -> None:
        _prepare(model)
        self._llm: Any = vllm.LLM(
            model.path,
            revision=model.revision,
            dtype=model.dtype or "auto",
            # The checkpoint's generation_config.json would set defaults of its own.
            generation_config="vllm",
            logprobs_mode="raw_logprobs",
            # A problem's samples share its prompt. Scoring does not read this cache: vLLM leaves it
            # alone where a prompt's log-probabilities are asked for.
            enable_prefix_caching=True,
            # The seed of the engine itself; every request brings its own.
            seed=0,
            disable_log_stats=True,
            **_machine(options),
        )
        # It says at every image that it leaves the number of threads as it is.
        logging.getLogger("vllm.v1.worker.cpu_worker").setLevel(logging.ERROR)
        configuration = self._llm.llm_engine.model_config
        tokenizer = self._llm.get_tokenizer()
        self.tokens = HubTokens(tokenizer)
        self._sees = bool(configuration.is_multimodal_model)
        self._stop = stop_ids(
            tokenizer.eos_token_id,
            getattr(configuration.hf_config, "eos_token_id", None),
            # Of a model that also sees, the part that writes.
            getattr(configuration.hf_text_config, "eos_token_id", None),
            configuration.try_get_generation_config().get("eos_token_id"),
        )
        # One less: scoring asks for one more token, which is thrown away.
        self.longest = int(configuration.max_model_len) - 1
        self.versions = {"vllm": vllm.__version__} | {
            name: version(name) for name in ("torch", "transformers")
        }
        self._numbers = itertools.count()

    def sample(
        self, requests: Iterable[Request], settings: Settings
    ) -> Iterator[tuple[Request, list[Sample]]]:
        """Draw the samples; a problem's n share its prompt."""
        jobs = (
            (request, Job(request.prompt_ids, request.images, self._parameters(request, settings)))
            for request in requests
        )
        for request, result in self._run(jobs):
            # vLLM would cut a completion off where a prompt is too long with its images.
            length = len(result.prompt_token_ids)
            check_length(request, length, settings.max_tokens, self.longest)
            samples = [self._sample(output) for output in sorted(result.outputs, key=_index)]
            # vLLM refuses n > 1 where nothing is drawn: all n would be the same.
            yield request, samples * request.n if settings.temperature == 0 else samples

    def score(self, forced: Sequence[Forced]) -> list[TokenScores]:
        """Teacher forcing: the completion is given as part of the prompt."""
        parameters = vllm.SamplingParams(
            max_tokens=1,
            prompt_logprobs=0,
            flat_logprobs=True,
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        jobs = (
            (i, Job(one.prompt_ids + one.token_ids, one.images, parameters))
            for i, one in enumerate(forced)
            if one.token_ids
        )
        scores = [TokenScores([], []) for _ in forced]
        for i, result in self._run(jobs):
            found, length = result.prompt_logprobs, len(forced[i].token_ids)
            # From the end: an image in the prompt has become many tokens.
            scores[i] = TokenScores(found.logprobs[-length:], found.ranks[-length:])
        return scores

    def entropies(self, forced: Sequence[Forced]) -> list[list[float]]:  # noqa: ARG002
        """Raises ValueError: vLLM gives the likeliest tokens only, not whole distributions."""
        raise ValueError(
            "vLLM does not give the whole distributions that token entropy needs: "
            "use the transformers engine for it."
        )

    def close(self) -> None:
        """Free the memory for the next model."""
        self._llm.llm_engine.engine_core.shutdown()
        self._llm = None
        gc.collect()

    def _parameters(self, request: Request, settings: Settings) -> Any:
        return vllm.SamplingParams(
            n=request.n if settings.temperature > 0 else 1,
            temperature=settings.temperature,
            top_p=settings.top_p,
            top_k=0,
            max_tokens=settings.max_tokens,
            stop_token_ids=self._stop,
            # Sample i of the n has this seed + i.
            seed=request.seed + request.first,
            logprobs=0,
            # A few lists for each sequence, not several objects for each of its tokens.
            flat_logprobs=True,
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    def _run(self, jobs: Iterable[tuple[Key, Job]]) -> Iterator[tuple[Key, Any]]:
        """Results in the order in which they finish; jobs are pulled as there is room for them."""
        engine = self._llm.llm_engine
        todo = iter(jobs)
        running: dict[str, tuple[Key, int]] = {}
        waiting, more = 0, True
        try:
            while more or running:
                while more and waiting < WAITING:
                    pulled = next(todo, None)
                    more = pulled is not None
                    if pulled is not None:
                        key, job = pulled
                        running[self._add(job)] = key, job.parameters.n
                        waiting += job.parameters.n
                for result in engine.step() if running else ():
                    if result.finished:
                        key, n = running.pop(result.request_id)
                        waiting -= n
                        yield key, result
        finally:
            engine.abort_request(list(running))

    def _add(self, job: Job) -> str:
        prompt = vllm.TokensPrompt(prompt_token_ids=job.token_ids)
        if job.images:
            if not self._sees:
                raise ValueError("The problems have images, which this model cannot see.")
            prompt["multi_modal_data"] = {"image": pictures(job.images)}
        name = str(next(self._numbers))
        try:
            self._llm.llm_engine.add_request(name, prompt, job.parameters)
        except (ValueError, RuntimeError, AssertionError) as error:
            reason = " ".join(str(error).split())[:LONGEST_REASON]
            advice = "; has it one place for each image, and room for them?" if job.images else "."
            raise ValueError(f"vLLM refuses a prompt: {reason}{advice}") from error
        return name

    def _sample(self, output: Any) -> Sample:
        token_ids = list(output.token_ids)
        text = self.tokens.text(token_ids)
        found = output.logprobs
        return Sample(
            token_ids, found.logprobs, output.finish_reason, *text, token_ranks=found.ranks
        )


def open_engine(model: Model, options: Options) -> VllmEngine:
    """Load the model."""
    return VllmEngine(model, options)


def _prepare(model: Model) -> None:
    """What this machine and this model need; what the user sets in the environment wins."""
    if Path(str(model.path)).is_dir():
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if current_platform.is_cpu():
        # Otherwise vLLM takes more than half of the memory, and 17 instead of 4 seconds to start.
        # On a GPU the second process stays: its end is what frees the GPU's memory.
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")


def _machine(options: Options) -> dict[str, object]:
    """The options in vLLM's words; what is not given is left to it."""
    given = {
        "tensor_parallel_size": options.tensor_parallel,
        "max_model_len": options.max_model_len,
        "gpu_memory_utilization": options.gpu_memory,
        # On a CPU compiling takes half a minute and makes small models slower.
        "enforce_eager": current_platform.is_cpu() or None,
        # Reading a prompt in two steps rewinds its seed's generator, which a CPU's cannot do.
        "enable_chunked_prefill": False if current_platform.is_cpu() else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _index(output: Any) -> int:
    return int(output.index)
