"""The economics file: read strictly, each fault told in a line, and written with its questions as comments."""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from journeyman.entities.business_case import (
    LARGEST_AMOUNT,
    LEAVE,
    BusinessCase,
    Effect,
    Rule,
    RuleKind,
    Today,
    Volume,
    Worth,
)
from journeyman.errors import SettingsError
from journeyman.stores.disk import disk_errors

__all__ = ["EACH", "parse_economics", "read_economics", "write_template"]

EACH = "each"
"""The outcome of a number: worths name its column."""

_AGAIN = "`journeyman decide NAME --init --economics FILE.toml` writes a file with all questions"
_TOP = {"unit", "effect", "worth", "today", "volume", "costs", "prevalence", "protected", "answers", "sure"}
_VOLUME = {"cases_a_day", "days", "capacity_a_day", "budget_a_day", "price"}
_TODAY = {"action", "where", "is", "above", "below", "otherwise"}
_COSTS = {"fixed", "a_day", "retraining"}
_WORTH = {"plus", "column", "rate"}
_MOST_BYTES = 1_000_000


def read_economics(path: Path, outcomes: Sequence[str], target: str) -> BusinessCase:
    """Read an economics file.

    Parameters
    ----------
    outcomes : sequence of str
        Classes of the target; empty for a number.
    target : str
        Its column, for messages.

    Raises
    ------
    SettingsError
        Where there is no such file, or something in it is lacking, unknown or contradictory.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        raise SettingsError(f"the economics {path} cannot be read: {reason}", hint=_AGAIN) from error
    if len(data) > _MOST_BYTES:
        raise SettingsError(f"{path} has {len(data):,} bytes, which is no economics file", hint=_AGAIN)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is no text in UTF-8: {error.reason}", hint="save it as UTF-8") from error
    return parse_economics(text, outcomes, target, str(path))


def parse_economics(text: str, outcomes: Sequence[str], target: str, name: str = "economics") -> BusinessCase:
    """Return what the text of an economics file says; errors as for ``read_economics``.

    Examples
    --------
    >>> case = parse_economics('''
    ... unit = "EUR"
    ... effect = "none"
    ... worth.act = {yes = 100, no = -5}
    ... worth.leave = {yes = 0, no = 0}
    ... today.action = "leave"
    ... volume = {cases_a_day = 50, days = 365}
    ... ''', ["no", "yes"], "fraud")
    >>> case.actions, case.worth["act"]["no"].plus, case.volume.total
    (('act', 'leave'), -5.0, 18250.0)
    """
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} is not TOML: {error}", hint=_AGAIN) from error
    return _Reader(name, tuple(outcomes) or (EACH,), target).case(plain, text)


class _Reader:
    """Reads the entries of one file; every fault names the file and the entry."""

    def __init__(self, name: str, outcomes: tuple[str, ...], target: str) -> None:
        self.name, self.outcomes, self.target = name, outcomes, target

    def case(self, plain: Mapping[str, Any], text: str) -> BusinessCase:
        self._check_known(plain, _TOP, "")
        effect = self._word(plain, "effect", [e.value for e in Effect], "what is known of what acting does")
        worth = self._worths(plain)
        case = BusinessCase(
            unit=self._text(plain, "unit", 'the currency of all worths, such as unit = "EUR"'),
            effect=Effect(effect),
            worth=worth,
            today=self._today(plain, tuple(worth)),
            volume=self._volume(plain),
            fixed=self._cost(plain.get("costs", {}), "fixed"),
            running=self._cost(plain.get("costs", {}), "a_day"),
            retraining=self._cost(plain["costs"], "retraining") if "retraining" in plain.get("costs", {}) else None,
            prevalence=self._prevalence(plain.get("prevalence", {})),
            protected=self._text(plain, "protected", "a column") if "protected" in plain else "",
            replies=self._replies(plain.get("answers", {})),
            text=text,
            sure=self._sure(plain.get("sure", 0.95)),
        )
        self._check_known(self._table(plain, "costs"), _COSTS, "costs.")
        return self._consistent(case)

    def _consistent(self, case: BusinessCase) -> BusinessCase:
        volume, today = case.volume, case.today
        if volume.capacity is not None and volume.budget is not None:
            raise self.refuse("capacity_a_day and budget_a_day are both given", "keep the one that binds")
        limited = volume.capacity is not None or volume.budget is not None
        if limited and LEAVE not in case.actions:
            raise self.refuse(
                f"capacity or budget limits how many cases are acted on, but no action is called '{LEAVE}'",
                f"name what takes no capacity [worth.{LEAVE}]",
            )
        if limited and today.rule is None and today.action != LEAVE:
            raise self.refuse(
                f"today every case gets '{today.action}', which is more than the capacity allows",
                "say what is done today, or leave the capacity out",
            )
        if volume.capacity is not None and volume.capacity > volume.cases:
            raise self.refuse(
                f"a capacity of {volume.capacity:g} cases a day is above the {volume.cases:g} that come",
                "leave capacity_a_day out where all cases can be acted on",
            )
        if volume.budget is not None and not volume.price.plus and not volume.price.rates:
            raise self.refuse("budget_a_day is given, but not what acting on a case takes of it", "add price = 10")
        return case

    def _worths(self, plain: Mapping[str, Any]) -> dict[str, dict[str, Worth]]:
        table = self._table(plain, "worth")
        if len(table) < 2:
            found = "no action" if not table else f"one action, '{next(iter(table))}'"
            raise self.refuse(
                f"{found} has worths, and a decision has two at least",
                f"add tables such as [worth.act] and [worth.{LEAVE}]",
            )
        return {action: self._outcomes(action, table) for action in table}

    def _outcomes(self, action: str, table: Mapping[str, Any]) -> dict[str, Worth]:
        row, place = self._table(table, action, "worth."), f"worth.{action}."
        for outcome in row:
            if outcome not in self.outcomes:
                raise self.refuse(
                    f"'{outcome}' under [worth.{action}] is no outcome of '{self.target}'",
                    self._near(outcome, self.outcomes, "outcomes are"),
                )
        lacking = [o for o in self.outcomes if o not in row]
        if lacking:
            raise self.refuse(
                f"[worth.{action}] does not say what '{lacking[0]}' is worth",
                f"add a line: {tomli_w.dumps({lacking[0]: 0}).strip()}",
            )
        return {outcome: self._worth(row[outcome], place + outcome) for outcome in self.outcomes}

    def _worth(self, value: object, place: str) -> Worth:
        if isinstance(value, str):
            return Worth(0.0, {value: 1.0})
        if not isinstance(value, Mapping):
            return Worth(self._number(value, place))
        self._check_known(value, _WORTH, f"{place}.")
        plus = self._number(value.get("plus", 0), f"{place}.plus")
        if "column" not in value:
            if "rate" in value:
                raise self.refuse(f"{place} has a rate, but not of what", 'add column = "..."')
            return Worth(plus)
        column = value["column"]
        if not isinstance(column, str) or not column:
            raise self.refuse(f"{place}.column is {column!r}, wanted the name of a column", 'write column = "amount"')
        return Worth(plus, {column: self._number(value.get("rate", 1), f"{place}.rate")})

    def _today(self, plain: Mapping[str, Any], actions: tuple[str, ...]) -> Today:
        if "today" not in plain:
            raise self.refuse(
                "there is no status quo: what is done today, without the model, is not said",
                f'add [today] with action = "{LEAVE if LEAVE in actions else actions[0]}"',
            )
        table = self._table(plain, "today")
        self._check_known(table, _TODAY, "today.")
        action = self._action(table, "action", actions)
        if "where" not in table:
            for key in ("is", "above", "below", "otherwise"):
                if key in table:
                    raise self.refuse(f"today.{key} is given, but not of which column", 'add where = "COLUMN"')
            return Today(action)
        column = self._text(table, "where", "a column", "today.")
        kinds = [kind for kind in RuleKind if kind.value in table]
        if len(kinds) != 1:
            found = " and ".join(k.value for k in kinds) or "no comparison"
            raise self.refuse(f"today.where has {found}", "give one of is, above and below")
        value = table[kinds[0].value]
        if kinds[0] is not RuleKind.IS:
            value = self._number(value, f"today.{kinds[0].value}")
        elif isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self.refuse(f"today.is = {value!r}, wanted a text or a number", 'write is = "yes"')
        rule = Rule(column, kinds[0], value if isinstance(value, str) else float(value))
        return Today(action, rule, self._action(table, "otherwise", actions))

    def _action(self, table: Mapping[str, Any], key: str, actions: tuple[str, ...]) -> str:
        value = self._text(table, key, "an action", "today.")
        if value not in actions:
            raise self.refuse(f"today.{key} = '{value}' is no action", self._near(value, actions, "actions are"))
        return value

    def _volume(self, plain: Mapping[str, Any]) -> Volume:
        if "volume" not in plain:
            raise self.refuse(
                "how many cases come, and for how long, is not said", "add [volume] with cases_a_day, days"
            )
        table = self._table(plain, "volume")
        self._check_known(table, _VOLUME, "volume.")
        return Volume(
            cases=self._positive(table, "cases_a_day"),
            days=self._positive(table, "days"),
            capacity=self._positive(table, "capacity_a_day") if "capacity_a_day" in table else None,
            budget=self._positive(table, "budget_a_day") if "budget_a_day" in table else None,
            price=self._worth(table.get("price", 0), "volume.price"),
        )

    def _prevalence(self, table: object) -> dict[str, float]:
        if not isinstance(table, Mapping):
            raise self.refuse("prevalence is no table", "write [prevalence] and a line such as yes = 0.02")
        if table and self.outcomes == (EACH,):
            raise self.refuse(f"'{self.target}' is a number and has no prevalence", "leave [prevalence] out")
        shares = {}
        for outcome, value in table.items():
            if outcome not in self.outcomes:
                hint = self._near(outcome, self.outcomes, "outcomes are")
                raise self.refuse(f"prevalence.{outcome} is no outcome of '{self.target}'", hint)
            share = self._number(value, f"prevalence.{outcome}")
            if not 0.0 < share < 1.0:
                raise self.refuse(f"prevalence.{outcome} = {share:g}, wanted a share between 0 and 1", "2% is 0.02")
            shares[outcome] = share
        rest = [o for o in self.outcomes if o not in shares]
        total = sum(shares.values())
        if shares and len(rest) == 1 and total < 1.0:
            shares[rest[0]] = 1.0 - total
        elif shares and (rest or not math.isclose(total, 1.0, abs_tol=1e-6)):
            raise self.refuse(f"shares under [prevalence] sum to {total:g}, wanted 1", "give each outcome its share")
        return {o: shares[o] for o in self.outcomes} if shares else {}

    def _replies(self, table: object) -> dict[str, str]:
        if not isinstance(table, Mapping) or any(not isinstance(v, str) for v in table.values()):
            raise self.refuse("answers are texts by the names of questions", '[answers] and groups = "..."')
        return {str(k): str(v) for k, v in table.items()}

    def _sure(self, value: object) -> float:
        sure = self._number(value, "sure")
        if not 0.5 < sure < 1.0:
            raise self.refuse(f"sure = {sure:g}, wanted a probability between 0.5 and 1", "write sure = 0.95")
        return sure

    def _cost(self, table: object, key: str) -> float:
        if not isinstance(table, Mapping):
            raise self.refuse("costs is no table", "write [costs] and a line such as fixed = 5000")
        value = self._number(table.get(key, 0), f"costs.{key}")
        if value < 0.0:
            raise self.refuse(f"costs.{key} = {value:g}: what is spent is a positive number here", f"write {-value:g}")
        return value

    def _positive(self, table: Mapping[str, Any], key: str) -> float:
        if key not in table:
            raise self.refuse(f"volume.{key} is not given", f"add {key} = 100 under [volume]")
        value = self._number(table[key], f"volume.{key}")
        if value <= 0.0:
            raise self.refuse(f"volume.{key} = {value:g}, wanted a number above 0", "leave out what does not apply")
        return value

    def _number(self, value: object, place: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.refuse(
                f"{place} = {value!r}, wanted a number, a column or a rate",
                'write 12.5, "COLUMN" or {column = "COLUMN", rate = 0.1, plus = -5}',
            )
        if abs(value) > LARGEST_AMOUNT:
            raise self.refuse(
                f"{place} = {value:g} is beyond the largest amount, {LARGEST_AMOUNT:g}", "count in a larger unit"
            )
        return float(value)

    def _text(self, table: Mapping[str, Any], key: str, what: str, place: str = "") -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            found = "is not given" if key not in table else f"= {value!r}"
            raise self.refuse(f"{place}{key} {found}", f"wanted {what}")
        return value

    def _word(self, table: Mapping[str, Any], key: str, words: Sequence[str], what: str) -> str:
        value = self._text(table, key, f"{what}: one of {', '.join(words)}")
        if value not in words:
            raise self.refuse(f"{key} = '{value}', wanted {what}", self._near(value, words, "it is one of"))
        return value

    def _table(self, plain: Mapping[str, Any], key: str, place: str = "") -> Mapping[str, Any]:
        value = plain.get(key, {})
        if not isinstance(value, Mapping):
            raise self.refuse(f"{place}{key} = {value!r} is no table", f"write [{place}{key}] and lines below it")
        return value

    def _check_known(self, table: Mapping[str, Any], known: Collection[str], place: str) -> None:
        for key in table:
            if key not in known:
                hint = self._near(key, sorted(known), "there is")
                raise self.refuse(f"there is no entry '{place}{key}'", hint)

    @staticmethod
    def _near(value: str, known: Sequence[str], words: str) -> str:
        near = difflib.get_close_matches(value, known, n=1)
        return f"did you mean '{near[0]}'?" if near else f"{words} {', '.join(known[:12])}"

    def refuse(self, message: str, hint: str) -> SettingsError:
        """Return the error for a fault of this file."""
        return SettingsError(f"{self.name}: {message}", hint=hint)


def write_template(path: Path, model: str, target: str, outcomes: Sequence[str], rows_a_day: float) -> None:
    """Write an economics file with the questions as comments; an existing file is never overwritten.

    Parameters
    ----------
    outcomes : sequence of str
        Classes of the target, the positive one of two last; empty for a number.
    rows_a_day : float
        A first guess at the cases of a day.

    Raises
    ------
    SettingsError
        Where there is such a file, or no folder for it.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise SettingsError(
            f"{path} cannot be written: wanted a file in a folder that is there", hint="make the folder"
        )
    text = _template(model, target, outcomes, rows_a_day)
    with disk_errors(path):
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError as error:
            raise SettingsError(
                f"{path} is there already, and what was written into it would be lost",
                hint="name another file with --economics, or delete that one first",
            ) from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)


