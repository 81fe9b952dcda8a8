"""A model version: what the registry knows of a release."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ModelVersion"]


@dataclass(frozen=True)
class ModelVersion:
    """One release of a model.

    Attributes
    ----------
    name : str
        The model's name.
    version : int
        1, 2, 3 ...
    path : str
        Folder of the release, relative to the workspace.
    digest : str
        Digest of its manifest.
    created : str
        ISO 8601, UTC.
    metric : str
        The task's metric.
    score : float
        Its value on the holdout.
    verdict : str
        What was said of it.
    champion : bool
        Whether the name points to it.
    run : str
        Run that built it.
    data_digest : str
        Digest of the source it was built from.
    removed : str
        When its folder was given up, ISO 8601 in UTC; empty while it is there.
    """

    name: str
    version: int
    path: str
    digest: str
    created: str
    metric: str
    score: float
    verdict: str
    champion: bool = False
    run: str = ""
    data_digest: str = ""
    removed: str = ""
