"""The feed: whether rows arrive broken, which is mended at its source and is never a reason to retrain.

A broken feed is told from drift by how it looks: most values are gone, a sensor stands still, two columns have changed
places, a clean factor undoes the change, rows come twice, clocks jump, rows cannot be read at all. The bounds are
probabilities that sound rows look so, not thresholds on a score; what is short of them is left to the other tiers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.column_swap import swapped_columns
from journeyman.drift_detectors.duplicate_delivery import is_duplicate_delivery, row_digests
from journeyman.drift_detectors.faulty_columns import FaultyColumn, missing_columns, stuck_columns
from journeyman.drift_detectors.unit_change import UnitChange, new_units, skewed, still_so
from journeyman.drift_detectors.unit_conversions import CONVERSIONS
from journeyman.drift_detectors.windows import append, numbers, recall, window_rows
from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic

__all__ = ["FeedDetector"]

FloatArray = NDArray[np.float64]
_LEAST_ROWS = 20  # that a column is judged by: fewer are joined to the sound ones before them
_TAIL = 0.25  # of a span, looked at by itself: a feed may break in the middle of one
_LATEST = 200  # rows, sound or not, by which what a few rows cannot show is judged
_LEAST_KNOWN = 50  # rows before a span, without which nothing can be said of how it began
_DIGESTS = 2_000
_REFUSED, _SOME_REFUSED = 0.5, 0.05
_NAMED = 3  # reasons that a message tells
_BACKWARDS = 0.005
_RULES = "DC"  # codes of what breaks a contract begin so
_MOST_BROKEN = 0.5
_TIMES, _BROKEN = ":times", ":broken"
_ORDER = ("DR007", "DR001", "DR008", "DR002", "DR003", "DR004", "DR005", "DR006", "DR009")
_CONTRACT = "DR009"


@dataclass(frozen=True)
class FeedDetector:
    """Rules on what arrives (DR001 to DR009)."""

    name: str = "feed"
    rung: Tier = Tier.FEED

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return a memory of no rows."""
        columns = len(reference.rows)
        return {
            "digests": np.empty(0),
            "clocks": np.full((columns, 2), np.nan),
            "since": np.zeros((len(_ORDER), columns + 1)),
            "ways": np.zeros(columns),
        }

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Judge the rows of the span, and the latest of them by themselves."""
        fresh = traffic.take(traffic.fresh)
        rows, columns = fresh.rows, _columns(reference)
        sound, digests = recall(memory), row_digests(rows)
        ways = _still(reference, columns, memory, rows)
        mended = {
            name: CONVERSIONS[ways[name]].undone(numbers(rows[name])) if name in ways else rows[name] for name in rows
        }
        known = _recent_rows(memory, fresh, mended)
        latest = {name: values[-_LATEST:] for name, values in known.items()}
        broken = list(_rejected_rows(traffic))
        moment = {b.code: traffic.begin for b in broken}
        for part, began in _parts(mended, latest, fresh.times, traffic.begin):
            for found in _column_rules(reference, columns, (part, sound), traffic):
                if not any(found.code == b.code and found.columns == b.columns for b in broken):
                    broken.append(found)
                    moment.setdefault(found.code, began)
        units, changed = _units(reference, _without(columns, broken), memory, latest, ways)
        moment["DR004"] = traffic.begin if changed is None else changed
        broken += [_unit_words(reference, name, way, rows) for name, way in sorted(units.items())]
        broken += _broken_rules(traffic, {c.name for c in columns}, broken)
        broken += is_duplicate_delivery(reference, digests, memory["digests"])
        clocks, jumps = _clocks(reference, columns, rows, memory["clocks"], traffic)
        broken += jumps
        signals: list[Signal] = []
        before = memory["since"]  # of a loop that an earlier version began, which knew of fewer codes
        before = np.vstack([before, np.zeros((len(_ORDER) - len(before), before.shape[1]))])
        since = np.zeros_like(before)
        places = {column.name: number for number, column in enumerate(columns, 1)}
        for k, code in enumerate(_ORDER):
            together: dict[float, list[FaultyColumn]] = {}  # columns that broke at different times are told apart
            for b in (b for b in broken if b.code == code):
                place = [places.get(name, 0) for name in b.columns] or [0]
                earlier = [at for at in before[k, place].tolist() if at]
                first = min(earlier, default=float(moment.get(code, traffic.begin)))
                since[k, place] = first
                together.setdefault(first, []).append(b)
            for first, some in sorted(together.items()):
                signals.append(_signal(self.name, reference, code, some, int(first), traffic))
        hit = [signal.since for signal in signals if signal.alarming and signal.code != "DR004"]
        if hit:
            known[_BROKEN] = np.where(known[_TIMES] >= min(hit), 1.0, known[_BROKEN])
            latest[_BROKEN] = known[_BROKEN][-_LATEST:]
        told = np.array([units.get(column.name, -1) + 1.0 for column in columns])
        kept = {"digests": digests[-_DIGESTS:], "clocks": clocks, "since": since, "ways": told}
        lately = {key: values for key, values in memory.items() if key.startswith("row:")}
        kept |= append(lately, _leaving(known, rows), window_rows(reference))
        kept |= {f"latest:{name}": values for name, values in latest.items()}
        return kept, tuple(signals)


def _columns(reference: Reference) -> tuple[Column, ...]:
    known = {column.name: column for column in reference.columns}
    guess = {np.dtype(np.int32): Kind.CATEGORY, np.dtype(object): Kind.TEXT}
    return tuple(
        known.get(name, Column(name, guess.get(values.dtype, Kind.NUMBER)))
        for name, values in sorted(reference.rows.items())
    )


def _still(
    reference: Reference, columns: Sequence[Column], memory: Mapping[str, FloatArray], rows: Block
) -> dict[str, int]:
    """Return the columns that were told to arrive in another unit and still do, each with what undoes it."""
    known = _series(memory, {key.removeprefix("latest:"): v for key, v in memory.items() if key.startswith("latest:")})
    told = {c.name: int(way) - 1 for c, way in zip(columns, memory["ways"].tolist(), strict=True) if way > 0}
    return {
        name: way
        for name, way in told.items()
        if still_so(reference, name, CONVERSIONS[way], numbers(rows[name]), known.get(name, np.empty(0)))
    }


def _series(memory: Mapping[str, FloatArray], latest: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
    """Return the rows that are known and did not arrive broken, in their order, mended where they had to be."""
    sound, whole = recall(memory), latest.get(_BROKEN, np.empty(0)) == 0.0
    return {
        name: np.concatenate([numbers(sound[name]) if name in sound else np.empty(0), values[whole]])
        for name, values in latest.items()
    }


def _units(
    reference: Reference,
    columns: Sequence[Column],
    memory: Mapping[str, FloatArray],
    latest: dict[str, FloatArray],
    ways: Mapping[str, int],
) -> tuple[dict[str, int], int | None]:
    """Return the columns that arrive in another unit with what undoes it, and when new ones began; mend the latest."""
    rest = [c for c in columns if c.name not in ways]
    if not rest:
        return dict(ways), None
    series, whole = _series(memory, latest), np.flatnonzero(latest[_BROKEN] == 0.0)
    since = len(series[rest[0].name]) - len(whole)
    found: tuple[UnitChange, ...] = new_units(reference, rest, series, since)
    if len(memory.get(f"latest:{_TIMES}", ())) < _LEAST_KNOWN:
        names = {unit.column for unit in found}
        found += skewed(reference, [c for c in rest if c.name not in names], series)
    begins = []
    for unit in found:
        place = max(0, unit.place - since)
        begins.append(int(latest[_TIMES][whole[place]]))
        latest[unit.column][whole[place:]] = CONVERSIONS[unit.way].undone(latest[unit.column][whole[place:]])
    return {**ways, **{unit.column: unit.way for unit in found}}, min(begins, default=None)


def _unit_words(reference: Reference, name: str, way: int, rows: Block) -> FaultyColumn:
    now, was = (_middle(numbers(block[name])) for block in (rows, reference.rows))
    words = f"{name!r} arrives in another unit ({CONVERSIONS[way].words}): median {now:.4g}, {was:.4g} in the reference"
    return FaultyColumn("DR004", (name,), words)


def _middle(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _recent_rows(memory: Mapping[str, FloatArray], fresh: Traffic, mended: Block) -> dict[str, FloatArray]:
    """Return the latest rows before a span and the rows of the span, with their times and whether they were broken."""
    now = {name: numbers(values) for name, values in mended.items()}
    now |= {_TIMES: fresh.times.astype(np.float64), _BROKEN: np.zeros(len(fresh.ids))}
    return {name: np.concatenate([memory.get(f"latest:{name}", np.empty(0)), v]) for name, v in now.items()}


def _leaving(known: Mapping[str, FloatArray], rows: Block) -> Block:
    """Return the sound rows that are not among the latest any more, once all were judged."""
    # while some of the latest rows are broken, those beside them that were not seen to be so are in doubt
    left = (known[_BROKEN][:-_LATEST] == 0.0) & (not known[_BROKEN].any())
    return {name: known[name][:-_LATEST][left] for name in rows}


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
    reference: Reference, columns: Sequence[Column], blocks: tuple[Block, Block], traffic: Traffic
) -> tuple[FaultyColumn, ...]:
    rows, sound = blocks
    unseen = {name for finding in traffic.feed.findings if finding.code == "PR103" for name in finding.subject}
    gone = missing_columns(reference, columns, rows, unseen)
    rest = _without(columns, gone)
    still = stuck_columns(reference, rest, rows, sound)
    return (*gone, *still, *swapped_columns(reference, _without(rest, still), rows))


def _without(columns: Sequence[Column], broken: Sequence[FaultyColumn]) -> tuple[Column, ...]:
    names = {name for b in broken for name in b.columns}
    return tuple(c for c in columns if c.name not in names)


def _rejected_rows(traffic: Traffic) -> tuple[FaultyColumn, ...]:
    feed = traffic.feed
    if feed.rows < _LEAST_ROWS or feed.refused < _SOME_REFUSED * feed.rows:
        return ()
    reasons = [f for f in feed.findings if f.code in ("PR101", "PR102")]
    subjects = tuple(dict.fromkeys(name for f in reasons for name in f.subject))
    said = [f"{feed.refused} of {feed.rows} rows could not be read", *(f.message.rstrip(".") for f in reasons[:_NAMED])]
    return (FaultyColumn("DR007", subjects, ": ".join([said[0], ", ".join(said[1:])]) if reasons else said[0]),)


def _broken_rules(traffic: Traffic, known: set[str], broken: Sequence[FaultyColumn]) -> list[FaultyColumn]:
    """Return the rules of the release's contract that rows break, of columns that nothing else is wrong with.

    Where less than half of the rows break one it is told and hides nothing, as with all that may be drift.
    """
    wrong = {name for b in broken for name in b.columns}
    found = []
    for finding in traffic.feed.findings:
        if finding.code.startswith(_RULES) and set(finding.subject) <= known and not set(finding.subject) & wrong:
            rows, of = int(finding.evidence.get("rows", 0)), int(finding.evidence.get("of", 0))
            few = rows < _MOST_BROKEN * of or of < _LEAST_ROWS
            found.append(FaultyColumn(_CONTRACT, finding.subject, finding.message.rstrip("."), few))
    return found


def _clocks(
    reference: Reference, columns: Sequence[Column], rows: Block, before: FloatArray, traffic: Traffic
) -> tuple[FloatArray, tuple[FaultyColumn, ...]]:
    """Return where each date stands now and since when, and dates that jumped by more than all of training lasted.

    Between two looks a date may go on twice as far as the log's own clock. A model may be put into use long after its
    last row of training: where the first rows stand says nothing.
    """
    found = []
    feed = traffic.feed
    if feed.rows >= _LEAST_ROWS and feed.backwards >= max(1.0, _BACKWARDS * feed.rows):
        words = f"time runs backwards in {feed.backwards} of {feed.rows} rows, by more than it ever did in training"
        found.append(FaultyColumn("DR006", (), words))
    now = before.copy()
    for k, column in enumerate(columns):
        if column.kind is not Kind.DATETIME:
            continue
        live, usual = rows[column.name].astype(np.float64), reference.rows[column.name].astype(np.float64)
        live, usual = live[np.isfinite(live)], usual[np.isfinite(usual)]
        if len(live) < _LEAST_ROWS or not len(usual):
            continue
        place, low, high = float(np.median(live)), float(usual.min()), float(usual.max())
        last, when = before[k].tolist()
        reach = high - low + 2.0 * (traffic.end - when) / 1000.0
        if np.isfinite(last) and not low <= place <= high and abs(place - last) > reach:
            days = [str(np.datetime64(int(v), "s"))[:10] for v in (place, last)]
            found.append(FaultyColumn("DR006", (column.name,), f"{column.name!r} jumps to {days[0]}, from {days[1]}"))
        else:
            now[k] = (place, float(traffic.end))
    return now, tuple(found)


def _signal(
    name: str, reference: Reference, code: str, broken: Sequence[FaultyColumn], since: int, traffic: Traffic
) -> Signal:
    columns = tuple(dict.fromkeys(column for b in broken for column in b.columns))
    columns = tuple(sorted(columns, key=lambda c: (-reference.importance.get(c, 0.0), c)))
    # A row that was refused has no answer, whether or not the model needs the column; and a clock beyond all that was
    # taught may move answers although the model hardly used it, and rows are ordered by it.
    grave = code in ("DR006", "DR007")
    harmless = not grave and bool(columns) and not any(reference.used(column) for column in columns)
    few = code == "DR007" and traffic.feed.refused < _REFUSED * traffic.feed.rows
    few |= all(b.few for b in broken)
    words = "; ".join(b.words for b in broken)
    if harmless:
        words += " (the model does not use it)"
    return Signal(
        code=code,
        rung=Tier.FEED,
        severity=Severity.WARNING if harmless or few else Severity.ERROR,
        message=f"The feed is broken: {words}.",
        since=since,
        columns=columns,
        detector=name,
        evidence={"rows": traffic.feed.rows or int(traffic.fresh.sum()), "refused": traffic.feed.refused},
    )
