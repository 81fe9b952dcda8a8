"""Follow an analysis: a build may where it learns from the rows that the analysis has looked at, and no others."""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.analysis import Analysis
from journeyman.entities.repaired import Repaired
from journeyman.entities.split import Split
from journeyman.errors import SettingsError
from journeyman.runtime.components import Components
from journeyman.stages.analysed_rows import rows_reach
from journeyman.stages.call_candidates import PREPARATION
from journeyman.transformers.analysed import AnalysedPreparation

__all__ = ["check_reach", "with_actions"]


def with_actions(components: Components, analysis: Analysis | None) -> Components:
    """Return components whose preparation "analysed" makes what the analysis calls for."""
    if analysis is None:
        return components
    return replace(
        components,
        preparations={**components.preparations, PREPARATION: AnalysedPreparation(analysis.actions)},
    )


def check_reach(analysis: Analysis, repaired: Repaired, division: Split) -> None:
    """Refuse an analysis that has looked at other rows than those that teach: its choices would know the holdout.

    Raises
    ------
    SettingsError
        Saying what differs.
    """
    again = "analyse this table again, with the --seed, --time, --group, --ignore and --kind of this build"
    if analysis.target != repaired.task.target:
        about = f"'{analysis.target}'" if analysis.target else "no target"
        raise SettingsError(f"the analysis is about {about}, the build about '{repaired.task.target}'", hint=again)
    if analysis.digest != repaired.table.digest:
        raise SettingsError("the analysis is of another table, or this one has changed since", hint=again)
    if analysis.reach != rows_reach(repaired.table, division.train):
        raise SettingsError("the analysis has looked at rows that this build keeps for the end", hint=again)
