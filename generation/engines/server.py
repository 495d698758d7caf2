"""A client of one OpenAI-compatible server. The only file that imports the package openai.

The client itself tries again what may pass: too many requests, errors of the server, broken and
late connections, with exponential backoff and jitter, or when the server's Retry-After says. An
answer that arrives incomplete is asked for again here. A repeated request replaces the failed one.
"""

import asyncio
import os
import random
import re
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

import openai

from generation.engines.dialect import Dialect
from store.chat_answers import Answer, answer_of, described_models, error_message

Job = TypeVar("Job")
Result = TypeVar("Result")

# An answer comes whole, when its last token is drawn: long chains of thought in a full queue take
# this long, and asking again would draw them again from the start.
SECONDS = 3600.0
SECONDS_TO_CONNECT = 10.0
# Backing off up to 8 s each time, this outlasts a minute's rate limit and a server's restart.
RETRIES = 12
RETRIES_AT_START = 2
ATTEMPTS = 4
# What the client's connection pool holds; more would wait there and be late.
MOST_IN_FLIGHT = 1000
# No request can be answered: the key, its money, the model, the path, the rate.
HOPELESS = (401, 402, 404, 405, 429)
REFUSED = (400, 403, 413, 422)
LONGEST_REASON = 300


class ServerError(ValueError):
    """What a server refuses or fails to do, as a sentence; `said` is all that it said of it.

    `status` is None where there was no answer, `reachable` whether there is a server.
    """

    def __init__(
        self, sentence: str, said: str = "", status: int | None = None, reachable: bool = True
    ) -> None:
        super().__init__(sentence)
        self.said, self.status, self.reachable = said, status, reachable

    @property
    def refused(self) -> bool:
        """Whether it is something in the request that the server does not take."""
        return self.status in REFUSED

    @property
    def hopeless(self) -> bool:
        """Whether no other request will fare better."""
        return self.status in HOPELESS or not self.reachable


class ServedModel(NamedTuple):
    """What a server tells of the model; None where it does not."""

    longest: int | None
    version: str | None


