"""Predicts rows by a scoring plan, with the standard library alone.

    python scorer.py rows.csv answers.csv

reads ``plan.txt`` beside this file and answers rows of comma-separated values, as texts. From Python:

    from scorer import read_plan
    model = read_plan("plan.txt")
    model.predict({"age": 41, "city": "Bern"})
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
import struct
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Answer", "Model", "PlanError", "read_plan"]

NAN, INF = math.nan, math.inf
ZERO = 1.0000000180025095e-35
Row = list[float]
Step = Callable[[Row], None]
Numbers = list[float]


class PlanError(Exception):
    """A plan or a table that cannot be used; the text says what was found."""


@dataclass(frozen=True)
class Answer:
    """What is predicted of a row.

    Attributes
    ----------
    label : str, int, float, bool or None
        The class; None where values are predicted.
    predictions : tuple of float
        Probabilities in the order of the labels, or values.
    interval : (float, float) or None
        Where the true value lies.
    scores : tuple of float
        Raw scores of trees and lines.
    """

    label: str | int | float | bool | None
    predictions: tuple[float, ...]
    interval: tuple[float, float] | None
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Column:
    """A column, and how it is read: a value as its register holds it."""

    name: str
    kind: str
    read: Callable[[str], float]
    missing: float
    gone: frozenset[float]

    def value(self, given: object) -> float:
        """Return the register of a text or a typed value."""
        if isinstance(given, bool):
            given = str(given) if self.kind == "category" else float(given)
        if isinstance(given, dt.date):
            given = _seconds(given)
        if isinstance(given, str):
            return self.read(given)
        if given is None or given != given:
            return self.missing
        if not isinstance(given, (int, float)):
            raise PlanError(f"column {self.name!r} holds {type(given).__name__}; wanted is a number or a text")
        if self.kind == "category":
            return self.read(number_text(float(given)))
        number = float(given)
        return NAN if math.isinf(number) or number in self.gone else number


@dataclass(frozen=True)
class Model:
    """A plan that predicts."""

    name: str
    version: int
    task: str
    target: str
    columns: tuple[Column, ...]
    registers: int
    steps: tuple[Step, ...]
    scores: tuple[int, ...]
    outputs: tuple[int, ...]
    labels: tuple[str, ...]
    label_type: str
    threshold: float
    ordered: bool
    interval: tuple[int, int] | None

    def predict(self, row: Mapping[str, object]) -> Answer:
        """Return what is predicted of a row: texts or typed values by the names of columns; one that lacks is missing."""
        r = [0.0] * self.registers
        for i, column in enumerate(self.columns):
            r[i] = column.value(row.get(column.name))
        for step in self.steps:
            step(r)
        predictions = tuple(r[i] for i in self.outputs)
        interval = None if self.interval is None else (r[self.interval[0]], r[self.interval[1]])
        label = _typed(self.labels[self._code(predictions)], self.label_type) if self.labels else None
        return Answer(label, predictions, interval, tuple(r[i] for i in self.scores))

    def predict_file(self, rows: str | Path, answers: str | Path) -> int:
        """Answer a file of comma-separated values; return the number of rows."""
        with (
            open(rows, newline="", encoding="utf-8-sig") as read,
            open(answers, "w", newline="", encoding="utf-8") as made,
        ):
            table = csv.DictReader(read)
            lacking = [c.name for c in self.columns if c.name not in (table.fieldnames or ())]
            if lacking:
                raise PlanError(f"{rows} lacks the columns {', '.join(lacking)}")
            writer = csv.writer(made, lineterminator="\n")
            names = [f"score {i}" for i in range(len(self.scores))]
            names += [f"prediction {i}" for i in range(len(self.outputs))]
            names += ["low", "high"] if self.interval else []
            writer.writerow([*names, "label"] if self.labels else names)
            count = 0
            for count, row in enumerate(table, 1):
                answer = self.predict(row)
                told = [repr(x) for x in (*answer.scores, *answer.predictions, *(answer.interval or ()))]
                writer.writerow([*told, self.labels[self._code(answer.predictions)]] if self.labels else told)
        return count

    def _code(self, p: Sequence[float]) -> int:
        """Return the position of the label."""
        if self.ordered:
            half, reached = 0.5 * _sum(p) - 1e-12, 0.0
            for i, x in enumerate(p):
                reached += x
                if reached >= half:
                    return i
            return 0
        if not math.isnan(self.threshold):
            return 1 if p[1] >= self.threshold else 0
        return max(range(len(p)), key=lambda i: (p[i], -i))


def _typed(label: str, kind: str) -> str | int | float | bool:
    if kind == "int":
        return int(label) if label.lstrip("+-").isdigit() else int(float(label))
    if kind == "float":
        return float(label)
    return label.lower() in ("true", "1", "1.0", "yes") if kind == "bool" else label


def _sum(values: Iterable[float]) -> float:
    """Return the sum from left to right: ``sum`` adds in another way since Python 3.12."""
    total = 0.0
    for value in values:
        total += value
    return total


# ---------------------------------------------------------------- the file


def read_plan(path: str | Path) -> Model:
    """Read ``plan.txt``; PlanError where it is none, or of a newer version."""
    words = Path(path).read_text(encoding="utf-8").split()
    if words[:1] != ["journeyman-plan"] or words[-1] != "end":
        raise PlanError(f"{path} is no whole scoring plan")
    if words[1] != "1":
        raise PlanError(f"{path} was written by a newer version: plan {words[1]}; wanted is 1")
    return _Words(words, 2).model()


class _Words:
    """The words of a plan, read one after the other."""

    def __init__(self, words: list[str], at: int) -> None:
        self.words, self.at = words, at

    def model(self) -> Model:
        name, version = self.named_text("name"), int(self.named("version"))
        task, target = self.named_text("task"), self.named_text("target")
        texts = [tuple(map(_text, self.list())) for _ in range(int(self.named("texts")))]
        arrays = [list(map(float, self.list())) for _ in range(int(self.named("arrays")))]
        columns = tuple(_column(self.take(8), texts) for _ in range(int(self.named("columns"))))
        registers = int(self.named("registers"))
        steps = tuple(self.step(arrays) for _ in range(int(self.named("steps"))))
        scores, outputs = (self.registers(word) for word in ("scores", "outputs"))
        labels, label_type, threshold, ordered = self.named("labels"), *self.take(3)
        low, high = int(self.named("interval")), int(self.take(1)[0])
        return Model(
            name=name,
            version=version,
            task=task,
            target=target,
            columns=columns,
            registers=registers,
            steps=steps,
            scores=scores,
            outputs=outputs,
            labels=texts[int(labels)] if int(labels) >= 0 else (),
            label_type=label_type,
            threshold=float(threshold),
            ordered=ordered == "1",
            interval=None if low < 0 else (low, high),
        )

    def take(self, count: int) -> list[str]:
        self.at += count
        return self.words[self.at - count : self.at]

    def list(self) -> list[str]:
        return self.take(int(self.take(1)[0]))

    def named(self, name: str) -> str:
        found, value = self.take(2)
        if found != name:
            raise PlanError(f"the plan is damaged: found {found!r}, wanted {name!r}")
        return value

    def named_text(self, name: str) -> str:
        return _text(self.named(name))

    def registers(self, name: str) -> tuple[int, ...]:
        return tuple(map(int, self.take(int(self.named(name)))))

    def step(self, arrays: list[Numbers]) -> Step:
        name = self.take(1)[0]
        if name not in OPERATIONS:
            raise PlanError(f"the plan has the step {name!r}, which this reader does not know")
        return OPERATIONS[name](_Arguments(list(map(float, self.list())), arrays))


def _text(word: str) -> str:
    if word == "\\e":
        return ""
    return re.sub(r"\\(.)", lambda m: {"s": " ", "n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), word)


class _Arguments:
    """The arguments of a step."""

    def __init__(self, words: Numbers, arrays: list[Numbers]) -> None:
        self.words, self.arrays, self.at = words, arrays, 0

    def number(self) -> float:
        self.at += 1
        return self.words[self.at - 1]

    def whole(self) -> int:
        return int(self.number())

    def wholes(self, count: int) -> list[int]:
        return [self.whole() for _ in range(count)]

    def list(self) -> Numbers:
        return self.arrays[self.whole()]

    def places(self) -> list[int]:
        return list(map(int, self.list()))


# ---------------------------------------------------------------- texts

BLANKS = " \t\n\r\f\v\u00a0\u202f\ufeff\u2009\u3000\u200b\u200e\u200f\u2060"
PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
EPOCHS = {"epoch_s": 1_000_000.0, "epoch_ms": 1_000.0, "epoch_us": 1.0, "epoch_ns": 0.001}
MONTHS = "january february march april may june july august september october november december".split()
CODES = {
    "Y": "(?P<Y>[0-9]{4})",
    "y": "(?P<y>[0-9]{2})",
    "m": "(?P<m>[0-9]{1,2})",
    "d": "(?P<d>[0-9]{1,2})",
    "H": "(?P<H>[0-9]{1,2})",
    "I": "(?P<I>[0-9]{1,2})",
    "M": "(?P<M>[0-9]{2})",
    "S": "(?P<S>[0-9]{2})",
    "f": "(?P<f>[0-9]{1,9})",
    "b": f"(?P<b>(?i:{'|'.join(MONTHS)}|{'|'.join(m[:3] for m in MONTHS)}))\\.?",
    "p": "(?P<p>[AaPp])[Mm]",
    "z": "(?P<z>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})",
}


def number_text(value: float) -> str:
    """Return the shortest text of a number."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _clean(text: str) -> str:
    text = text.strip(BLANKS)
    if text.startswith('="'):
        text = text[1:]
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].strip(BLANKS)
    return text


