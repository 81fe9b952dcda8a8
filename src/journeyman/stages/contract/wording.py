"""What a broken rule is called, in sentences with figures."""

from __future__ import annotations

from journeyman.entities.contract import ColumnRule, RowTest
from journeyman.entities.contract_words import demand_words, shown_value
from journeyman.stages.contract.judging import Judged

__all__ = ["demand_message", "gone_message", "judged_message", "time_words"]


def time_words(seconds: float) -> str:
    """Return a time in its largest usual unit.

    Examples
    --------
    >>> time_words(7200), time_words(86400 * 3.5)
    ('2 hours', '3.5 days')
    """
    for unit, size in (("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0)):
        if seconds >= size:
            number = round(seconds / size, 1)
            return f"{number:g} {unit}{'' if number == 1 else 's'}"
    return f"{seconds:g} seconds"


def gone_message(rule: ColumnRule) -> str:
    """Return that a column is lacking."""
    return f"The table has no column {rule.name!r}."


def judged_message(rule: ColumnRule, judged: Judged) -> str:
    """Return what a statement holds for now, and held for before."""
    words = _statement(rule, judged.test, judged.at)
    now, before = _share(judged.found, judged.rows), _share(judged.learned, judged.learned_rows)
    if judged.extreme:
        return f"{words} in {judged.found:,} of {judged.rows:,} rows ({now}), and in none of those learned."
    return f"{words} in {now} of {judged.rows:,} rows, and in {before} of those learned."


def demand_message(rule: ColumnRule, test: RowTest, found: int, rows: int) -> str:
    """Return which demand how many rows break."""
    verb = "is missing" if test is RowTest.MISSING else "is not so"
    return f"{rule.name!r} {demand_words(rule, test)}, and {verb} in {found:,} of {rows:,} rows."


def _statement(rule: ColumnRule, test: RowTest, at: float | str | None) -> str:
    name, shown = rule.name, shown_value(rule, at)
    match test:
        case RowTest.MISSING:
            return f"{name!r} is missing"
        case RowTest.UNREADABLE:
            return f"{name!r} cannot be read as {rule.column.kind.noun}"
        case RowTest.OTHER_UNIT:
            known = ", ".join(repr(u) for u in rule.units if u)
            return f"{name!r} is written with {'another unit than ' + known if known else 'letters'}"
        case RowTest.BELOW | RowTest.ABOVE:
            return f"{name!r} is {test.value} {shown}"
        case RowTest.EQUAL:
            return f"{name!r} is {shown!r}"
        case RowTest.OTHER_VALUE:
            return f"{name!r} has a new value"
        case RowTest.SHORTER | RowTest.LONGER:
            return f"{name!r} is {test.value} than {shown} {'sign' if at == 1 else 'signs'}"
        case RowTest.UNLIKE:
            return f"{name!r} does not look like {rule.pattern}"


def _share(found: int, rows: int) -> str:
    percent = 100.0 * found / rows if rows else 0.0
    return f"{percent:.0f}%" if percent >= 10 or percent == 0 else f"{percent:.2g}%"
