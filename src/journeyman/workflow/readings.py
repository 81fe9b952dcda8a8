"""How often the rows of a holdout have judged a build: each reading is in the journal, and the next build says so."""

from __future__ import annotations

from journeyman.entities.split import Split
from journeyman.interfaces import Run
from journeyman.stages.evaluate.judged_rows import judging_rows
from journeyman.stores.workspace import Workspace

__all__ = ["HOLDOUT", "count_readings"]

HOLDOUT = "holdout"
"""Kind of the journal's events that tell of a reading."""


def count_readings(workspace: Workspace, run: Run, data_digest: str, division: Split) -> int:
    """Record that a run is about to read its holdout; return how many runs have read these rows, this one included."""
    detail = judging_rows(data_digest, division)
    before = set(workspace.journal.runs_with_event(HOLDOUT, detail)) - {run.id}
    run.event(HOLDOUT, detail)
    return len(before) + 1
