"""Labels that a kind of task makes up stay what the version in use calls them."""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.decision import Verdict
from journeyman.entities.repaired import Repaired
from journeyman.entities.table import Block
from journeyman.errors import InputError, ReleaseError
from journeyman.inference.release import open_release
from journeyman.interfaces import KeepsNames, Run
from journeyman.settings import BuildSettings
from journeyman.sources.parsing.read_again import read_again
from journeyman.stores.workspace import Workspace
from journeyman.tasks import task_type

__all__ = ["keep_names"]


def keep_names(workspace: Workspace, run: Run, settings: BuildSettings, repaired: Repaired) -> Repaired:
    """Return table and task with the labels of the version in use, where it can read the rows; else as they are."""
    kind, task, table = task_type(repaired.task), repaired.task, repaired.table
    known = workspace.registry.champion(settings.name)
    if not isinstance(kind, KeepsNames) or known is None or known.run == run.id:
        return repaired
    if known.verdict == Verdict.DO_NOT_RELEASE:
        return repaired
    try:
        release = open_release(workspace.registry.folder(known), known.digest)
        there = {column.name for column in table.columns}
        if not isinstance(task_type(release.task), KeepsNames) or any(
            column.name not in there for column in release.columns
        ):
            return repaired
        block: Block = {}
        for then in release.columns:
            values = read_again(table.frame[then.name], table.column(then.name), then)
            if values is None:
                return repaired
            block[then.name] = values
        former = [str(label) for label in release.labels(release.answer_block(block)).tolist()]
    except (InputError, ReleaseError):
        return repaired  # what it is compared with by the verdict says why it cannot be used
    table, task = kind.follow(table, task, former)
    return replace(repaired, table=table, task=task)
