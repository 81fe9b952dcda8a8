"""How often the rows of a holdout have judged a build: each reading is in the journal, and the next build says so."""

from __future__ import annotations

from typing import Any

import msgspec

from journeyman.entities.comparison import Readings
from journeyman.entities.split import Split
from journeyman.interfaces import Run
from journeyman.settings import BuildSettings
from journeyman.stages.evaluate.judged_rows import judging_rows
from journeyman.stores.workspace import Workspace

__all__ = ["HOLDOUT", "count_readings"]

HOLDOUT = "holdout"
"""Kind of the journal's events that tell of a reading."""

_NO_CHOICE = ("source", "name", "threads", "memory", "challenger")  # settings that decide nothing about the model


def count_readings(
    workspace: Workspace, run: Run, settings: BuildSettings, data_digest: str, division: Split
) -> Readings:
    """Record that a run is about to read its holdout; return how often these rows were read, this time included."""
    detail = judging_rows(data_digest, division)
    before = [name for name in workspace.journal.runs_with_event(HOLDOUT, detail) if name != run.id]
    run.event(HOLDOUT, detail)
    ways = [workspace.journal.run(name).settings.encode() for name in before] + [msgspec.json.encode(settings)]
    return Readings(len(ways), len({_choices(msgspec.json.decode(way)) for way in ways}))


def _choices(settings: dict[str, Any]) -> bytes:
    """Return what tells settings apart that may lead to different models."""
    chosen = {name: value for name, value in settings.items() if name not in _NO_CHOICE}
    return msgspec.json.encode(chosen, order="deterministic")
