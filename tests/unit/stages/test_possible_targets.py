"""Which columns could be predicted, and what is said of the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from journeyman.entities.table import Table
from journeyman.settings import FRAME, BuildSettings
from journeyman.sources import FrameSource
from journeyman.stages.ingest import ingest
from journeyman.stages.possible_targets import possible_targets


def read(frame: pd.DataFrame) -> Table:
    return ingest(FrameSource(frame, "t"), BuildSettings(FRAME, None, "t", threads=1)).table


def test_each_refusal_has_its_reason() -> None:
    rng = np.random.default_rng(0)
    n = 200
    town = rng.choice(["Utrecht", "Delft", "Leiden", "Breda"], n)
    land = pd.Series(town).map({"Utrecht": "U", "Delft": "ZH", "Leiden": "ZH", "Breda": "NB"})
    frame = pd.DataFrame(
        {
            "row": np.arange(n),
            "same": "x",
            "day": pd.date_range("2024-01-01", periods=n, freq="D").strftime("%Y-%m-%d"),
            "town": town,
            "land": land,
            "price": rng.normal(size=n),
            "shop_id": rng.integers(1000, 1100, n),
            "paid": rng.integers(1000, 1100, n),
            "seldom": np.where(np.arange(n) < 10, rng.normal(size=n), np.nan),
        }
    )
    targets, refused = possible_targets(read(frame))
    reasons = {one.target: one.reason for one in refused}
    assert targets == ("town", "price", "paid")
    assert "its name says" in reasons["shop_id"]
    assert "dates" in reasons["day"]
    assert "same value" in reasons["same"]
    assert "rows of one 'town'" in reasons["land"]
    assert "rows apart" in reasons["row"] or "numbers the rows" in reasons["row"]
    assert reasons["seldom"] == "only 10 of its rows have a value"
