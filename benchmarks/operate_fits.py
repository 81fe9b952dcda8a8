"""Streams for the comparison of policies, and what a quick model of each age and window would have lost on each row.

Every policy is made of the same fits, so they are made once and kept: a stream is cut into steps, and at each step one
quick model is fitted on the labelled rows of each window; its losses on all later rows are kept.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.entities.column import Column, Kind
from journeyman.entities.labelled import Labelled
from journeyman.entities.operation import WindowPlan
from journeyman.entities.table import Block, target_values, to_block
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest
from journeyman.settings import BuildSettings
from journeyman.sources import open_source
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.stages.retrain import (
    BlockLosses,
    QuickModels,
    reference_unit,
    rehearse,
    window_name,
    window_rows,
)
from journeyman.tasks import task_type
from journeyman.transformers.preparations import NativePreparation

FloatArray = NDArray[np.float64]
STEPS = 90


@dataclass(frozen=True)
class Stream:
    """Rows in time order, ready to learn from."""

    name: str
    block: Block
    columns: tuple[Column, ...]
    y: FloatArray
    task: Task

    def take(self, rows: NDArray[np.int64]) -> Block:
        return {name: values[rows] for name, values in self.block.items()}


def real_streams(data: Path) -> dict[str, Callable[[], Stream]]:
    index = json.loads((data / "index.json").read_text())
    entries = [e for e in index if e["task_group"] == "drift"]
    return {
        e["name"]: partial(read_stream, data / e["file"], e["name"], e["target"], e["drop_columns"]) for e in entries
    }


def read_stream(path: Path, name: str, target: str, dropped: Sequence[str]) -> Stream:
    settings = BuildSettings(str(path), target, name)
    table = ingest(open_source(str(path), None), settings).table
    task = frame_task(table, settings)
    useless = (Kind.IDENTIFIER, Kind.CONSTANT, Kind.TEXT)
    columns = tuple(c for c in table.features if c.name not in dropped and c.kind not in useless and c.name != target)
    return Stream(name, to_block(table.frame, columns), columns, target_values(table, target), task)


def quick_fit(stream: Stream, rows: NDArray[np.int64], weights: FloatArray | None) -> Callable[[Block], FloatArray]:
    """Fit one small LightGBM of the project's parts; return what answers."""
    algorithm, preparation = LightGBM(), NativePreparation()
    candidate = algorithm.candidates(stream.task, len(rows), stream.columns)[0]
    fitted, x = preparation.fit(stream.take(rows), stream.columns, stream.y[rows], stream.task, 0)
    request = FitRequest(
        x=x,
        y=stream.y[rows],
        valid_x=None,
        valid_y=None,
        task=stream.task,
        parameters=candidate.parameters,
        rounds=60,
        seed=0,
        threads=1,
        out_of_time=lambda: False,
        weights=weights,
    )
    model = algorithm.fit(request)
    return lambda block: model.predict(fitted.transform(block))


@dataclass(frozen=True)
class Fits:
    """What quick models of every age and window would have lost.

    Attributes
    ----------
    ends : ndarray of shape (n_steps,)
        Rows that had been asked about at each step; decisions fall there.
    known : ndarray of shape (n_steps,)
        Rows whose truth had come by then.
    losses : mapping of window to list of ndarray
        At each step: losses on all rows from ``known`` on of a model that learned from that window of the rows before.
    reference : ndarray
        Losses of the first model on rows kept back from it.
    unchanged : ndarray
        Losses of saying of each row what the last truth that had come says, from ``ends[0]`` on.
    rehearsal : tuple of BlockLosses
        Of the rows that the first model learned from.
    """

    name: str
    ends: NDArray[np.int64]
    known: NDArray[np.int64]
    rows: int
    losses: dict[str, list[NDArray[np.float32]]]
    reference: FloatArray
    unchanged: FloatArray
    rehearsal: tuple[BlockLosses, ...]

    def loss(self, window: str, step: int, begin: int, end: int) -> FloatArray:
        """Losses on the rows ``begin <= row < end`` of the model of that window and step."""
        known = int(self.known[step])
        return self.losses[window][step][begin - known : end - known].astype(np.float64)

    def end(self, step: int) -> int:
        return int(self.ends[step + 1]) if step + 1 < len(self.ends) else self.rows


