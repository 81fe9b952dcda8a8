"""Replay: a round that was done is thought through again from its artifacts, and compared bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from journeyman.api.operate import OperatePlace, opened_log
from journeyman.entities.operating import Decided, Done, LoopState, Memory, Observed, Operated, OperateSettings
from journeyman.entities.signal import Watched
from journeyman.errors import SettingsError
from journeyman.operations.loop_context import LoopContext
from journeyman.operations.next_state import next_state
from journeyman.operations.paths import loop_place, round_id
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import decide, watch
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.durable_run import return_kind
from journeyman.stores.facts import settle
from journeyman.stores.journal import StepRecord
from journeyman.stores.workspace import Workspace

__all__ = ["Replayed", "replay"]


@dataclass(frozen=True)
class Replayed:
    """A step that was thought through again: the digest of what it gave then, and of what it gives now."""

    step: str
    then: str
    now: str

    @property
    def same(self) -> bool:
        """Whether every bit is the same."""
        return self.then == self.now


def replay(place: OperatePlace, number: int) -> tuple[Replayed, ...]:
    """Think an operation's round through again: watch, judge and remember, from what was observed and done then.

    What was read from the log and what was done in the world are taken from the artifacts; nothing is done again.

    Raises
    ------
    SettingsError
        For an unknown operation, or one whose round has been swept.
    JournalError
        Where an artifact is damaged.
    """
    with Workspace.existing(place.workspace) as workspace, opened_log(place) as (log, stream):
        operation = workspace.operations.operation(place.name, number)
        operated = workspace.operations.model(place.name)
        steps = {s.name: s for s in workspace.journal.steps(round_id(place.name, operation.round))}
        if "remember" not in steps:
            raise SettingsError(
                f"round {operation.round} of {place.name} is not kept any more",
                hint="rounds of the latest operations are; see --keep-rounds",
            )
        record = workspace.journal.run(round_id(place.name, operation.round))
        settings: OperateSettings = record.read_settings(OperateSettings)
        parts = loop_parts(workspace, Operated(place.name, settings, operated.begun), log, stream, SilentProgress())
        return _replayed(parts, loop_place(workspace, place.name, operation.round), steps)


def _replayed(parts: LoopContext, place: Workspace, steps: dict[str, StepRecord]) -> tuple[Replayed, ...]:
    def then(name: str, kind: Any) -> Any:
        return place.artifacts.get(steps[name].output, kind)

    def again(name: str, function: Callable[..., object], *facts: object) -> Any:
        result = settle(function(*facts), return_kind(function))
        seen.append(Replayed(name, steps[name].output, place.artifacts.digest(result)))
        return result

    seen: list[Replayed] = []
    state: LoopState = then("begin", LoopState)
    observed: Observed = then("observe", Observed)
    watched: tuple[Memory, Watched] = again("watch", partial(watch, parts), state, observed)
    decided: Decided = again("judge", partial(decide, parts), state, observed, watched)
    done: Done = then("act", Done)
    again("remember", partial(next_state, parts.name, parts.settings), state, observed, watched, decided, done)
    return tuple(seen)
