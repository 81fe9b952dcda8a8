"""Replay: a round that was done is thought through again from its artifacts, and compared bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from journeyman.api.operate import OperatePlace, opened_log
from journeyman.entities.artifacts import RoundArtifacts
from journeyman.entities.operating import Decided, Done, LoopState, MonitorResult, Observed, Operated, OperateSettings
from journeyman.errors import SettingsError
from journeyman.operations.loop_context import LoopContext
from journeyman.operations.next_state import next_state
from journeyman.operations.paths import loop_place, round_id
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import decide, watch
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.durable_run import return_kind
from journeyman.stores.facts import settle
from journeyman.stores.run_artifacts import round_artifacts
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
        artifacts = round_artifacts(workspace.journal, round_id(place.name, operation.round))
        if artifacts is None:
            raise SettingsError(
                f"round {operation.round} of {place.name} is not kept any more",
                hint="rounds of the latest operations are; see --keep-rounds",
            )
        record = workspace.journal.run(round_id(place.name, operation.round))
        settings: OperateSettings = record.read_settings(OperateSettings)
        parts = loop_parts(workspace, Operated(place.name, settings, operated.begun), log, stream, SilentProgress())
        return _replayed(parts, loop_place(workspace, place.name, operation.round), artifacts)


def _replayed(parts: LoopContext, place: Workspace, then: RoundArtifacts) -> tuple[Replayed, ...]:
    def again(name: str, digest: str, function: Callable[..., object], *facts: object) -> Any:
        result = settle(function(*facts), return_kind(function))
        replayed.append(Replayed(name, digest, place.artifacts.digest(result)))
        return result

    replayed: list[Replayed] = []
    state: LoopState = place.artifacts.get(then.begun, LoopState)
    observed: Observed = place.artifacts.get(then.observed, Observed)
    watched: MonitorResult = again("watch", then.watched, partial(watch, parts), state, observed)
    decided: Decided = again("judge", then.decided, partial(decide, parts), state, observed, watched)
    done: Done = place.artifacts.get(then.done, Done)
    follow = partial(next_state, parts.name, parts.settings)
    again("remember", then.kept, follow, state, observed, watched, decided, done)
    return tuple(replayed)
