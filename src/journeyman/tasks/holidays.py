"""Public holidays of a country, from the library of that name (an extra)."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from typing import Any

from journeyman.errors import SettingsError

__all__ = ["holiday_days"]

_AHEAD = 15  # years for which a model knows them: how long it may be in use
_EPOCH = dt.date(1970, 1, 1)


def holiday_days(country: str, first: int, last: int) -> tuple[int, ...]:
    """Return the public holidays of a country, or a part of it ("DE-BY"), as days since 1970.

    Parameters
    ----------
    first, last : int
        Years of the series; some more are added at the end, since a model holds the holidays that it will need.

    Raises
    ------
    SettingsError
        Where the library is not installed, or knows no such country.
    """
    try:
        library: Any = import_module("holidays")
    except ImportError:
        raise SettingsError(
            f"holidays={country} needs the library of public holidays", hint='pip install "journeyman[holidays]"'
        ) from None
    name, _, part = country.strip().upper().partition("-")
    try:
        found = library.country_holidays(name, subdiv=part or None, years=range(first, last + _AHEAD + 1))
    except NotImplementedError:
        hint = "give the two letters of a country, as in DE, or DE-BY for a part of it"
        raise SettingsError(f"no holidays are known of {country!r}", hint=hint) from None
    return tuple(sorted((day - _EPOCH).days for day in found))
