"""Changes of unit that happen, each as what undoes it: a clean factor, or a factor and an offset."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONVERSIONS", "UnitConversion", "plausible_conversions"]

FloatArray = NDArray[np.float64]
_CLEAR = 5.0
_NUMBER, _MASS, _LENGTH, _SPEED, _TEMPERATURE = "number", "mass", "length", "speed", "temperature"
_VOLUME, _ENERGY, _TIME, _BYTES, _SHARE, _PRESSURE = "volume", "energy", "time", "bytes", "share", "pressure"
_FACTORS = {
    1000.0: ("a thousand times", _NUMBER),
    100.0: ("a hundred times", _NUMBER),
    10.0: ("ten times", _NUMBER),
    1_000_000.0: ("a million times", _NUMBER),
    0.45359237: ("pounds as kilograms, or 0.4536 times", _MASS),
    28.349523125: ("ounces as grams, or 28.35 times", _MASS),
    1.609344: ("miles as kilometres, or 1.609 times", _LENGTH),
    2.54: ("inches as centimetres, or 2.54 times", _LENGTH),
    0.3048: ("feet as metres, or 0.3048 times", _LENGTH),
    0.0254: ("inches as metres, or 0.0254 times", _LENGTH),
    3.785411784: ("gallons as litres, or 3.785 times", _VOLUME),
    60.0: ("sixty times", _TIME),
    3600.0: ("3,600 times", _TIME),
    24.0: ("24 times", _TIME),
    1024.0: ("1,024 times", _BYTES),
    3.6: ("m/s as km/h, or 3.6 times", _SPEED),
    0.44704: ("miles an hour as m/s, or 0.447 times", _SPEED),
    0.5144444: ("knots as m/s, or 0.5144 times", _SPEED),
    1.852: ("knots as km/h, or 1.852 times", _SPEED),
    4.184: ("calories as joules, or 4.184 times", _ENERGY),
    0.750061683: ("hectopascals as mm of mercury, or 0.7501 times", _PRESSURE),
}
_RARE = (_VOLUME, _ENERGY, _BYTES, _SPEED, _PRESSURE)
"""Quantities that only a column that is named so is taken for; but m/s as km/h is common."""
_COMMON = ("m/s as km/h, or 3.6 times",)
_NAMES: dict[str, tuple[str, ...]] = {
    _TEMPERATURE: ("temp", "temperature", "celsius", "fahrenheit", "kelvin", "heat", "dew", "dewpoint", "atemp", "t"),
    _SPEED: ("speed", "wind", "windspeed", "velocity", "knots", "kmh", "mph", "gust"),
    _MASS: ("weight", "mass", "kg", "lb", "lbs", "pounds", "grams", "load", "tonnage"),
    _LENGTH: (
        *("length", "height", "width", "depth", "distance", "dist", "altitude", "elevation", "visibility", "girth"),
        *("miles", "km", "cm", "mm", "metres", "meters", "inches", "feet", "size", "radius", "diameter", "mileage"),
        *("rain", "snow", "precipitation", "range"),
    ),
    _VOLUME: ("volume", "litres", "liters", "gallons", "fuel", "capacity"),
    _ENERGY: ("energy", "calories", "kcal", "joules", "kwh", "power"),
    _TIME: ("time", "duration", "seconds", "minutes", "hours", "days", "elapsed", "age", "latency", "delay", "period"),
    _BYTES: ("bytes", "kb", "mb", "gb", "memory", "disk", "traffic"),
    _SHARE: ("share", "ratio", "rate", "percent", "pct", "humidity", "hum", "rh", "fraction", "probability"),
    _PRESSURE: ("pressure", "hpa", "mbar", "mmhg", "baro", "barometer"),
    _NUMBER: (
        *("price", "cost", "amount", "revenue", "sales", "income", "salary", "fee", "balance", "demand"),
        *("count", "number", "cnt", "quantity", "qty", "id", "hour", "hr", "month", "mnth", "year", "yr", "weekday"),
        *("co", "co2", "no", "no2", "nox", "o3", "so2", "pm10", "pm25", "nmhc", "c6h6", "gt", "concentration"),
        *("latitude", "longitude", "lat", "lon", "angle", "ph", "score", "index", "concentration", "voltage"),
    ),
}


@dataclass(frozen=True)
class UnitConversion:
    """A change of unit.

    Attributes
    ----------
    words : str
        What it is.
    scale, offset : float
        ``scale * values + offset`` undoes it.
    quantity : str
        What it is a change of units of; "number" where it may happen to anything.

    Examples
    --------
    >>> float(UnitConversion("a thousand times", 0.001, 0.0).undone(np.array([2000.0]))[0])
    2.0
    """

    words: str
    scale: float
    offset: float
    quantity: str = _NUMBER

    def undone(self, values: FloatArray) -> FloatArray:
        """Return values as they would be without it."""
        return values * self.scale + self.offset

    @property
    def clear(self) -> bool:
        """Whether it changes values so much that no price and no season does."""
        return self.offset == 0.0 and self.scale > 0.0 and not 1.0 / _CLEAR < self.scale < _CLEAR

    @property
    def near(self) -> tuple[UnitConversion, UnitConversion]:
        """Its neighbours, a tenth off, which must fit worse: beside a coincidence lies a better factor."""
        more, less = (
            UnitConversion(self.words, self.scale * by, self.offset * by, self.quantity) for by in (1.1, 1.0 / 1.1)
        )
        return more, less


def _ways() -> tuple[UnitConversion, ...]:
    ways = []
    for factor, (words, quantity) in _FACTORS.items():
        reverse = UnitConversion(f"the reverse of {words}", factor, 0.0, quantity)
        ways += [UnitConversion(words, 1.0 / factor, 0.0, quantity), reverse]
    degrees = (
        UnitConversion("Celsius as Fahrenheit", 1.0 / 1.8, -32.0 / 1.8),
        UnitConversion("Fahrenheit as Celsius", 1.8, 32.0),
        UnitConversion("Celsius as Kelvin", 1.0, -273.15),
        UnitConversion("Kelvin as Celsius", 1.0, 273.15),
        UnitConversion("Fahrenheit as Kelvin", 1.8, -459.67),
        UnitConversion("Kelvin as Fahrenheit", 1.0 / 1.8, 459.67 / 1.8),
    )
    return (
        *ways,
        UnitConversion("the sign changed", -1.0, 0.0),
        *(replace(way, quantity=_TEMPERATURE) for way in degrees),
        UnitConversion("shares as percentages that were taken from 100", -1.0, 100.0, _SHARE),
    )


CONVERSIONS = _ways()
_QUANTITY = {word: quantity for quantity, words in _NAMES.items() for word in words}


@cache
def plausible_conversions(name: str) -> tuple[int, ...]:
    """Return which of ``CONVERSIONS`` may happen to a column of that name.

    What a name says of its quantity settles it: a concentration is not measured in knots. Of a name that says nothing
    all common conversions may be meant, those of rare quantities not.

    Examples
    --------
    >>> [CONVERSIONS[k].words for k in plausible_conversions("wind_speed") if "knots as m/s" in CONVERSIONS[k].words]
    ['knots as m/s, or 0.5144 times', 'the reverse of knots as m/s, or 0.5144 times']
    >>> any("knots" in CONVERSIONS[k].words for name in ("NOx(GT)", "feat_3") for k in plausible_conversions(name))
    False
    >>> any("pounds" in CONVERSIONS[k].words for k in plausible_conversions("feat_3"))
    True
    """
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = [word for word in re.split(r"[^a-z0-9]+", parts.lower()) if word]
    quantities = {_QUANTITY[word] for word in words if word in _QUANTITY}
    return tuple(
        number
        for number, way in enumerate(CONVERSIONS)
        if way.quantity == _NUMBER
        or way.quantity in quantities
        or (not quantities and (way.quantity not in _RARE or way.words.removeprefix("the reverse of ") in _COMMON))
    )
