"""Act: a move is made, each part of it so that it may be done again after a kill and is done once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from journeyman.arrow import pa, pq
from journeyman.entities.challenge import Challenge
from journeyman.entities.decision import Action, Verdict
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.operating import Decided, Done, LoopState, Memory, Observed
from journeyman.entities.operation import Move, WindowKind, WindowPlan
from journeyman.errors import JourneymanError, LeaseError, WorkspaceError
from journeyman.interfaces import Clock, PredictionLog, Run
from journeyman.operations.training_data import TrainingTable
from journeyman.stores.disk import Draft, make_folder, sync_folder
from journeyman.stores.workspace import Workspace

__all__ = ["Actuator", "Built", "apply_move", "write_table"]


@dataclass(frozen=True)
class Built:
    """What a retraining gave: a release, or none and why."""

    version: int | None
    seconds: float
    note: str


@dataclass(frozen=True)
class Actuator:
    """What acting needs.

    Attributes
    ----------
    name : str
        Of the model.
    workspace : Workspace
        Fenced by the lease.
    log : PredictionLog
        Says who runs in the shadow.
    clock : Clock
        Time.
    table : callable
        Returns the table that a retraining by a plan, decided from a state, learns from.
    build : callable
        Builds from a table in the run of that identity, or goes on with it; returns the release, not promoted.
    """

    name: str
    workspace: Workspace
    log: PredictionLog
    clock: Clock
    table: Callable[[LoopState, WindowPlan], TrainingTable]
    build: Callable[[TrainingTable, str], ModelVersion]


def apply_move(
    actuator: Actuator, run: Run, state: LoopState, seen: Observed, memory: Memory, decided: Decided
) -> Done:
    """Make a move; each line that changes something is a step."""
    move = decided.judged.move
    champion, challenger = seen.champion, state.challenger
    if champion != state.champion:
        run.step("shadow", partial(_shadow, actuator), None)
        return Done(champion, note=move.reason)
    if move.action is Action.RETRAIN:
        learning = replace(state, memory=memory, given_up=decided.given_up, policy=None)
        built = run.step("retrain", partial(_retrain, actuator, run.id), learning, move)
        if built.version is None:
            return Done(champion, challenger, state.former, None, built.seconds, built.note)
        run.step("shadow", partial(_shadow, actuator), built.version)
        return Done(champion, built.version, False, built.version, built.seconds, built.note)
    if move.action in (Action.PROMOTE, Action.ROLL_BACK) and move.version is not None:
        how = "promoted" if move.action is Action.PROMOTE else "rolled back"
        if not run.step(how, partial(_point, actuator), move.version, how, seen.moves):
            return Done(champion, challenger, state.former, note="Somebody else changed the champion first.")
        guard = champion if move.action is Action.PROMOTE else None
        run.step("shadow", partial(_shadow, actuator), guard)
        return Done(move.version, guard, guard is not None, move.version, 0.0, f"Release {move.version} answers now.")
    if move.action is Action.KEEP and move.version is not None and move.version == challenger:
        run.step("shadow", partial(_shadow, actuator), None)
        return Done(champion, note=f"Release {move.version} has left the shadow.")
    return Done(champion, challenger, state.former)


def write_table(table: TrainingTable, path: Path) -> None:
    """Write a training table as a Parquet file, whole and durable; the same table gives the same file."""
    make_folder(path.parent)
    with Draft(path.parent) as draft:
        pq.write_table(pa.Table.from_pandas(table.frame, preserve_index=False), draft, compression="zstd")
        draft.keep(path.name)
    sync_folder(path.parent)


def _retrain(actuator: Actuator, run: str, state: LoopState, move: Move) -> Built:
    began = actuator.clock.monotonic()
    try:
        table = actuator.table(state, move.window or WindowPlan(WindowKind.ALL))
        version = actuator.build(table, f"{run}.build")
    except (WorkspaceError, LeaseError, MemoryError):
        raise  # it goes on later, or elsewhere
    except Exception as error:  # noqa: BLE001 - a build that fails, however it does, must not end the loop
        said = str(error) if isinstance(error, JourneymanError) else f"{type(error).__name__}: {error}"
        return Built(None, actuator.clock.monotonic() - began, f"Nothing could be learned: {said}")
    seconds, notes = actuator.clock.monotonic() - began, "; ".join(table.notes)
    built = f"Release {version.version} was built. {notes}."
    if version.verdict == Verdict.DO_NOT_RELEASE:
        # The champion may be worse still, now that the world has moved: paired labels say so, a verdict alone does not.
        built += " By its own verdict it is not fit for use: it predicts for nobody without strong evidence for it."
    return Built(version.version, seconds, built)


def _point(actuator: Actuator, version: int, how: str, moves: int) -> bool:
    return actuator.workspace.registry.move(actuator.name, version, how, after=moves, now=actuator.clock.now())


def _shadow(actuator: Actuator, version: int | None) -> int:
    """Agree with all servers on who runs in the shadow."""
    actuator.workspace.check_held()
    actuator.log.set_challenge(Challenge(version), actuator.workspace.lease)
    return version or 0
