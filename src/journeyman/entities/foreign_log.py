"""The log of a model that runs elsewhere: which columns of a table tell what."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LogColumns"]


@dataclass(frozen=True)
class LogColumns:
    """Columns of a log; None where the usual names are to be looked for.

    Attributes
    ----------
    time, prediction, label : str or None
        When a row was answered, what was answered, and the truth, which may come later. Probabilities of classes stand
        in columns of their own: ``probability of LABEL``, as `journeyman predict` writes them.
    """

    time: str | None = None
    prediction: str | None = None
    label: str | None = None
