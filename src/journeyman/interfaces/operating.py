"""What a service and its loop work with: logs, notifiers, detectors of drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.challenge import Challenge
from journeyman.entities.operation import Operation
from journeyman.entities.prediction import LogEntries, LogReceipt, RecordedPrediction
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic

__all__ = ["DriftDetector", "Notifier", "PredictionLog"]

FloatArray = NDArray[np.float64]


class PredictionLog(Protocol):
    """Where served predictions and their labels are kept; one writer appends, and what is appended is durable."""

    def recorded(self, client_ids: Sequence[str]) -> Mapping[str, RecordedPrediction]:
        """Return the predictions that were recorded under these ids of clients."""
        ...

    def append(self, entries: LogEntries, now: int) -> LogReceipt:
        """Make entries durable, all or none, and return what became of each, in order.

        A prediction whose client's id was recorded before is not recorded again; its receipt is the first one's. Of a
        group in which an id belongs to another row nothing is recorded; the receipts of the others are None.
        ``now`` is in milliseconds since 1970.

        Raises
        ------
        WorkspaceError
            Where the log cannot be written; nothing was recorded then.
        """
        ...

    def probe(self) -> None:
        """Write a trifle; WorkspaceError where the log cannot be written."""
        ...

    def check(self) -> None:
        """Raise WorkspaceError where the log is no longer there; cheap, and of any thread."""
        ...

    def rows(self) -> int:
        """Return the number of predictions that the live log holds."""
        ...

    def challenge(self) -> Challenge:
        """Return what all servers of this log agreed on: which release challenges the champion, and how."""
        ...

    def set_challenge(self, challenge: Challenge, lease: int = 0) -> None:
        """Agree on a challenger, durably; LeaseError where one was agreed on in the name of a later lease than this."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Notifier(Protocol):
    """A way to tell somebody of an operation."""

    @property
    def name(self) -> str:
        """How it is called in the records; two notifiers of one loop have different names."""
        ...

    def tell(self, operation: Operation) -> None:
        """Tell it; the same operation may be told again after a kill.

        Raises
        ------
        NotificationError
            Where it did not arrive; in one line, without secrets.
        """
        ...


class DriftDetector(Protocol):
    """Something that looks at traffic, a span at a time, and remembers what it needs in arrays alone.

    A look depends on its arguments only, so that a round of the loop can be replayed bit for bit.
    """

    @property
    def name(self) -> str:
        """Name in signals and settings."""
        ...

    @property
    def rung(self) -> Tier:
        """Tier. Feed-tier detectors run first; rows that they reject are hidden from all others."""
        ...

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return what it remembers before it has seen any traffic; small, whatever the size of the reference."""
        ...

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Return what it remembers after this span, and what it saw.

        ``traffic`` holds the rows of the span, and earlier rows whose truth came in the span. One that estimates the
        loss without truths remembers it as ``estimate``, shape (3,): estimate, and the ends of its 95 % interval.
        """
        ...
