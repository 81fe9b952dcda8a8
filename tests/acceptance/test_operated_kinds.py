"""Survival times in operation: labels of two parts come late, the world turns, and a new model takes over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.acceptance.operated_rows import OperatedModel

from journeyman.api.build import build
from journeyman.api.predict import load
from journeyman.entities.decision import Action
from journeyman.stores.workspace import Workspace

pytestmark = pytest.mark.slow


def lives(rng: np.random.Generator, rows: int, turned: bool = False) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """Return rows whose x shortens life, or lengthens it once the world has turned, and what became of each."""
    x, kind = rng.normal(size=rows).round(4), rng.choice(["a", "b"], rows)
    time = rng.exponential(10.0 * np.exp((1.3 if turned else -1.3) * x)).round(3) + 0.001
    last = rng.uniform(5.0, 40.0, rows).round(3)
    told = [{"time": float(min(t, c)), "event": bool(t <= c)} for t, c in zip(time, last, strict=True)]
    return pd.DataFrame({"x": x, "kind": kind}), told


def test_a_model_of_survival_is_learned_again_and_takes_over(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows, told = lives(rng, 500)
    table = rows.assign(months=[t["time"] for t in told], died=[int(bool(t["event"])) for t in told])
    options = {"event": "died"}
    common = {"trials": 2, "workspace": tmp_path, "name": "s", "quiet": True}
    build(table, target="months", task="survival", task_options=options, **common)
    with Workspace(tmp_path) as workspace:
        model = OperatedModel(workspace, "s", tmp_path / "log")
        for span in range(30):
            asked, became = lives(rng, 80, turned=span >= 3)
            state = model.serve(asked, became)
            if state.champion > 1:
                break
        done = [o.move.action for o in model.operations if o.move.action is not Action.KEEP]
        model.log.close()
        assert done[:2] == [Action.RETRAIN, Action.PROMOTE]
    risks = [
        load("s", workspace=tmp_path, version=v).predict_outputs([{"x": -1.5, "kind": "a"}, {"x": 1.5, "kind": "a"}])[
            "risk"
        ]
        for v in (1, state.champion)
    ]
    assert (risks[0][0], risks[1][1]) < (risks[1][0], risks[0][1])  # both have moved as the world has turned