def make_fits(stream: Stream, windows: Sequence[WindowPlan], delay: int = 500, steps: int = STEPS) -> Fits:
    n = len(stream.y)
    first = max(500, n // 10)
    ends = np.arange(first, n - 1, max(25, (n - first) // steps), dtype=np.int64)
    known = np.maximum(ends - delay, first)
    kept = np.arange(first * 4 // 5, first)
    answers = quick_fit(stream, np.arange(kept[0]), None)(stream.take(kept))
    scale = task_type(stream.task).loss_scale(stream.y[kept], answers)
    reference = task_type(stream.task).live_losses(stream.y[kept], answers, scale)
    losses: dict[str, list[NDArray[np.float32]]] = {window_name(plan): [] for plan in windows}
    for step in range(len(ends)):
        before = int(known[step])
        rest = np.arange(before, n)
        done: dict[object, NDArray[np.float32]] = {}
        for plan in windows:
            rows, weights = window_rows(plan, before)
            key = (rows[0], None if weights is None else plan.rows)
            if key not in done:
                answer = quick_fit(stream, rows, weights)
                lost = task_type(stream.task).live_losses(stream.y[rest], answer(stream.take(rest)), scale)
                done[key] = lost.astype(np.float32)
            losses[window_name(plan)].append(done[key])
    unchanged = _unchanged(stream, first, delay, scale)
    return Fits(stream.name, ends, known, n, losses, reference, unchanged, _rehearsal(stream, first, reference, scale))


def _rehearsal(stream: Stream, first: int, reference: FloatArray, scale: float) -> tuple[BlockLosses, ...]:
    parts = (LightGBM(), NativePreparation(), stream.columns, stream.task)
    rows, never = np.arange(first), np.zeros(first, dtype=np.int64)
    models = QuickModels(*parts, scale, reference_unit(reference))
    return rehearse(models, Labelled(stream.take(rows), stream.y[rows], never, never))


def kept_fits(
    cache: Path, name: str, make: Callable[[], Stream], windows: Sequence[WindowPlan], delay: int, steps: int
) -> Fits:
    """Return the fits of a stream, from the cache where they are there."""
    path = cache / f"{name.replace(' ', '-')}-{delay}-{steps}-{len(windows)}.npz"
    if not path.exists():
        fits = make_fits(make(), windows, delay, steps)
        arrays = {
            f"{window}|{step}": losses for window, some in fits.losses.items() for step, losses in enumerate(some)
        }
        arrays |= {
            f"rehearsal|{k}|{name}": np.asarray(getattr(block, name))
            for k, block in enumerate(fits.rehearsal)
            for name in ("twin", "fresh", "age", "known")
        }
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(
            path,
            ends=fits.ends,
            known=fits.known,
            rows=fits.rows,
            reference=fits.reference,
            unchanged=fits.unchanged,
            **arrays,
        )
    with np.load(path) as kept:
        count = len(kept["ends"])
        losses = {window_name(w): [kept[f"{window_name(w)}|{step}"] for step in range(count)] for w in windows}
        blocks = sum(key.startswith("rehearsal|") and key.endswith("|age") for key in kept.files)
        rehearsal = tuple(
            BlockLosses(
                kept[f"rehearsal|{k}|twin"],
                kept[f"rehearsal|{k}|fresh"],
                {},
                int(kept[f"rehearsal|{k}|age"]),
                int(kept[f"rehearsal|{k}|known"]),
            )
            for k in range(blocks)
        )
        rows, reference, unchanged = int(kept["rows"]), kept["reference"], kept["unchanged"]
        return Fits(name, kept["ends"], kept["known"], rows, losses, reference, unchanged, rehearsal)


def _unchanged(stream: Stream, first: int, delay: int, scale: float) -> FloatArray:
    late, y = stream.y[np.arange(first, len(stream.y)) - delay], stream.y[first:]
    if stream.task.labels:
        return (late != y).astype(np.float64)
    return np.minimum(np.abs(late - y) / scale, 1.0)


def shuffled(stream: Stream, seed: int) -> Stream:
    order = np.random.default_rng(seed).permutation(len(stream.y))
    return Stream(f"{stream.name} shuffled", stream.take(order), stream.columns, stream.y[order], stream.task)
