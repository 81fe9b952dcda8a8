"""A micro-batch: the rows of several requests, scored by one deployment, made durable in one transaction."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
    Refused,
)
from journeyman.errors import WorkspaceError
from journeyman.interfaces import Clock, PredictionLog, Threads
from journeyman.runtime.clock import SYSTEM_CLOCK, SYSTEM_THREADS
from journeyman.serving.counters import Counters
from journeyman.serving.deployment import Deployment
from journeyman.serving.latencies import Latencies
from journeyman.serving.privacy import RowRules
from journeyman.serving.refusals import Fault, Refusal, fault_of_misfit
from journeyman.serving.requests import LabelRequest, Outcome, PredictionRequest, Row, StoredPrediction
from journeyman.serving.served_release import ServedRelease
from journeyman.serving.shadows import Shadows

__all__ = ["BatchWork", "Done", "Lookup", "ScoredBatch"]

_encoder = msgspec.json.Encoder()
_NOT_ANSWERED = Fault("not answered", "another row of this request cannot be answered")

Done = Sequence[Outcome] | Sequence[LabelFate] | Exception
"""What a request gets: an outcome a row, a fate a label, or what is raised to it."""

Lookup = Callable[[Sequence[str]], Mapping[str, RecordedPrediction]]
"""Returns the predictions that were recorded under ids of clients."""


@dataclass(slots=True)
class _Work:
    """A row on its way through a batch."""

    ask: PredictionRequest
    row: Row
    client_id: str | None
    group: int | None = None
    digest: bytes = b""
    key: str | None = None
    outcome: Outcome | None = None
    prediction: Prediction | None = None
    refused: Refused | None = None


@dataclass(frozen=True)
class ScoredBatch:
    """Requests whose rows are scored, but not yet durable.

    Attributes
    ----------
    asks : sequence of PredictionRequest or LabelRequest
        The requests.
    late : list of bool
        Whose callers wait no more.
    works : list of list
        Rows of each request.
    deployment : Deployment
        Who answered.
    """

    asks: Sequence[PredictionRequest | LabelRequest]
    late: list[bool]
    works: list[list[_Work]]
    deployment: Deployment


class BatchWork:
    """What is done with a micro-batch: first scored, then recorded; each of both for one batch at a time.

    Parameters
    ----------
    log : PredictionLog
        Where ``record`` writes; used by this alone.
    recorded : callable
        Looks predictions up by the client's ids, without waiting for the writer.
    deployment : callable
        Returns the deployment of the moment; a batch is answered by one.
    rules : RowRules
        What of a row is recorded.
    counters : Counters
        Where to count.
    clock, threads : Clock and Threads
        Time, and where the thread that scores in the shadow comes from.

    Attributes
    ----------
    latencies : Latencies
        How long requests took; they go into the log with the batches that follow.
    """

    def __init__(
        self,
        log: PredictionLog,
        recorded: Lookup,
        deployment: Callable[[], Deployment],
        rules: RowRules,
        counters: Counters,
        clock: Clock = SYSTEM_CLOCK,
        threads: Threads = SYSTEM_THREADS,
    ) -> None:
        self._log, self._lookup, self._deployment = log, recorded, deployment
        self._rules, self.counters, self._clock = rules, counters, clock
        self._shadows = Shadows(counters, threads)
        self.latencies = Latencies(clock, threads)

    def start(self) -> None:
        """Begin to score in the shadow."""
        self._shadows.start()

    def stop(self) -> None:
        """Write what was scored in the shadow, and let go of the log."""
        self._shadows.stop()
        with contextlib.suppress(WorkspaceError):  # nobody was told of them
            self.write_rest()
        self._log.close()

    def probe(self) -> None:
        """Write a trifle; WorkspaceError where the log cannot be written."""
        self._log.probe()

    def check(self) -> None:
        """Raise WorkspaceError where the log is no longer there; beside the writer, because it writes nothing."""
        self._log.check()

    def write_rest(self) -> None:
        """Write what is scored in the shadow, and latencies, while no request comes that they could go with.

        Raises
        ------
        WorkspaceError
            Where the log cannot be written; shadows stay for the next time.
        """
        shadows, latencies = self._shadows.ready(), self.latencies.take()
        if shadows or latencies:
            self._log.append(LogEntries(shadows=shadows, latencies=latencies), self._clock.milliseconds())
            self._shadows.forget(len(shadows))

    def score(self, asks: Sequence[PredictionRequest | LabelRequest]) -> ScoredBatch:
        """Score the rows of requests.

        That a client's id was recorded before is noticed when its row is recorded again, and answered then; only rows
        that take long to answer, stand and fall together, or cannot be answered are looked up here.
        """
        now = self._clock.monotonic()
        late = [ask.deadline < now for ask in asks]
        works = [
            [
                _Work(ask, row, client_id, number if ask.strict and ask.size > 1 else None)
                for row, client_id in zip(ask.rows, ask.client_ids, strict=True)
            ]
            if isinstance(ask, PredictionRequest) and not gone
            else []
            for number, (ask, gone) in enumerate(zip(asks, late, strict=True))
        ]
        deployment = self._deployment()
        everyone = [work for some in works for work in some]
        for work in everyone:
            if work.client_id is not None:
                work.digest = self._rules.digest_of(work.row)
        self._repeated([work for work in everyone if work.ask.reasons or work.group is not None])
        for some in works:
            if some and some[0].group is not None:
                self._find_conflicts(some)
        unanswered = [work for work in everyone if work.outcome is None]
        began = time.perf_counter()
        self._score(unanswered, deployment)
        self.counters.add("journeyman_scoring_seconds_total", None, time.perf_counter() - began)
        self._repeated([work for work in unanswered if isinstance(work.outcome, Fault)])
        for some in works:
            if some and some[0].ask.strict and any(isinstance(work.outcome, Fault) for work in some):
                for work in some:
                    work.prediction, work.outcome = None, work.outcome or _NOT_ANSWERED
        return ScoredBatch(asks, late, works, deployment)

    def record(self, batch: ScoredBatch) -> list[Done]:
        """Make a scored batch durable in one transaction; return what each request gets.

        Raises
        ------
        WorkspaceError
            Where the log cannot be written; nothing was recorded then.
        """
        asks, late, works = batch.asks, batch.late, batch.works
        to_record = [work for some in works for work in some if work.prediction is not None]
        labels = [
            label
            for ask, gone in zip(asks, late, strict=True)
            if isinstance(ask, LabelRequest) and not gone
            for label in ask.labels
        ]
        shadows = self._shadows.ready()
        began = time.perf_counter()
        refused = tuple(w.refused for some in works for w in some if w.refused and isinstance(w.outcome, Fault))
        predictions = tuple(w.prediction for w in to_record if w.prediction)
        entries = LogEntries(predictions, tuple(labels), shadows, refused, self.latencies.due())
        receipt = self._log.append(entries, self._clock.milliseconds())
        self.counters.add("journeyman_commits_total")
        self.counters.add("journeyman_commit_seconds_total", None, time.perf_counter() - began)
        self._shadows.forget(len(shadows))
        for work, recorded in zip(to_record, receipt.predictions, strict=True):
            work.outcome = _NOT_ANSWERED if recorded is None else self._recorded(work, recorded)
        new = (work.prediction for work in to_record if work.prediction and _fresh(work.outcome))
        for (version, part), rows in Counter((one.version, one.part) for one in new).items():
            self.counters.add("journeyman_predictions_total", {"version": str(version), "part": part.value}, rows)
        if batch.deployment.shadow is not None:
            self._shadows.cast(batch.deployment.shadow, [(o.id, w.row) for w in to_record if _fresh(o := w.outcome)])
        return self._batch_results(asks, late, works, list(receipt.labels))

    def _batch_results(
        self,
        asks: Sequence[PredictionRequest | LabelRequest],
        late: list[bool],
        works: list[list[_Work]],
        fates: list[LabelFate],
    ) -> list[Done]:
        done: list[Done] = []
        for ask, gone, some in zip(asks, late, works, strict=True):
            if gone:
                self.counters.add("journeyman_refused_total", {"reason": "too late"})
                fault = Fault("too late", "it waited longer than a request may", hint="try again, or with fewer rows")
                done.append(Refusal(503, fault, {"Retry-After": "1"}))
            elif isinstance(ask, PredictionRequest):
                done.append([work.outcome for work in some if work.outcome is not None])
            else:
                mine, fates = fates[: ask.size], fates[ask.size :]
                for fate in mine:
                    self.counters.add("journeyman_labels_total", {"fate": fate.value})
                done.append(mine)
        return done

    def _repeated(self, works: Sequence[_Work]) -> None:
        """Answer rows whose client's id was recorded before."""
        named = [work for work in works if work.client_id is not None]
        if not named:
            return
        known = self._lookup([work.client_id for work in named if work.client_id is not None])
        for work in named:
            recorded = known.get(work.client_id or "")
            if recorded is not None:
                work.outcome = self._recorded(work, recorded)

    def _find_conflicts(self, works: Sequence[_Work]) -> None:
        """Refuse rows of a request that stands and falls together whose id an earlier one of its rows has."""
        digests: dict[str, bytes] = {}
        for work in works:
            if work.client_id is None or work.outcome is not None:
                continue
            if digests.setdefault(work.client_id, work.digest) != work.digest:
                work.outcome = self._conflict(work)

    def _conflict(self, work: _Work) -> Fault:
        self.counters.add("journeyman_refused_total", {"reason": "id of another row"})
        return Fault(
            "id of another row",
            f"the id {work.client_id!r} was used for another row",
            "id",
            str(work.client_id),
            "an id of its own for each row",
            "use a new id; an answer that was recorded under that id stays",
        )

    def _recorded(self, work: _Work, recorded: RecordedPrediction) -> Outcome:
        if not recorded.repeated:
            return StoredPrediction(recorded.id, recorded.output)
        if recorded.digest != work.digest:
            return self._conflict(work)
        self.counters.add("journeyman_repeated_total")
        return StoredPrediction(recorded.id, recorded.output, repeated=True)

    def _score(self, works: Sequence[_Work], deployment: Deployment) -> None:
        groups: dict[tuple[int, Part], tuple[ServedRelease, list[_Work]]] = {}
        for work in works:
            work.key = self._rules.key_of(work.row)
            release, part = deployment.pick(work.key or work.client_id)
            groups.setdefault((release.version, part), (release, []))[1].append(work)
        for (_, part), (release, group) in groups.items():
            for work, answer in zip(group, release.answer([work.row for work in group], part), strict=True):
                if isinstance(answer, RowMisfit):
                    self.counters.add("journeyman_refused_total", {"reason": "bad row"})
                    work.outcome, work.refused = fault_of_misfit(answer), self._rules.refused(answer, release.version)
                else:
                    self._prepare(work, release.explained(work.row, answer) if work.ask.reasons else answer)

    def _prepare(self, work: _Work, answer: Answer) -> None:
        for finding in answer.findings:
            self.counters.add("journeyman_findings_total", {"code": finding.code})
        work.prediction = Prediction(
            version=answer.version,
            part=answer.part,
            protocol=work.ask.protocol,
            row=_encoder.encode(self._rules.recorded(work.row)),
            output=_encoder.encode(self._rules.discreet(answer)),
            digest=work.digest,
            client_id=work.client_id,
            key=work.key,
            group=work.group,
        )


def _fresh(outcome: Outcome | None) -> TypeGuard[StoredPrediction]:
    return isinstance(outcome, StoredPrediction) and not outcome.repeated