def _column(words: list[str], texts: list[tuple[str, ...]]) -> Column:
    name, kind, decimal, unit = _text(words[0]), words[1], words[2], _text(words[3])
    categories, missing, formats = (texts[int(word)] for word in words[4:7])
    gone = frozenset(float(text) for text in missing if PLAIN.fullmatch(text))
    if kind == "number":
        return Column(name, kind, _number_reader(decimal, unit, gone), NAN, gone)
    if kind == "boolean":
        return Column(name, kind, _boolean_reader(categories, missing, gone), NAN, gone)
    if kind == "category":
        return Column(name, kind, _category_reader(categories, missing, unit), -1.0, frozenset())
    if kind == "date":
        read = _date_reader(formats, int(words[7]), missing)
        return Column(name, kind, read, NAN, frozenset(x for x in map(read, ()) if x == x))
    return Column(name, kind, lambda text: NAN, NAN, frozenset())


def _number_reader(decimal: str, unit: str, gone: frozenset[float]) -> Callable[[str], float]:
    group, point = ("[. '_]", ",") if decimal == "," else ("[, '_]", r"\.")
    written = re.compile(
        rf"([+-]?)([1-9][0-9]{{0,2}}({group})[0-9]{{3}}(?:\3[0-9]{{3}})*|[0-9]*)(?:{point}([0-9]*))?([eE][+-]?[0-9]+)?"
    )

    other = "." if decimal == "," else ","
    swapped = re.compile(rf"([+-]?[0-9]+)\{other}([0-9]{{1,2}}|[0-9]{{4,}})([eE][+-]?[0-9]+)?")

    def read(raw: str) -> float:
        text = _clean(raw)
        whole = PLAIN.fullmatch(text) and (decimal == "." or "." not in text)
        number = float(text) if whole else decorated(text)
        return NAN if math.isinf(number) or number in gone else number

    def decorated(text: str) -> float:
        if unit and text.startswith(unit):
            text = text[len(unit) :].lstrip(BLANKS)
        elif unit and text.endswith(unit):
            text = text[: -len(unit)].rstrip(BLANKS)
        found = written.fullmatch(text)
        if found is not None and (found[2] or found[4]):
            digits = found[2].replace(found[3], "") if found[3] else found[2]
            return float(f"{found[1]}{digits or '0'}.{found[4] or '0'}{found[5] or ''}")
        found = swapped.fullmatch(text)
        if found is not None:
            return float(f"{found[1]}.{found[2]}{found[3] or ''}")
        return {"True": 1.0, "False": 0.0}.get(text, NAN)

    return read


