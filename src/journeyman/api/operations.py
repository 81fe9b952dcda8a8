"""The api of operated models for people: how they stand, what was done, and what is asked of the loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from journeyman.entities.operating import Notice
from journeyman.entities.operation import Operation
from journeyman.entities.overview import ModelState, Request, RequestKind
from journeyman.entities.signal import Tier
from journeyman.errors import SettingsError
from journeyman.inference.model_files import read_card
from journeyman.settings import DEFAULT_WORKSPACE
from journeyman.stores.disk import disk_errors
from journeyman.stores.workspace import Workspace
from journeyman.tasks import task_type

__all__ = ["ask", "notices", "operated_models", "operations", "overview"]

_SWITCHES = (RequestKind.PAUSE, RequestKind.RESUME)
_ANSWERS = (RequestKind.APPROVE, RequestKind.REJECT)


def operated_models(workspace: str | Path | None = None) -> tuple[str, ...]:
    """Return the names of all models that are or were operated."""
    with _open_workspace(workspace) as place:
        return tuple(known.model for known in place.operations.models())


def overview(workspace: str | Path | None, name: str, rounds: int = 500, most: int = 1_000) -> ModelState:
    """Return how an operated model stands.

    Parameters
    ----------
    workspace : str, Path or None
        Folder of the workspace.
    name : str
        Of the model.
    rounds, most : int
        Latest rounds and operations that are given.

    Raises
    ------
    SettingsError
        Where it is not operated.
    """
    with _open_workspace(workspace) as place:
        place.operations.model(name)
        versions = place.registry.versions(name)
        done = place.operations.operations(name, most)
        champion = place.registry.version(name)
        lease = place.leases.look(name)
        return ModelState(
            name=name,
            versions=versions,
            loss=_loss(place.registry.folder(champion)),
            paused=_paused(place, name),
            rounds=place.operations.rounds(name, rounds),
            operations=done,
            waiting=tuple(o.number for o in done if _waits(o)),
            held_until=lease.until if lease is not None and lease.holder else 0,
        )


def operations(workspace: str | Path | None, name: str, number: int | None = None) -> tuple[Operation, ...]:
    """Return the operations of a model, or the one of that number.

    Raises
    ------
    SettingsError
        For a model that is not operated, or an unknown number.
    """
    with _open_workspace(workspace) as place:
        place.operations.model(name)
        if number is not None:
            return (place.operations.operation(name, number),)
        return place.operations.operations(name)


def notices(workspace: str | Path | None, name: str, operation: int) -> tuple[Notice, ...]:
    """Return who was told of an operation, and where that failed."""
    with _open_workspace(workspace) as place:
        return place.operations.notices(name, operation)


def ask(workspace: str | Path | None, name: str, request: Request) -> Request:
    """Write down what a person asks of the loop; the next round does it. Return it as it was understood.

    Where one operation waits, it is the one that is meant.

    Raises
    ------
    SettingsError
        Where the model is not operated, nothing waits, several wait and none was named, the named one does not wait,
        there is no earlier champion to return to, or nothing arrives broken that could be right.
    """
    with _open_workspace(workspace) as place:
        place.operations.model(name)
        if request.kind in _ANSWERS:
            waiting = [o.number for o in place.operations.operations(name) if _waits(o)]
            request = replace(request, operation=_waiting_number(name, request.operation, waiting))
        elif request.kind is RequestKind.ROLL_BACK and len(place.registry.history(name)) < 2:
            raise SettingsError(
                f"{name} has no earlier champion to go back to", hint="`journeyman list` shows the versions"
            )
        elif request.kind is RequestKind.ACCEPT:
            request = _accepting(place, name, request)
        elif request.kind in _SWITCHES and _paused(place, name) is (request.kind is RequestKind.PAUSE):
            raise SettingsError(
                f"{name} is {'paused' if _paused(place, name) else 'not paused'} already", hint="nothing was changed"
            )
        place.operations.ask(name, request)
        return request


def _loss(release: Path) -> str:
    """Return what the loss of a release's answers is called; its card alone is read, for pages ask often."""
    with disk_errors(release):
        card = read_card((release / "model.json").read_bytes())
    return task_type(card.task).traits.loss_name


def _waiting_number(name: str, number: int | None, waiting: list[int]) -> int:
    shown = ", ".join(map(str, waiting))
    if not waiting:
        raise SettingsError(f"nothing of {name} waits for a person", hint=f"see `journeyman operations {name}`")
    if number is None and len(waiting) > 1:
        raise SettingsError(f"several operations of {name} wait: {shown}", hint="name one with --operation N")
    if number is not None and number not in waiting:
        raise SettingsError(f"operation {number} of {name} does not wait", hint=f"these do: {shown}")
    return waiting[0] if number is None else number


def _accepting(place: Workspace, name: str, request: Request) -> Request:
    """Return the request with what the latest look told of the feed, and since when looks in a row have told it."""
    rounds = place.operations.rounds(name)
    claims: list[str] = []
    since = 0
    for seen in reversed(rounds):
        faults = [s for s in seen.watched.signals if s.rung is Tier.FEED and s.alarming]
        if not claims:
            claims = [claim for s in faults for claim in s.claims]
        told = [s for s in faults if set(s.claims) & set(claims)]
        if not told:
            break
        since = min(seen.begin, *(s.since for s in told))
    if not claims:
        last = "no span has been looked at" if not rounds else "at the last look no row of it arrived broken"
        raise SettingsError(f"nothing of {name} is to be accepted: {last}", hint=f"see `journeyman operations {name}`")
    return replace(request, accepts=tuple(dict.fromkeys(claims)), since=since)


def _waits(operation: Operation) -> bool:
    return operation.move.wanted is not None and operation.outcome is None


def _paused(place: Workspace, name: str) -> bool:
    said = [heard.request.kind for heard in place.operations.requests(name) if heard.request.kind in _SWITCHES]
    return bool(said) and said[-1] is RequestKind.PAUSE


@contextmanager
def _open_workspace(workspace: str | Path | None) -> Iterator[Workspace]:
    with Workspace.existing(workspace or DEFAULT_WORKSPACE) as place:
        yield place
