"""Worlds to watch a model in: a real table, a quick model on one half of its rows, and the other half as traffic."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from experience_tasks import Place, read
from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.traffic import Feed, Reference, Traffic
from journeyman.entities.trial import Ensemble
from journeyman.interfaces import FitRequest
from journeyman.metrics import find_metric
from journeyman.stages.evaluate.importance import importances
from journeyman.stages.reference import make_reference
from journeyman.tasks import find_task_type, task_type
from journeyman.transformers.preparations import NativePreparation

FOLDS, ROUNDS = 5, 120
MOST_TAUGHT, MOST_ROWS = 8_000, 24_000
HOUR = 3_600_000
START = 1_750_000_000_000
UNUSED = "lucky number"


@dataclass(frozen=True)
class World:
    """A model in use, and rows that it has not seen.

    Attributes
    ----------
    reference : Reference
        Of the model.
    predict : callable
        Its answers for a block.
    rows, truths : Block and ndarray of shape (n_samples,)
        The traffic to come, without drift.
    """

    name: str
    task: Task
    reference: Reference
    predict: Callable[[Block], np.ndarray]
    rows: Block
    truths: np.ndarray

    def losses(self, rows: Block, truths: np.ndarray) -> np.ndarray:
        return task_type(self.task).live_losses(truths, self.predict(rows), self.reference.scale)


def make_world(data: Path, name: str, seed: int = 0) -> World:
    """Read a table of the collection, shuffle it, and fit a quick model on one half."""
    entry = next(e for e in json.loads((data / "index.json").read_text()) if e["name"] == name)
    place = Place(name, data / entry["file"], entry["target"], tuple(entry["drop_columns"] or ()), 0)
    table = read(place, MOST_ROWS)
    rng = np.random.default_rng([seed, *name.encode()])
    frame = table.frame.iloc[rng.permutation(len(table.frame))].reset_index(drop=True)
    frame[UNUSED] = rng.normal(size=len(frame))
    columns = tuple(_role(c, entry) for c in table.columns)
    table = replace(table, frame=frame, columns=(*columns, Column(UNUSED, Kind.NUMBER)))
    target = table.column(entry["target"])
    kind = "regression"
    labels: tuple[str, ...] = ()
    if target.kind.categorical or target.kind is Kind.BOOLEAN:
        labels = target.categories or ("0", "1")
        kind = "binary" if len(labels) == 2 else "multiclass"
    elif entry.get("n_classes"):
        values = np.unique(frame[target.name].dropna())
        labels = tuple(f"{v:g}" for v in values)
        frame[target.name] = np.searchsorted(values, frame[target.name]).astype(np.float64)
        kind = "binary" if len(labels) == 2 else "multiclass"
    task = Task(target.name, kind, find_task_type(kind).default_metric, labels, Scheme.SHUFFLED)
    y = target_values(table, task.target)
    usable = np.flatnonzero(np.isfinite(y) & ((y >= 0) | (kind == "regression")))
    taught, rest = usable[: min(len(usable) // 2, MOST_TAUGHT)], usable[min(len(usable) // 2, MOST_TAUGHT) :]
    predict = _fit(table, task, taught, y)
    folds = tuple(Fold(np.setdiff1d(taught, taught[k::FOLDS]), taught[k::FOLDS]) for k in range(FOLDS))
    block = to_block(frame, table.features)
    answers = np.vstack([_fit(table, task, f.fit, y)(_take(block, f.validate)) for f in folds])
    metric = find_metric(task.metric, kind)
    validated = np.concatenate([f.validate for f in folds])
    ensemble = Ensemble((), metric.score(y[validated], answers), answers)
    judged = rest[:2_000]
    weights = importances(predict, _take(block, judged), y[judged], table.features, metric, 200_000, 0)
    division = Split(Scheme.SHUFFLED, taught, taught[:0], folds, "")
    reference = make_reference(table, task, division, ensemble, weights, 0)
    return World(name, task, reference, predict, _take(block, rest), y[rest])


def _role(column: Column, entry: dict) -> Column:
    if column.name == entry["target"]:
        return replace(column, role=Role.TARGET)
    unused = column.name in (entry["drop_columns"] or ()) or column.kind in (Kind.IDENTIFIER, Kind.CONSTANT, Kind.TEXT)
    return replace(column, role=Role.IGNORED if unused else Role.FEATURE)


def _take(block: Block, rows: np.ndarray) -> Block:
    return {name: values[rows] for name, values in block.items()}


def _fit(table: Table, task: Task, rows: np.ndarray, y: np.ndarray) -> Callable[[Block], np.ndarray]:
    block = _take(to_block(table.frame, table.features), rows)
    fitted, x = NativePreparation().fit(block, table.features, y[rows], task, 0)
    candidate = Candidate("lightgbm", {"learning_rate": 0.08, "num_leaves": 16, "min_data_in_leaf": 20}, "")
    rounds = ROUNDS if task.outputs < 10 else 40
    request = FitRequest(x, y[rows], None, None, task, candidate.parameters, rounds, 0, 1, lambda: False)
    model = LightGBM().fit(request)
    return lambda live: model.predict(fitted.transform(live))


@dataclass(frozen=True)
class Batch:
    """Rows that arrive together; ``feed`` says how they arrived."""

    rows: Block
    truths: np.ndarray
    answers: np.ndarray
    feed: Feed


Change = Callable[[Block, np.ndarray, np.random.Generator], tuple[Block, np.ndarray]]
"""What is done to a batch's rows and truths."""