def _boolean_reader(
    categories: tuple[str, ...], missing: tuple[str, ...], gone: frozenset[float]
) -> Callable[[str], float]:
    names: dict[str, float] = {}
    for i, name in enumerate(categories):
        names.setdefault(name.lower(), float(i % 2))
    numbers = categories[:2] == ("0", "1")

    def read(raw: str) -> float:
        text = _clean(raw)
        if text in missing:
            return NAN
        if text.lower() in names:
            return names[text.lower()]
        number = float(text) if PLAIN.fullmatch(text) else NAN
        if not math.isfinite(number) or number in gone:
            return NAN
        return names.get(number_text(number), number if numbers else NAN)

    return read


def _category_reader(categories: tuple[str, ...], missing: tuple[str, ...], spelling: str) -> Callable[[str], float]:
    codes = {name: float(i) for i, name in enumerate(categories)}
    width = len(categories[0]) if categories else 0

    def read(raw: str) -> float:
        text = _clean(raw)
        if text in codes:
            return codes[text]
        if text in missing or spelling == "exact" or not PLAIN.fullmatch(text):
            return -1.0
        if spelling == "zeros":
            bare = text if text.isdigit() else number_text(float(text))
            return codes.get(bare.zfill(width), -1.0) if bare.isdigit() else -1.0
        return codes.get(number_text(float(text)), -1.0)

    return read


def _date_reader(formats: tuple[str, ...], century: int, missing: tuple[str, ...]) -> Callable[[str], float]:
    scale = next((EPOCHS[form] for form in formats if form in EPOCHS), None)
    patterns = [_pattern(form) for form in formats if form not in EPOCHS]

    def micros(text: str) -> int | None:
        if scale is not None and PLAIN.fullmatch(text):
            number = float(text) * scale
            return round(number) if abs(number) < 2**62 else None
        for pattern in patterns:
            found = pattern.fullmatch(text)
            if found is not None:
                try:
                    return _moment(found.groupdict(), century)
                except (ValueError, OverflowError):
                    continue
        return None

    gone = {micros(text) for text in missing}

    def read(raw: str) -> float:
        text = _clean(raw)
        found = None if text in missing else micros(text)
        return NAN if found is None or found in gone else found / 1e6

    return read


