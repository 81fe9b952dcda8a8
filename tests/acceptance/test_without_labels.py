"""Models without a target in operation: rows that move are evidence, a person is asked, marks teach, names are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.acceptance.operated_rows import OperatedModel

from journeyman.api.build import build
from journeyman.api.predict import load
from journeyman.entities.decision import Action
from journeyman.entities.overview import RequestKind
from journeyman.stores.workspace import Workspace

pytestmark = pytest.mark.slow


def machine_rows(rng: np.random.Generator, rows: int, hotter: float = 0.0) -> pd.DataFrame:
    load_ = rng.normal(50.0, 10.0, rows)
    heat = 20.0 + 0.8 * load_ + rng.normal(0.0, 2.0, rows) + hotter
    return pd.DataFrame({"load": load_.round(3), "heat": heat.round(3), "pieces": rng.poisson(30.0, rows)})


def three_groups(rng: np.random.Generator, rows: int, moved: float = 0.0) -> pd.DataFrame:
    """Return rows of three groups, of which the largest has moved by so much."""
    group = rng.choice(3, rows, p=[0.5, 0.3, 0.2])
    middles = np.array([[0.0 + moved, 0.0], [12.0, 0.0], [0.0, 14.0]])
    return pd.DataFrame(middles[group] + rng.normal(size=(rows, 2)), columns=["a", "b"]).round(4)


@contextmanager
def operated(place: Path, name: str) -> Iterator[OperatedModel]:
    with Workspace(place) as workspace:
        model = OperatedModel(workspace, name, place / "log")
        try:
            yield model
        finally:
            model.log.close()


def moving(
    rows: Callable[[np.random.Generator, int, float], pd.DataFrame], change: float
) -> Callable[[], pd.DataFrame]:
    rng = np.random.default_rng(77)
    return lambda: rows(rng, 60, change)


def test_odd_rows_move_for_good_and_marks_teach_the_next_release(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    build(machine_rows(rng, 700), target=None, task="anomaly", trials=1, workspace=tmp_path, name="m", quiet=True)
    with operated(tmp_path, "m") as model:
        for _ in range(5):
            odd = machine_rows(rng, 60)
            odd.loc[:1, "pieces"] = 300
            state = model.serve(odd, labels=[True, True, *[False] * 6])
        assert state.challenger is None
        assert not model.operations
        state = model.serve_until(moving(machine_rows, 25.0), lambda s: s.challenger is not None)
        [learned] = [o for o in model.operations if o.move.action is Action.RETRAIN]
        assert "DR204" in learned.move.signals
        assert "unlike those that the model learned from" in learned.move.reason
        state = model.serve_until(moving(machine_rows, 25.0), lambda s: bool(s.waiting), 3)
        [waiting] = state.waiting
        assert "journeyman approve m" in waiting.move.reason
        assert "journeyman reject m" in waiting.move.reason
        model.answer(RequestKind.APPROVE)
        state = model.serve(machine_rows(rng, 60, 25.0))
        assert state.champion == 2
    after, before = load("m", workspace=tmp_path, version=2), load("m", workspace=tmp_path, version=1)
    hot = machine_rows(np.random.default_rng(5), 400, 25.0)
    assert (before.predict(hot) >= 0.99).mean() > 0.9
    assert (after.predict(hot) >= 0.99).mean() < 0.05
    flagged = after.report.evaluation.flagged
    assert flagged is not None
    assert (flagged.marked_odd, flagged.marked_ordinary) == (10, 30)
    gain = after.report.explanation.marks
    assert gain is not None
    assert gain.alone is not None
    page = after.report_path.read_text(encoding="utf-8")
    assert ("They were used" in page) is gain.used
    assert "Detectors that agree" in page


def test_one_bad_hour_is_no_drift_and_a_rejected_release_is_not_built_again_at_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    build(machine_rows(rng, 700), target=None, task="anomaly", trials=1, workspace=tmp_path, name="m", quiet=True)
    with operated(tmp_path, "m") as model:
        for hotter in (0.0, 0.0, 60.0, 0.0, 0.0):
            state = model.serve(machine_rows(rng, 60, hotter))
        assert not any(o.move.action is Action.RETRAIN for o in model.operations)
        state = model.serve_until(moving(machine_rows, 25.0), lambda s: bool(s.waiting))
        model.answer(RequestKind.REJECT, "they are broken")
        for _ in range(4):
            state = model.serve(machine_rows(rng, 60, 25.0))
        assert state.champion == 1
        assert sum(o.move.action is Action.RETRAIN for o in model.operations) == 1


def test_groups_that_move_are_found_anew_under_their_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    build(three_groups(rng, 400), target=None, task="groups", trials=1, workspace=tmp_path, name="g", quiet=True)
    with operated(tmp_path, "g") as model:
        for _ in range(3):
            state = model.serve(three_groups(rng, 60))
        assert state.challenger is None
        first = load("g", workspace=tmp_path, version=1)
        beyond = first.predict(three_groups(rng, 300, -6.0))
        assert (np.asarray(beyond) == "none of these").mean() > 0.3
        state = model.serve_until(moving(three_groups, -6.0), lambda s: bool(s.waiting))
        assert "journeyman approve g" in state.waiting[0].move.reason
        model.answer(RequestKind.APPROVE)
        assert model.serve(three_groups(rng, 60, -6.0)).champion == 2
    after = load("g", workspace=tmp_path, version=2)
    for row in ({"a": 12.0, "b": 0.0}, {"a": 0.0, "b": 14.0}):  # the two that stayed
        assert after.predict([row])[0] == first.predict([row])[0]
    moved = np.asarray(after.predict(three_groups(rng, 300, -6.0)))
    assert (moved == "none of these").mean() < 0.1