class Server:
    """One model on one server. `with Server(…) as server` ends what is in flight, also on Ctrl-C.

    Requests run in an event loop of their own, in a thread: they go on while samples are written.
    """

    def __init__(
        self,
        endpoint: str,
        model: str,
        key_variable: str,
        seconds: float = SECONDS,
        retries: int = RETRIES,
    ) -> None:
        if not re.match(r"https?://[^/]", endpoint):
            raise ValueError(
                f'endpoint = "{endpoint}" is no address: give one such as http://localhost:8000/v1.'
            )
        self.endpoint, self.model = endpoint, model
        self.dialect = Dialect(endpoint)
        self._key_variable = key_variable
        self._key = os.environ.get(key_variable)
        self._seconds, self._retries = seconds, retries
        self._client = openai.AsyncOpenAI(
            base_url=endpoint,
            # A local server asks for none, but the client does.
            api_key=self._key or "none",
            max_retries=retries,
            timeout=openai.Timeout(seconds, connect=SECONDS_TO_CONNECT),
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def served_model(self) -> ServedModel:
        """What the server tells. Raises ServerError where it is not there or refuses the key."""
        models = self._wait(self._told("/models"))
        # A vLLM server tells its version beside /v1.
        version = self._wait(self._told(re.sub(r"/v1/?$", "", self.endpoint) + "/version"))
        told = version.get("version") if isinstance(version, Mapping) else None
        known = described_models(models)
        if known and known.complete and self.model not in known.longest:
            raise ServerError(
                f'The server at {self.endpoint} has no model "{self.model}"; '
                f"it has: {', '.join(known.longest)}."
            )
        longest = known.longest.get(self.model) if known else None
        return ServedModel(longest, told if isinstance(told, str) else None)

    async def ask(self, path: str, body: Mapping[str, object]) -> Answer:
        """The answer to a request; what the server does not take of it is left out."""
        while True:
            sent = self.dialect.spoken(body)
            try:
                return await self._answer(path, {"model": self.model, **sent})
            except ServerError as error:
                if not (error.refused and self.dialect.concede(error.said, sent)):
                    raise

    def each(
        self, jobs: Iterable[Job], work: Callable[[Job], Awaitable[Result]], concurrency: int
    ) -> Iterator[tuple[Job, Future[Result]]]:
        """Work on so many jobs at a time, pulled as there is room; each is yielded when it ends."""
        most = min(concurrency, MOST_IN_FLIGHT)
        finished: SimpleQueue[Future[Result]] = SimpleQueue()
        running: dict[Future[Result], Job] = {}
        waiting = iter(jobs)
        try:
            while True:
                while len(running) < most and (job := next(waiting, None)) is not None:
                    future = asyncio.run_coroutine_threadsafe(_awaited(work, job), self._loop)
                    running[future] = job
                    future.add_done_callback(finished.put)
                if not running:
                    return
                future = finished.get()
                yield running.pop(future), future
        finally:
            for future in running:
                future.cancel()

    def close(self) -> None:
        """End what is in flight."""
        if not self._loop.is_closed():
            self._wait(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _wait(self, work: Awaitable[Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(_value(work), self._loop).result()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.close()

    async def _told(self, path: str) -> object:
        """What a page that not every server has says; None where this one has none."""
        client = self._client.with_options(
            max_retries=min(self._retries, RETRIES_AT_START),
            timeout=min(self._seconds, SECONDS_TO_CONNECT),
        )
        try:
            return await client.get(path, cast_to=object)
        except openai.APIError as error:
            failure = self._error(error, path)
            if failure.status == 401 or not failure.reachable:
                raise failure from error
            return None
        except ValueError:
            return None

    async def _answer(self, path: str, body: dict[str, object]) -> Answer:
        received: object = None
        for attempt in range(min(ATTEMPTS, self._retries + 1)):
            if attempt:
                await asyncio.sleep(2**attempt * random.uniform(0.4, 0.5))
            try:
                received = await self._client.post(path, body=body, cast_to=object)
            except openai.APIError as error:
                raise self._error(error, path) from error
            except ValueError:
                received = "JSON that is cut off"
            if answer := answer_of(received):
                return answer
        raise ServerError(
            f"The server at {self.endpoint} does not answer with a completion, but with: "
            f"{_short(error_message(received))}."
        )

    def _error(self, error: openai.APIError, path: str) -> ServerError:
        """One sentence for what the client raises."""
        at = f"The server at {self.endpoint}"
        if isinstance(error, openai.APITimeoutError):
            return ServerError(f"{at} gave no answer within {self._seconds:g} s.")
        if not isinstance(error, openai.APIStatusError):
            reason = self._hidden(str(error.__cause__ or error))
            return ServerError(
                f"{at} cannot be reached ({_short(reason)}): start it, or correct the endpoint.",
                reachable=False,
            )
        said, status = self._hidden(error_message(error.body) or error.message), error.status_code
        return ServerError(
            f"{at} {self._refusal(status, path)} ({status}: {_short(said)}).", said, status
        )

    def _refusal(self, status: int, path: str) -> str:
        if status == 401:
            change = "put a valid one into" if self._key else "put one into"
            return f"wants a key: {change} the environment variable {self._key_variable}"
        if status == 404 and path == "/completions":
            return (
                f'has no "{self.model}" that continues a text: correct the endpoint, which usually '
                "ends in /v1, or the model's name, or ask through its chat template"
            )
        if status == 404:
            return (
                f'has no "{self.model}": correct the endpoint, which usually ends in /v1, or the '
                "model's name"
            )
        if status == 429:
            return "has had too many requests: lower concurrency, or go on later"
        return "fails" if status >= 500 else "refuses the request"

    def _hidden(self, text: str) -> str:
        """Without the key, which some servers repeat."""
        return text.replace(self._key, "…") if self._key else text


async def _awaited(work: Callable[[Job], Awaitable[Result]], job: Job) -> Result:
    return await work(job)


async def _value(work: Awaitable[Result]) -> Result:
    return await work


def _short(text: str) -> str:
    return " ".join(text.split())[:LONGEST_REASON].rstrip(".")
