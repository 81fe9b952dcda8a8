"""The feed: whether rows arrive broken, which is mended at its source and is never a reason to retrain.

A broken feed is told from drift by how it looks: most values are gone, a sensor stands still, two columns have changed
places, a clean factor undoes the change, rows come twice, clocks jump, rows cannot be read at all. The bounds are
probabilities that sound rows look so, not thresholds on a score; what is short of them is left to the other rungs.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.drift_detectors.feed_columns import CHANCE, Broken, lacking, runs_of, stuck
from journeyman.drift_detectors.feed_units import other_units, swapped
from journeyman.drift_detectors.windows import append, numbers, recall
from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Rung, Signal
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic

__all__ = ["FeedDetector", "row_digests"]

FloatArray = NDArray[np.float64]
_LEAST_ROWS = 20  # that a column is judged by: fewer are joined to the sound ones before them
_TAIL = 0.25  # of a span, looked at by itself: a feed may break in the middle of one
_LATEST = 200  # rows, sound or not, by which what a few rows cannot show is judged
_SOUND = 100  # sound rows before those
_DIGESTS = 2_000
_TWICE, _TWINS = 0.5, 0.2
_REFUSED, _SOME_REFUSED = 0.5, 0.05
_NAMED = 3  # reasons that a message tells
_BACKWARDS = 0.005
_TIMES, _BROKEN = ":times", ":broken"
_ORDER = ("DR007", "DR001", "DR008", "DR002", "DR003", "DR004", "DR005", "DR006")


@dataclass(frozen=True)
class FeedDetector:
    """Rules on what arrives (DR001 to DR008)."""

    name: str = "feed"
    rung: Rung = Rung.FEED

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return a memory of no rows."""
        return {"digests": np.empty(0), "clocks": np.full(len(reference.rows), np.nan), "since": np.zeros(len(_ORDER))}

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Judge the rows of the span, and the latest of them by themselves."""
        fresh = traffic.take(traffic.fresh)
        rows, columns = fresh.rows, _columns(reference)
        sound = recall(memory)
        latest, leaving = _latest(memory, fresh)
        digests = row_digests(rows)
        broken = list(_refused(traffic))
        moment = {b.code: traffic.begin for b in broken}
        for part, began in _parts(rows, latest, fresh.times, traffic.begin):
            for found in _column_rules(reference, columns, part, sound, traffic):
                if not any(found.code == b.code and found.columns == b.columns for b in broken):
                    broken.append(found)
                    moment.setdefault(found.code, began)
        broken += _twice(reference, digests, memory["digests"], traffic)
        clocks, jumps = _clocks(reference, columns, rows, memory["clocks"], traffic)
        broken += jumps
        signals, since = [], memory["since"].copy()
        for k, code in enumerate(_ORDER):
            some = [b for b in broken if b.code == code]
            since[k] = (since[k] or float(moment.get(code, traffic.begin))) if some else 0.0
            if some:
                signals.append(_signal(self.name, reference, code, some, int(since[k]), traffic))
        hit = [signal.since for signal in signals if signal.alarming]
        if hit:
            latest[_BROKEN] = np.where(latest[_TIMES] >= min(hit), 1.0, latest[_BROKEN])
        kept = {"digests": digests[-_DIGESTS:], "clocks": clocks, "since": since}
        kept |= append({key: values for key, values in memory.items() if key.startswith("row:")}, leaving, _SOUND)
        kept |= {f"latest:{name}": values for name, values in latest.items()}
        return kept, tuple(signals)


def row_digests(rows: Block) -> FloatArray:
    """Return a number for each row that equal rows share, shape (n_samples,); whole and below 2**53.

    Examples
    --------
    >>> a, b, c = row_digests({"x": np.array([1.0, 2.0, 1.0]), "t": np.array(["a", "b", "a"], dtype=object)})
    >>> a == c, a == b
    (np.True_, np.False_)
    """
    count = len(next(iter(rows.values()), np.empty(0)))
    mixed = np.full(count, 0x9E3779B97F4A7C15, dtype=np.uint64)
    for name in sorted(rows):
        values = rows[name]
        if values.dtype == object:
            plain = np.array([0 if v is None else zlib.crc32(str(v).encode()) + 1 for v in values], dtype=np.uint64)
        else:
            plain = (values.astype(np.float64) + 0.0).view(np.uint64)
        mixed = (mixed ^ plain) * np.uint64(0xFF51AFD7ED558CCD)
        mixed ^= mixed >> np.uint64(32)
    return (mixed >> np.uint64(11)).astype(np.float64)


def _columns(reference: Reference) -> tuple[Column, ...]:
    known = {column.name: column for column in reference.columns}
    guess = {np.dtype(np.int32): Kind.CATEGORY, np.dtype(object): Kind.TEXT}
    return tuple(
        known.get(name, Column(name, guess.get(values.dtype, Kind.NUMBER)))
        for name, values in sorted(reference.rows.items())
    )


def _latest(memory: Mapping[str, FloatArray], fresh: Traffic) -> tuple[dict[str, FloatArray], Block]:
    """Return the latest rows, with their times and whether they arrived broken, and the sound ones that leave them."""
    now = {name: numbers(values) for name, values in fresh.rows.items()}
    now |= {_TIMES: fresh.times.astype(np.float64), _BROKEN: np.zeros(len(fresh.ids))}
    joined = {name: np.concatenate([memory.get(f"latest:{name}", np.empty(0)), v]) for name, v in now.items()}
    # while some of the latest rows are broken, those beside them that were not seen to be so are in doubt
    left = (joined[_BROKEN][:-_LATEST] == 0.0) & (not joined[_BROKEN].any())
    leaving: Block = {name: joined[name][:-_LATEST][left] for name in fresh.rows}
    return {name: values[-_LATEST:] for name, values in joined.items()}, leaving


def _parts(
    rows: Block, latest: Mapping[str, FloatArray], times: NDArray[np.int64], begin: int
) -> list[tuple[Block, int]]:
    """Return the stretches of rows that are judged, with when each began."""
    count, known = len(times), len(latest[_TIMES])
    if not count:
        return []
    parts = [(rows, begin)] if count >= _LEAST_ROWS else []
    lengths = [_LEAST_ROWS] if count < _LEAST_ROWS <= known else [min(int(count * _TAIL), _LATEST)]
    lengths += [_LATEST] if known == _LATEST > count else []
    for length in lengths:
        if length >= _LEAST_ROWS:
            tail: Block = {name: latest[name][-length:] for name in rows}
            parts.append((tail, int(latest[_TIMES][-length:][0])))
    return parts


def _column_rules(
    reference: Reference, columns: Sequence[Column], rows: Block, sound: Block, traffic: Traffic
) -> tuple[Broken, ...]:
    unseen = {name for finding in traffic.feed.findings if finding.code == "PR103" for name in finding.subject}
    gone = lacking(reference, columns, rows, unseen)
    rest = _without(columns, gone)
    still = stuck(reference, rest, rows)
    rest = _without(rest, still)
    exchanged = swapped(reference, rest, rows)
    before = {name: numbers(values) for name, values in sound.items()}
    units = other_units(reference, _without(rest, exchanged), rows, before)
    return (*gone, *still, *exchanged, *units)


def _without(columns: Sequence[Column], broken: Sequence[Broken]) -> tuple[Column, ...]:
    names = {name for b in broken for name in b.columns}
    return tuple(c for c in columns if c.name not in names)


def _refused(traffic: Traffic) -> tuple[Broken, ...]:
    feed = traffic.feed
    if feed.rows < _LEAST_ROWS or feed.refused < _SOME_REFUSED * feed.rows:
        return ()
    reasons = [f for f in feed.findings if f.code in ("PR101", "PR102")]
    subjects = tuple(dict.fromkeys(name for f in reasons for name in f.subject))
    said = [f"{feed.refused} of {feed.rows} rows could not be read", *(f.message.rstrip(".") for f in reasons[:_NAMED])]
    return (Broken("DR007", subjects, ": ".join([said[0], ", ".join(said[1:])]) if reasons else said[0]),)


def _twice(reference: Reference, digests: FloatArray, before: FloatArray, traffic: Traffic) -> tuple[Broken, ...]:
    """Return whether rows came again that had just come, more than equal rows are usual in this table."""
    count = len(digests)
    if count < _LEAST_ROWS:
        return ()
    _, first = np.unique(digests, return_index=True)
    again = np.ones(count, dtype=bool)
    again[first] = False
    again |= np.isin(digests, before)
    usual_digests = row_digests(reference.rows)
    _, copies = np.unique(usual_digests, return_counts=True)
    twins = (float(copies[copies > 1].sum()) + 1.0) / (len(usual_digests) + 2.0)
    if reference.run > 1:  # neighbours in time are often equal where others are not
        stretches = runs_of(usual_digests, reference.run, 2 * count)
        twins = max(twins, *(1.0 - len(np.unique(stretch)) / len(stretch) for stretch in stretches))
    hit = max(int(again.sum()), min(traffic.feed.repeated, count))
    if twins > _TWINS or hit < _TWICE * count or stats.binom.sf(hit - 1, count, twins) > CHANCE:
        return ()
    return (Broken("DR005", (), f"{hit} of {count} rows are the same as rows that had just come"),)


def _clocks(
    reference: Reference, columns: Sequence[Column], rows: Block, before: FloatArray, traffic: Traffic
) -> tuple[FloatArray, tuple[Broken, ...]]:
    """Return where each date stands now, and dates that jumped by more than the whole of training lasted."""
    found = []
    feed = traffic.feed
    if feed.rows >= _LEAST_ROWS and feed.backwards >= max(1.0, _BACKWARDS * feed.rows):
        words = f"time runs backwards in {feed.backwards} of {feed.rows} rows, by more than it ever did in training"
        found.append(Broken("DR006", (), words))
    now = before.copy()
    for k, column in enumerate(columns):
        if column.kind is not Kind.DATETIME:
            continue
        live, usual = rows[column.name].astype(np.float64), reference.rows[column.name].astype(np.float64)
        live, usual = live[np.isfinite(live)], usual[np.isfinite(usual)]
        if len(live) < _LEAST_ROWS or not len(usual):
            continue
        place, low, high = float(np.median(live)), float(usual.min()), float(usual.max())
        last = before[k] if np.isfinite(before[k]) else high
        if not low <= place <= high and abs(place - last) > high - low:
            days = [str(np.datetime64(int(v), "s"))[:10] for v in (place, last)]
            found.append(Broken("DR006", (column.name,), f"{column.name!r} jumps to {days[0]}, from {days[1]}"))
        else:
            now[k] = place
    return now, tuple(found)


def _signal(
    name: str, reference: Reference, code: str, broken: Sequence[Broken], since: int, traffic: Traffic
) -> Signal:
    columns = tuple(dict.fromkeys(column for b in broken for column in b.columns))
    columns = tuple(sorted(columns, key=lambda c: (-reference.importance.get(c, 0.0), c)))
    # a row that was refused has no answer, whether or not the model needs the column
    harmless = code != "DR007" and bool(columns) and not any(reference.used(column) for column in columns)
    few = code == "DR007" and traffic.feed.refused < _REFUSED * traffic.feed.rows
    words = "; ".join(b.words for b in broken)
    if harmless:
        words += " (the model does not use it)"
    return Signal(
        code=code,
        rung=Rung.FEED,
        severity=Severity.WARNING if harmless or few else Severity.ERROR,
        message=f"The feed is broken: {words}.",
        since=since,
        columns=columns,
        detector=name,
        evidence={"rows": traffic.feed.rows or int(traffic.fresh.sum()), "refused": traffic.feed.refused},
    )
