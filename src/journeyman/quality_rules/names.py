"""What the name of a column says: general vocabulary, never the names of particular tables."""

from __future__ import annotations

import re

__all__ = [
    "is_afterwards",
    "is_attribute_date",
    "is_calendar",
    "is_clock",
    "is_entity",
    "is_identifier",
    "is_outcome",
    "shared_words",
    "words",
]


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IDENTIFIERS = _vocabulary(
    """id ids uid guid uuid key pk ssn index idx rownum rowid serial hash slug url uri isbn iban vin
    imei"""
)
_COUNTED_LAST = _vocabulary("number no nr num code ref reference")
_COUNTING_FIRST = _vocabulary("number num no nr count total n of")
_ENTITIES = _vocabulary(
    """patient subject person user customer client member household family session device machine sensor animal
    case account player driver speaker writer participant respondent student employee owner donor batch
    specimen sample plot well recording document author vehicle engine unit company firm household"""
)
_AFTERWARDS = _vocabulary(
    """outcome outcomes result results resulting final finally end ended closing closed close resolved resolution
    settled settlement paid payout repaid payment recovered recovery recoveries discharge discharged death died
    deceased verdict decision awarded approved rejected refund refunded cancelled canceled cancellation completed
    completion delivered arrival arrived dropoff actual realized realised response responded total duration elapsed
    exit left churned converted terminated termination reason diagnosis posttest after chargeoff collected claim
    claims cost loss"""
)
_OUTCOMES = _vocabulary("outcome outcomes result results discharge died death resolution verdict diagnosis")
_ATTRIBUTE_DATES = _vocabulary(
    """birth birthday birthdate dob born expiry expires expiration expire due valid until deadline renewal
    maturity"""
)
_CLOCK = _vocabulary("hour hr hours minute min second day dayofweek dow weekday week wk month mth quarter qtr period")
_COMMON = _vocabulary(
    """median mean average avg min max total sum count number num value rate score level type name class target label
    category group index has was the and for per not new old year month day week date time size status flag code
    percent ratio rating house home sale unit"""
)
_CALENDAR = _vocabulary(
    """time times date datetime timestamp ts day week month quarter year yr hour minute second epoch period tick step
    wk"""
)


def words(name: str) -> tuple[str, ...]:
    """Return the words of a column name in lower case, without digits.

    Examples
    --------
    >>> words("hospital_number"), words("PassengerId"), words("customerID"), words("lesion3")
    (('hospital', 'number'), ('passenger', 'id'), ('customer', 'id'), ('lesion',))
    """
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    parted = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", parted)
    return tuple(word.lower() for word in re.findall(r"[^\W\d_]+", parted))


def is_identifier(name: str) -> bool:
    """Say whether a name reads like that of an identifier.

    Examples
    --------
    >>> [is_identifier(name) for name in ("PassengerId", "hospital_number", "number_of_rooms", "width", "#")]
    [True, True, False, False, True]
    """
    found = words(name)
    if not found:
        return name.strip() in {"", "#", "№"}
    if found[0] == "unnamed" or any(word in _IDENTIFIERS for word in found):
        return True
    return found[-1] in _COUNTED_LAST and found[0] not in _COUNTING_FIRST


def is_entity(name: str) -> bool:
    """Say whether a name reads like that of something measured more than once (a patient, a machine ...).

    Examples
    --------
    >>> [is_entity(name) for name in ("subject", "MouseID", "engine-size")]
    [True, True, False]
    """
    found = words(name)
    return is_identifier(name) or bool(found and found[-1] in _ENTITIES)


def is_afterwards(name: str) -> bool:
    """Say whether a name reads like something that is known only once the answer is.

    Examples
    --------
    >>> [is_afterwards(name) for name in ("outcome", "call_duration", "age")]
    [True, True, False]
    """
    return any(word in _AFTERWARDS for word in words(name))


def is_outcome(name: str) -> bool:
    """Say whether a name reads like the answer itself, or like something that is known with it.

    Examples
    --------
    >>> [is_outcome(name) for name in ("final_result", "call_duration")]
    [True, False]
    """
    return any(word in _OUTCOMES for word in words(name))


def is_attribute_date(name: str) -> bool:
    """Say whether a date reads like a property of the thing (birth, expiry) and not like the time of the row.

    Examples
    --------
    >>> [is_attribute_date(name) for name in ("date_of_birth", "order_date")]
    [True, False]
    """
    return any(word in _ATTRIBUTE_DATES for word in words(name))


def is_clock(name: str) -> bool:
    """Say whether a name reads like a part of the calendar that starts again and again (hour, weekday; not year).

    Examples
    --------
    >>> [is_clock(name) for name in ("hr", "day_of_week", "Year")]
    [True, True, False]
    """
    return any(word in _CLOCK for word in words(name))


def is_calendar(name: str) -> bool:
    """Say whether a name reads like a point in time.

    Examples
    --------
    >>> [is_calendar(name) for name in ("week", "timestamp", "price")]
    [True, True, False]
    """
    return any(word in _CALENDAR for word in words(name))


def shared_words(name: str, target: str) -> tuple[str, ...]:
    """Return the telling words that a column's name shares with the target's.

    Examples
    --------
    >>> shared_words("lesion1", "surgical_lesion"), shared_words("is_new", "is_sold")
    (('lesion',), ())
    """
    wanted = {word for word in words(target) if len(word) > 2 and word not in _COMMON}
    found = words(name)
    # Questions of a survey share words without sharing an answer.
    return tuple(word for word in found if word in wanted) if max(len(found), len(words(target))) <= 5 else ()
