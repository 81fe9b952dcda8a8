"""The kinds of task that parts are checked on."""

from __future__ import annotations

__all__ = ["KINDS", "labels_of"]

KINDS = ("binary", "multiclass", "regression")
"""Every algorithm, preparation, rule and detector meets these."""


def labels_of(kind: str) -> tuple[str, ...]:
    """Return labels of a made-up task of a kind.

    Examples
    --------
    >>> labels_of("multiclass")
    ('a', 'b', 'c')
    """
    return {"binary": ("no", "yes"), "multiclass": ("a", "b", "c")}.get(kind, ())
