"""Made series of many kinds, for choosing what no few open tables can choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from forecast_models import Table

from journeyman.entities.panel import Calendar, StepUnit

MONTH, QUARTER = Calendar(StepUnit.MONTH, 1, 0.0), Calendar(StepUnit.MONTH, 3, 0.0)
DAY, WEEK, HOUR = (Calendar(StepUnit.SECOND, size, 0.0) for size in (86_400.0, 7 * 86_400.0, 3_600.0))


def pattern(rng: np.random.Generator, season: int) -> np.ndarray:
    """Return a season's pattern of standard deviation 1, more or less smooth."""
    angle = 2 * np.pi * np.arange(season) / season
    waves = sum(
        rng.normal() / k**1.3 * np.sin(k * angle + rng.uniform(0, 7)) for k in range(1, min(season // 2, 8) + 1)
    )
    waves = waves + rng.uniform(0, 1) * rng.normal(size=season) * np.std(waves)
    return (waves - waves.mean()) / max(waves.std(), 1e-9)


def repeated(rng: np.random.Generator, season: int, width: int, moving: float = 0.0) -> np.ndarray:
    """Return a pattern over so many steps, which changes from cycle to cycle."""
    own, result = pattern(rng, season), []
    for _ in range(-(-width // season)):
        result.append(own)
        own = own + moving * pattern(rng, season)
    return np.concatenate(result)[:width]


def autoregressive(rng: np.random.Generator, width: int, share: float) -> np.ndarray:
    """Return a stationary process of standard deviation 1."""
    noise, values = rng.normal(size=width), np.zeros(width)
    for step in range(width):
        values[step] = share * (values[step - 1] if step else 0.0) + noise[step] * np.sqrt(1 - share**2)
    return values


def level(rng: np.random.Generator, width: int, step: float, damped: float = 0.9, slope: float = 0.0) -> np.ndarray:
    """Return a level that wanders with a slope that wanders, too."""
    slopes = np.zeros(width)
    for k in range(1, width):
        slopes[k] = damped * slopes[k - 1] + rng.normal() * step * 0.2
    return np.cumsum(rng.normal(size=width) * step + slopes + slope)


def seasonal_trend(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    size, noise = rng.uniform(0.3, 3), rng.uniform(0.2, 1.5)
    slope = rng.normal() * 0.05
    return (
        30
        + level(rng, width, rng.uniform(0, 0.3), slope=slope)
        + size * repeated(rng, season, width, rng.choice([0, 0.1, 0.2]))
        + noise * rng.normal(size=width)
    )


def multiplicative(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    logs = level(rng, width, rng.uniform(0.005, 0.03), slope=rng.normal(0.002, 0.005)) + rng.uniform(
        0.05, 0.4
    ) * repeated(rng, season, width, rng.choice([0, 0.1]))
    return 100 * np.exp(logs + rng.uniform(0.02, 0.15) * rng.normal(size=width))


def shifted(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    values = seasonal_trend(rng, season, width)
    for place in rng.integers(0, width, rng.integers(1, 4)):
        values[place:] += rng.normal() * 4
    return values


def spiked(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    values = seasonal_trend(rng, season, width)
    places = rng.random(width) < 0.02
    values[places] += rng.normal(size=places.sum()) * 12
    return values


def walk(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    return 100 + np.cumsum(rng.standard_t(4, size=width))


def mean_reverting(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    return (
        20 + 3 * autoregressive(rng, width, rng.uniform(0.3, 0.97)) + rng.uniform(0, 2) * repeated(rng, season, width)
    )


def counts(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    rate = rng.uniform(0.5, 20) * np.exp(0.4 * repeated(rng, season, width) + level(rng, width, 0.02))
    return rng.poisson(np.clip(rate, 0, 1e4)).astype(float)


def intermittent(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    return (rng.random(width) < rng.uniform(0.1, 0.4)) * rng.poisson(rng.uniform(1, 5), width).astype(float)


def noise(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    return 10 + rng.standard_t(3, size=width)


def business(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    """Daily sales: weekday, time of year, holidays, and a slowly moving level."""
    week = 0.3 * repeated(rng, 7, width)
    year = 0.25 * repeated(rng, 365, width + 365)[:width] if width > 800 else 0
    logs = 3 + week + year + level(rng, width, 0.01) + 0.15 * rng.normal(size=width)
    return np.exp(logs)


def hourly(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
    """Hourly load: hour and weekday together, and weather."""
    day = repeated(rng, 24, width)
    week = np.repeat(repeated(rng, 7, width // 24 + 1), 24)[:width]
    both = day * (1 + 0.3 * week)
    return (
        50
        + 5 * both
        + 3 * week
        + rng.uniform(0.5, 4) * autoregressive(rng, width, 0.98)
        + rng.uniform(0.3, 1.5) * rng.normal(size=width)
    )


def gappy(of: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    def made(rng: np.random.Generator, season: int, width: int) -> np.ndarray:
        values = of(rng, season, width)
        values[rng.random(width) < 0.1] = np.nan
        return values

    return made


KINDS: tuple[tuple[str, Callable[..., np.ndarray], Calendar, tuple[int, ...], int, int, int, int], ...] = (
    # name, maker, calendar, seasons, measure, horizon, width, series
    ("monthly", seasonal_trend, MONTH, (12,), 12, 12, 144, 1),
    ("monthly-short", seasonal_trend, MONTH, (12,), 12, 6, 54, 1),
    ("monthly-multiplicative", multiplicative, MONTH, (12,), 12, 12, 132, 1),
    ("monthly-panel", multiplicative, MONTH, (12,), 12, 12, 108, 15),
    ("monthly-shifts", shifted, MONTH, (12,), 12, 12, 160, 1),
    ("monthly-spikes", spiked, MONTH, (12,), 12, 12, 150, 1),
    ("quarterly", seasonal_trend, QUARTER, (4,), 4, 8, 60, 1),
    ("quarterly-panel", shifted, QUARTER, (4,), 4, 8, 80, 10),
    ("weekly", multiplicative, WEEK, (52,), 52, 13, 260, 1),
    ("weekly-panel", seasonal_trend, WEEK, (52,), 52, 13, 180, 5),
    ("daily-business", business, DAY, (7, 365), 7, 30, 1100, 1),
    ("daily-panel", business, DAY, (7,), 7, 14, 300, 10),
    ("daily-walk", walk, DAY, (), 1, 30, 400, 1),
    ("daily-reverting", mean_reverting, DAY, (7,), 7, 30, 500, 1),
    ("hourly", hourly, HOUR, (24, 168), 24, 48, 1200, 1),
    ("hourly-panel", hourly, HOUR, (168, 24), 24, 48, 900, 4),
    ("counts", counts, MONTH, (12,), 12, 12, 120, 5),
    ("daily-counts", counts, DAY, (7,), 7, 14, 250, 5),
    ("intermittent", intermittent, MONTH, (), 12, 12, 100, 10),
    ("noise", noise, MONTH, (), 12, 12, 90, 3),
    ("yearly", walk, MONTH, (), 1, 6, 40, 5),
    ("monthly-gaps", gappy(seasonal_trend), MONTH, (12,), 12, 12, 150, 2),
)


def tables(number: int) -> Iterator[Table]:
    """Yield so many tables of each kind."""
    for place, (name, of, calendar, seasons, measure, horizon, width, series) in enumerate(KINDS):
        for copy in range(number):
            rng = np.random.default_rng([place, copy])
            values = np.array([of(rng, seasons[0] if seasons else 12, width) for _ in range(series)])
            whole = bool(np.all(np.nan_to_num(values) % 1 == 0) and np.nanmin(values) >= 0)
            yield Table(f"{name}-{copy}", values, calendar, seasons, measure, horizon, whole)
