"""Is a feed called broken where it is not, and found where it is? The rung of the feed alone, on whole streams.

    python benchmarks/operate_feeds.py [--only natural units kinds seasons] [--streams NAME ...] [--tables NAME ...]

natural: each stream in its own order from beginning to end, nothing planted: every verdict is a false one.
units: changes of unit planted into one column of streams (drifting as they are) and of shuffled tables.
kinds: the other ways to break, planted into the same streams.
With --contract, natural judges batches by a contract of the reference's rows, too, as releases carry one.
seasons: made-up streams of several columns that move together by a yearly course, or jump to another place at once.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.drift_detectors.faulty_columns import CHANCE
from journeyman.drift_detectors.feed import FeedDetector
from journeyman.drift_detectors.windows import numbers
from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding
from journeyman.entities.signal import Signal
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Reference, Traffic
from journeyman.stages.contract import feed_rules, judge_served, learn_frame
from operate_fits import Stream, read_stream, shuffled

HERE = Path(__file__).resolve().parent
STREAMS = ["electricity-elec2", "bike-sharing-hourly", "metro-traffic", "noaa-weather", "outdoor-objects"]
TABLES = ["diamonds", "california-housing", "wine-quality", "letter", "bank-marketing", "phoneme"]
SHAPES = ((600, 250, 1), (600, 250, 600), (2000, 50, 1), (1000, 24, 1))
"""Rows of the reference, rows of a batch, and how many of the reference's rows followed one another, as it is told."""
HOUR = 3_600_000
TASK = Task("y", "regression", "rmse")
UNITS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "x 0.4536": lambda v: v * 0.45359237,
    "x 2.2046": lambda v: v / 0.45359237,
    "x 1.609": lambda v: v * 1.609344,
    "x 0.621": lambda v: v / 1.609344,
    "x 3.6": lambda v: v * 3.6,
    "x 1000": lambda v: v * 1000.0,
    "x 0.01": lambda v: v * 0.01,
    "x 1.8 + 32": lambda v: v * 1.8 + 32.0,
    "(x - 32) / 1.8": lambda v: (v - 32.0) / 1.8,
}


def reference_of(block: Block, columns: tuple[Column, ...], first: int, run: int) -> Reference:
    rows = {n: v[:first] for n, v in block.items()}
    return Reference(rows, np.zeros((first, 1)), np.zeros(first), np.zeros(first), columns=columns, run=run)


def as_raw(block: Block, columns: tuple[Column, ...], rows: slice) -> pd.DataFrame:
    """Return rows of a block as they came: categories by their names, dates as such."""
    raw = {}
    for column in columns:
        values = block[column.name][rows]
        if column.kind.categorical:
            raw[column.name] = [None if c < 0 else column.categories[c] for c in values.astype(int)]
        elif column.kind is Kind.DATETIME:
            raw[column.name] = pd.to_datetime(values.astype(np.float64), unit="s")
        else:
            raw[column.name] = values
    return pd.DataFrame(raw)


def contract_judge(block: Block, columns: tuple[Column, ...], first: int) -> Callable[[slice], tuple[Finding, ...]]:
    """Return what judges rows of a block by a contract of its first ones."""
    learned = learn_frame(as_raw(block, columns, slice(0, first)), True, columns, "stream", first)
    rules = feed_rules(learned, [c.name for c in columns])
    return lambda rows: judge_served(as_raw(block, columns, rows).to_dict("records"), rules, CHANCE)


