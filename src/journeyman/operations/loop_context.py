"""What the loop works with, and what it begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.entities.operating import LoopState, OperateSettings
from journeyman.entities.signal import Watched
from journeyman.interfaces import Algorithm, DriftDetector, Preparation, Stream
from journeyman.operations.apply_move import Actuator
from journeyman.operations.release_cache import ReleaseCache
from journeyman.operations.training_data import LearningRows
from journeyman.stages.monitor import lost_columns
from journeyman.stores.workspace import Workspace

__all__ = ["LoopContext", "first_state", "learning_rows"]


@dataclass(frozen=True)
class LoopContext:
    """What the loop works with.

    Attributes
    ----------
    name : str
        Of the model.
    settings : OperateSettings
        How it is operated.
    workspace : Workspace
        Fenced by the lease of whoever works.
    stream : Stream
        What was asked, answered and found true.
    release_cache : ReleaseCache
        Releases and their references.
    detectors : sequence of DriftDetector
        What watches.
    quick : tuple of Algorithm and Preparation
        Of back-tests.
    actuator : Actuator
        What acts.
    """

    name: str
    settings: OperateSettings
    workspace: Workspace
    stream: Stream
    release_cache: ReleaseCache
    detectors: Sequence[DriftDetector]
    quick: tuple[Algorithm, Preparation]
    actuator: Actuator


def first_state(champion: int, begun_at: int, every: int, truths: int) -> LoopState:
    """Return what the first round begins with: a release, the grid's beginning, and the rows of its build."""
    return LoopState(0, begun_at, begun_at + every, champion, since=begun_at, base=champion, truths=truths)


def learning_rows(parts: LoopContext, champion: int, state: LoopState, watched: Watched) -> LearningRows:
    """Return what can be learned from at the end of a round's span."""
    base = parts.workspace.registry.version(parts.name, state.base)
    release, most = parts.release_cache.release(champion), parts.settings.most_labelled
    given_up = tuple(sorted({*state.given_up, *lost_columns(watched.settled)} - {*watched.returned}))
    spans, read = watched.broken, parts.release_cache.read_rows
    return LearningRows(parts.workspace, base, parts.stream, release, state.end, most, spans, given_up, read)
