"""Parts by name: entry points of installed packages, the built-in parts among them."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

from journeyman.errors import JourneymanError, SettingsError

__all__ = ["UsableParts", "entry_points", "load_parts", "load_usable", "make_part", "offered"]


def entry_points(group: str) -> EntryPoints:
    """Return what installed packages offer in a group; all are read again once one was installed or removed.

    A build asks eight times, and each time some two hundred files would be read.
    """
    return _installed(group, tuple((place, _changed(place)) for place in sys.path))


@lru_cache(maxsize=64)
def _installed(group: str, _places: tuple[tuple[str, int], ...]) -> EntryPoints:
    return metadata.entry_points(group=group)


def _changed(place: str) -> int:
    """Return when something was last put into a folder or taken out of it."""
    with suppress(OSError):
        return os.stat(place or ".").st_mtime_ns
    return 0


@dataclass(frozen=True)
class UsableParts:
    """The parts of a group by name, and why others of it cannot be used."""

    parts: dict[str, Any]
    failures: dict[str, SettingsError]


def load_parts(group: str, names: Collection[str] | None = None) -> dict[str, Any]:
    """Return the parts that installed packages offer in a group, by name, in the order of their names.

    Parameters
    ----------
    group : str
        Entry-point group.
    names : collection of str, optional
        The parts that are needed; no other is imported, and one that nobody offers is an error.

    Raises
    ------
    SettingsError
        Where a package offers a part that cannot be imported or made, or none offers a named part; its name is in the
        message.

    Examples
    --------
    >>> {"dense", "texts"} <= set(load_parts("journeyman.preparations"))
    True
    """
    points = sorted(entry_points(group=group), key=lambda p: p.name)
    for name in sorted(set(names or ()) - {point.name for point in points}):
        raise SettingsError(
            f"no installed package offers the part {name!r} of {group}", hint="install the package that it came from"
        )
    return {point.name: _build_part(point) for point in points if names is None or point.name in names}


def load_usable(group: str) -> UsableParts:
    """Return the parts of a group, and those that cannot be imported or made, or that two packages offer, as failures.

    For what is done at the end of long work, which one package's fault may not lose.

    Examples
    --------
    >>> loaded = load_usable("journeyman.report_sections")
    >>> "verdict" in loaded.parts, loaded.failures
    (True, {})
    """
    loaded = UsableParts({}, {})
    points: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=group):
        points.setdefault(point.name, []).append(point)
    for name in sorted(points):
        try:
            loaded.parts[name] = _build_part(_only_one(points[name]))
        except SettingsError as error:
            loaded.failures[name] = error
    return loaded


def offered(group: str) -> frozenset[str]:
    """Return the names of the parts of a group; nothing is imported.

    Examples
    --------
    >>> sorted(offered("journeyman.drift_detectors"))
    ['adwin', 'columns', 'feed', 'loss', 'rows', 'unfamiliar', 'vocabulary']
    """
    return frozenset(point.name for point in entry_points(group=group))


def make_part(group: str, name: str, *arguments: str) -> Any:
    """Return a part that is made anew each time of what the user says, such as a source of an address.

    Raises
    ------
    JourneymanError
        As the part itself raises it, where what the user says cannot be used.
    SettingsError
        Where no package offers the part, two do, or it cannot be imported or made.

    Examples
    --------
    >>> make_part("journeyman.preparations", "dense").name
    'dense'
    """
    points = [point for point in entry_points(group=group) if point.name == name]
    if not points:
        has = ", ".join(sorted(offered(group)))
        raise SettingsError(
            f"no installed package offers the part {name!r} of {group}",
            hint=f"install it, or name one of {has}" if has else "install the package that offers it",
        )
    return _build_part(_only_one(points), *arguments)


def _only_one(points: Sequence[EntryPoint]) -> EntryPoint:
    """Return the entry point of a name; SettingsError where two packages offer it."""
    if len({point.value for point in points}) > 1:
        first, values = points[0], " and ".join(sorted(p.value for p in points))
        raise SettingsError(
            f"two packages offer the part {first.name!r} of {first.group}: {values}", hint="uninstall one of them"
        )
    return points[0]


def _build_part(point: EntryPoint, *arguments: str) -> Any:
    try:
        return point.load()(*arguments)
    except Exception as error:
        if arguments and isinstance(error, JourneymanError):
            raise
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise SettingsError(
            f"the part {point.name!r} of {point.group} cannot be used: {said}",
            hint=f"repair or uninstall the package that offers {point.value}",
        ) from error
