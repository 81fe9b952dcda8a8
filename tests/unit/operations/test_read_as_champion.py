"""A retraining reads its rows as the champion does, also where they do not show how they are written."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.api.build import build
from journeyman.api.registry import promote
from journeyman.entities.operation import WindowKind, WindowPlan
from journeyman.sources import FrameSource
from journeyman.stages.ingest import ingest
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace

_spec = importlib.util.spec_from_file_location("loop_world", Path(__file__).with_name("loop_world.py"))
assert _spec is not None
assert _spec.loader is not None
world = sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(world)


@pytest.mark.slow
def test_a_window_without_signs_is_read_as_the_champion_reads(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    worth = rng.integers(10_000, 99_999, 300)
    first = pd.DataFrame({"area": [f"{v // 1000}.{v % 1000:03}" for v in worth]})  # thousands, as "share" shows
    first["share"] = [f"{v:.1f}".replace(".", ",") for v in rng.normal(5, 2, 300)]
    first["code"] = np.where(rng.random(300) < 0.3, -999, rng.integers(1, 400, 300)).astype(str)
    first["y"] = [f"{v:.3f}".replace(".", ",") for v in worth / 7 + rng.normal(0, 2_000, 300)]
    first.to_csv(tmp_path / "t.csv", index=False, sep=";")
    place = tmp_path / "w"
    release = build(tmp_path / "t.csv", target="y", trials=1, workspace=place, name="m")
    promote("m", 1, workspace=place)
    columns = {c.name: c for c in release.columns}
    assert (columns["area"].decimal, columns["code"].missing_markers) == (",", ("-999",))
    log = SqlitePredictionLog(place / "predictions" / "m")
    later = rng.integers(10_000, 99_999, 60)
    came = pd.DataFrame({"area": [f"{v // 1000}.{v % 1000:03}" for v in later]})
    came["share"] = rng.integers(1, 9, 60).astype(str)
    came["code"] = ["-999" if i % 3 == 0 else str(rng.integers(1, 400)) for i in range(60)]
    truths = [f"{v / 7:.3f}" for v in later]
    ids = world.record(log, world.BEGUN + 1_000, came, np.full(60, 0.5))
    world.label(log, world.BEGUN + 2_000, ids, np.array(truths, dtype=object))
    with Workspace(place) as workspace:
        worker = world.worker_of(workspace, log, lambda: world.BEGUN + 10**6 * world.SPAN)
        state = replace(worker.round(), end=world.BEGUN + world.SPAN)
        table = worker._parts.actuator.table(state, WindowPlan(WindowKind.SLIDING, 60))
    log.close()
    read = ingest(FrameSource(table.frame, "t"), table.settings).table.frame
    assert read["area"].tolist() == [float(v) for v in later]
    assert np.isnan(read["code"].to_numpy(float)).sum() == 20
    assert read["y"].tolist() == [float(t) for t in truths], "written as the first table writes its target"
