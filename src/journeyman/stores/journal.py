"""The journal: every run, every step of it and every reading of a holdout, as rows that name their artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from journeyman.errors import JournalError
from journeyman.stores.tables import Database, events, runs, steps

__all__ = ["EventRecord", "Journal", "RunRecord", "RunStatus", "StepRecord"]


class RunStatus(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class RunRecord:
    """A run, as journalled.

    Attributes
    ----------
    id : str
        Name and number: "houses-1".
    name : str
        Name of the model it builds.
    settings : str
        JSON of the settings it was started with; ``read_settings`` makes them again.
    status : RunStatus
        "running" until it ends by itself: also after it was killed.
    cause : str
        Why it failed, in one line.
    started : str
        ISO 8601, UTC.
    finished : str or None
        The same, once it has ended.
    """

    id: str
    name: str
    settings: str
    status: RunStatus
    cause: str
    started: str
    finished: str | None

    def read_settings(self, kind: Any) -> Any:
        """Return the settings as ``kind``.

        Raises
        ------
        JournalError
            Where another version of Journeyman wrote them.
        """
        try:
            return msgspec.json.decode(self.settings, type=kind)
        except msgspec.DecodeError as error:
            raise JournalError(
                f"the settings of run {self.id} cannot be read: {error}", hint="start the build anew"
            ) from error


@dataclass(frozen=True)
class StepRecord:
    """A finished step, as journalled.

    Attributes
    ----------
    position : int
        Place in the run, from 0.
    name : str
        Name of the step.
    inputs : tuple of str
        Digests of the facts that went in, and ``name@version`` of the parts that worked on them.
    output, kind : str
        Digest of the fact that came out, and its type.
    seconds : float
        Wall time of the step.
    elapsed : float
        Seconds the run had worked when the step ended.
    peak_mb : float
        Highest resident memory of the process until then, in MB.
    started, finished : str
        ISO 8601, UTC.
    """

    position: int
    name: str
    inputs: tuple[str, ...]
    output: str
    kind: str
    seconds: float
    elapsed: float
    peak_mb: float
    started: str
    finished: str


@dataclass(frozen=True)
class EventRecord:
    """Something that happened in a run besides its steps, such as a reading of the holdout."""

    run: str
    position: int
    kind: str
    detail: str
    at: str


_ARTIFACTS = "artifacts"
"""Kind of the events that name artifacts of a run."""

T = TypeVar("T")


class Journal:
    """What happened, run by run. Rows are added and never changed, but for the status of a run.

    Runs of the loop are the only ones that are ever forgotten, when they are old.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, name: str, settings: object, now: str) -> RunRecord:
        """Begin a run of a model's name; ``settings`` is a dataclass or a mapping."""
        text = msgspec.json.encode(settings, order="deterministic").decode()
        while True:
            with self._database.reading() as connection:
                number = connection.scalar(sa.select(sa.func.count()).where(runs.c.name == name)) or 0
            record = RunRecord(f"{name}-{number + 1}", name, text, RunStatus.RUNNING, "", now, None)
            try:
                with self._database.writing() as connection:
                    connection.execute(runs.insert().values(**_row(record)))
            except IntegrityError:
                continue  # another process took that number
            return record

    def open(self, run: str, name: str, settings: object, now: str) -> RunRecord:
        """Return the run of that identity, begun now where there is none: whoever does it again finds the same run."""
        text = msgspec.json.encode(settings, order="deterministic").decode()
        record = RunRecord(run, name, text, RunStatus.RUNNING, "", now, None)
        with self._database.writing() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == run)).one_or_none()
            if row is not None:
                return _run(row)
            connection.execute(runs.insert().values(**_row(record)))
        return record

    def forget(self, ids: Sequence[str]) -> None:
        """Delete runs with all that is recorded of them."""
        with self._database.writing() as connection:
            for start in range(0, len(ids), 500):
                some = ids[start : start + 500]
                connection.execute(steps.delete().where(steps.c.run.in_(some)))
                connection.execute(events.delete().where(events.c.run.in_(some)))
                connection.execute(runs.delete().where(runs.c.id.in_(some)))

    def finish(self, run: str, status: RunStatus, cause: str, now: str) -> None:
        """Say how a run ended."""
        with self._database.writing() as connection:
            connection.execute(
                runs.update().where(runs.c.id == run).values(status=status.value, cause=cause, finished=now)
            )

    def run(self, run: str) -> RunRecord:
        """Return a run; JournalError where there is none."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == run)).one_or_none()
        if row is None:
            raise JournalError(
                f"the journal has no run {run!r}", hint="`journeyman resume` goes on with all that can go on"
            )
        return _run(row)

    def runs(self, status: RunStatus | None = None) -> tuple[RunRecord, ...]:
        """Return all runs, or those of a status, the earliest first."""
        query = sa.select(runs).order_by(runs.c.started, runs.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query if status is None else query.where(runs.c.status == status.value)).all()
        return tuple(_run(row) for row in rows)

    def add_step(self, run: str, step: StepRecord) -> None:
        """Record a finished step, durably.

        Raises
        ------
        JournalError
            Where that position is recorded already: two processes work on one run.
        """
        row = {**_row(step), "inputs": " ".join(step.inputs), "run": run}
        try:
            with self._database.writing() as connection:
                connection.execute(steps.insert().values(**row))
        except IntegrityError as error:
            raise JournalError(
                f"step {step.position} ({step.name}) of run {run} was recorded by another process",
                hint="let one process work on a run at a time",
            ) from error

    def steps(self, run: str) -> tuple[StepRecord, ...]:
        """Return the finished steps of a run, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(steps).where(steps.c.run == run).order_by(steps.c.position)).all()
        return tuple(_step(row) for row in rows)

    def add_event(self, event: EventRecord) -> None:
        """Record an event, durably."""
        with self._database.writing() as connection:
            connection.execute(events.insert().values(**_row(event)))

    def events(self, run: str, kind: str | None = None) -> tuple[EventRecord, ...]:
        """Return the events of a run, in order."""
        query = sa.select(events).where(events.c.run == run).order_by(events.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query if kind is None else query.where(events.c.kind == kind)).all()
        return tuple(EventRecord(row.run, row.position, row.kind, row.detail, row.at) for row in rows)

    def name_artifacts(self, run: str, position: int, artifacts: object, now: str) -> None:
        """Name artifacts of a run after so many steps, durably: a dataclass whose fields are digests."""
        self.add_event(EventRecord(run, position, _ARTIFACTS, msgspec.json.encode(artifacts).decode(), now))

    def artifacts(self, run: str, kind: type[T]) -> T | None:
        """Return the artifacts that were named of a run, as ``kind``; None where none were."""
        named = self.events(run, _ARTIFACTS)
        return msgspec.json.decode(named[-1].detail, type=kind) if named else None

    def runs_with_event(self, kind: str, detail: str) -> tuple[str, ...]:
        """Return the identities of all runs that have such an event."""
        query = sa.select(events.c.run).where(events.c.kind == kind, events.c.detail == detail).distinct()
        with self._database.reading() as connection:
            return tuple(connection.execute(query.order_by(events.c.run)).scalars())


def _row(record: object) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(record)
    return row


def _run(row: sa.Row[Any]) -> RunRecord:
    return RunRecord(row.id, row.name, row.settings, RunStatus(row.status), row.cause, row.started, row.finished)


def _step(row: sa.Row[Any]) -> StepRecord:
    values = dict(row._mapping)
    del values["run"]
    return StepRecord(**{**values, "inputs": tuple(row.inputs.split())})
