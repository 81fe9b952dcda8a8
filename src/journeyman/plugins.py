"""Parts by name: entry points of installed packages, the built-in parts among them."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from journeyman.errors import SettingsError

__all__ = ["load_parts"]


def load_parts(group: str) -> dict[str, Any]:
    """Return the parts that installed packages offer in a group, by name, in the order of their names.

    Raises
    ------
    SettingsError
        Where a package offers a part that cannot be imported or made; its name is in the message.

    Examples
    --------
    >>> sorted(load_parts("journeyman.preparations"))
    ['dense', 'encoded', 'native']
    """
    parts: dict[str, Any] = {}
    for point in sorted(entry_points(group=group), key=lambda p: p.name):
        try:
            parts[point.name] = point.load()()
        except Exception as error:
            raise SettingsError(
                f"the part {point.name!r} of {group} cannot be used: {type(error).__name__}: {error}",
                hint=f"repair or uninstall the package that offers {point.value}",
            ) from error
    return parts