def _pattern(form: str) -> re.Pattern[str]:
    parts = [CODES[p[1]] if p[0] == "%" else re.escape(p) for p in re.findall(r"%.|[^%]", form)]
    whole = "".join(parts)
    tight = form in ("%Y-%m", "%Y/%m", "%m/%Y") or form.startswith("%Y%m%d")
    return re.compile(whole.replace("{1,2})", "{2})") if tight else whole)


def _moment(parts: dict[str, str], century: int) -> int:
    """Return microseconds since 1970; ValueError where there is no such moment."""
    year = int(parts["Y"]) if "Y" in parts else century + (int(parts["y"]) - century) % 100
    month = 1 + [m[:3] for m in MONTHS].index(parts["b"][:3].lower()) if "b" in parts else int(parts["m"])
    hour = int(parts.get("H", 0))
    if "I" in parts:
        hour = int(parts["I"])
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if parts["p"] in "Pp" else 0)
    fraction = int(parts["f"].ljust(6, "0")[:6]) if "f" in parts else 0
    moment = dt.datetime(year, month, int(parts.get("d", 1)), hour, int(parts.get("M", 0)), int(parts.get("S", 0)))
    since = moment - dt.datetime(1970, 1, 1)
    return (since.days * 86_400 + since.seconds - _zone(parts.get("z"))) * 1_000_000 + fraction


def _zone(text: str | None) -> int:
    """Return seconds east of UTC."""
    if text in (None, "Z", "UTC", "GMT"):
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def _seconds(given: dt.date) -> float:
    if not isinstance(given, dt.datetime):
        given = dt.datetime(given.year, given.month, given.day)
    zoned = given if given.tzinfo is not None else given.replace(tzinfo=dt.timezone.utc)
    since = zoned - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) / 1e6


# ---------------------------------------------------------------- columns to features


def _plain(a: _Arguments) -> Step:
    out, column = a.wholes(2)

    def run(r: Row) -> None:
        r[out] = NAN if math.isinf(r[column]) else r[column]

    return run


def _fill(a: _Arguments) -> Step:
    out, columns, fill, shift, scale = a.whole(), a.places(), a.list(), a.list(), a.list()
    limit, flagged = a.number(), a.places()
    told = list(zip(range(out, out + len(columns)), columns, fill, shift, scale))
    flags = [(out + len(columns) + i, columns[place]) for i, place in enumerate(flagged)]

    def run(r: Row) -> None:
        for o, c, instead, less, times in told:
            x = r[c]
            if not math.isfinite(x):
                x = instead
            x = (x - less) * times
            if limit and x == x:
                x = min(max(x, -limit), limit)
            r[o] = x
        for o, c in flags:
            r[o] = 0.0 if math.isfinite(r[c]) else 1.0

    return run


def _code(a: _Arguments) -> Step:
    out, columns = a.whole(), a.places()

    def run(r: Row) -> None:
        for o, c in enumerate(columns, out):
            r[o] = NAN if r[c] < 0 else r[c]

    return run


def _onehot(a: _Arguments) -> Step:
    out, column, count = a.wholes(3)

    def run(r: Row) -> None:
        for k in range(count):
            r[out + k] = 1.0 if r[column] == k else 0.0

    return run


def _table(a: _Arguments) -> Step:
    out, column, width, values = a.whole(), a.whole(), a.whole(), a.list()
    last = len(values) // width - 1 if width else 0

    def run(r: Row) -> None:
        at = (last if r[column] < 0 else int(r[column])) * width
        r[out : out + width] = values[at : at + width]

    return run


def _calendar(a: _Arguments) -> Step:
    out, column, parts, start, fill = a.whole(), a.whole(), a.places(), a.number(), a.number()

    def run(r: Row) -> None:
        seconds = r[column]
        told = None if seconds != seconds else _calendar_parts(seconds, start)
        for o, part in enumerate(parts, out):
            r[o] = fill if told is None else told[part]

    return run


def _calendar_parts(seconds: float, start: float) -> list[float]:
    """Return parts of a date by Hinnant's arithmetic (2013), whose years begin in March."""
    whole = int(seconds)
    days, rest = divmod(whole, 86_400)
    era, of_era = divmod(days + 719_468, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * of_year + 2) // 153
    day = of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    year = year_of_era + era * 400 + (month <= 2)
    before = year - 1
    new_year = 365 * before + before // 4 - before // 100 + before // 400 - 719_162
    told = [year, month, day, (days + 3) % 7, days - new_year + 1]
    return [*map(float, told), rest / 3600.0, (seconds - start) / 86_400.0]


def _gaps(a: _Arguments) -> Step:
    out, numbers, codes = a.whole(), a.places(), a.places()

    def run(r: Row) -> None:
        r[out] = float(sum(not math.isfinite(r[c]) for c in numbers) + sum(r[c] < 0 for c in codes))

    return run


