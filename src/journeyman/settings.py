"""Settings of a build, frozen and validated once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from journeyman.errors import SettingsError

__all__ = [
    "AUTO",
    "CATALOGUE",
    "DEFAULT_BUDGET",
    "DEFAULT_WORKSPACE",
    "EMBEDDED",
    "FRAME",
    "LIBRARIES",
    "THOUSANDS",
    "BuildSettings",
    "bounded",
    "check_signs",
    "checked",
    "decimal_sign",
    "is_address",
    "model_name",
    "parse_budget",
    "parse_delay",
    "parse_latency",
    "parse_memory",
    "predictions_name",
]

DEFAULT_BUDGET = "2m"
AUTO = "auto"
"""A budget that ends when more is not worth it."""

DEFAULT_WORKSPACE = "journeyman-workspace"
CATALOGUE = "spark:"
"""What the name of a table of Spark's catalogue is written after."""

EMBEDDED = "duckdb"
"""The engine in this process."""

FRAME = "<frame>"
"""Stands for the source of a build whose table was handed over from Python."""

_PACKED = re.compile(r"\.(gz|zst|bz2|xz|zip|lz4|br)$", re.IGNORECASE)
_TABLE = re.compile(r"\.(csv|tsv|txt|parquet|pq|jsonl?|ndjson|xlsx?)$", re.IGNORECASE)
_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,7}$", re.IGNORECASE)
THOUSANDS = (".", ",", " ", "'", "_")
"""Signs between groups of digits."""

