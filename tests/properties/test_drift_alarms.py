"""Traffic that goes on as before alarms nobody, and the loss that is estimated without labels holds the true one."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.drift_detectors.adwin import AdwinDetector
from journeyman.drift_detectors.columns import ColumnsDetector
from journeyman.drift_detectors.feed import FeedDetector
from journeyman.drift_detectors.loss import LossDetector
from journeyman.drift_detectors.rows import RowsDetector
from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Reference, Traffic
from journeyman.interfaces import DriftDetector
from journeyman.tasks import task_type

pytestmark = pytest.mark.slow
COLUMNS = (
    Column("signal", Kind.NUMBER),
    Column("size", Kind.NUMBER),
    Column("place", Kind.CATEGORY, categories=("north", "south", "west")),
)
TASK = Task("y", "binary", "roc_auc", ("no", "yes"))
HOUR = 3_600_000


def rows(rng: np.random.Generator, count: int, shift: float = 0.0) -> tuple[Block, np.ndarray, np.ndarray]:
    """Return rows, the probabilities of a model that is right about what it says, and labels."""
    block: Block = {
        "signal": rng.normal(size=count) + shift,
        "size": rng.lognormal(2, 1.0, count),
        "place": rng.choice(3, count, p=[0.6, 0.3, 0.1]).astype(np.int32),
    }
    p = 1 / (1 + np.exp(-2 * block["signal"].astype(np.float64)))
    return block, np.column_stack([1 - p, p]), (rng.random(count) < p).astype(np.float64)


def reference(seed: int) -> Reference:
    block, answers, y = rows(np.random.default_rng(seed), 2_000)
    weights = {"signal": 0.9, "size": 0.05, "place": 0.05}
    return Reference(block, answers, y, task_type(TASK).live_losses(y, answers, 1.0), weights, COLUMNS)


def traffic(rng: np.random.Generator, hour: int, count: int, labels: bool, shift: float = 0.0) -> tuple[Traffic, float]:
    block, answers, y = rows(rng, count, shift)
    begin = 1_700_000_000_000 + hour * HOUR
    known = y if labels else np.full(count, np.nan)
    labelled = np.where(np.isfinite(known), begin + HOUR - 1, -1)
    ids, versions = hour * 10_000 + np.arange(count), np.ones(count, dtype=np.int64)
    times = begin + np.arange(count) * 1000
    told = Traffic(begin, begin + HOUR, ids, times, versions, block, answers, known, labelled, {}, Feed(count))
    return told, float(task_type(TASK).live_losses(y, answers, 1.0).mean())


@pytest.mark.parametrize(
    "detector",
    [FeedDetector(), LossDetector(), AdwinDetector(), ColumnsDetector(), RowsDetector()],
    ids=lambda d: d.name,
)
def test_what_goes_on_as_before_alarms_nobody(detector: DriftDetector) -> None:
    """Six streams of 40 hours: of 240 looks none may alarm, where one in 10,000 is what is promised."""
    alarms = 0
    for seed in range(2 if detector.name == "rows" else 6):
        rng, known = np.random.default_rng(100 + seed), reference(seed)
        memory = detector.begin(known, TASK)
        for hour in range(15 if detector.name == "rows" else 40):
            memory, signals = detector.look(known, TASK, memory, traffic(rng, hour, 80, labels=True)[0])
            alarms += len(signals)
    assert alarms == 0


@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_the_estimated_loss_holds_the_true_one(shift: float) -> None:
    """Rows of another kind under the same relation: the interval is to hold what labels would say in 95 % of looks."""
    held = []
    for seed in range(4):
        rng, known, detector = np.random.default_rng(200 + seed), reference(seed), RowsDetector()
        memory = detector.begin(known, TASK)
        _, answers, y = rows(np.random.default_rng(9), 100_000, shift)
        truth = float(task_type(TASK).live_losses(y, answers, 1.0).mean())
        for hour in range(8):
            memory, _ = detector.look(known, TASK, memory, traffic(rng, hour, 150, labels=False, shift=shift)[0])
        low, high = memory["estimate"][1:]
        held.append(low <= truth <= high)
    assert np.mean(held) >= 0.75