def _template(model: str, target: str, outcomes: Sequence[str], rows_a_day: float) -> str:
    named = list(outcomes)
    if named:
        positive, others = named[-1], named[:-1]
        act = _lines({positive: 100, **dict.fromkeys(others, -10)}, target, "acted on")
        left = _lines(dict.fromkeys([positive, *others], 0), target, "left alone")
        shift = "".join(f"# {line}\n" for line in tomli_w.dumps({positive: 0.1}).splitlines())
        prevalence = (
            "# [prevalence]             # shares of the outcomes among the cases to come, where they are not those of\n"
            f"#                          # the rows that the model is judged by\n{shift}\n"
        )
    else:
        column = tomli_w.dumps({"column": target}).strip()
        act = f"each = {{{column}, rate = 0.1, plus = -10}}   # a tenth of '{_one_line(target)}', less 10 for acting\n"
        left, prevalence = "each = 0\n", ""
    rows = f"{rows_a_day:.6g}"
    return f"""\
# What it is worth to act on the predictions of '{_one_line(model)}'. Replace the numbers: they are examples.
# A worth is a number, a column ("amount"), or a rate of one and a number:
#   {{column = "amount", rate = 0.2, plus = -5}}
# Positive: it earns. Negative: it costs.

unit = "EUR"

# Does acting change what happens?
#   "none"      it cannot: a check finds what is there
#   "measured"  a trial has measured what acting does, and the worths below say it
#   "assumed"   somebody believes what stands below; there is no GO before a pilot has shown it
effect = "assumed"

# sure = 0.95               # probability of a gain that GO asks for, and 1 - alpha of a pilot

# Groups of people that must not be treated otherwise? Name their column, and they are compared.
# protected = "sex"

# What is one case worth when it is acted on, by what comes? (Further actions: further tables.)
[worth.act]
{act}
# And when it is left alone?
[worth.leave]
{left}
# What is done today, without the model? "leave": nobody is acted on; "act": everybody. Or by a column's rule:
#   action = "act", where = "tenure", below = 12, otherwise = "leave"      (is, above or below)
[today]
action = "leave"

# How many cases come a day, and for how many days will the model be used?
[volume]
cases_a_day = {rows}
days = 365
# capacity_a_day = 10       # most cases a day that can be acted on
# budget_a_day = 500        # or most that acting may take a day ...
# price = 5                 # ... and what acting on one case takes: a number, a column or a rate

# What does the model itself cost?
[costs]
fixed = 0                   # once
a_day = 0                   # each day
# retraining = 5            # to learn again: `journeyman operate` then counts in the unit of this file

{prevalence}# [answers]                 # questions that GO waits for, as `journeyman decide` names them
# groups = "why, and who has decided it"
"""


def _lines(worths: Mapping[str, int], target: str, done: str) -> str:
    lines = tomli_w.dumps(dict(worths)).splitlines()
    said = [f"'{_one_line(target)}' is {_one_line(outcome)}, and the case was {done}" for outcome in worths]
    width = max(map(len, lines))
    return "".join(f"{line:<{width}}   # {words}\n" for line, words in zip(lines, said, strict=True))


def _one_line(text: str) -> str:
    """Return text that ends no comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