def _slot(a: _Arguments) -> Step:
    out, column, size = a.whole(), a.whole(), a.number()

    def run(r: Row) -> None:
        r[out] = size if r[column] < 0 else r[column]

    return run


def _bin(a: _Arguments) -> Step:
    out, column, edges = a.whole(), a.whole(), a.list()

    def run(r: Row) -> None:
        x = r[column]
        r[out] = float(bisect_left(edges, x) if math.isfinite(x) else len(edges))

    return run


def _cell(a: _Arguments) -> Step:
    out, first, second, stride, offset, table = a.whole(), a.whole(), a.whole(), a.whole(), a.whole(), a.list()

    def run(r: Row) -> None:
        at = offset + stride * int(r[first])
        r[out] = table[at + int(r[second]) if second >= 0 else at]

    return run


def _finite(x: float) -> float:
    return x if math.isfinite(x) else NAN


def _weigh(a: _Arguments) -> Step:
    out, first, second, by, other = a.whole(), a.whole(), a.whole(), a.number(), a.number()

    def run(r: Row) -> None:
        r[out] = _finite(r[first] * by + r[second] * other)

    return run


def _product(a: _Arguments) -> Step:
    out, first, second = a.wholes(3)

    def run(r: Row) -> None:
        r[out] = _finite(r[first] * r[second])

    return run


def _ratio(a: _Arguments) -> Step:
    out, first, second = a.wholes(3)

    def run(r: Row) -> None:
        r[out] = _finite(r[first] / r[second]) if r[second] else NAN

    return run


# ---------------------------------------------------------------- features to scores


def _constant(a: _Arguments) -> Step:
    out, values = a.whole(), a.list()

    def run(r: Row) -> None:
        r[out : out + len(values)] = values

    return run


def _lines(a: _Arguments) -> Step:
    out, features, outputs, weights, offsets = a.whole(), a.places(), a.whole(), a.list(), a.list()
    own = [weights[k::outputs] for k in range(outputs)]

    def run(r: Row) -> None:
        x = [r[f] for f in features]
        for k in range(outputs):
            total = 0.0
            for value, weight in zip(x, own[k]):
                total += value * weight
            r[out + k] = total + offsets[k]

    return run


