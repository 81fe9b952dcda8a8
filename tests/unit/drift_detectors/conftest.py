"""A small world: a model that answers by one column, its reference, and traffic like it or changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Reference, Traffic
from journeyman.tasks import task_type

COLUMNS = (
    Column("age", Kind.NUMBER),
    Column("mass", Kind.NUMBER),
    Column("noise", Kind.NUMBER),
    Column("region", Kind.CATEGORY, categories=("north", "south", "west")),
)
TASK = Task("ill", "binary", "roc_auc", ("no", "yes"))
HOUR = 3_600_000


@dataclass(frozen=True)
class Small:
    """The world; ``rows`` draws from it."""

    reference: Reference
    task: Task

    def rows(self, seed: int, count: int) -> tuple[Block, np.ndarray]:
        return draw(seed, count)

    def traffic(
        self,
        hour: int,
        count: int = 60,
        change: Callable[[Block, np.ndarray], tuple[Block, np.ndarray]] | None = None,
        truths: bool = True,
        feed: Feed | None = None,
    ) -> Traffic:
        """Return an hour of rows, whose truths come in the same hour."""
        rows, y = draw(1_000 + hour, count)
        if change is not None:
            rows, y = change(rows, y)
        begin = 1_700_000_000_000 + hour * HOUR
        times = begin + np.arange(count) * 1000
        known = y if truths else np.full(count, np.nan)
        labelled = np.where(np.isfinite(known), begin + HOUR - 1, -1)
        ids, versions = hour * 10_000 + np.arange(count), np.ones(count, dtype=np.int64)
        return Traffic(
            begin, begin + HOUR, ids, times, versions, rows, answers(rows), known, labelled, {}, feed or Feed(count)
        )


def draw(seed: int, count: int) -> tuple[Block, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows: Block = {
        "age": rng.normal(50, 15, count),
        "mass": rng.lognormal(4, 0.3, count),
        "noise": rng.normal(size=count),
        "region": rng.choice(3, count, p=[0.5, 0.3, 0.2]).astype(np.int32),
    }
    return rows, (rng.random(count) < chance(rows)).astype(np.float64)


def chance(rows: Block) -> np.ndarray:
    """A model that is right about what it says: surest of the young and of the old."""
    return 1.0 / (1.0 + np.exp(-(rows["age"].astype(np.float64) - 50.0) / 5.0))


def answers(rows: Block) -> np.ndarray:
    p = chance(rows)
    return np.column_stack([1.0 - p, p])


@pytest.fixture(scope="session")
def world() -> Small:
    rows, y = draw(0, 2_000)
    given = answers(rows)
    losses = task_type(TASK).live_losses(y, given, 1.0)
    weights = {"age": 0.9, "mass": 0.1, "noise": 0.0, "region": 0.05}
    return Small(Reference(rows, given, y, losses, weights, COLUMNS), TASK)
