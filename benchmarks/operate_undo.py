"""Do truths tell a changed unit, or exchanged columns, from drift? Whole streams in their order, and shuffled tables.

    python benchmarks/operate_undo.py [--streams NAME ...] [--tables NAME ...] [--rows 400] [--data ../shared/data]

natural: nothing is planted; a verdict is a false one. planted: one column that the model uses comes in another unit, or
two are exchanged, from a batch on; a verdict counts within four batches, and its column must be the right one. Truths
come with their rows. The rung of the feed is left out, so that only this rule speaks.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from experience_tasks import Place, read
from journeyman.drift_detectors.column_swap import measured
from journeyman.entities.column import Kind
from journeyman.entities.signal import Watched
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.traffic import Feed, Traffic
from journeyman.entities.trial import Ensemble
from journeyman.metrics import find_metric
from journeyman.stages.evaluate.importance import importances
from journeyman.stages.monitor import MonitoredModel, attribute_to_faults
from journeyman.stages.reference import make_reference
from journeyman.tasks import find_task_type
from operate_feeds import UNITS
from operate_worlds import HOUR, World, _fit, _role, _take, make_world

HERE = Path(__file__).resolve().parent
STREAMS = ["electricity-elec2", "bike-sharing-hourly", "metro-traffic", "noaa-weather", "outdoor-objects"]
TABLES = ["california-housing", "diamonds", "adult", "telco-churn"]
TAUGHT, PLACES, AFTER = 2_000, (2, 5, 8), 4


def stream_world(data: Path, name: str) -> World:
    """Fit a quick model on the first rows of a stream; the others come in their order."""
    entry = next(e for e in json.loads((data / "index.json").read_text()) if e["name"] == name)
    table = read(Place(name, data / entry["file"], entry["target"], tuple(entry["drop_columns"] or ()), 0), 100_000)
    table = replace(
        table, frame=table.frame.iloc[:24_000].copy(), columns=tuple(_role(c, entry) for c in table.columns)
    )
    target = table.column(entry["target"])
    kind, labels = "regression", ()
    if target.kind.categorical or target.kind is Kind.BOOLEAN or entry.get("n_classes"):
        values = np.unique(table.frame[target.name].astype(str))
        labels = tuple(values)
        table.frame[target.name] = np.searchsorted(values, table.frame[target.name].astype(str)).astype(np.float64)
        kind = "binary" if len(labels) == 2 else "multiclass"
    task = Task(target.name, kind, find_task_type(kind).default_metric, labels, Scheme.TIME)
    y = target_values(table, task.target)
    taught, rest = np.arange(TAUGHT), np.arange(TAUGHT, len(y))
    block = to_block(table.frame, table.features)
    predict = _fit(table, task, taught, y)
    parts = np.array_split(taught, 5)
    folds = tuple(Fold(np.setdiff1d(taught, p), p) for p in parts[1:])
    answers = np.vstack([_fit(table, task, f.fit, y)(_take(block, f.validate)) for f in folds])
    validated = np.concatenate([f.validate for f in folds])
    metric = find_metric(task.metric, kind)
    ensemble = Ensemble((), metric.score(y[validated], answers), answers)
    weights = importances(predict, _take(block, taught), y[taught], table.features, metric, 100_000, 0)
    reference = make_reference(table, task, Split(Scheme.TIME, taught, taught[:0], folds, ""), ensemble, weights, 0)
    return World(name, task, reference, predict, _take(block, rest), y[rest])


def look(world: World, memory: dict, rows: dict, truths: np.ndarray, hour: int) -> tuple[dict, Watched]:
    count = len(truths)
    times = hour * HOUR + np.arange(count) * (HOUR // count)
    traffic = Traffic(
        hour * HOUR,
        (hour + 1) * HOUR,
        np.arange(count),
        times,
        np.ones(count, dtype=np.int64),
        rows,
        world.predict(rows),
        truths,
        times,
        {},
        Feed(count),
    )
    seen = {"monitor": {"broken": np.empty((0, 2))}}, Watched((), count, count)
    return attribute_to_faults(
        MonitoredModel(world.reference, world.task, world.predict), (), memory, seen, traffic, lambda: traffic
    )


def verdicts(world: World, begin: int, end: int, size: int, change: Callable[[dict], dict]) -> list[tuple[str, ...]]:
    """Return the columns that each look names, from four batches before on; after a verdict it starts anew."""
    found, memory = [], {}
    for hour, at in enumerate(range(max(0, begin - AFTER * size), end - size + 1, size)):
        rows = {n: v[at : at + size].copy() for n, v in world.rows.items()}
        memory, watched = look(world, memory, rows if at < begin else change(rows), world.truths[at : at + size], hour)
        found.append(watched.signals[0].columns if watched.signals else ())
        if watched.signals:
            memory = {"undo": {**memory["undo"], "held": np.empty((0, 4))}}
    return found


def changes(world: World) -> list[tuple[str, tuple[str, ...], Callable[[dict], dict]]]:
    reference = world.reference
    columns = [c.name for c in reference.columns if measured(c, reference) and reference.importance.get(c.name, 0) > 0]
    columns = sorted(columns, key=lambda n: -reference.importance[n])[:3]
    made = [
        (unit, (name,), lambda rows, name=name, way=way: {**rows, name: way(rows[name].astype(np.float64))})
        for name in columns
        for unit, way in UNITS.items()
    ]
    if len(columns) > 1:
        a, b = columns[:2]
        made.append(("swapped", (a, b), lambda rows: {**rows, a: rows[b], b: rows[a]}))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", nargs="*", default=STREAMS)
    parser.add_argument("--tables", nargs="*", default=TABLES)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--rows", type=int, default=400, help="rows of a look")
    options = parser.parse_args()
    size = options.rows
    print("| world | looks, nothing planted | false | planted, harmful | found | wrong column | harmless | found |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name in (*options.streams, *options.tables):
        world = stream_world(options.data, name) if name in options.streams else make_world(options.data, name)
        count = len(world.truths)
        natural = verdicts(world, 0, count, size, lambda rows: rows)
        false = sum(bool(v) for v in natural)
        told = {True: [0, 0], False: [0, 0]}
        wrong = 0
        for _, columns, change in changes(world):
            for place in PLACES:
                begin = count * place // 10
                if begin + AFTER * size > count:
                    continue
                some = slice(begin, begin + AFTER * size)
                rows = {n: v[some].copy() for n, v in world.rows.items()}
                before = world.losses(rows, world.truths[some]).mean()
                harm = bool(world.losses(change(rows), world.truths[some]).mean() > 1.15 * before)
                seen = [v for v in verdicts(world, begin, begin + AFTER * size, size, change) if v]
                told[harm][0] += 1
                told[harm][1] += any(set(v) == set(columns) for v in seen)
                wrong += any(set(v) != set(columns) for v in seen)
        figures = f"{told[True][0]} | {told[True][1]} | {wrong} | {told[False][0]} | {told[False][1]}"
        print(f"| {name} | {len(natural)} | {false} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
