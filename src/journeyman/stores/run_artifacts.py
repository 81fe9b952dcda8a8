"""Artifacts of finished runs by name; those of runs of earlier versions, by what their steps were called."""

from __future__ import annotations

from journeyman.entities.artifacts import BuildArtifacts, RoundArtifacts
from journeyman.stores.journal import Journal

__all__ = ["build_artifacts", "round_artifacts"]


def build_artifacts(journal: Journal, run: str) -> BuildArtifacts | None:
    """Return what a build left; None where the journal does not hold a finished build of that identity."""
    named = journal.artifacts(run, BuildArtifacts)
    if named is None:
        outputs = _outputs_by_step(journal, run)
        if "repair" in outputs:
            named = BuildArtifacts(outputs["repair"], outputs.get("reference", ""))
    return named


def round_artifacts(journal: Journal, run: str) -> RoundArtifacts | None:
    """Return what a round of the loop left; None where the journal does not hold a whole one of that identity."""
    named = journal.artifacts(run, RoundArtifacts)
    if named is None:
        outputs = _outputs_by_step(journal, run)
        steps = ("begin", "observe", "watch", "judge", "act", "remember")
        if all(step in outputs for step in steps):
            named = RoundArtifacts(*(outputs[step] for step in steps))
    return named


def _outputs_by_step(journal: Journal, run: str) -> dict[str, str]:
    return {step.name: step.output for step in journal.steps(run)}