def traffic_of(batches: Iterator[Batch], delay: int, share: float, seed: int) -> Iterator[Traffic]:
    """Turn batches into hours of traffic; a share of the truths comes, some hours late."""
    rng = np.random.default_rng(seed)
    past: list[tuple] = []
    counted = 0
    for hour, batch in enumerate(batches):
        begin, count = START + hour * HOUR, len(batch.truths)
        times = begin + np.arange(count) * (HOUR // max(1, count))
        ids = counted + np.arange(count)
        counted += count
        comes = rng.random(count) < share
        past.append((ids, times, batch.rows, batch.answers, np.where(comes, batch.truths, np.nan)))
        late = past[hour - delay] if hour >= delay else None
        ids_, times_, rows_, answers_, truths_ = past[hour]
        hidden = np.full(count, np.nan) if delay else truths_
        labelled = np.where(np.isfinite(hidden), begin + HOUR - 1, -1)
        if late is not None and delay:
            known = np.isfinite(late[4])
            order = np.flatnonzero(known)
            ids_ = np.concatenate([late[0][order], ids_])
            times_ = np.concatenate([late[1][order], times_])
            rows_ = {n: np.concatenate([late[2][n][order], v]) for n, v in rows_.items()}
            answers_ = np.vstack([late[3][order], answers_])
            hidden = np.concatenate([late[4][order], hidden])
            labelled = np.concatenate([np.full(len(order), begin + HOUR - 1), labelled])
            past[hour - delay] = ()
        versions = np.ones(len(ids_), dtype=np.int64)
        yield Traffic(begin, begin + HOUR, ids_, times_, versions, rows_, answers_, hidden, labelled, {}, batch.feed)


def batches_of(world: World, number: int, size: int, seed: int, change: Change | None, since: int, until: int):
    """Yield batches of shuffled rows, each row again only when all have come; changed from one number to another."""
    rng = np.random.default_rng([seed, 7])
    order = np.empty(0, dtype=np.int64)
    answers = world.predict(world.rows)
    for k in range(number):
        if len(order) < size:
            order = np.concatenate([order, rng.permutation(len(world.truths))])
        taken, order = order[:size], order[size:]
        rows, truths = _take(world.rows, taken), world.truths[taken]
        if change is not None and since <= k < until:
            rows, truths = change(rows, truths, rng)
            yield Batch(rows, truths, world.predict(rows), Feed(len(truths)))
        else:
            yield Batch(rows, truths, answers[taken], Feed(size))