def batches(
    block: Block,
    begin: int,
    end: int,
    size: int,
    judge: Callable[[slice], tuple[Finding, ...]] = lambda rows: (),
) -> Iterator[Traffic]:
    for hour, at in enumerate(range(begin, end - size + 1, size)):
        rows = {n: v[at : at + size] for n, v in block.items()}
        times = hour * HOUR + np.arange(size) * (HOUR // size)
        blank = np.full((size, 1), 0.0)
        yield Traffic(
            hour * HOUR,
            (hour + 1) * HOUR,
            np.arange(at, at + size),
            times,
            np.ones(size, dtype=np.int64),
            rows,
            blank,
            np.full(size, np.nan),
            np.full(size, -1),
            {},
            Feed(size, findings=judge(slice(at, at + size))),
        )


TOLD: Counter[str] = Counter()
"""Looks with a signal of each code, whether it alarms or only tells."""


def watch(reference: Reference, traffic: Iterator[Traffic]) -> list[tuple[Signal, ...]]:
    detector = FeedDetector()
    memory = detector.begin(reference, TASK)
    seen = []
    for some in traffic:
        memory, signals = detector.look(reference, TASK, memory, some)
        TOLD.update({s.code for s in signals})
        seen.append(tuple(s for s in signals if s.alarming))
    return seen


def natural(streams: dict[str, Stream], options: argparse.Namespace) -> None:
    print("\n## Nothing planted, whole streams in their own order: looks with a verdict, by code\n")
    print("| stream | reference, batch, told to follow one another | looks | with a verdict | codes (looks) |")
    print("|---|---|---|---|---|", flush=True)
    total = looks = 0
    for name, stream in streams.items():
        for first, size, run in [SHAPES[k] for k in options.shapes]:
            if first * 3 > len(stream.y):
                continue
            judge = contract_judge(stream.block, stream.columns, first) if options.contract else lambda rows: ()
            seen = watch(
                reference_of(stream.block, stream.columns, first, run),
                batches(stream.block, first, len(stream.y), size, judge),
            )
            codes = Counter(s.code for some in seen for s in some)
            hit = sum(bool(some) for some in seen)
            total, looks = total + hit, looks + len(seen)
            said = ", ".join(f"{c} ({n})" for c, n in sorted(codes.items()))
            print(
                f"| {name} | {first}, {size}, {'yes' if run > 1 else 'no'} | {len(seen)} | {hit} | {said} |", flush=True
            )
            if options.verbose:
                for k, some in enumerate(seen):
                    for s in some:
                        print(f"    {k}: {s.message[:400]}", flush=True)
    print(f"\n{total} of {looks} looks with a verdict, none of them right", flush=True)
    print(f"told, with those that alarm nobody: {dict(sorted(TOLD.items()))}", flush=True)


def measured(stream: Stream) -> list[str]:
    kinds = (Kind.NUMBER, Kind.INTEGER)
    names = [c.name for c in stream.columns if c.kind in kinds]
    return [n for n in names if len(np.unique(numbers(stream.block[n])[:2000])) > 8]


def planted_watch(
    stream: Stream, change: Callable[[Block], Block], at: int, shape: tuple[int, int, int], looks: tuple[int, int]
) -> list[tuple[Signal, ...]]:
    """Watch some batches before a change and some after it, with a reference from the beginning of the stream."""
    first, size, run = shape
    columns = tuple(c for c in stream.columns if c.kind is not Kind.DATETIME)  # the rows between are left out: no jump
    block = {c.name: stream.block[c.name] for c in columns}
    begin, end = max(first, at - looks[0] * size), min(len(stream.y), at + looks[1] * size)
    changed = change({n: v[at:end].copy() for n, v in block.items()})
    block = {n: np.concatenate([v[:at], changed[n]]) for n, v in block.items()}
    return watch(reference_of(block, columns, first, run), batches(block, begin, end, size))


def units(streams: dict[str, Stream], options: argparse.Namespace) -> None:
    print("\n## Changes of unit planted into one column: found as such within the looks after them\n")
    print("| stream | " + " | ".join(UNITS) + " | all | wrong before | wrong column |")
    print("|---|" + "---|" * (len(UNITS) + 3), flush=True)
    size, before, after = 100, 12, 4
    found_all = tried_all = 0
    for name, stream in streams.items():
        found, tried, early, wrong = Counter(), Counter(), 0, 0
        n = len(stream.y)
        first = min(1000, n // 4)
        places = [first + (n - first) * k // 10 // size * size for k in options.places]
        rng = np.random.default_rng(0)
        columns = measured(stream)
        columns = [columns[i] for i in rng.permutation(len(columns))[: options.columns]]
        for at in places:
            at = min(max(at, first + before * size), n - after * size)
            at = first + (at - first) // size * size + options.offset
            for column in columns:
                for unit, f in UNITS.items():
                    if float(np.mean(numbers(stream.block[column])[at : at + after * size] == 0.0)) > 0.5:
                        continue
                    change = lambda rows, c=column, f=f: {**rows, c: f(rows[c].astype(np.float64))}  # noqa: E731
                    run = 1 if name in options.tables else first
                    seen = planted_watch(stream, change, at, (first, size, run), (before, after))
                    early += any(seen[:-after])
                    told = [s for some in seen[-after:] for s in some if s.code == "DR004"]
                    right = any(column in s.columns for s in told)
                    wrong += any(c != column for s in told for c in s.columns)
                    tried[unit], found[unit] = tried[unit] + 1, found[unit] + right
        cells = " | ".join(f"{found[u]} of {tried[u]}" for u in UNITS)
        found_all, tried_all = found_all + found.total(), tried_all + tried.total()
        print(f"| {name} | {cells} | {found.total()} of {tried.total()} | {early} | {wrong} |", flush=True)
    print(f"\n{found_all} of {tried_all} found", flush=True)


def kinds_of(stream: Stream, column: str, other: str) -> dict[str, tuple[str, Callable[[Block], Block]]]:
    def swap(rows: Block) -> Block:
        return {**rows, column: rows[other].astype(np.float64), other: rows[column].astype(np.float64)}

    def twice(rows: Block) -> Block:
        return {n: np.tile(v[:100], len(v) // 100 + 1)[: len(v)] for n, v in rows.items()}

    return {
        "all null": ("DR001", lambda rows: {**rows, column: np.full(len(rows[column]), np.nan)}),
        "stuck": ("DR002", lambda rows: {**rows, column: np.full(len(rows[column]), float(rows[column][0]))}),
        "swapped": ("DR003", swap),
        "duplicated": ("DR005", twice),
    }


def kinds(streams: dict[str, Stream], options: argparse.Namespace) -> None:
    print("\n## Other kinds, planted: told by the right code within four looks of 100 rows\n")
    print("| stream | all null | stuck | swapped (of those that differ) | duplicated | wrong before |")
    print("|---|---|---|---|---|---|", flush=True)
    size, before, after = 100, 12, 4
    for name, stream in streams.items():
        found, tried, early = Counter(), Counter(), 0
        n, first = len(stream.y), min(1000, len(stream.y) // 4)
        columns = measured(stream)
        rng = np.random.default_rng(1)
        for place in options.places:
            at = min(max(first + (n - first) * place // 10 // size * size, first + before * size), n - after * size)
            at = first + (at - first) // size * size
            for _ in range(options.columns):
                column, other = (columns[i] for i in rng.choice(len(columns), 2, replace=False))
                for kind, (code, change) in kinds_of(stream, column, other).items():
                    (a, b), (c, d) = (
                        np.nanquantile(numbers(stream.block[n])[:at], [0.1, 0.9]) for n in (column, other)
                    )
                    if kind == "swapped" and not (a > d or c > b):
                        continue
                    run = 1 if name in options.tables else first
                    seen = planted_watch(stream, change, at, (first, size, run), (before, after))
                    early += any(seen[:-after])
                    tried[kind] += 1
                    found[kind] += any(s.code == code for some in seen[-after:] for s in some)
        cells = " | ".join(f"{found[k]} of {tried[k]}" for k in ("all null", "stuck", "swapped", "duplicated"))
        print(f"| {name} | {cells} | {early} |", flush=True)


def season(kind: str, seed: int, rows: int = 6_000) -> Stream:
    """Columns that follow one yearly course, each by its own factor, or that all jump to another place at once."""
    rng = np.random.default_rng([seed, len(kind)])
    when = np.arange(rows)
    year = {"yearly": 365.0, "hourly, yearly": 3_000.0, "abrupt": 1_500.0}[kind]
    course = np.cos(2 * np.pi * (when / year + rng.random()))
    if kind == "abrupt":
        course = np.where(course > 0, 1.0, -1.0)
    day = np.cos(2 * np.pi * when / 24.0) if "hourly" in kind else np.zeros(rows)
    weather = np.zeros(rows)
    for k in range(1, rows):
        weather[k] = 0.8 * weather[k - 1] + 0.6 * rng.normal()
    block: Block = {}
    for k in range(5):
        depth, level = rng.uniform(0.2, 0.6), rng.uniform(5.0, 80.0)
        noise = 0.1 * rng.normal(size=rows)
        block[f"c{k}"] = level * (1.0 + depth * course + 0.1 * day + 0.1 * weather + noise)
    block["calm"] = rng.lognormal(0.0, 0.5, rows)
    columns = tuple(Column(name, Kind.NUMBER) for name in block)
    return Stream(f"season: {kind} {seed}", block, columns, np.zeros(rows), TASK)


def seasons(options: argparse.Namespace) -> None:
    made = [season(kind, seed) for kind in ("yearly", "hourly, yearly", "abrupt") for seed in range(options.seeds)]
    natural({s.name: s for s in made}, options)
    units({s.name: s for s in made}, options)


def tables(options: argparse.Namespace) -> dict[str, Stream]:
    entries = {e["name"]: e for e in json.loads((options.data / "index.json").read_text())}
    made = {}
    for name in options.tables:
        e = entries[name]
        made[name] = shuffled(read_stream(options.data / e["file"], name, e["target"], e["drop_columns"] or ()), 0)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=["natural", "units", "kinds", "seasons"])
    parser.add_argument("--streams", nargs="*", default=STREAMS)
    parser.add_argument("--tables", nargs="*", default=TABLES)
    parser.add_argument("--columns", type=int, default=3, help="into which something is planted, of each stream")
    parser.add_argument("--places", type=int, nargs="*", default=[3, 6, 9], help="tenths of the stream")
    parser.add_argument("--offset", type=int, default=0, help="rows of a batch before what is planted begins")
    parser.add_argument("--shapes", type=int, nargs="*", default=list(range(len(SHAPES))), help="which of SHAPES")
    parser.add_argument("--seeds", type=int, default=2, help="of made-up seasons")
    parser.add_argument("--contract", action="store_true", help="judge batches by a contract, too")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    options = parser.parse_args()
    began = time.perf_counter()
    entries = {e["name"]: e for e in json.loads((options.data / "index.json").read_text())}
    streams = {
        name: read_stream(options.data / e["file"], name, e["target"], e["drop_columns"] or ())
        for name in options.streams
        for e in [entries[name]]
    }
    if "natural" in options.only:
        natural(streams, options)
    if "units" in options.only:
        units({**streams, **tables(options)}, options)
    if "kinds" in options.only:
        kinds({**streams, **tables(options)}, options)
    if "seasons" in options.only:
        seasons(options)
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
