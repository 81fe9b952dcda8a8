"""The one writer: takes what waits, scores it as a micro-batch, makes it durable in one transaction, then lets go."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import msgspec

from journeyman.entities.admitted import RowMisfit
from journeyman.entities.prediction import (
    Answer,
    LabelFate,
    LogEntries,
    Part,
    Prediction,
    RecordedPrediction,
)
from journeyman.errors import WorkspaceError
from journeyman.interfaces import PredictionLog
from journeyman.serving.asks import Ask, Given, LabelAsk, Outcome, Row
from journeyman.serving.counters import Counters
from journeyman.serving.lineup import Lineup
from journeyman.serving.privacy import RowRules
from journeyman.serving.refusals import Fault, Refusal, fault_of_misfit
from journeyman.serving.served_release import ServedRelease
from journeyman.serving.shadows import Shadows

__all__ = ["Recorder"]

_MOST_TOGETHER = 256  # rows of a micro-batch: beyond this the first would wait longer than the batch saves
_IDLE = 0.5  # seconds without a request, after which shadows are written alone
_encoder = msgspec.json.Encoder()
_NOT_ANSWERED = Fault("not answered", "another row of this request cannot be answered")


@dataclass
class _Work:
    """A row on its way through a batch."""

    ask: Ask
    row: Row
    client_id: str | None
    digest: bytes = b""
    key: str | None = None
    outcome: Outcome | None = None
    prediction: Prediction | None = None


_Done = Sequence[Outcome] | Sequence[LabelFate] | Exception
_Waiting = tuple[Ask | LabelAsk, "asyncio.Future[object]"]


class Recorder:
    """Answers asks in micro-batches from a thread of its own; an answer is given after it is durable.

    Requests that come while a batch is scored and written wait together for the next one, so that one transaction and
    one call of the model serve all of them.

    Parameters
    ----------
    log : PredictionLog
        This recorder alone uses it.
    lineup : callable
        Returns the lineup of the moment; a batch is answered by one.
    rules : RowRules
        What of a row is recorded.
    counters : Counters
        Where to count.
    most_waiting : int
        Rows that may wait; beyond that, requests are refused with 429.
    """

    def __init__(
        self,
        log: PredictionLog,
        lineup: Callable[[], Lineup],
        rules: RowRules,
        counters: Counters,
        most_waiting: int,
    ) -> None:
        self._log, self._lineup, self._rules, self._counters = log, lineup, rules, counters
        self._most_waiting = most_waiting
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._waiting = 0  # written by the event loop alone
        self._trouble = ""  # written by the writer's thread alone
        self._shadows = Shadows(counters)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

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
        self._thread.start()
        self._shadows.start()

    def stop(self) -> None:
        """Answer what waits, write the shadows that are scored, and end."""
        self._queue.put(None)
        self._thread.join()
        self._shadows.stop()
        self._write_shadows()
        self._log.close()

    async def submit(self, ask: Ask | LabelAsk) -> object:
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
        self._queue.put((ask, future))
        try:
            return await future
        finally:
            self._waiting -= ask.size

    async def probe(self) -> str:
        """Try to write after a failure, so that trouble ends without a request; return what is still wrong."""
        assert self._loop is not None
        if self._trouble:
            try:
                await self.submit(LabelAsk((), time.monotonic() + 5))
            except Refusal as refusal:
                return refusal.fault.message
        return self._trouble

    def _run(self) -> None:
        ended = False
        while not ended:
            try:
                first = self._queue.get(timeout=_IDLE)
            except queue.Empty:
                self._write_shadows()
                continue
            if first is None:
                break
            batch, rows = [first], first[0].size
            while rows < _MOST_TOGETHER:
                try:
                    another = self._queue.get_nowait()
                except queue.Empty:
                    break
                if another is None:
                    ended = True
                    break
                batch.append(another)
                rows += another[0].size
            self._serve(batch)
        self._write_shadows()

    def _write_shadows(self) -> None:
        """Write what is scored in the shadow while no request comes that it could go with."""
        shadows = self._shadows.ready()
        if shadows:
            try:
                self._log.append(LogEntries(shadows=shadows), time.time_ns() // 1_000_000)
            except WorkspaceError as error:
                self._trouble = error.message
            else:
                self._shadows.forget(len(shadows))

    def _serve(self, batch: list[_Waiting]) -> None:
        """Answer a batch; where that fails for a reason of ours, each of its requests is tried alone."""
        try:
            done = self._answer([ask for ask, _ in batch])
        except WorkspaceError as error:
            self._trouble = error.message
            self._counters.add("journeyman_refused_total", {"reason": "log cannot be written"}, len(batch))
            fault = Fault("log cannot be written", error.message, hint=error.hint)
            done = [Refusal(503, fault, {"Retry-After": "5"})] * len(batch)
        except Exception:  # noqa: BLE001 - one request's fault must not fail the others, nor end the thread
            if len(batch) > 1:
                for one in batch:
                    self._serve([one])
                return
            traceback.print_exc()
            self._counters.add("journeyman_refused_total", {"reason": "fault of ours"})
            fault = Fault("fault", "this request met a fault of Journeyman", hint="the server's output has the details")
            done = [Refusal(500, fault)]
        assert self._loop is not None
        self._loop.call_soon_threadsafe(_resolve, [future for _, future in batch], done)

    def _answer(self, asks: Sequence[Ask | LabelAsk]) -> list[_Done]:
        now = time.monotonic()
        late = [ask.deadline < now for ask in asks]
        works = [
            [_Work(ask, row, client_id) for row, client_id in zip(ask.rows, ask.client_ids, strict=True)]
            if isinstance(ask, Ask) and not gone
            else []
            for ask, gone in zip(asks, late, strict=True)
        ]
        lineup = self._lineup()
        self._repeated([work for some in works for work in some])
        began = time.perf_counter()
        self._score([work for some in works for work in some if work.outcome is None], lineup)
        self._counters.add("journeyman_scoring_seconds_total", None, time.perf_counter() - began)
        for some in works:
            if some and some[0].ask.strict and any(isinstance(work.outcome, Fault) for work in some):
                for work in some:
                    work.prediction, work.outcome = None, work.outcome or _NOT_ANSWERED
        to_record = [work for some in works for work in some if work.prediction is not None]
        labels = [
            label
            for ask, gone in zip(asks, late, strict=True)
            if isinstance(ask, LabelAsk) and not gone
            for label in ask.labels
        ]
        shadows = self._shadows.ready()
        began = time.perf_counter()
        entries = LogEntries(tuple(w.prediction for w in to_record if w.prediction), tuple(labels), shadows)
        if self._trouble:
            self._log.probe()
            self._trouble = ""
        receipt = self._log.append(entries, time.time_ns() // 1_000_000)
        self._counters.add("journeyman_commits_total")
        self._counters.add("journeyman_commit_seconds_total", None, time.perf_counter() - began)
        self._shadows.forget(len(shadows))
        for work, recorded in zip(to_record, receipt.predictions, strict=True):
            work.outcome = self._recorded(work, recorded)
        if lineup.shadow is not None:
            self._shadows.cast(lineup.shadow, [(o.id, w.row) for w in to_record if _fresh(o := w.outcome)])
        return self._done(asks, late, works, list(receipt.labels))

    def _done(
        self, asks: Sequence[Ask | LabelAsk], late: list[bool], works: list[list[_Work]], fates: list[LabelFate]
    ) -> list[_Done]:
        done: list[_Done] = []
        for ask, gone, some in zip(asks, late, works, strict=True):
            if gone:
                self._counters.add("journeyman_refused_total", {"reason": "too late"})
                fault = Fault("too late", "it waited longer than a request may", hint="try again, or with fewer rows")
                done.append(Refusal(503, fault, {"Retry-After": "1"}))
            elif isinstance(ask, Ask):
                done.append([work.outcome for work in some if work.outcome is not None])
            else:
                mine, fates = fates[: ask.size], fates[ask.size :]
                for fate in mine:
                    self._counters.add("journeyman_labels_total", {"fate": fate.value})
                done.append(mine)
        return done

    def _repeated(self, works: Sequence[_Work]) -> None:
        """Answer rows whose client's id was recorded before."""
        named = [work for work in works if work.client_id is not None]
        if not named:
            return
        for work in named:
            work.digest = self._rules.digest_of(work.row)
        known = self._log.recorded([work.client_id for work in named if work.client_id is not None])
        for work in named:
            recorded = known.get(work.client_id or "")
            if recorded is not None:
                work.outcome = self._recorded(work, recorded)

    def _recorded(self, work: _Work, recorded: RecordedPrediction) -> Outcome:
        if not recorded.repeated:
            if work.prediction is not None:
                labels = {"version": str(work.prediction.version), "part": work.prediction.part.value}
                self._counters.add("journeyman_predictions_total", labels)
            return Given(recorded.id, recorded.output)
        if recorded.digest != work.digest:
            self._counters.add("journeyman_refused_total", {"reason": "id of another row"})
            return Fault(
                "id of another row",
                f"the id {work.client_id!r} was used for another row",
                "id",
                str(work.client_id),
                "an id of its own for each row",
                "use a new id; the recorded answer of that id stays",
            )
        self._counters.add("journeyman_repeated_total")
        return Given(recorded.id, recorded.output, repeated=True)

    def _score(self, works: Sequence[_Work], lineup: Lineup) -> None:
        groups: dict[tuple[int, Part], tuple[ServedRelease, list[_Work]]] = {}
        for work in works:
            work.key = self._rules.key_of(work.row)
            release, part = lineup.pick(work.key or work.client_id or uuid.uuid4().hex)
            groups.setdefault((release.version, part), (release, []))[1].append(work)
        for (_, part), (release, group) in groups.items():
            for work, answer in zip(group, release.answer([work.row for work in group], part), strict=True):
                if isinstance(answer, RowMisfit):
                    self._counters.add("journeyman_refused_total", {"reason": "bad row"})
                    work.outcome = fault_of_misfit(answer)
                else:
                    self._prepare(work, release.explained(work.row, answer) if work.ask.reasons else answer)

    def _prepare(self, work: _Work, answer: Answer) -> None:
        for finding in answer.findings:
            self._counters.add("journeyman_findings_total", {"code": finding.code})
        work.prediction = Prediction(
            version=answer.version,
            part=answer.part,
            protocol=work.ask.protocol,
            row=_encoder.encode(self._rules.recorded(work.row)),
            output=_encoder.encode(self._rules.discreet(answer)),
            digest=work.digest,
            client_id=work.client_id,
            key=work.key,
        )


def _fresh(outcome: Outcome | None) -> TypeGuard[Given]:
    return isinstance(outcome, Given) and not outcome.repeated


def _resolve(futures: Sequence[asyncio.Future[object]], done: Sequence[_Done]) -> None:
    for future, result in zip(futures, done, strict=True):
        if not future.done():  # the caller may have gone
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
