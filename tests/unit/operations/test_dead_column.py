"""A column that dies for good is given up and the model learns without it; an outage of a day changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.decision import Action
from journeyman.entities.operation import Economics
from journeyman.entities.simulation import Simulated, SimulateSettings
from journeyman.inference.release import open_release
from journeyman.pipelines.simulate import simulate
from journeyman.stores.workspace import Workspace

pytestmark = pytest.mark.slow

ROWS, FIRST, DAILY, DIES = 2_000, 500, 150, 500 + 3 * 150


def sensors(kind: str, until: int | None = None) -> pd.DataFrame:
    """Return three sensors of one thing, the first one the best; it dies on the fourth day."""
    rng = np.random.default_rng(5)
    truth = rng.normal(50.0, 10.0, ROWS)
    frame = pd.DataFrame(
        {name: (truth + rng.normal(0.0, noise, ROWS)).round(3) for name, noise in (("a", 1.0), ("b", 4.0), ("c", 5.0))}
    )
    dead = {"missing": np.nan, "last": frame["a"][DIES], "sentinel": -200.0}[kind]
    frame.loc[DIES : (until or ROWS) - 1, "a"] = dead
    return frame.assign(y=truth.round(3))


def lived(frame: pd.DataFrame, place: Path) -> Simulated:
    table = place / "table.parquet"
    frame.to_parquet(table, index=False)
    wanted = SimulateSettings(
        str(table),
        "y",
        place / "w",
        first=FIRST,
        delay=150,
        daily=DAILY,
        trials=2,
        economics=Economics(horizon=4_000),
    )
    return simulate(wanted, lambda _: None)


@pytest.mark.parametrize("kind", ["missing", "last", "sentinel"])
def test_a_column_that_dies_is_given_up_and_the_model_learns_without_it(tmp_path: Path, kind: str) -> None:
    done = lived(sensors(kind), tmp_path)
    ours, never = (result.loss for result in done.results[:2])
    given_up = [o for o in done.operations if o.move.action is Action.RETRAIN and "'a'" in o.move.reason]
    assert [o.round for o in given_up] == [5], "the third look at which it is dead"
    assert "given up" in given_up[0].move.reason
    assert ours < 0.85 * never
    with Workspace.existing(tmp_path / "w") as place:
        champion = place.registry.version("simulated")
        release = open_release(place.path / champion.path)
    assert champion.version > 1, "truths have proved it"
    assert [column.name for column in release.columns] == ["b", "c"]


def test_an_outage_of_a_day_is_no_reason_to_learn_again(tmp_path: Path) -> None:
    done = lived(sensors("missing", DIES + DAILY), tmp_path)
    assert [o.move.signals for o in done.operations if "DR001" in o.move.signals], "it is told"
    assert not any(o.move.action is Action.RETRAIN for o in done.operations)
    assert not any("given up" in o.move.reason for o in done.operations)
