"""Parts by name: entry points of installed packages, the built-in parts among them."""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import entry_points
from typing import Any

from journeyman.errors import SettingsError

__all__ = ["load_parts"]


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
    >>> sorted(load_parts("journeyman.preparations"))
    ['crafted', 'dense', 'encoded', 'native', 'neural', 'texts']
    """
    parts: dict[str, Any] = {}
    offered = sorted(entry_points(group=group), key=lambda p: p.name)
    for name in sorted(set(names or ()) - {point.name for point in offered}):
        raise SettingsError(
            f"no installed package offers the part {name!r} of {group}", hint="install the package that it came from"
        )
    for point in offered:
        if names is not None and point.name not in names:
            continue
        try:
            parts[point.name] = point.load()()
        except Exception as error:
            raise SettingsError(
                f"the part {point.name!r} of {group} cannot be used: {type(error).__name__}: {error}",
                hint=f"repair or uninstall the package that offers {point.value}",
            ) from error
    return parts
