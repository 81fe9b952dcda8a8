"""What the name of a column suggests, for the few decisions that its values leave open."""

from __future__ import annotations

import re

__all__ = ["is_class_code", "is_identifier", "is_moment", "is_position", "is_postal"]

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_ID = frozenset(
    ["id", "ids", "uuid", "guid", "key", "pk", "ssn", "isbn", "imei", "iban", "vin", "rowid", "rownum", "idx", "serial"]
)
_ID_LAST = frozenset(["number", "no", "nr", "num", "index", "row", "record"])
_POSITION = frozenset(
    [
        "year",
        "month",
        "week",
        "day",
        "hour",
        "minute",
        "second",
        "date",
        "time",
        "period",
        "quarter",
        "age",
        "t",
        "step",
        "epoch",
        "timestamp",
        "tick",
        "lag",
    ]
)
_ABROAD = ("datum", "zeit", "zeitpunkt", "zeitstempel", "fecha", "horodatage", "tidpunkt")
_MOMENT = frozenset(
    [
        "time",
        "timestamp",
        "date",
        "datetime",
        "ts",
        "epoch",
        "at",
        "created",
        "updated",
        "when",
        "unix",
        "utc",
        *_ABROAD,
    ]
)
_CLASS = frozenset(
    ["class", "label", "category", "type", "species", "digit", "target", "group", "cluster", "lettr", "letter"]
)


def _words(name: str) -> list[str]:
    return [w.lower() for w in _WORDS.findall(name)]


def is_identifier(name: str) -> bool:
    """Tell whether a name says "this names a row".

    Examples
    --------
    >>> is_identifier("PassengerId"), is_identifier("account_number"), is_identifier("humid")
    (True, True, False)
    """
    words = _words(name)
    return bool(words) and (not _ID.isdisjoint(words) or words[-1] in _ID_LAST)


def is_position(name: str) -> bool:
    """Tell whether a name says "where in time", so that steadily rising numbers are no row labels."""
    return not _POSITION.isdisjoint(_words(name))


def is_moment(name: str) -> bool:
    """Tell whether a name allows large numbers to be seconds since 1970.

    Examples
    --------
    >>> is_moment("created_at"), is_moment("population")
    (True, False)
    """
    return not _MOMENT.isdisjoint(_words(name))


def is_postal(name: str) -> bool:
    """Tell whether a name says "postal code"."""
    words = _words(name)
    return not {"zip", "zipcode", "postcode", "plz", "postal"}.isdisjoint(words)


def is_class_code(name: str) -> bool:
    """Tell whether a name says "one of several classes"."""
    return not _CLASS.isdisjoint(_words(name))
