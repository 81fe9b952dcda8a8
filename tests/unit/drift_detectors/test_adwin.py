"""ADWIN: it goes off where river's does, and alone never alarms."""

import numpy as np
import pytest
from river.drift import ADWIN

from journeyman.drift_detectors.adwin import Adwin, AdwinDetector
from journeyman.entities.finding import Severity


@pytest.mark.parametrize("seed", range(3))
def test_it_first_goes_off_where_rivers_does(seed):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.beta(2, 8, 500 + 40 * seed), rng.beta(3, 7, 600)])
    theirs, ours = ADWIN(), Adwin()
    first: dict[str, int] = {}
    for k, value in enumerate(values):
        theirs.update(value)
        if theirs.drift_detected:
            first.setdefault("theirs", k)
        if ours.add(value):
            first.setdefault("ours", k)
    assert first["ours"] == first["theirs"]
    assert ours.mean == pytest.approx(theirs.estimation, abs=0.04)  # river drops the older part at other checks


def test_its_memory_grows_like_a_logarithm():
    window = Adwin()
    for value in np.random.default_rng(0).random(20_000):
        window.add(value)
    assert len(window.sizes) < 100


def test_it_warns_after_a_rise_and_is_replayed_from_arrays(world):
    detector = AdwinDetector()
    memory = detector.begin(world.reference, world.task)
    told = []
    for hour in range(16):
        change = (lambda rows, y: (rows, np.where(rows["region"] == 0, 1 - y, y))) if hour >= 8 else None
        memory, signals = detector.look(world.reference, world.task, memory, world.traffic(hour, 60, change))
        told.append(signals)
    assert not any(told[:8])
    [signal] = told[-1]
    assert (signal.code, signal.severity) == ("DR102", Severity.WARNING)
    assert all(isinstance(a, np.ndarray) and a.dtype == np.float64 for a in memory.values())
