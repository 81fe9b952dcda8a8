"""What a decided model earns on live rows whose labels have come, beside what was expected of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.case_rows import Recalibration, RowSampling
from journeyman.entities.decided_case import DecidedCase
from journeyman.entities.held_out import HeldOut
from journeyman.entities.overview import RealisedValue
from journeyman.entities.table import Block
from journeyman.errors import JourneymanError
from journeyman.inference.held_out_rows import named_column
from journeyman.inference.release import Release
from journeyman.metrics.case_policy import choose_actions, gains, possible_gains, recalibrated
from journeyman.metrics.mean_distribution import estimate_mean
from journeyman.operations.traffic import ReadRows, raw_rows
from journeyman.stages.price_outcomes import price_outcomes
from journeyman.stores.decided_cases import read_decision

__all__ = ["decided_economics", "realised_value"]

_LEAST = 30


def realised_value(workspace: Path, release: Release, read: ReadRows) -> RealisedValue | None:
    """Return what labelled rows have earned by the policy that was decided; None where nothing was decided.

    Parameters
    ----------
    read : ReadRows
        Logged rows; those that another version answered are passed over.
    """
    decided = read_decision(workspace, release.name, release.version)
    if decided is None or decided.uplift is not None:
        return None
    own = np.array([row.version == release.version for row in read.rows], dtype=bool)
    rows = np.flatnonzero(own & np.isfinite(read.truths))
    unit, expected = decided.case.unit, decided.per_case
    if len(rows) < _LEAST:
        return RealisedValue(unit, len(rows), None, expected, f"{len(rows)} labels have come, wanted {_LEAST} at least")
    raw = raw_rows([read.rows[k] for k in rows.tolist()])
    block = {name: values[rows] for name, values in read.block.items()}
    try:
        values = _gains(decided, release, raw, block, read.truths[rows])
    except JourneymanError as error:
        return RealisedValue(unit, len(rows), None, expected, error.message)
    return RealisedValue(unit, len(rows), estimate_mean(*values, RowSampling()), expected)


def decided_economics(workspace: Path, name: str, version: int) -> dict[str, Any]:
    """Return how the loop counts in the unit of a decision: empty without one that says what learning again costs.

    A unit of loss costs what the policy lost on held-out rows against one who knows what comes, for each unit of its
    loss.
    """
    decided = read_decision(workspace, name, version)
    if decided is None or decided.case.retraining is None or not decided.loss_price:
        return {}
    return {"unit": decided.case.unit, "retraining": decided.case.retraining, "loss": decided.loss_price}


def _gains(
    decided: DecidedCase, release: Release, raw: Sequence[Mapping[str, Any]], block: Block, truths: NDArray[np.float64]
) -> tuple[NDArray[np.float64], tuple[tuple[float, float], ...]]:
    frame, labels, target = pd.DataFrame(list(raw)), release.task.labels, release.task.target
    known = {column.name: column for column in release.report.columns}
    wanted = [name for name in decided.case.columns if labels or name != target]
    columns = {name: named_column(frame, name, known.get(name)) for name in wanted}
    predictions, policy = release.answer_block(block), decided.policy
    if policy.ratios:
        predictions = predictions * np.asarray(policy.ratios)
        predictions = predictions / predictions.sum(axis=1, keepdims=True)
    held = HeldOut(predictions, truths, columns, None, "live rows", (), True, np.zeros(len(truths)))
    rows = price_outcomes(held, replace(decided.case, prevalence={}), labels, target)
    correction = Recalibration(policy.scale, policy.shifts)
    chosen = choose_actions(rows, recalibrated(rows.predicted, correction, rows.classes), decided.case.volume)
    return gains(rows, chosen), possible_gains(rows, chosen)
