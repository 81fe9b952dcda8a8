"""Artifacts that a finished run is asked for later, each named by its digest."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.model_version import ModelVersion

__all__ = ["BuildArtifacts", "BuildResult", "RoundArtifacts"]


@dataclass(frozen=True)
class BuildArtifacts:
    """Digests of what a build leaves besides its release.

    Attributes
    ----------
    repaired : str
        Of the ``Repaired``: the rows that it learned from, and the task.
    reference : str
        Of the ``Reference`` that live rows are compared with; empty for builds that made none.
    """

    repaired: str
    reference: str


@dataclass(frozen=True)
class BuildResult:
    """What a build has made: its release, and its artifacts."""

    version: ModelVersion
    artifacts: BuildArtifacts


@dataclass(frozen=True)
class RoundArtifacts:
    """Digests of what a round of the loop read, thought and did, in that order.

    Attributes
    ----------
    begun : str
        Of the ``LoopState`` that it began with.
    observed, watched, decided, done, kept : str
        Of the ``Observed``, ``MonitorResult``, ``Decided``, ``Done`` and ``Kept``.
    """

    begun: str
    observed: str
    watched: str
    decided: str
    done: str
    kept: str
