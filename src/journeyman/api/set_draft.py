"""A set of models that is being built: what was asked for and which models are there, so that it can go on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from journeyman.inference.release import Release
from journeyman.stores.disk import Draft
from journeyman.stores.workspace import Workspace

__all__ = ["SetDraft", "WantedSet", "drafts", "options_of", "path_of"]

_FOLDER, _ENDING = "sets", ".json"
_LONGEST_PART = 40  # characters of a model's name that come of its target
_OF_A_SESSION = ("progress", "quiet", "began")


@dataclass(frozen=True)
class WantedSet:
    """A set before it is built: what each target is called to its column, and what is known of labels in lists."""

    name: str
    source: str
    columns: Mapping[str, str]
    list_column: str = ""
    shares: Mapping[str, float] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    def model(self, called: str) -> str:
        """Return a model's name: the set's and the target's, numbered where another target would have the same."""
        parts = [re.sub(r"[^A-Za-z0-9_]+", "-", t).strip("-_")[:_LONGEST_PART] or "target" for t in self.columns]
        place = list(self.columns).index(called)
        alone = parts.count(parts[place]) == 1
        return f"{self.name}-{parts[place]}" if alone else f"{self.name}-{parts[place]}-{place + 1}"


@dataclass(frozen=True)
class SetDraft:
    """What a set is built from.

    Attributes
    ----------
    wanted : WantedSet
        What was asked for.
    table : str
        Where its rows are; a frame is kept nowhere, so that such a set cannot go on.
    seconds : float or None
        For all models together.
    roles : mapping of str to str
        As for ``build``.
    options : mapping of str to object
        What all builds have in common.
    before : mapping of str to int
        Latest version of each model when the set was begun.
    """

    wanted: WantedSet
    table: str
    seconds: float | None
    roles: Mapping[str, str]
    options: Mapping[str, Any]
    before: Mapping[str, int]

    def keep(self, place: Workspace) -> None:
        """Write it down, in place of an earlier one of that name."""
        folder = place.path / _FOLDER
        folder.mkdir(exist_ok=True)
        with Draft(folder) as draft:
            draft.write(msgspec.json.encode(self))
            draft.keep(f"{self.wanted.name}{_ENDING}")

    def forget(self, place: Workspace) -> None:
        """Take it away, once the set is there."""
        (place.path / _FOLDER / f"{self.wanted.name}{_ENDING}").unlink(missing_ok=True)

    def finished(self, place: Workspace, called: str) -> int | None:
        """Return the version of a target's model that was built since the set was begun; None where there is none."""
        model = self.wanted.model(called)
        latest = max((v.version for v in place.registry.list() if v.name == model), default=0)
        return latest if latest > self.before.get(model, 0) else None


def drafts(place: Workspace) -> tuple[SetDraft, ...]:
    """Return the sets whose build was interrupted."""
    files = sorted((place.path / _FOLDER).glob(f"*{_ENDING}"))
    return tuple(msgspec.json.decode(file.read_bytes(), type=SetDraft) for file in files)


def options_of(build_one: Callable[..., Release]) -> Mapping[str, Any] | None:
    """Return what was bound to a build, without what is of one session; None where that cannot be written down.

    Examples
    --------
    >>> options_of(partial(print, trials=2, quiet=True)), options_of(print)
    ({'trials': 2}, {})
    """
    bound = build_one.keywords if isinstance(build_one, partial) else {}
    options = {name: value for name, value in bound.items() if name not in _OF_A_SESSION}
    try:
        return dict(msgspec.json.decode(msgspec.json.encode(options)))
    except (TypeError, ValueError):
        return None


def path_of(table: object) -> str | None:
    """Return where a table's rows are; None where they are nowhere but in memory."""
    return str(table) if isinstance(table, str | Path) else None
