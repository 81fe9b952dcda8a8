"""The one writer: what waits is scored as a micro-batch, made durable in one transaction, then let go."""

from __future__ import annotations

import asyncio
import queue
import traceback
from collections import deque
from collections.abc import Sequence

from journeyman.errors import ModelError, RemoteError, SchemaError, WorkspaceError
from journeyman.interfaces import Clock, Queue, Thread, Threads
from journeyman.runtime.clock import SYSTEM_CLOCK, SYSTEM_THREADS
from journeyman.serving.micro_batch import BatchWork, Done, ScoredBatch
from journeyman.serving.refusals import Fault, Refusal
from journeyman.serving.requests import LabelRequest, PredictionRequest, StoredPrediction

__all__ = ["Recorder"]

_MOST_TOGETHER = 256  # rows of a micro-batch: beyond this the first would wait longer than the batch saves
_FEW = 64  # rows that the event loop may score itself,
_QUIET = 2  # turns of the event loop without a further row, after which a batch begins
_SOON = 0.01  # where that takes no longer: seconds
_WEIGHT = 0.1  # of the latest batch in the mean of what scoring takes
_IDLE = 0.5  # seconds without a request, after which shadows and latencies are written alone

_Waiting = tuple[PredictionRequest | LabelRequest, "asyncio.Future[object]"]
_Given = tuple["asyncio.Future[object]", Done]
_Job = tuple[list[_Waiting], ScoredBatch | None, bool]


