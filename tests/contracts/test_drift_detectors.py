"""Every registered drift detector keeps the contract: a memory of arrays, small, and looks that can be replayed."""

from dataclasses import replace

import numpy as np
import pytest

from journeyman.entities.task import Task, TaskKind
from journeyman.entities.traffic import Feed, Reference, Traffic
from journeyman.metrics.row_losses import bounded_losses, loss_scale
from journeyman.plugins import load_parts
from journeyman.stores.facts import decode, encode

DETECTORS = load_parts("journeyman.drift_detectors")
LABELS = {TaskKind.BINARY: ("a", "b"), TaskKind.MULTICLASS: ("a", "b", "c"), TaskKind.REGRESSION: ()}


def drawn(kind: TaskKind, seed: int, count: int):
    rng = np.random.default_rng(seed)
    rows = {
        "n": np.where(rng.random(count) < 0.1, np.nan, rng.normal(size=count)),
        "c": rng.integers(-1, 3, count).astype(np.int32),
        "t": np.array([None if k % 7 == 0 else "text" for k in range(count)], dtype=object),
    }
    if kind is TaskKind.REGRESSION:
        return rows, rng.normal(size=(count, 1)), rng.normal(size=count)
    answers = rng.dirichlet(np.ones(len(LABELS[kind])), count)
    return rows, answers, rng.integers(0, len(LABELS[kind]), count).astype(np.float64)


def world(kind: TaskKind) -> tuple[Reference, Task, list[Traffic]]:
    task = Task("y", kind, "log_loss", LABELS[kind])
    rows, answers, truths = drawn(kind, 0, 400)
    scale = loss_scale(truths, answers, task)
    reference = Reference(rows, answers, truths, bounded_losses(truths, answers, task, scale), scale=scale)
    hours = []
    for k in range(3):
        rows, answers, truths = drawn(kind, k + 1, 120)
        begin, numbers = 1_000_000 * k, np.arange(120)
        truths = np.where(numbers % 3 == 0, np.nan, truths)
        labelled = np.where(np.isfinite(truths), begin + 999_999, -1)
        versions = np.ones(120, dtype=np.int64)
        ids, times = 1_000 * k + numbers, begin + numbers
        hours.append(
            Traffic(begin, begin + 1_000_000, ids, times, versions, rows, answers, truths, labelled, {}, Feed(120))
        )
    return reference, task, hours


@pytest.mark.parametrize("kind", list(TaskKind), ids=lambda k: k.value)
@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_it_remembers_arrays_and_repeats_itself(name, kind):
    detector = DETECTORS[name]
    reference, task, hours = world(kind)
    assert detector.name == name
    told = []
    for _ in range(2):
        memory = detector.begin(reference, task)
        signals = []
        for traffic in hours:
            kept = decode(encode(memory), dict[str, np.ndarray])
            memory, some = detector.look(reference, task, kept, traffic)
            signals.append(some)
        assert all(a.dtype == np.float64 and a.size <= 50_000 for a in memory.values())
        told.append((encode(memory), signals))
    assert told[0] == told[1]
    assert not any(s.alarming for some in told[0][1] for s in some)
    quiet = hours[0].take(np.zeros(0, dtype=np.int64))
    _, signals = detector.look(reference, task, memory, replace(quiet, begin=3_000_000, end=4_000_000, feed=Feed(0)))
    assert not any(s.alarming for s in signals)
