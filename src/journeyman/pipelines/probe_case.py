"""What is looked at of one use case: the table is prepared as for a build, and quick models are tried."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from journeyman.entities.column import Role
from journeyman.entities.dataset import Dataset
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.use_case import Probe
from journeyman.pipelines.build import prepare_table
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.durable_run import MemoryRun
from journeyman.settings import FRAME
from journeyman.sources import FrameSource
from journeyman.stages.probe import probe, probed_gain
from journeyman.tasks import metric_of

__all__ = ["PreparedCase", "prepare_case", "probe_case", "without_leaks"]


_LITTLE = 0.3
_LOOKED_AT, _MOST_LEAKS = 800, 3
_NEARLY, _NEARLY_NUMBERS = 0.75, 0.97
_ALONE, _LITTLE_OF_ALL = 0.95, 0.5
"""Alone it is worth so much of what all columns are worth, and all others so little of it at most."""


@dataclass(frozen=True)
class PreparedCase:
    """A table that is ready to be learned from, what was found in it, and the columns that give the target away."""

    data: Dataset
    findings: tuple[Finding, ...]
    leaks: tuple[str, ...]


def prepare_case(frame: pd.DataFrame, name: str, context: BuildContext) -> PreparedCase:
    """Prepare raw rows for a target as a build would.

    Parameters
    ----------
    frame : pandas.DataFrame
        Raw rows.
    name : str
        Of the table.
    context : BuildContext
        Its settings name the target.

    Raises
    ------
    InputError
        Where the target cannot be learned.
    """
    settings = replace(context.settings, source=FRAME)
    run = MemoryRun(context.components.clock)
    repaired, findings, division = prepare_table(
        FrameSource(frame, name), BuildContext(context.components, run, settings)
    )
    case = PreparedCase(Dataset(repaired.table, repaired.task, division), findings, _leaks(findings))
    return replace(case, leaks=(*case.leaks, *_leaks_by_models(case, context.settings.seed)))


def _leaks(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return columns that alone give nearly all of the target away, whether a build sets them aside or only asks.

    Where rows are few, a column that says it all is measured to say nine tenths: beside others that say little, that is
    enough not to promise a success that hangs on it.
    """
    strong = [f for f in findings if f.code == "DQ301" and f.severity is not Severity.NOT_APPLICABLE and _alone(f)]
    return tuple(dict.fromkeys(name for f in strong for name in f.subject))


def _alone(finding: Finding) -> bool:
    if finding.severity in (Severity.ERROR, Severity.WARNING):
        return True
    return float(finding.evidence.get("skill of the others", 1.0)) <= _LITTLE


def _leaks_by_models(case: PreparedCase, seed: int) -> tuple[str, ...]:
    """Return further columns that alone are worth as much as all columns, while all others are worth little.

    The rule that looks at one column after the other (DQ301) needs some thousand rows to be sure of it.
    """
    data = without_leaks(case)
    nearly = _NEARLY if data.task.labels else _NEARLY_NUMBERS
    found: list[str] = []
    while len(found) < _MOST_LEAKS and len(data.table.features) > 1:
        gain = _gain(data, seed)
        whole = probe_case(data, _LOOKED_AT, seed) if gain >= nearly else None
        if whole is None or not whole.importances:
            break
        name, worth = next(iter(whole.importances.items()))
        others = _with_columns(data, {c.name for c in data.table.features} - {name})
        rest, alone = _gain(others, seed), _gain(_with_columns(data, {name}), seed)
        if worth < _LITTLE_OF_ALL * gain or rest > _LITTLE_OF_ALL * gain or alone < _ALONE * gain:
            break
        found.append(name)
        data = others
    return tuple(found)


def _gain(data: Dataset, seed: int) -> float:
    """Return the gain of quick models; none where too few rows, or no columns, are left to learn from."""
    try:
        return probed_gain(data.table, data.task, data.split, _LOOKED_AT, seed)
    except ValueError:
        return -np.inf


def _with_columns(data: Dataset, wanted: Collection[str]) -> Dataset:
    """Return the data with those features alone."""
    columns = tuple(
        replace(c, role=Role.IGNORED) if c.role is Role.FEATURE and c.name not in wanted else c
        for c in data.table.columns
    )
    return replace(data, table=replace(data.table, columns=columns))


def without_leaks(case: PreparedCase) -> Dataset:
    """Return the data without the columns that give the target away."""
    return _with_columns(case.data, {c.name for c in case.data.table.features} - set(case.leaks))


def probe_case(data: Dataset, most_rows: int, seed: int) -> Probe | None:
    """Return what quick models show; None where too few rows, or no columns, are left to learn from."""
    try:
        return probe(data.table, data.task, data.split, metric_of(data.task), most_rows, seed)
    except ValueError:
        return None
