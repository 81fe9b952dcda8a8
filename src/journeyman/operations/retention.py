"""Housekeeping of the loop: rounds that nobody will replay and releases that nobody can ask for are deleted."""

from __future__ import annotations

import shutil

from journeyman.entities.operating import LoopState
from journeyman.operations.loop_context import LoopContext
from journeyman.operations.paths import build_folder, loop_folder, reference_folder, round_id
from journeyman.runtime.durable_run import LOOP
from journeyman.stages.retain import removable
from journeyman.stores.storage import drop_releases

__all__ = ["MOST_ROUNDS", "apply_retention", "is_due"]

MOST_ROUNDS = 2_000
"""Rounds whose rows stay for people to look at; older ones are told by their operations alone."""

_EVERY = 10  # rounds


def is_due(number: int) -> bool:
    """Whether a round begins with housekeeping."""
    return number > 0 and number % _EVERY == 0


def apply_retention(parts: LoopContext, state: LoopState) -> str:
    """Delete what is old; return what is to be told of it, in a line, empty where that is nothing.

    May be killed at any moment and is done again from its beginning.

    Parameters
    ----------
    parts : LoopContext
        Of the model, fenced.
    state : LoopState
        What the next round begins with.
    """
    _sweep_rounds(parts, state.round)
    return _sweep_releases(parts, state)


def _sweep_rounds(parts: LoopContext, number: int) -> None:
    """Delete artifacts and journal of old rounds, but of those that acted lately; with them, builds that failed."""
    workspace, name, keep = parts.workspace, parts.name, parts.settings.keep_rounds
    folder = loop_folder(workspace.path, name)
    acted = {*workspace.operations.rounds_acted(name, keep)}
    names = {p.name for p in folder.iterdir()}
    if workspace.shared is not None:  # rounds of other machines
        copies = workspace.shared.under(folder.relative_to(workspace.path).as_posix())
        names |= {path.partition("/")[0] for path in copies.names()}
    old = sorted(int(name) for name in names if name.isdigit() and int(name) < number - keep)
    gone = [n for n in old if n not in acted]
    built = {v.run for v in workspace.registry.versions(name)}
    failed = [run for run in (f"{round_id(name, n)}.build" for n in gone) if run not in built]
    # the journal first: a folder that is left over is found again, a run without its folder would be a lie
    workspace.journal.forget([*(round_id(name, n) for n in gone), *failed])
    for place in [build_folder(workspace.path, run) for run in failed]:
        shutil.rmtree(place, ignore_errors=True)
    for n in gone:
        workspace.remove_folder(folder / str(n))
    workspace.operations.forget_rounds(name, number - MOST_ROUNDS)


def _sweep_releases(parts: LoopContext, state: LoopState) -> str:
    """Remove releases of the loop that answer nobody and that nothing can ask for."""
    workspace, name, most = parts.workspace, parts.name, parts.settings.keep_releases
    registry = workspace.registry
    versions, champions = registry.versions(name), [record.version for record in registry.history(name)]
    ours = [v.version for v in versions if LOOP in v.run]
    gone = removable(ours, champions, _needed(parts, state), most)
    if gone:
        registry.remove(name, gone, now=parts.actuator.clock.now())
    removed = registry.removed(name)
    # All that were ever removed: a worker that was killed here has left the folders of some.
    drop_releases(workspace.path, [version.path for version in removed])
    for version in removed:
        if workspace.shared is not None:
            workspace.shared.under(version.path).forget()
        workspace.remove_folder(reference_folder(workspace.path, version.run))
    if removed:
        workspace.journal.forget([version.run for version in removed])
    told = [str(v.version) for v in removed if v.version in gone]
    if not told:
        return ""
    stay = len(registry.versions(name))
    return (
        f"removed from {name}: release{'s' * (len(told) > 1)} {', '.join(told)}; {stay} stay (--keep-releases {most})"
    )


def _needed(parts: LoopContext, state: LoopState) -> set[int]:
    """Return the releases that somebody may still ask for: who answers, who is watched, what is open, what returns."""
    asked = [parts.actuator.log.challenge().version, parts.workspace.registry.before(parts.name), state.challenger]
    for operation in state.unmeasured:
        version = operation.context.get("version")
        asked += [operation.champion, operation.move.version, None if version is None else int(version)]
    return {state.champion, state.base, *(number for number in asked if isinstance(number, int))}
