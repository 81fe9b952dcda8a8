"""Parts of the rows are called weak where they are, and seldom where all rows are alike, copies and groups included."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.stages.diagnose.validated_rows import ValidatedRows
from journeyman.stages.diagnose.weak_regions import weak_regions
from journeyman.stages.evaluate.slices import Losses, weak_slices

pytestmark = pytest.mark.slow
COLUMNS = tuple(Column(f"x{i}", Kind.NUMBER) for i in range(6))
TASK = Task("y", "regression", "mae")


def drawn(rng: np.random.Generator, records: int, copies: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Rows whose losses have a long tail and nothing to do with the columns; copies have one loss."""
    again = np.repeat(np.arange(records), copies)
    return {c.name: rng.normal(size=records)[again] for c in COLUMNS}, rng.exponential(size=records)[again], again


@pytest.mark.parametrize("copies", [1, 5])
def test_slices_of_rows_that_are_alike(copies: int) -> None:
    """The level that Holm's correction is to keep is 5 %."""

    def losses(seed: int, cluster: bool) -> Losses:
        block, loss, again = drawn(np.random.default_rng(seed), 300, copies)
        return Losses(block, loss, np.ones(len(loss)), again if cluster else np.arange(len(loss)))

    runs = [weak_slices(losses(2 * s, True), losses(2 * s + 1, True), COLUMNS, 0.05)[0] for s in range(60)]
    assert np.mean([bool(found) for found in runs]) <= 0.09
    if copies > 1:
        rows = [weak_slices(losses(2 * s, False), losses(2 * s + 1, False), COLUMNS, 0.05)[0] for s in range(30)]
        assert np.mean([bool(found) for found in rows]) > 0.2, "counting single rows finds weaknesses in nothing"


@pytest.mark.parametrize("copies", [1, 5])
def test_places_of_rows_that_are_alike(copies: int) -> None:
    """Each build is to name a place that is none in 1 % of all cases."""
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        block, loss, again = drawn(rng, 500, copies)
        answers = np.zeros((len(loss), 1))
        first = (rng.random(500) < 0.5)[again]
        when = np.arange(len(loss), dtype=float)
        seen = ValidatedRows(COLUMNS, block, loss, answers, loss, first, when, TASK, again)
        found.append(bool(weak_regions(seen, loss)))
    assert np.mean(found) <= 0.04


def test_a_planted_weakness_is_found_among_copies() -> None:
    rng = np.random.default_rng(1)
    block, loss, again = drawn(rng, 600, 3)
    loss = loss * np.where(block["x0"] > 0.8, 4.0, 1.0)
    first = (rng.random(600) < 0.5)[again]
    seen = ValidatedRows(COLUMNS, block, loss, np.zeros((1800, 1)), loss, first, np.arange(1800.0), TASK, again)
    assert "x0" in weak_regions(seen, loss)[0].place.text
