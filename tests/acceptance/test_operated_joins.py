"""A release that looks rows up, in operation: the world turns, and a model that looks them up too takes over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.acceptance.operated_rows import OperatedModel

from journeyman.api.build import build
from journeyman.api.predict import load
from journeyman.entities.decision import Action
from journeyman.inference.release_contract import release_contract
from journeyman.stores.workspace import Workspace

pytestmark = pytest.mark.slow
SHOPS = 60


def orders(rng: np.random.Generator, size: np.ndarray, rows: int, sign: float) -> pd.DataFrame:
    """Return orders whose amount rises, or falls, with the size of their shop."""
    shop, x = rng.integers(0, SHOPS, rows), rng.normal(size=rows).round(3)
    amount = (sign * 4 * size[shop] + x + rng.normal(size=rows) * 0.3).round(4)
    return pd.DataFrame({"shop": [f"S-{s:03d}" for s in shop], "x": x, "amount": amount})


def test_a_release_that_looks_rows_up_is_learned_again_and_takes_over(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    size = rng.normal(size=SHOPS).round(4)
    (tmp_path / "lake").mkdir()
    table = pd.DataFrame({"Shop": [f"s {k}" for k in range(SHOPS)], "size": size})
    table.to_csv(tmp_path / "lake" / "shops.csv", index=False)
    orders(rng, size, 300, 1.0).to_csv(tmp_path / "orders.csv", index=False)
    place = {"workspace": tmp_path / "ws", "name": "orders"}
    first = build(tmp_path / "orders.csv", target="amount", lake=tmp_path / "lake", trials=2, quiet=True, **place)
    assert first.joins.needed == ("shop",)
    (tmp_path / "lake" / "shops.csv").unlink()  # what is looked up goes with the release
    with Workspace(tmp_path / "ws") as workspace:
        model = OperatedModel(workspace, "orders", tmp_path / "log")
        for span in range(30):
            rows = orders(rng, size, 80, 1.0 if span < 3 else -1.0)
            state = model.serve(rows.drop(columns="amount"), rows["amount"].tolist())
            if state.champion > 1:
                break
        done = [o.move.action for o in model.operations if o.move.action is not Action.KEEP]
        model.log.close()
    assert (done[0], done[-1]) == (Action.RETRAIN, Action.PROMOTE)
    second = load("orders", workspace=tmp_path / "ws", version=state.champion)
    assert second.joins.needed == ("shop",)
    assert second.report.lake == first.report.lake
    assert {rule.name for rule in release_contract(second).columns} == {"shop", "x", "amount"}  # not what is fetched
    rows = orders(rng, size, 200, -1.0)
    before, after = (np.abs(r.predict(rows.drop(columns="amount")) - rows["amount"]).mean() for r in (first, second))
    assert after < 0.7 * before
