"""Kinds of columns as they are typed: `--kind COLUMN=KIND`."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from journeyman.entities.column import Kind
from journeyman.errors import SettingsError

__all__ = ["parse_kinds"]


def parse_kinds(texts: Sequence[str]) -> dict[str, str]:
    """Read kinds by column.

    Examples
    --------
    >>> parse_kinds(["zip=category"])
    {'zip': 'category'}
    """
    kinds = {}
    for text in texts:
        column, equals, kind = text.rpartition("=")
        names = [known.value for known in Kind]
        if not (column and equals):
            raise SettingsError(f"--kind {text} names no column and kind", hint="write --kind COLUMN=KIND")
        if kind not in names:
            near = difflib.get_close_matches(kind, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"kinds are {', '.join(names)}"
            raise SettingsError(f"--kind {text}: there is no kind {kind!r}", hint=hint)
        kinds[column] = kind
    return kinds
