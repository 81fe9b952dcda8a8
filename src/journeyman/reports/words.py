"""How facts are said to people: numbers, shares, durations, intervals, and plain names for metrics."""

from __future__ import annotations

import math
import re
import sys
import unicodedata

from journeyman.entities.evaluation import Score
from journeyman.entities.metric import MetricWords
from journeyman.metrics import METRICS

__all__ = [
    "between",
    "clean",
    "count",
    "cut",
    "duration",
    "metric_words",
    "number",
    "percent",
    "place",
    "plural",
    "score_words",
    "shorten",
    "spread",
]


def metric_words(metric: str) -> MetricWords:
    """Return the words of a built-in metric; its own name where it is none.

    Examples
    --------
    >>> metric_words("roc_auc").label
    'ROC AUC'
    >>> metric_words("my_cost").label
    'my cost'
    """
    return METRICS[metric].words if metric in METRICS else MetricWords(metric.replace("_", " "), "")


def score_words(score: Score) -> MetricWords:
    """Return the words that a score's metric came with; reports of earlier versions hold the name alone."""
    return score.words or metric_words(score.metric)


def _decimals(x: float, digits: int) -> int:
    """Decimal places that show so many significant digits of ``x``."""
    return digits - 1 - math.floor(math.log10(abs(x)))


def number(x: float | None, digits: int = 3) -> str:
    """Say a number with so many significant digits and thousands separators; whole parts are never cut.

    Examples
    --------
    >>> [number(v) for v in (0.98765, 12345.678, 2.0, 0, -0.00001234, 1.5e13, None, float("nan"))]
    ['0.988', '12,346', '2', '0', '-1.23e-05', '1.5e+13', '–', '–']
    """
    if x is None or math.isnan(x):
        return "–"
    if math.isinf(x):
        return "∞" if x > 0 else "-∞"
    if x == 0:
        return "0"
    if not 1e-4 <= abs(x) < 1e9:
        return f"{x:.{digits}g}"
    text = f"{x:,.{max(0, _decimals(x, digits))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float | None, digits: int = 2) -> str:
    """Say a share in percent.

    Examples
    --------
    >>> [percent(v) for v in (0.5, 0.12345, 0.00004, 0.0, 0.9996, 1.0, None)]
    ['50%', '12%', '<0.1%', '0%', '>99.9%', '100%', '–']
    """
    if share is None or not math.isfinite(share):
        return "–"
    value = share * 100
    if value in (0.0, 100.0):
        return f"{value:.0f}%"
    if 0 < value < 0.1:
        return "<0.1%"
    if 99.9 < value < 100:
        return ">99.9%"
    if 99 <= value < 100:
        return f"{value:.1f}%"
    return f"{number(value, digits)}%"


def count(n: int) -> str:
    """Say a whole number with thousands separators.

    Examples
    --------
    >>> count(1234567)
    '1,234,567'
    """
    return f"{n:,}"


def plural(n: int, noun: str, several: str = "") -> str:
    """Say how many there are of something.

    Examples
    --------
    >>> plural(1, "row"), plural(2000, "row"), plural(2, "category", "categories")
    ('1 row', '2,000 rows', '2 categories')
    """
    return f"{n:,} {noun if n == 1 else several or noun + 's'}"


def place(source: str) -> str:
    """Say where a table came from: a file by its name, for the folders before it tell a reader nothing.

    Examples
    --------
    >>> place("/home/ada/tables/houses.csv"), place("sqlite:///houses.db")
    ('houses.csv', 'sqlite:///houses.db')
    """
    return source if "://" in source else source.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1] or source


def duration(seconds: float) -> str:
    """Say how long something took.

    Examples
    --------
    >>> [duration(s) for s in (0.004, 0.25, 12.34, 59.97, 75, 3725, -1)]
    ['4 ms', '0.25 s', '12.3 s', '1 min 0 s', '1 min 15 s', '1 h 2 min', '0 s']
    """
    if seconds <= 0:
        return "0 s"
    if seconds < 0.1:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def spread(value: float, low: float, high: float) -> int:
    """Return decimal places that show a value and its interval apart: three digits, more where the interval is narrow.

    Examples
    --------
    >>> spread(0.99412, 0.9921, 0.9961), spread(54.321, 50.1, 58.9), spread(0.5, 0.5, 0.5)
    (3, 1, 3)
    """
    width = abs(high - low)
    sizes = [v for v in (abs(value), abs(low), abs(high)) if math.isfinite(v) and v > 0]
    if not sizes:
        return 1
    three = _decimals(max(sizes), 3)
    if not math.isfinite(width) or width < sys.float_info.min:  # half of less would be nothing
        return max(0, min(three, 8))
    return max(0, min(max(_decimals(width / 2, 1), three), 8))


def between(value: float, low: float, high: float, metric: MetricWords) -> tuple[str, str, str]:
    """Say a value and its interval with one number of decimals, in percent where the metric reads so.

    Examples
    --------
    >>> between(0.8713, 0.8655, 0.8771, metric_words("accuracy"))
    ('87.1%', '86.6%', '87.7%')
    >>> between(54.321, 50.1, 58.9, metric_words("rmse"))
    ('54.3', '50.1', '58.9')
    >>> between(0.5, 0.5, 0.5, metric_words("roc_auc"))
    ('0.5', '0.5', '0.5')
    """
    scale = 100.0 if metric.percent else 1.0
    sign = "%" if metric.percent else ""
    places = spread(value * scale, low * scale, high * scale)

    def say(x: float) -> str:
        if not math.isfinite(x):
            return number(x)
        return (number(x * scale) if low == high else f"{x * scale:,.{places}f}") + sign

    return say(value), say(low), say(high)


_INVISIBLE = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return text on one line without control characters, which could move a terminal's cursor or reverse the reading.

    Examples
    --------
    >>> clean("a\\x1b[2Jb\\nc")
    'a�[2Jb c'
    """
    flat = _INVISIBLE.sub(" ", text)
    return "".join("�" if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\u200d" else c for c in flat)


def shorten(text: str, width: int) -> str:
    """Return clean text of at most ``width`` characters, the middle left out where it is longer.

    Examples
    --------
    >>> shorten("annual_income_in_thousands", 15)
    'annual_…ousands'
    """
    text = clean(text)
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return text[:head] + "…" + text[len(text) - (width - 1 - head) :]


def cut(text: str, width: int) -> str:
    """Return clean text of at most ``width`` characters, ended between two words where it is longer.

    Examples
    --------
    >>> cut("such a column is usually written down later", 20)
    'such a column is…'
    """
    text = clean(text)
    if len(text) <= width:
        return text
    head = text[: width - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[width // 2 :] else head).rstrip(" ,;:") + "…"
