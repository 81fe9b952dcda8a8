"""Forecasts as a report shows them: beside what came, by steps ahead, and of the steps to come."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AheadError", "ForecastLine", "Outlook", "SeriesError"]


@dataclass(frozen=True)
class ForecastLine:
    """One series: what it came to, and its forecast.

    Attributes
    ----------
    name : str
        Of the series; the target where there is one.
    why : str
        Why it is shown: "largest", "best", "median", "worst".
    times : tuple of str
        Of the past and of the forecast steps, as the table writes them.
    past : tuple of float
        Values before the forecast; NaN in gaps.
    came : tuple of float
        Values at the forecast steps; empty where they are to come.
    middle, low, high, lowest, highest : tuple of float
        Medians, 80% and 95% intervals of the forecast steps.
    """

    name: str
    why: str
    times: tuple[str, ...]
    past: tuple[float, ...]
    came: tuple[float, ...]
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]


@dataclass(frozen=True)
class AheadError:
    """How wrong forecasts of one step ahead were, beside repeating the past, and what share intervals held."""

    ahead: int
    rows: int
    error: float
    naive: float
    held_80: float
    held_95: float


@dataclass(frozen=True)
class SeriesError:
    """How wrong forecasts of one series were, beside repeating its past."""

    name: str
    rows: int
    error: float
    naive: float


@dataclass(frozen=True)
class Outlook:
    """All that is shown of forecasts.

    Attributes
    ----------
    step, steps : str
        What a step is, and several.
    series : int
        How many there are.
    kept : tuple of ForecastLine
        Some series in the steps that were kept for the end.
    ahead : tuple of AheadError
        By steps ahead, on those.
    worst : tuple of SeriesError
        Series with the greatest scaled errors there, greatest first; empty for a single one.
    beaten : int
        Series on which repeating the past was better there.
    coming : tuple of ForecastLine
        Some series in the steps to come; empty where columns that are known ahead are needed for them.
    """

    step: str
    steps: str
    series: int
    kept: tuple[ForecastLine, ...]
    ahead: tuple[AheadError, ...]
    worst: tuple[SeriesError, ...]
    beaten: int
    coming: tuple[ForecastLine, ...]