def single(x: float) -> float:
    """Return a number rounded to single precision."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", x))[0])
    except OverflowError:
        return math.copysign(INF, x)


def _trees(a: _Arguments) -> Step:
    out, features, outputs = a.whole(), a.places(), a.whole()
    feature, threshold, flags = a.places(), a.list(), a.places()
    left, right, leaves, roots, starts, bits = a.places(), a.places(), a.list(), a.places(), a.places(), a.places()
    rounded = any(flag & 16 for flag in flags)
    nodes = list(zip(feature, threshold, left, right, (flag & 15 for flag in flags)))

    def is_chosen(place: int, code: int) -> bool:
        word = starts[place] + (code >> 5)
        return word < starts[place + 1] and bits[word] >> (code & 31) & 1 == 1

    def goes_left(flag: int, border: float, x: float) -> bool:
        if flag & 8:
            return -1 < x < 2147483648 and is_chosen(int(border), int(x))  # NaN is not
        if x != x:
            if flag & 3 == 2:
                return flag & 4 > 0
            x = 0.0
        return flag & 4 > 0 if flag & 3 == 1 and x == 0.0 else x <= border

    def run(r: Row) -> None:
        values = [r[f] for f in features]
        if rounded:
            values = [single(x) for x in values]
        values = [0.0 if abs(x) <= ZERO else x for x in values]
        scores = [0.0] * outputs
        for tree, place in enumerate(roots):
            while place >= 0:
                f, border, below, above, flag = nodes[place]
                x = values[f]
                if flag & 9 or x != x:  # a category, zero that is missing, or NaN
                    place = below if goes_left(flag, border, x) else above
                else:
                    place = below if x <= border else above
            scores[tree % outputs] += leaves[-1 - place]
        r[out : out + outputs] = scores

    return run


def _forest(a: _Arguments) -> Step:
    out, features, outputs = a.whole(), a.places(), a.whole()
    feature, threshold, left, right, leaf = a.places(), a.list(), a.places(), a.places(), a.places()
    answers, roots = a.list(), a.places()

    def run(r: Row) -> None:
        x = [single(r[f]) for f in features]
        scores = [0.0] * outputs
        for node in roots:
            while left[node] != node:
                node = right[node] if x[feature[node]] > threshold[node] else left[node]
            at = leaf[node] * outputs
            for k in range(outputs):
                scores[k] += answers[at + k]
        r[out : out + outputs] = [score / len(roots) for score in scores]

    return run


def _symmetric(a: _Arguments) -> Step:
    out, features, outputs = a.whole(), a.places(), a.whole()
    numbers, coded, starts, tables, depth = a.places(), a.places(), a.places(), a.list(), a.whole()
    entry, border, leaves, bias = a.places(), a.list(), a.list(), a.list()
    asked = list(zip(entry, border, [1 << level for level in range(depth)] * (len(entry) // max(depth, 1))))
    trees = [asked[i : i + depth] for i in range(0, len(asked), depth)] if depth else [[]] * (len(leaves) // outputs)

    def run(r: Row) -> None:
        x = [single(r[features[i]]) for i in numbers]
        for i, position in enumerate(coded):
            code = r[features[position]]
            slot = min(0 if code != code else int(code) + 1, starts[i + 1] - starts[i] - 1)
            x.append(tables[starts[i] + slot])
        scores = list(bias)
        for tree, levels in enumerate(trees):
            leaf = tree << depth
            for i, end, bit in levels:
                if x[i] > end:
                    leaf |= bit
            at = leaf * outputs
            for k in range(outputs):
                scores[k] += leaves[at + k]
        r[out : out + outputs] = scores

    return run


def _neighbours(a: _Arguments) -> Step:
    out, features, outputs, columns, scale = a.whole(), a.places(), a.whole(), a.places(), a.list()
    flat, answers, copies, prior = a.list(), a.list(), a.list(), a.list()
    number, near, classes = a.whole(), a.whole(), a.whole()
    width = len(columns)
    rows = [flat[i * width : (i + 1) * width] for i in range(len(copies))]

    def run(r: Row) -> None:
        asked = [r[features[c]] * s for c, s in zip(columns, scale)]
        distances = []
        for i, row in enumerate(rows):
            total = 0.0
            for x, q in zip(row, asked):
                total += (x - q) * (x - q)
            distances.append((math.sqrt(total), i))
        nearest = sorted(distances)[: number + 1]
        reach = max(nearest[min(number, len(nearest) - 1)][0], 1e-12)
        weight, sums = 0.0, [0.0] * outputs
        for distance, i in nearest[:number]:
            own = copies[i] * (max(1.0 - (distance / reach) ** 2, 1e-6) if near else 1.0)
            weight += own
            for k in range(outputs):
                sums[k] += own * answers[i * outputs + k]
        for k in range(outputs):
            mean = sums[k] / weight
            r[out + k] = (mean * number + prior[k]) / (number + 1.0) if classes else mean

    return run


# ---------------------------------------------------------------- nets


def _squash(a: _Arguments) -> Step:
    out, features, center, scale = a.whole(), a.places(), a.list(), a.list()

    def run(r: Row) -> None:
        for o, (f, c, s) in enumerate(zip(features, center, scale), out):
            z = (r[f] - c) * s
            third = z / 3.0
            r[o] = z / math.sqrt(1.0 + third * third)

    return run


def _waves(a: _Arguments) -> Step:
    out, first, count, waves, mixtures = a.wholes(5)
    frequency, phase, mix, offset = a.list(), a.list(), a.list(), a.list()

    def run(r: Row) -> None:
        for n in range(count):
            x, at = r[first + n], n * waves
            cosines = [math.cos(x * frequency[at + w] + phase[at + w]) for w in range(waves)]
            for m in range(mixtures):
                total = 0.0
                for w in range(waves):
                    total += cosines[w] * mix[(at + w) * mixtures + m]
                r[out + n * mixtures + m] = total + offset[n * mixtures + m]

    return run


def _embed(a: _Arguments) -> Step:
    out, column, size, width, values = a.whole(), a.whole(), a.whole(), a.whole(), a.list()

    def run(r: Row) -> None:
        x = r[column]
        code = int(x) if -1 < x < size else size - 1
        r[out : out + width] = values[code * width : (code + 1) * width]

    return run


def _bend(a: _Arguments) -> Step:
    out, first, count, kind, slopes = a.whole(), a.whole(), a.whole(), a.whole(), a.list()

    def selu(z: float) -> float:
        return 1.0507009873554805 * (max(z, 0.0) + 1.6732632423543772 * math.expm1(min(z, 0.0)))

    def mish(z: float) -> float:
        e = math.exp(min(z, 20.0))
        return z * (e * (e + 2.0) / (e * (e + 2.0) + 2.0))

    activate = mish if kind else selu

    def run(r: Row) -> None:
        for i in range(count):
            z = r[first + i]
            r[out + i] = z + slopes[i] * (activate(z) - z)

    return run


# ---------------------------------------------------------------- scores to predictions


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return INF


def _held(x: float, low: float, high: float) -> float:
    return min(max(x, low), high) if x == x else x


def _through_sum(values: Numbers) -> Numbers:
    total = _sum(values)
    return [x / total for x in values]


def _copy(a: _Arguments) -> Step:
    out, first, count = a.wholes(3)

    def run(r: Row) -> None:
        r[out : out + count] = r[first : first + count]

    return run


def _logistic(a: _Arguments) -> Step:
    out, first = a.wholes(2)

    def run(r: Row) -> None:
        p = 1.0 / (1.0 + _exp(-r[first]))
        r[out], r[out + 1] = 1.0 - p, p

    return run


def _share(a: _Arguments) -> Step:
    out, first = a.wholes(2)

    def run(r: Row) -> None:
        p = _held(r[first], 0.0, 1.0)
        r[out], r[out + 1] = 1.0 - p, p

    return run


def _softmax(a: _Arguments) -> Step:
    out, first, count = a.wholes(3)

    def run(r: Row) -> None:
        scores = r[first : first + count]
        greatest = max(scores)
        r[out : out + count] = _through_sum([math.exp(s - greatest) for s in scores])

    return run


def _above(a: _Arguments) -> Step:
    out, first, count, each, thresholds = a.whole(), a.whole(), a.whole(), a.whole(), a.list()

    def run(r: Row) -> None:
        scores = [r[first + i] if each else r[first] for i in range(count)]
        above = [1.0 / (1.0 + _exp(-(s - t))) for s, t in zip(scores, thresholds)]
        ends = [1.0, *sorted(above, reverse=True), 0.0]
        chances = [max(x - y, 1e-9) for x, y in zip(ends, ends[1:])]
        r[out : out + count + 1] = _through_sum(chances)

    return run


def _clip(a: _Arguments) -> Step:
    out, first, count, low, high = a.whole(), a.whole(), a.whole(), a.number(), a.number()

    def run(r: Row) -> None:
        for i in range(count):
            r[out + i] = _held(r[first + i], low, high)

    return run


def _affine(a: _Arguments) -> Step:
    out, first, count, shift, scale = a.whole(), a.whole(), a.whole(), a.number(), a.number()

    def run(r: Row) -> None:
        for i in range(count):
            r[out + i] = shift + scale * r[first + i]

    return run


def _divide(a: _Arguments) -> Step:
    out, first, count, by = a.whole(), a.whole(), a.whole(), a.number()

    def run(r: Row) -> None:
        for i in range(count):
            r[out + i] = r[first + i] / by

    return run


def _add(a: _Arguments) -> Step:
    out, first, second, count = a.wholes(4)

    def run(r: Row) -> None:
        for i in range(count):
            r[out + i] = r[first + i] + r[second + i]

    return run


def _ordered(a: _Arguments) -> Step:
    out, first, count, order = a.whole(), a.whole(), a.whole(), a.places()

    def run(r: Row) -> None:
        for value, place in zip(sorted(r[first : first + count]), order):
            r[out + place] = value

    return run


def _mean(a: _Arguments) -> Step:
    out, count, members, weights = a.whole(), a.whole(), a.places(), a.list()

    def run(r: Row) -> None:
        for k in range(count):
            total = weights[0] * r[members[0] + k]
            for member, weight in zip(members[1:], weights[1:]):
                total += weight * r[member + k]
            r[out + k] = total

    return run


def _temper(a: _Arguments) -> Step:
    out, first, count, power = a.whole(), a.whole(), a.whole(), a.number()

    def run(r: Row) -> None:
        powered = [_held(x, 1e-7, 1.0) ** power for x in r[first : first + count]]
        r[out : out + count] = _through_sum(powered)

    return run


def _unscale(a: _Arguments) -> Step:
    out, first, kind, most, low = a.whole(), a.whole(), a.whole(), a.number(), a.number()

    def run(r: Row) -> None:
        x = _held(r[first], 0.0, most)
        r[out] = (x * x if kind else math.expm1(x)) + low

    return run


def _correct(a: _Arguments) -> Step:
    out, first, count, classes, column = a.wholes(5)
    low, high, missing = a.number(), a.number(), a.whole()
    numbers, least, most, coded, codes = a.places(), a.list(), a.list(), a.places(), a.list()
    center, spread, weights, offset = a.list(), a.list(), a.list(), a.list()

    def run(r: Row) -> None:
        x, given = r[column], r[first : first + count]
        inside = x != x if missing else low <= x < high
        if not inside:
            r[out : out + count] = given
            return
        inputs = [_held(r[c], a, b) for c, a, b in zip(numbers, least, most)]
        inputs += [1.0 if r[c] == code else 0.0 for c, code in zip(coded, codes)]
        z = [0.0 if i != i else (i - c) / s for i, c, s in zip([*inputs, *given], center, spread)]
        made = []
        for k in range(count):
            total = 0.0
            for j, value in enumerate(z):
                total += value * weights[j * count + k]
            made.append(given[k] + offset[k] + total)
        r[out : out + count] = _through_sum([_held(p, 0.005, 1.0) for p in made]) if classes else made

    return run


WORD = 2**64 - 1


def _mixed(word: int) -> int:
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & WORD
    return word ^ (word >> 31)


def _known(a: _Arguments) -> Step:
    out, first, count, prior, columns = a.whole(), a.whole(), a.whole(), a.number(), a.places()
    high, low, labels = a.places(), a.places(), a.list()
    marks = [h << 32 | l for h, l in zip(high, low)]

    def run(r: Row) -> None:
        total = 0
        for i, column in enumerate(columns, 1):
            x = r[column]
            word = 0x7FF8000000000000 if x != x else struct.unpack("<Q", struct.pack("<d", x + 0.0))[0]
            total += _mixed(word + i * 0xD1342543DE82EF95 & WORD)
        mark = _mixed(total & WORD)
        begin, end = bisect_left(marks, mark), bisect_right(marks, mark)
        given, met = r[first : first + count], labels[begin:end]
        if met and count == 1:
            given = [(_sum(met) + prior * given[0]) / (len(met) + prior)]
        elif met:
            given = [(met.count(k) + prior * p) / (len(met) + prior) for k, p in enumerate(given)]
        r[out : out + count] = given

    return run


def _spread(a: _Arguments) -> Step:
    out, first, count, floor, levels, factors = a.whole(), a.whole(), a.whole(), a.number(), a.list(), a.list()
    order = sorted(range(len(levels)), key=lambda k: levels[k])
    below = [k for k in order if levels[k] < levels[0]][::-1]
    above = [k for k in order if levels[k] > levels[0]]

    def run(r: Row) -> None:
        given = r[first : first + count]
        median = given[0]
        apart = [median + (p - median) * factor for p, factor in zip(given, factors)]
        if floor == floor:
            apart = [max(p, floor) for p in apart]
        for side, nearer in ((below, min), (above, max)):
            reached = apart[0]
            for k in side:
                reached = apart[k] = nearer(apart[k], reached)
        r[out : out + count] = [*apart, *given[len(levels) :]]

    return run


def _factor(a: _Arguments) -> Step:
    out, column, at, logarithm, unknown = a.whole(), a.whole(), a.list(), a.list(), a.number()

    def between(x: float) -> float:
        if x < at[0]:
            return logarithm[0]
        i = bisect_right(at, x) - 1
        if i == len(at) - 1:
            return logarithm[-1]
        return (logarithm[i + 1] - logarithm[i]) / (at[i + 1] - at[i]) * (x - at[i]) + logarithm[i]

    def run(r: Row) -> None:
        x = r[column]
        if at:
            r[out] = between(x) if math.isfinite(x) else unknown
        else:
            r[out] = logarithm[int(x)] if 0 <= x < len(logarithm) else unknown

    return run


def _size(a: _Arguments) -> Step:
    out, factors, base, low, high = a.whole(), a.places(), a.number(), a.number(), a.number()

    def run(r: Row) -> None:
        total = base
        for register in factors:
            total += r[register]
        r[out] = _exp(_held(total, low, high))

    return run


def _interval(a: _Arguments) -> Step:
    out, first, lowest, highest, below, above, size = (*a.wholes(4), a.number(), a.number(), a.whole())

    def run(r: Row) -> None:
        by = 1.0 if size < 0 else r[size]
        low, high = r[first + lowest] - below * by, r[first + highest] + above * by
        if lowest != highest:
            low, high = min(low, r[first]), max(high, r[first])
        r[out], r[out + 1] = low, high

    return run


OPERATIONS: dict[str, Callable[[_Arguments], Step]] = {
    "plain": _plain,
    "fill": _fill,
    "code": _code,
    "onehot": _onehot,
    "table": _table,
    "calendar": _calendar,
    "gaps": _gaps,
    "slot": _slot,
    "bin": _bin,
    "cell": _cell,
    "weigh": _weigh,
    "product": _product,
    "ratio": _ratio,
    "constant": _constant,
    "lines": _lines,
    "trees": _trees,
    "forest": _forest,
    "symmetric": _symmetric,
    "neighbours": _neighbours,
    "squash": _squash,
    "waves": _waves,
    "embed": _embed,
    "dense": _lines,
    "bend": _bend,
    "copy": _copy,
    "logistic": _logistic,
    "share": _share,
    "softmax": _softmax,
    "above": _above,
    "clip": _clip,
    "affine": _affine,
    "divide": _divide,
    "add": _add,
    "ordered": _ordered,
    "mean": _mean,
    "temper": _temper,
    "unscale": _unscale,
    "correct": _correct,
    "known": _known,
    "spread": _spread,
    "factor": _factor,
    "size": _size,
    "interval": _interval,
}
"""What each step does, by its name."""


def main(arguments: Sequence[str]) -> int:
    """Answer a file of rows."""
    if len(arguments) != 2:
        print("usage: python scorer.py rows.csv answers.csv", file=sys.stderr)
        return 2
    try:
        count = read_plan(Path(__file__).with_name("plan.txt")).predict_file(*arguments)
    except (PlanError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments[1]}: {count} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
