"""The engine for GPUs: vLLM. The only file that imports it."""

import gc
import os
from collections import deque
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Read by vLLM when it is imported; what the user sets in the environment wins.
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")

import vllm
from vllm.platforms import current_platform
from vllm.sampling_params import RequestOutputKind

from generation.engines import Forced, Request, Sample, Settings
from generation.engines.tokens import HubTokens, stop_ids
from store.runs import Model

# So many sequences wait in the engine: enough that none of its places is ever empty, and few
# enough that a study of millions of samples is not held in its queue.
WAITING = 4096


class VllmEngine:
    """One model, loaded with vLLM."""

    def __init__(self, model: Model) -> None:
        _prepare(model)
        options: dict[str, object] = {"enforce_eager": True} if current_platform.is_cpu() else {}
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
            **options,
        )
        configuration = self._llm.llm_engine.model_config
        tokenizer = self._llm.get_tokenizer()
        self.tokens = HubTokens(tokenizer)
        self._stop = stop_ids(
            tokenizer.eos_token_id,
            getattr(configuration.hf_config, "eos_token_id", None),
            configuration.try_get_generation_config().get("eos_token_id"),
        )
        # One less: scoring asks for one more token, which is thrown away.
        self.longest = int(configuration.max_model_len) - 1
        self.versions = {"vllm": vllm.__version__} | {
            name: version(name) for name in ("torch", "transformers")
        }

    def sample(
        self, requests: Sequence[Request], settings: Settings
    ) -> Iterator[tuple[Request, list[Sample]]]:
        """Draw the samples; a problem's n share its prompt."""
        jobs = [(request.prompt_ids, self._parameters(request, settings)) for request in requests]
        for i, outputs in self._run(jobs):
            samples = [self._sample(output) for output in sorted(outputs.outputs, key=_index)]
            # vLLM refuses n > 1 where nothing is drawn: all n would be the same.
            yield requests[i], samples * requests[i].n if settings.temperature == 0 else samples

    def score(self, forced: Sequence[Forced]) -> list[list[float]]:
        """Teacher forcing: the completion is given as part of the prompt."""
        parameters = vllm.SamplingParams(
            max_tokens=1,
            prompt_logprobs=0,
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        scores: list[list[float]] = [[] for _ in forced]
        jobs = [(prompt + completion, parameters) for prompt, completion in forced]
        for i, output in self._run(jobs):
            start = len(forced[i].prompt_ids)
            scores[i] = _logprobs(forced[i].token_ids, output.prompt_logprobs[start:])
        return scores

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
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    def _run(self, jobs: Sequence[tuple[list[int], Any]]) -> Iterator[tuple[int, Any]]:
        """Results in the order in which they finish, each with the place of its job."""
        engine = self._llm.llm_engine
        todo = deque(enumerate(jobs))
        waiting = 0
        while todo or engine.has_unfinished_requests():
            while todo and waiting < WAITING:
                i, (token_ids, parameters) = todo.popleft()
                prompt = vllm.TokensPrompt(prompt_token_ids=token_ids)
                engine.add_request(str(i), prompt, parameters)
                waiting += parameters.n
            for output in engine.step():
                if output.finished:
                    i = int(output.request_id)
                    waiting -= jobs[i][1].n
                    yield i, output

    def _sample(self, output: Any) -> Sample:
        token_ids = list(output.token_ids)
        text = self.tokens.text(token_ids)
        logprobs = _logprobs(token_ids, output.logprobs)
        return Sample(token_ids, logprobs, output.finish_reason, text.completion, text.token_ends)


def open_engine(model: Model) -> VllmEngine:
    """Load the model."""
    return VllmEngine(model)


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


def _index(output: Any) -> int:
    return int(output.index)


def _logprobs(token_ids: Sequence[int], logprobs: Sequence[Any]) -> list[float]:
    return [float(step[token].logprob) for token, step in zip(token_ids, logprobs, strict=True)]
