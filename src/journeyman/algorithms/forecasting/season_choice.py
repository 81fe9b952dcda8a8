"""Which of several seasons a model is built on."""

from __future__ import annotations

import numpy as np

from journeyman.algorithms.forecasting.past import Past

__all__ = ["main_season"]


def main_season(past: Past) -> int:
    """Return the longest season of which the middle series holds three cycles and a half; 1 where it holds none.

    Examples
    --------
    >>> from journeyman.entities.panel import Calendar, Panel, StepUnit
    >>> panel = Panel(Calendar(StepUnit.SECOND, 86_400, 0), 30, (7, 365))
    >>> main_season(Past(np.zeros((1, 600)), np.array([0]), panel, np.empty((1, 600, 0))))
    7
    """
    told = np.isfinite(past.raw)
    length = float(np.median(past.raw.shape[1] - told.argmax(axis=1)))
    return max((season for season in past.panel.seasons if 3.5 * season <= length), default=1)
