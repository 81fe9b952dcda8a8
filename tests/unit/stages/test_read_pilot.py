"""Reading a pilot: the answers, and what is refused before any is given."""

from __future__ import annotations

import numpy as np
import pytest
from tests.decided_sample import decided_case

from journeyman.entities.pilot_reading import PilotVerdict
from journeyman.errors import SettingsError
from journeyman.stages.read_pilot import read_pilot


def arms(count: int, first: float, second: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    treated = rng.random(count) < 0.5
    return np.where(treated, rng.random(count) < first, rng.random(count) < second) * 10.0, treated


def test_go_go_on_and_no_go() -> None:
    decided = decided_case(cases=400)
    assert read_pilot(decided, *arms(200, 0.8, 0.3)).verdict is PilotVerdict.GO
    early = read_pilot(decided, *arms(10, 0.8, 0.3))
    assert early.verdict is PilotVerdict.GO_ON
    assert "390 more cases" in early.reason
    assert read_pilot(decided, *arms(200, 0.3, 0.8)).verdict is PilotVerdict.NO_GO
    late = read_pilot(decided, *arms(400, 0.5, 0.5))
    assert (late.verdict, late.ended) == (PilotVerdict.NO_GO, 400)


def test_a_pilot_may_go_on_after_its_plan() -> None:
    decided = decided_case(cases=20)
    values, treated = arms(400, 0.7, 0.4)
    assert read_pilot(decided, values[:20], treated[:20]).verdict is PilotVerdict.NO_GO
    later = read_pilot(decided, values, treated)
    assert later.verdict is PilotVerdict.GO
    assert later.ended is not None
    assert later.ended > 20


def test_the_interval_is_in_the_unit_of_the_economics() -> None:
    found = read_pilot(decided_case(cases=5_000), *arms(2_000, 0.7, 0.4))
    assert found.low < 3.0 < found.high
    assert found.effect == pytest.approx(3.0, abs=0.7)


def test_what_is_no_pilot_is_refused() -> None:
    decided = decided_case(cases=400)
    values, treated = arms(100, 0.5, 0.5)
    with pytest.raises(SettingsError, match="the economics do not allow"):
        read_pilot(decided, values * 3.0, treated)
    with pytest.raises(SettingsError, match="fair coin"):
        read_pilot(decided, values, np.arange(100) < 90)
    with pytest.raises(SettingsError, match="fair coin does once in more than a million pilots"):
        read_pilot(decided, values, np.ones(100, bool))
    with pytest.raises(SettingsError, match="no case yet"):
        read_pilot(decided, values[:0], treated[:0])
    with pytest.raises(SettingsError, match="no pilot of"):
        read_pilot(decided_case(cases=None), values, treated)
