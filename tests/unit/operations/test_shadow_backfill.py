"""Ask later: a release says of rows from before it was there what it would have said, and of no others."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from journeyman.entities.traffic import Traffic
from journeyman.inference.release import open_release
from journeyman.operations.shadow_backfill import backfill_shadow
from journeyman.operations.traffic import read_traffic
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

pytestmark = pytest.mark.slow

_spec = importlib.util.spec_from_file_location("loop_world", Path(__file__).with_name("loop_world.py"))
assert _spec is not None
assert _spec.loader is not None
world = sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(world)
BEGUN, SPAN = world.BEGUN, world.SPAN


def test_rows_whose_truth_comes_later_are_asked_about_and_no_others(tmp_path: Path) -> None:
    world.make_model(tmp_path)
    with Workspace(tmp_path) as workspace:
        release = open_release(tmp_path / workspace.registry.version("m").path)
    log = SqlitePredictionLog(tmp_path / "log")
    frame = world.make_rows(np.random.default_rng(0), 40)
    cast = {2: np.full(10, 0.75)}
    before = world.record(log, BEGUN + 10, frame[:20], np.full(20, 0.9))
    before += world.record(log, BEGUN + 20, frame[20:30], np.full(10, 0.9), 1, cast)
    world.record(log, BEGUN + SPAN + 10, frame[30:], np.full(10, 0.9))
    world.label(log, BEGUN + SPAN + 20, before, world.truths_of(frame[:30], False))
    span = TableStream(log).poll(BEGUN + SPAN, BEGUN + 2 * SPAN, 1_000)
    traffic: Traffic = read_traffic(span, release, np.empty(0, dtype=np.int64))[0]
    log.close()

    challenger = open_release(release.path)
    challenger.version = 2
    said = backfill_shadow(span, traffic, release.task, challenger).shadows[2]
    assert np.array_equal(said[:20], release.answers(frame[:20]))
    assert (said[20:30, 1] == 0.75).all(), "what it said in the shadow stays"
    assert np.isnan(said[30:]).all(), "whose truth has not come is left alone"
    assert backfill_shadow(span, traffic, release.task, release) is traffic, "the champion has answered all of them"
    other = replace(release.task, labels=("no", "perhaps", "yes"))
    assert backfill_shadow(span, traffic, other, challenger) is traffic
