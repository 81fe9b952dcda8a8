"""Measure the ladder of signals: false alarms without drift, benign and harmful changes, feeds that break.

    python benchmarks/operate_signals.py [--batches 1000] [--tables NAME ...] [--seeds 2] [--only no-drift ...]

Rows of each table are shuffled, so that there is no drift but what is planted; a quick model learns one half, the other
half arrives in batches, and 7 of 10 truths come two batches late. Beside the ladder stand ADWIN, Page-Hinkley and DDM
(river, as it sets them) on the same truths, and a Kolmogorov-Smirnov rule at 0.05 on the same rows. What is harmful
raises the loss by 15% or more, measured on the world itself.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from river.drift import ADWIN, PageHinkley
from river.drift.binary import DDM
from scipy import stats

from journeyman.entities.signal import Signal, Tier
from journeyman.entities.traffic import Traffic
from journeyman.plugins import load_parts
from journeyman.stages.monitor import monitor
from journeyman.tasks import task_type
from operate_plants import Plant, benign, broken, harmful
from operate_worlds import World, batches_of, make_world, traffic_of

HERE = Path(__file__).resolve().parent
STREAMS = ["electricity-elec2", "bike-sharing-hourly", "metro-traffic", "noaa-weather", "outdoor-objects"]
MORE = ["bank-marketing", "diamonds", "telco-churn", "california-housing", "letter"]
DELAY, SHARE = 2, 0.7
RULES = ("ADWIN", "Page-Hinkley", "DDM", "KS 0.05")


@dataclass
class Rules:
    """The usual alarms, each begun anew after it went off."""

    world: World
    adwin: ADWIN = field(default_factory=ADWIN)
    page: PageHinkley = field(default_factory=PageHinkley)
    ddm: DDM = field(default_factory=DDM)

    def look(self, traffic: Traffic) -> set[str]:
        """Return which of them went off in a batch."""
        task, reference = self.world.task, self.world.reference
        told = traffic.take(traffic.told)
        losses = task_type(task).live_losses(told.truths, told.answers, reference.scale)
        wrong = losses > 0.25  # an error too large for the DDM, which counts errors
        if task.labels:
            wrong = told.answers.argmax(axis=1) != told.truths
        off = set()
        for loss, error in zip(losses.tolist(), wrong.tolist(), strict=True):
            self.adwin.update(loss)
            self.page.update(loss)
            self.ddm.update(bool(error))
            off |= {"ADWIN"} if self.adwin.drift_detected else set()
            off |= {"Page-Hinkley"} if self.page.drift_detected else set()
            off |= {"DDM"} if self.ddm.drift_detected else set()
        fresh = traffic.take(traffic.fresh)
        for name, values in fresh.rows.items():
            before = reference.rows[name]
            if values.dtype == object:
                continue
            a, b = values.astype(np.float64), before.astype(np.float64)
            a, b = a[np.isfinite(a)], b[np.isfinite(b)]
            if len(a) and len(b) and stats.ks_2samp(a, b, method="asymp").pvalue < 0.05:
                off.add("KS 0.05")
        return off


@dataclass(frozen=True)
class Seen:
    """What was seen batch by batch."""

    signals: list[tuple[Signal, ...]]
    rules: list[set[str]]

    def alarms(self, since: int = 0) -> list[tuple[int, Signal]]:
        """Return the alarming signals with their batch."""
        return [(k, s) for k, some in enumerate(self.signals) for s in some if k >= since and s.alarming]

    def episodes(self) -> int:
        """Return how often an alarm began."""
        codes = [{s.code for s in some if s.alarming} for some in self.signals]
        return sum(len(now - before) for before, now in zip([set(), *codes], codes, strict=False))


def watch(world: World, stream: Iterator[Traffic]) -> Seen:
    """Watch traffic by the ladder, and by the usual rules."""
    detectors = list(load_parts("journeyman.drift_detectors").values())
    memory: dict = {}
    rules = Rules(world)
    seen = Seen([], [])
    for traffic in stream:
        memory, watched = monitor(world.reference, world.task, detectors, memory, traffic)
        seen.signals.append(watched.signals)
        seen.rules.append(rules.look(traffic))
    return seen


def planted(world: World, plant: Plant, options: argparse.Namespace, seed: int) -> Seen:
    after = options.calm + options.after
    batches = batches_of(world, after, options.size, seed, plant.change, options.calm, after)
    return watch(world, traffic_of(batches, DELAY, SHARE, seed))


def no_drift(worlds: dict[str, World], options: argparse.Namespace) -> None:
    print(f"\n## No drift: {options.batches} batches of {options.size} rows a table; alarms a thousand batches\n")
    print("| table | ladder | of which | " + " | ".join(RULES) + " | ms a look |")
    print("|---|---|---|" + "---|" * (len(RULES) + 1))
    total, others = 0, defaultdict(int)
    for name, world in worlds.items():
        began = time.perf_counter()
        stream = traffic_of(batches_of(world, options.batches, options.size, 1, None, 0, 0), DELAY, SHARE, 1)
        seen = watch(world, stream)
        took = (time.perf_counter() - began) / options.batches
        per = 1000 / options.batches
        codes = sorted({s.code for _, s in seen.alarms()})
        counts = {rule: sum(rule in off for off in seen.rules) for rule in RULES}
        total += seen.episodes()
        for rule in RULES:
            others[rule] += counts[rule]
        cells = " | ".join(f"{counts[rule] * per:.0f}" for rule in RULES)
        print(f"| {name} | {seen.episodes() * per:.1f} | {', '.join(codes)} | {cells} | {took * 1e3:.0f} |", flush=True)
    scale = 1000 / (options.batches * len(worlds))
    cells = " | ".join(f"{others[rule] * scale:.0f}" for rule in RULES)
    print(f"| all | {total * scale:.2f} | | {cells} | |")


def no_harm(worlds: dict[str, World], options: argparse.Namespace) -> None:
    print(f"\n## Benign changes, {options.after} batches each: how many raise an alarm\n")
    tried, alarmed, others = 0, 0, defaultdict(int)
    for name, world in worlds.items():
        for seed in range(options.seeds):
            for plant in benign(world, seed):
                seen = planted(world, plant, options, 10 + seed)
                alarms = seen.alarms(options.calm)
                tried, alarmed = tried + 1, alarmed + bool(alarms)
                for rule in RULES:
                    others[rule] += any(rule in off for off in seen.rules[options.calm :])
                for k, signal in alarms[:1]:
                    what = f"{name}, {plant.kind} {plant.columns}"
                    print(f"- {what}: batch {k - options.calm}, {signal.message}", flush=True)
    print(f"\n{alarmed} of {tried} alarmed; " + ", ".join(f"{rule} {others[rule]}" for rule in RULES), flush=True)


def harm(worlds: dict[str, World], options: argparse.Namespace) -> None:
    print(f"\n## Harmful changes, {options.after} batches each: found, columns named, and the delay in batches\n")
    print("| table | change | rise | found | delay | named | by | " + " | ".join(RULES) + " |")
    print("|---|---|---|---|---|---|---|" + "---|" * len(RULES))
    found, tried, right = 0, 0, 0
    delays: dict[str, list[float]] = defaultdict(list)
    for name, world in worlds.items():
        for seed in range(options.seeds):
            for plant in harmful(world, seed):
                seen = planted(world, plant, options, 20 + seed)
                alarms = seen.alarms(options.calm)
                tried += 1
                named = [s for _, s in alarms if set(plant.columns) & set(s.columns[:3])]
                found += bool(alarms)
                right += bool(named)
                first = alarms[0][0] - options.calm if alarms else float("nan")
                delays["ladder"].append(first)
                cells = []
                for rule in RULES:
                    later = [k for k, off in enumerate(seen.rules) if rule in off and k >= options.calm]
                    delays[rule].append(later[0] - options.calm if later else float("nan"))
                    cells.append(f"{later[0] - options.calm}" if later else "-")
                told = alarms[0][1] if alarms else None
                by, columns = (told.code, ", ".join(told.columns[:3])) if told else ("", "")
                text = "right" if named else f"wrong: {columns} for {plant.columns}"
                print(
                    f"| {name} | {plant.kind} ({', '.join(plant.columns)}) | {plant.rise:+.0%} | "
                    f"{'yes' if alarms else 'no'} | {first:g} | {text} | {by} | {' | '.join(cells)} |",
                    flush=True,
                )
    print(f"\n{found} of {tried} found, {right} with a right column among the first three")
    for rule, some in delays.items():
        known = [d for d in some if d == d]
        middle = f"{np.median(known):g}" if known else "-"
        print(f"median delay of {rule}: {middle} batches where it went off ({len(known)} of {len(some)})")


def feeds(worlds: dict[str, World], options: argparse.Namespace) -> None:
    print("\n## Broken feeds, 20 batches each: told as such, and alarms of the rungs above\n")
    print("| table | broken | told by | after batches | batches told | columns | other alarms |")
    print("|---|---|---|---|---|---|---|")
    told, tried, wrong = 0, 0, 0
    for name, world in worlds.items():
        for seed in range(options.seeds):
            for plant, apply in broken(world, seed):
                since, until = options.calm, options.calm + 20
                plain = batches_of(world, until + 20, options.size, 30 + seed, None, 0, 0)
                seen = watch(world, traffic_of(apply(plain, since, until), DELAY, SHARE, seed))
                alarms = seen.alarms(since)
                feed = [(k, s) for k, s in alarms if s.rung is Tier.FEED]
                above = [(k, s) for k, s in alarms if s.rung is not Tier.FEED]
                codes = sorted({s.code for _, s in feed})
                right = not plant.columns or any(set(plant.columns) & set(s.columns) for _, s in feed)
                tried, told, wrong = tried + 1, told + bool(feed and right), wrong + bool(above)
                first = feed[0][0] - since if feed else "-"
                count = len({k for k, _ in feed})
                columns = f"{', '.join(plant.columns)}{'' if right else ' not named'}"
                others = ", ".join(sorted({s.code for _, s in above})) or "none"
                line = f"{name} | {plant.kind} | {', '.join(codes)} | {first} | {count} | {columns} | {others}"
                print(f"| {line} |", flush=True)
    print(f"\n{told} of {tried} told as a broken feed with its columns; {wrong} with an alarm of another rung")


PARTS = {"no-drift": no_drift, "benign": no_harm, "harmful": harm, "broken": feeds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--size", type=int, default=50)
    parser.add_argument("--calm", type=int, default=30)
    parser.add_argument("--after", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--tables", nargs="*", default=[*STREAMS, *MORE])
    parser.add_argument("--only", nargs="*", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    options = parser.parse_args()
    began = time.perf_counter()
    worlds = {name: make_world(options.data, name) for name in options.tables}
    for part in options.only:
        few = {n: w for n, w in worlds.items() if n in STREAMS or not set(STREAMS) & set(worlds)}
        PARTS[part](few if part == "no-drift" else worlds, options)
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
