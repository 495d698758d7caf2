"""Which samples are still to be drawn and who draws them: what the workers of a launcher pull from.

Plain objects. A launcher keeps one HandOut where all workers reach it, and each worker draws with a
SharedEngine.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil
from typing import NamedTuple

from generation.engines import Engine, Forced, Request, Sample, Settings, TokenScores
from generation.plan import PlannedRun, Range, missing_ranges


class Stopped(KeyboardInterrupt):
    """The job is to end: what is drawn is written, and nothing more is drawn."""


class Taken(NamedTuple):
    """Samples that a worker may draw, and how many more such ranges nobody has taken."""

    samples: Range
    left: int


class Held(NamedTuple):
    """Samples that a worker took, of the run at this place in the list of runs."""

    place: int
    samples: Range


class State(NamedTuple):
    """Samples drawn, ranges that nobody has taken, and ranges taken that may not be on disk."""

    drawn: int
    queued: int
    held: int


class HandOut:
    """The missing ranges of each run, and which worker holds which of them."""

    def __init__(self, missing: Sequence[Sequence[Range]], workers: int) -> None:
        self._queues = [deque(ranges) for ranges in missing]
        self._workers = workers
        self._total = sum(samples.n for ranges in missing for samples in ranges)
        self._held: dict[int, set[Held]] = {}
        self._drawing: dict[int, set[Held]] = {}
        self._closed = False

    def take(self, worker: int, place: int) -> Taken | None:
        """The next samples of this run; None where there are none."""
        queue = self._queues[place]
        if self._closed or not queue:
            return None
        held = Held(place, queue.popleft())
        self._held.setdefault(worker, set()).add(held)
        self._drawing.setdefault(worker, set()).add(held)
        return Taken(held.samples, len(queue))

    def drawn(self, worker: int, place: int, samples: Range) -> bool:
        """Note that they are drawn; a shard may have to wait for more. Whether to go on."""
        self._drawing.get(worker, set()).discard(Held(place, samples))
        return not self._closed

    def written(self, worker: int) -> None:
        """Note that all that this worker took is on disk."""
        self._held.pop(worker, None)

    def lost(self, worker: int) -> list[Held]:
        """What a dead worker took and may not have written. It holds nothing any more."""
        self._drawing.pop(worker, None)
        return sorted(self._held.pop(worker, set()))

    def give_back(self, lost: Iterable[Held]) -> None:
        """Hand these out again, before anything else."""
        for place, samples in lost:
            self._queues[place].appendleft(samples)

    def close(self) -> list[int]:
        """Hand out nothing more; the workers that have something to write."""
        self._closed = True
        return list(self._held)

    def state(self) -> State:
        """How far the work has come."""
        queued = [samples for queue in self._queues for samples in queue]
        drawing = [held.samples for mine in self._drawing.values() for held in mine]
        undrawn = sum(samples.n for samples in [*queued, *drawing])
        held = sum(map(len, self._held.values()))
        return State(self._total - undrawn, len(queued), held)


def not_on_disk(lost: Sequence[Held], runs: Sequence[PlannedRun]) -> list[Held]:
    """Those that no shard holds. A range is on disk as a whole or not at all."""
    missing = {
        (place, samples.problem_id, number)
        for place in {held.place for held in lost}
        for samples in missing_ranges(runs[place])
        for number in range(samples.first, samples.first + samples.n)
    }
    return [held for held in lost if (held.place, *held.samples[:2]) in missing]


class SharedEngine:
    """An engine that draws what it takes from a hand-out, and no more than its share at a time.

    An engine pulls thousands of samples ahead: the first to be ready would leave none to the others
    where a run has few. It therefore gets its requests in portions. One ends when what the engine
    has in hand is its share of what is left, which in a long run is not before the last portions.
    """

    def __init__(
        self,
        engine: Engine,
        workers: int,
        take: Callable[[], Taken | None],
        drawn: Callable[[Range], bool],
    ) -> None:
        self.versions, self.longest, self.tokens = engine.versions, engine.longest, engine.tokens
        self._engine, self._workers, self._take, self._drawn = engine, workers, take, drawn
        self._in_hand = self._left = 0

    def ranges(self) -> Iterator[Range]:
        """Samples to draw, taken one range at a time."""
        while (taken := self._take()) is not None:
            self._left = taken.left
            self._in_hand += 1
            yield taken.samples

    def sample(
        self, requests: Iterable[Request], settings: Settings
    ) -> Iterator[tuple[Request, list[Sample]]]:
        """Draw the samples of requests that were made from ranges()."""
        pulled = iter(requests)
        for first in pulled:
            for request, samples in self._engine.sample(self._portion(first, pulled), settings):
                yield request, samples
                self._in_hand -= 1
                if not self._drawn(Range(request.problem_id, request.first, request.n)):
                    raise Stopped

    def score(self, forced: Sequence[Forced]) -> list[TokenScores]:
        """As the engine itself."""
        return self._engine.score(forced)

    def entropies(self, forced: Sequence[Forced]) -> list[list[float]]:
        """As the engine itself."""
        return self._engine.entropies(forced)

    def close(self) -> None:
        """As the engine itself."""
        self._engine.close()

    def _portion(self, first: Request, pulled: Iterator[Request]) -> Iterator[Request]:
        yield first
        while self._in_hand < ceil(self._left / self._workers):
            request = next(pulled, None)
            if request is None:
                return
            yield request