_LEAST_AUTO, _USUAL_AUTO, _MOST_AUTO = 120.0, 300.0, 3600.0
_USUAL_VALUES = 100_000
_LEAST_MEMORY = 600_000_000
LIBRARIES = 500_000_000
"""Bytes that a build of a tiny table takes."""
_TABLE_PARTS = 8
_MEMORY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*((?:[kmgt]i?)?b?)", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LEAST_LATENCY = 0.0002
_LATENCY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s)?", re.IGNORECASE | re.ASCII)
_UNIT_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BUDGET = re.compile(r"(?:\d+(?:\.\d*)?[smhd]\s*)+|\d+(?:\.\d*)?", re.IGNORECASE | re.ASCII)
_BUDGET_PART = re.compile(r"(\d+(?:\.\d*)?)([smhd]?)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class BuildSettings:
    """The effective settings of a build; ``settings.toml`` beside its release holds them and repeats the build.

    Attributes
    ----------
    source : str
        Path or URL of the table; "<frame>" when a frame was handed over from Python.
    target : str or None
        Column to predict; None for kinds of task that need none.
    name : str
        Name of the model.
    query : str or None
        SQL to run where the source is a database.
    budget : float or None
        Seconds from start to release; None where ``trials`` alone bounds the work, or, without them, where the build
        itself is to find out when more is not worth it ("auto").
    trials : int or None
        Number of trials; makes a build repeatable bit for bit.
    metric : str or None
        Metric to choose by; None takes the field's default for the task.
    task : str or None
        Name of the kind of task (see journeyman.tasks); None decides by the values.
    task_options : mapping of str to str
        What the kind of task lets its users choose, by name.
    seed : int
        Seed of everything random.
    time, group : str or None
        Columns that the split must follow.
    delay : str or None
        How long after its row a label is known, where rows are divided by time: "7d", "12h"; a plain number counts in
        the unit of a time column of numbers, or rows where the order of the rows is their time.
    in_order : bool
        Whether rows without a time column are in order of time.
    kinds : mapping of str to str
        Column to kind, overruling what was inferred.
    roles : mapping of str to str
        Column to role ("feature", "ignored", "time", "group"), overruling what was found.
    missing : tuple of str
        Further texts that stand for a missing value.
    decimal, thousands : str or None
        The decimal sign and the sign between groups of digits in numbers that are texts; None decides by all columns.
    decimals : mapping of str to str
        Column to decimal sign, where it is known: a retraining reads its rows as the champion does.
    markers : mapping of str to tuple of str
        Column to texts that stand for a missing value in it, where they are known.
    accept : tuple of str
        Codes of findings whose remedy is not to be applied ("DQ301", or "DQ301:column").
    encoding, delimiter, quote, sheet : str or None
        How the source's files are written, overruling what they say themselves; see :class:`FileStyle`.
    threads : int
        Threads for training.
    memory : int
        Bytes that the whole build may take: larger tables are sampled, candidates are fitted one fold at a time or
        passed over.
    challenger : bool
        Whether the release is to prove itself beside the champion first: it is not promoted by the build.
    latency : float or None
        Seconds that the released model may take to answer for one row, in process; many rows at once answer in about a
        60th of it each. None for the fastest model that is as good as the best one.
    analysis : str or None
        File of an analysis whose actions are tried, too.
    contract : str or None
        File of a data contract whose rules by a person the release's contract takes over.
    engine : str
        What goes over all rows of the source and does the fits of trials, and its address after ``=`` where it has one:
        "duckdb" in this process, "spark=local[2]".
    lake : str or None
        Folder or database of further tables, of which those are joined that help to predict the target.
    """

    source: str
    target: str | None
    name: str
    query: str | None = None
    budget: float | None = 120.0
    trials: int | None = None
    metric: str | None = None
    task: str | None = None
    task_options: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    time: str | None = None
    group: str | None = None
    delay: str | None = None
    in_order: bool = False
    kinds: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    decimal: str | None = None
    thousands: str | None = None
    decimals: Mapping[str, str] = field(default_factory=dict)
    markers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    accept: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    sheet: str | None = None
    threads: int = 2
    memory: int = 4_000_000_000
    latency: float | None = None
    challenger: bool = False
    engine: str = EMBEDDED
    lake: str | None = None
    analysis: str | None = None
    contract: str | None = None

    @property
    def target_column(self) -> str:
        """Column to predict, for kinds of task that need one; SettingsError where none was named."""
        if self.target is None:
            raise SettingsError(
                "no column to predict was named",
                hint="add --target COLUMN; without one, --groups finds groups of rows, and --anomalies odd rows",
            )
        return self.target

    @property
    def table_memory(self) -> int:
        """Bytes that the table in memory may take: it is read, parsed, stored and prepared, so a part of the whole."""
        return max(1_000_000, (self.memory - LIBRARIES) // _TABLE_PARTS)


def checked(settings: BuildSettings) -> BuildSettings:
    """Return settings whose figures make sense.

    Raises
    ------
    SettingsError
        Naming the first that does not.

    Examples
    --------
    >>> checked(BuildSettings("a.csv", "y", "a", trials=0))
    Traceback (most recent call last):
        ...
    journeyman.errors.SettingsError: trials = 0 is too small (hint: give a number from 1 on)
    """
    least = {"trials": (settings.trials, 1), "seed": (settings.seed, 0), "threads": (settings.threads, 1)}
    for name, (value, low) in least.items():
        if value is not None and value < low:
            raise SettingsError(f"{name} = {value} is too small", hint=f"give a number from {low} on")
    check_signs(settings.decimal, settings.thousands)
    if settings.memory < _LEAST_MEMORY:
        found = f"{settings.memory / 1e6:.3g} MB" if settings.memory >= 1e6 else f"{settings.memory} bytes"
        raise SettingsError(f"{found} of memory are too few", hint=f"give {_LEAST_MEMORY / 1e6:.0f}MB or more")
    if settings.latency is not None and not _LEAST_LATENCY <= settings.latency < float("inf"):
        raise SettingsError(
            f"--latency of {settings.latency:g} s is below what one row takes", hint="give 0.2ms or more"
        )
    if settings.delay is not None:
        parse_delay(settings.delay)
    return settings


def parse_delay(text: str) -> tuple[float, bool]:
    """Read after how long a label is known.

    Parameters
    ----------
    text : str
        A duration ("7d", "12h", "1d12h", "30m", "90s"), or a plain number.

    Returns
    -------
    amount : float
        Seconds, or as it was written.
    timed : bool
        Whether it is a duration.

    Raises
    ------
    SettingsError
        Where it is neither.

    Examples
    --------
    >>> parse_delay("7d"), parse_delay("1.5h"), parse_delay("200")
    ((604800.0, True), (5400.0, True), (200.0, False))
    >>> parse_delay("a week")
    Traceback (most recent call last):
        ...
    journeyman.errors.SettingsError: the delay 'a week' is not a time (hint: give a time such as 7d or 12h, ...)
    """
    text = text.strip()
    if not _BUDGET.fullmatch(text):
        raise SettingsError(
            f"the delay {text!r} is not a time", hint="give a time such as 7d or 12h, or a number of rows such as 200"
        )
    parts = _BUDGET_PART.findall(text)
    amount = sum(float(number) * _UNIT_SECONDS[unit.lower()] for number, unit in parts)
    if not amount < float("inf"):
        raise SettingsError(f"the delay {text!r} is too long", hint="give a time such as 7d or 12h")
    return amount, any(unit for _, unit in parts)


def check_signs(decimal: str | None, thousands: str | None) -> None:
    """Refuse signs with which no number is written.

    Raises
    ------
    SettingsError
        Naming the sign.

    Examples
    --------
    >>> check_signs("x", None)
    Traceback (most recent call last):
        ...
    journeyman.errors.SettingsError: decimal = 'x' is no decimal sign (hint: give , or .)
    """
    if decimal not in (None, ".", ","):
        raise SettingsError(f"decimal = {decimal!r} is no decimal sign", hint="give , or .")
    if thousands is not None and thousands not in THOUSANDS:
        shown = " or ".join(repr(sign) for sign in THOUSANDS)
        raise SettingsError(f"thousands = {thousands!r} parts no groups of digits", hint=f"give {shown}")
    if decimal is not None and decimal == thousands:
        raise SettingsError(
            f"decimal and thousands are both {decimal!r}", hint="give two signs, or leave thousands out"
        )


def decimal_sign(decimal: str | None, thousands: str | None) -> str | None:
    """Return the decimal sign that was named, by itself or by the other sign's use; None where neither was.

    Examples
    --------
    >>> decimal_sign(None, "."), decimal_sign(".", None), decimal_sign(None, " ")
    (',', '.', None)
    """
    check_signs(decimal, thousands)
    return decimal or {".": ",", ",": "."}.get(thousands or "")


def parse_latency(text: str) -> float:
    """Read a limit on the time of an answer as a person writes it.

    Parameters
    ----------
    text : str
        A number of milliseconds ("1ms", "0.5 ms") or of seconds ("0.01s", "0.01").

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    SettingsError
        Where the text is no duration.

    Examples
    --------
    >>> [parse_latency(text) for text in ("1ms", "0.5 ms", "0.01s")]
    [0.001, 0.0005, 0.01]
    """
    found = _LATENCY.fullmatch(text.strip())
    if not found:
        raise SettingsError(f"the latency {text!r} is not a time", hint="give a time such as 1ms or 20ms")
    return float(found[1]) / (1000 if found[2] and found[2].lower() == "ms" else 1)


def parse_memory(text: str) -> int:
    """Read an amount of memory as a person writes it.

    Parameters
    ----------
    text : str
        A number of bytes ("4000000000"), or with a unit ("4GB", "1.5 GiB", "800M"); units without an i are decimal.

    Returns
    -------
    int
        Bytes.

    Raises
    ------
    SettingsError
        Where the text is no amount.

    Examples
    --------
    >>> [parse_memory(text) for text in ("4GB", "1.5 GiB", "800M", "4000000000")]
    [4000000000, 1610612736, 800000000, 4000000000]
    """
    found = _MEMORY.fullmatch(text.strip())
    if not found:
        raise SettingsError(f"{text!r} is not an amount of memory", hint="give an amount such as 4GB or 800MB")
    unit = found[2].lower()
    return round(float(found[1]) * float(1024 if "i" in unit else 1000) ** _POWERS[unit[:1]])


def parse_budget(text: str) -> float | None:
    """Read a time budget as a person writes it.

    Parameters
    ----------
    text : str
        A number with a unit ("30s", "2m", "1.5h", "1h30m"), a plain number of seconds ("90"), or "auto".

    Returns
    -------
    float or None
        Seconds, above 0; None for "auto".

    Raises
    ------
    SettingsError
        Where the text is no duration, or one of zero length.

    Examples
    --------
    >>> [parse_budget(text) for text in ("30s", "2m", "1h30m", "90", "auto")]
    [30.0, 120.0, 5400.0, 90.0, None]
    >>> parse_budget("0")
    Traceback (most recent call last):
        ...
    journeyman.errors.SettingsError: a budget of '0' leaves no time to build (hint: give a time such as ...)
    """
    hint = "give a time such as 30s, 2m or 1h, or auto"
    if text.strip().lower() == AUTO:
        return None
    if not _BUDGET.fullmatch(text.strip()):
        raise SettingsError(f"the budget {text!r} is not a time", hint=hint)
    seconds = sum(float(number) * _UNIT_SECONDS[unit.lower()] for number, unit in _BUDGET_PART.findall(text))
    if not 0 < seconds < float("inf"):
        raise SettingsError(f"a budget of {text!r} leaves no time to build", hint=hint)
    return seconds


def bounded(settings: BuildSettings, rows: int, columns: int) -> BuildSettings:
    """Return settings with a budget by the size of the table where the user left it to the build.

    Between two minutes and an hour: a hundred thousand values may take five minutes, four times as many twice as long.
    That is a ceiling; the search ends before it once more is not worth it.

    Examples
    --------
    >>> auto = BuildSettings("a.csv", "y", "a", budget=None)
    >>> [round(bounded(auto, n, m).budget) for n, m in ((500, 10), (10_000, 10), (45_000, 40), (10**7, 40))]
    [120, 300, 1273, 3600]
    """
    if settings.budget is not None or settings.trials is not None:
        return settings
    worth = _USUAL_AUTO * math.sqrt(rows * columns / _USUAL_VALUES)
    return replace(settings, budget=min(max(_LEAST_AUTO, worth), _MOST_AUTO))


def is_address(location: str) -> bool:
    """Tell whether a table is named by an address rather than a path.

    Examples
    --------
    >>> [is_address(text) for text in ("sqlite:///a.db", "spark:sales.houses", "C:/a.csv")]
    [True, True, False]
    """
    return "://" in location or location.startswith(CATALOGUE)


def predictions_name(location: str) -> str:
    """Return how the file of predictions for a table is called: as the table, without its ending, dots and all.

    Examples
    --------
    >>> predictions_name("data/adult.csv.gz"), predictions_name("report.2026-11-28.csv")
    ('adult.predictions.csv', 'report.2026-11-28.predictions.csv')
    """
    name = location.split("?")[0].rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    unpacked = _PACKED.sub("", name)
    # a word is an ending, a date or a number is none; behind an ending of packed files only one of a table counts
    stem = _ENDING.sub("", name) if unpacked == name else _TABLE.sub("", unpacked)
    return f"{stem.strip('.') or 'table'}.predictions.csv"


def model_name(location: str | None, otherwise: str) -> str:
    """Return a model's name made from where its table lies, or from another word where there is no such place.

    Examples
    --------
    >>> model_name("data/House prices.csv.gz", "price"), model_name(None, "price"), model_name("a.csv?b=c", "y")
    ('House-prices', 'price', 'a')
    >>> model_name("spark:sales.houses", "price")
    'houses'
    """
    stem = otherwise
    if location is not None and location.startswith(CATALOGUE):
        stem = location.rpartition(".")[2].removeprefix(CATALOGUE)
    elif location is not None:
        stem = location.split("?")[0].rstrip("/\\").replace("\\", "/").rpartition("/")[2].split(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:100].rstrip("-_") or "model"
