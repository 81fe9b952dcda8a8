"""A model in operation without a server: rows are answered as a service answers them, a span at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pandas as pd
from tests.unit.operations.loop_world import BEGUN, SETTINGS, SPAN, Quiet

from journeyman.entities.operating import LoopState, Operated, OperateSettings
from journeyman.entities.operation import Operation
from journeyman.entities.overview import Request, RequestKind
from journeyman.entities.prediction import Label, LogEntries, Part, Prediction, Shadow
from journeyman.inference.release import open_release
from journeyman.interfaces import ReadsTruth
from journeyman.operations.worker import Worker
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import operate_round
from journeyman.runtime.clock import SystemClock
from journeyman.serving.served_release import ServedRelease
from journeyman.stores.logs import open_log
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream
from journeyman.tasks import task_type

LATER = BEGUN + 100_000 * SPAN


class OperatedModel:
    """A model, its log (at an address), and the loop over it."""

    def __init__(
        self, workspace: Workspace, name: str, place: Path | str, settings: OperateSettings = SETTINGS
    ) -> None:
        self.workspace, self.name = workspace, name
        self.log = open_log(str(place))
        operated = workspace.operations.begin(Operated(name, settings, BEGUN))
        parts = loop_parts(workspace, operated, self.log, TableStream(self.log), Quiet())
        self.worker = Worker(parts, operate_round, SystemClock(), lambda: LATER, operated.begun)
        self.span = 0
        self._served: dict[int, ServedRelease] = {}

    def serve(self, frame: pd.DataFrame, labels: Sequence[object] = ()) -> LoopState:
        """Answer a span's rows by champion and shadow, label the first of them, and go through the span's round."""
        at = BEGUN + self.span * SPAN + 10_000
        self.span += 1
        champion, shadow = self.workspace.registry.version(self.name).version, self.log.challenge().version
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        entries = tuple(
            Prediction(champion, Part.CHAMPION, "native", msgspec.json.encode(row), answer, b"d")
            for row, answer in zip(rows, self._answers(champion, rows), strict=True)
        )
        ids = [p.id for p in self.log.append(LogEntries(entries), at).predictions if p is not None]
        if shadow is not None:
            cast = zip(ids, self._answers(shadow, rows), strict=True)
            self.log.append(LogEntries(shadows=tuple(Shadow(i, shadow, answer) for i, answer in cast)), at)
        told = tuple(Label(self._recorded(label), i) for i, label in zip(ids, labels, strict=False))
        if told:
            self.log.append(LogEntries(labels=told), at + 1_000)
        return self.worker.round()

    def serve_until(
        self, rows: Callable[[], pd.DataFrame], done: Callable[[LoopState], bool], most: int = 40
    ) -> LoopState:
        """Serve span after span until the state is as wanted."""
        for _ in range(most):
            state = self.serve(rows())
            if done(state):
                return state
        raise AssertionError(f"after {most} spans: {[o.move.reason for o in self.operations]}")

    def answer(self, kind: RequestKind, note: str = "") -> None:
        """Let a person answer what waits."""
        [waiting] = self.worker.state().waiting
        request = Request(kind, self.worker.state().begin, "ann", waiting.number, note)
        self.workspace.operations.ask(self.name, request)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What the loop has done."""
        return self.workspace.operations.operations(self.name)

    def _recorded(self, label: object) -> bytes:
        """Return a label as a service records it: one number, where it comes in several parts."""
        kind = task_type(self._served[self.workspace.registry.version(self.name).version].task)
        return msgspec.json.encode(kind.read_truth(label) if isinstance(kind, ReadsTruth) else label)

    def _answers(self, version: int, rows: Sequence[dict[str, object]]) -> list[bytes]:
        if version not in self._served:
            path = self.workspace.registry.folder(self.workspace.registry.version(self.name, version))
            self._served[version] = ServedRelease(open_release(path))
        return [msgspec.json.encode(one) for one in self._served[version].answer(rows, Part.CHAMPION)]
