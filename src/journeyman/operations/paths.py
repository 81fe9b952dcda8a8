"""Where the loop keeps what: the folders of rounds, of retrainings and of their references, and the names of runs."""

from __future__ import annotations

from pathlib import Path

from journeyman.runtime.durable_run import LOOP
from journeyman.stores.workspace import Workspace

__all__ = ["build_folder", "loop_folder", "loop_place", "reference_folder", "round_id"]


def loop_folder(workspace: Path, model: str) -> Path:
    """Return where the artifacts of a model's rounds are."""
    return workspace / "operate" / model


def loop_place(workspace: Workspace, model: str, number: int) -> Workspace:
    """Return the workspace with the artifacts of a round, which are deleted with it."""
    return workspace.with_artifacts(loop_folder(workspace.path, model) / str(number))


def round_id(model: str, number: int) -> str:
    """Return the identity of a round's run.

    Examples
    --------
    >>> round_id("houses", 7)
    'houses@7'
    """
    return f"{model}{LOOP}{number}"


def build_folder(workspace: Path, run: str) -> Path:
    """Return where the artifacts of a build of the loop are until it is done.

    Examples
    --------
    >>> build_folder(Path("w"), "houses@7.build").as_posix()
    'w/operate/houses/builds/7.build'
    """
    model, _, number = run.partition(LOOP)
    return loop_folder(workspace, model) / "builds" / number


def reference_folder(workspace: Path, run: str) -> Path:
    """Return where the reference of a release of the loop is, which goes with the release.

    Examples
    --------
    >>> reference_folder(Path("w"), "houses@7.build").as_posix()
    'w/operate/houses/references/7.build'
    """
    model, _, number = run.partition(LOOP)
    return loop_folder(workspace, model) / "references" / number
