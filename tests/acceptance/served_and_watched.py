"""A built model in service: rows asked, labels told, and a round of the loop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.unit.operations.loop_world import SETTINGS, SPAN, Quiet
from tests.unit.serving.conftest import served

from journeyman.entities.operating import Operated
from journeyman.entities.traffic import Traffic
from journeyman.inference.release import Release
from journeyman.operations.traffic import read_traffic
from journeyman.operations.worker import Worker
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import operate_round
from journeyman.runtime.clock import SystemClock, milliseconds
from journeyman.serving.serve_settings import ServeSettings
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream


def serve_and_watch(
    workspace: Path, release: Release, asked: pd.DataFrame, truths: Sequence[Any], place: Path
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Traffic, int]:
    """Return what was answered, what was said of the labels, the traffic that the loop reads, and its operations."""
    begun = milliseconds() // SPAN * SPAN
    name, log_place = release.name, place / "log"
    with served(ServeSettings(name, workspace, log_place), place) as client:
        rows = asked.astype(object).where(asked.notna(), None).to_dict("records")
        answered = client.ask("POST", "/predict", {"rows": rows}).json["predictions"]
        given = [{"id": one["id"], "truth": truth} for one, truth in zip(answered, truths, strict=True)]
        fates = client.ask("POST", "/labels", {"labels": given}).json["labels"]
    log = SqlitePredictionLog(log_place)
    with Workspace(workspace) as held:
        parts = loop_parts(held, held.operations.begin(Operated(name, SETTINGS, begun)), log, TableStream(log), Quiet())
        traffic, _, _ = read_traffic(
            parts.stream.poll(begun, begun + 2 * SPAN, 1_000), release, np.empty(0, dtype=np.int64)
        )
        worker = Worker(parts, operate_round, SystemClock(), lambda: begun + 4 * SPAN, begun)
        operations = worker.round().operations
    log.close()
    return answered, fates, traffic, operations