class Recorder:
    """Answers asks in micro-batches; an answer is given after it is durable.

    Requests that come while a batch is written wait together for the next one, so that one transaction and one call of
    the model serve all of them. What is quickly scored is scored by the event loop itself, which else would contend
    with another thread for Python's lock at every step; a thread of its own writes, and scores what takes longer. A
    batch begins when the one before is answered and no more rows arrive: callers that were answered together ask again
    together, and to part them would double what batches cost.

    Parameters
    ----------
    work : BatchWork
        What is done with a batch; this recorder alone uses it.
    most_waiting : int
        Rows that may wait; beyond that, requests are refused with 429.
    clock, threads : Clock and Threads
        Time, and where the writer's thread comes from.
    """

    def __init__(
        self,
        work: BatchWork,
        most_waiting: int,
        clock: Clock = SYSTEM_CLOCK,
        threads: Threads = SYSTEM_THREADS,
    ) -> None:
        self.clock, self._threads = clock, threads
        self._work, self._counters, self._most_waiting = work, work.counters, most_waiting
        # of the event loop alone:
        self._asks: deque[_Waiting] = deque()
        self._waiting = 0
        self._called = False  # whether a look at what waits is to come
        self._asked = 0  # rows that wait to be scored
        self._met = 0  # of which the turn before knew
        self._quiet = 0  # turns of the event loop that brought no more
        self._busy = False  # whether a batch is on its way
        self._lately = 0.0  # seconds that scoring a small batch takes
        self._loop: asyncio.AbstractEventLoop | None = None
        # of the writer's thread alone:
        self._trouble = ""
        self._jobs: Queue[_Job | None] = threads.queue()
        self._thread: Thread | None = None

    @property
    def waiting(self) -> int:
        """Rows that wait for an answer."""
        return self._waiting

    @property
    def trouble(self) -> str:
        """Why the log cannot be written; empty where it can."""
        return self._trouble

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; futures are resolved in this event loop."""
        self._loop = loop
        self._thread = self._threads.start(self._run, "recorder")
        self._work.start()

    async def stop(self) -> None:
        """Answer what waits, write the shadows that are scored, and end."""
        while self._asks or self._busy:
            await asyncio.sleep(0.001)
        self._jobs.put(None)
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        if self._thread is not None:
            self._thread.join()
        self._work.stop()

    async def submit(self, ask: PredictionRequest | LabelRequest) -> object:
        """Return what became of each row or label, once it is durable.

        Raises
        ------
        Refusal
            429 where too many wait, 503 where the log cannot be written or it took too long.
        """
        assert self._loop is not None  # the server starts it before the first request
        if self._waiting + ask.size > self._most_waiting and self._waiting:
            self._counters.add("journeyman_refused_total", {"reason": "busy"})
            fault = Fault("busy", f"{self._waiting} rows wait already", hint="try again after a moment")
            raise Refusal(429, fault, {"Retry-After": "1"})
        future: asyncio.Future[object] = self._loop.create_future()
        self._waiting += ask.size
        self._asks.append((ask, future))
        self._asked += ask.size
        self._call()
        began = self.clock.monotonic()
        try:
            done = await future
            if isinstance(done, list) and any(isinstance(one, StoredPrediction) for one in done):
                self._work.latencies.add(self.clock.monotonic() - began)
            return done
        finally:
            self._waiting -= ask.size

    async def probe(self) -> str:
        """Return what is wrong; after a failure try to write, so that trouble ends without a request."""
        if self._trouble:
            try:
                await self.submit(LabelRequest((), self.clock.monotonic() + 5))
            except Refusal as refusal:
                return refusal.fault.message
        try:
            self._work.check()
        except WorkspaceError as error:
            return error.message
        return self._trouble

    def _call(self) -> None:
        """See to what waits, unless that is under way."""
        assert self._loop is not None
        if self._asks and not self._called and not self._busy:
            self._called = True
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        """Begin with the next batch, once turns of the event loop bring no further row; in the event loop."""
        assert self._loop is not None
        self._quiet = 0 if self._asked > self._met else self._quiet + 1
        self._met = self._asked
        if self._quiet < _QUIET and self._asked < _MOST_TOGETHER:
            self._loop.call_soon(self._next)
            return
        self._called, self._met, self._quiet = False, 0, 0
        batch, rows, small = [], 0, True
        while self._asks and rows < _MOST_TOGETHER:
            batch.append(self._asks.popleft())
            ask = batch[-1][0]
            rows += ask.size
            small = small and rows <= _FEW and not (isinstance(ask, PredictionRequest) and ask.reasons)
        if batch:
            self._asked -= rows
            self._busy = True
            scored = self._scored(batch) if small and self._lately < _SOON else None
            self._jobs.put((batch, scored, small))

    def _scored(self, batch: list[_Waiting]) -> ScoredBatch | None:
        began = self.clock.monotonic()
        try:
            return self._work.score([ask for ask, _ in batch])
        except Exception:  # noqa: BLE001 - the writer's thread tries again, and tells what is wrong
            return None
        finally:
            self._lately += _WEIGHT * (self.clock.monotonic() - began - self._lately)

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=_IDLE)
            except queue.Empty:
                self._write_rest()
                continue
            if job is None:
                break
            batch, scored, small = job
            if small and scored is None:
                scored = self._scored(batch)
            given = self._serve(batch, scored)
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._give, given)
        self._write_rest()

    def _write_rest(self) -> None:
        try:
            self._work.write_rest()
        except WorkspaceError as error:
            self._trouble = error.message

    def _serve(self, batch: list[_Waiting], scored: ScoredBatch | None) -> list[_Given]:
        """Answer a batch; where that fails for a reason of ours, each of its requests is tried alone."""
        try:
            if scored is None:
                scored = self._work.score([ask for ask, _ in batch])
            if self._trouble:
                self._work.probe()
                self._trouble = ""
            done = self._work.record(scored)
        except WorkspaceError as error:
            self._trouble = error.message
            self._counters.add("journeyman_refused_total", {"reason": "log cannot be written"}, len(batch))
            fault = Fault("log cannot be written", error.message, hint=error.hint)
            done = [Refusal(503, fault, {"Retry-After": "5"})] * len(batch)
        except Exception as error:  # noqa: BLE001 - one request's fault must not fail the others, nor end the thread
            if len(batch) > 1:
                return [given for one in batch for given in self._serve([one], None)]
            done = [self._refusal(error)]
        return [(future, one) for (_, future), one in zip(batch, done, strict=True)]

    def _refusal(self, error: Exception) -> Refusal:
        """Return what is told who alone asked, and where that failed."""
        if isinstance(error, RemoteError):  # a label of a prediction in an archive elsewhere
            self._counters.add("journeyman_refused_total", {"reason": "archive does not answer"})
            fault = Fault("archive does not answer", error.message, hint=error.hint)
            return Refusal(503, fault, {"Retry-After": "30"})
        if isinstance(error, ModelError):  # of a model that was made elsewhere
            self._counters.add("journeyman_refused_total", {"reason": "model does not answer"})
            fault = Fault("model does not answer", error.message, hint=error.hint)
            return Refusal(503, fault, {"Retry-After": "5"})
        if isinstance(error, SchemaError):
            self._counters.add("journeyman_refused_total", {"reason": "bad row"})
            return Refusal(400, Fault("bad row", error.message, "rows", hint=error.hint))
        traceback.print_exception(error)
        self._counters.add("journeyman_refused_total", {"reason": "fault of ours"})
        return Refusal(
            500, Fault("fault", "this request met a fault of Journeyman", hint="the server's output has the details")
        )

    def _give(self, given: Sequence[_Given]) -> None:
        """Let go of answers, and go on when they are sent; in the event loop."""
        for future, done in given:
            if not future.done():  # the caller may have gone
                if isinstance(done, Exception):
                    future.set_exception(done)
                else:
                    future.set_result(done)
        self._busy = False
        self._call()
