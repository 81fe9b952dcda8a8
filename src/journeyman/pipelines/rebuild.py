"""Rebuild: a retraining is a normal build in a run of its own, whose release is registered as a challenger."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from journeyman.entities.lake import SearchedLake
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.operating import OperateSettings
from journeyman.entities.report import BuildReport
from journeyman.entities.traffic import Reference
from journeyman.errors import InputError, ReplayError
from journeyman.interfaces import Progress
from journeyman.operations.apply_move import write_table
from journeyman.operations.own_rules import champion_rules, own_path, write_own_rules
from journeyman.operations.paths import build_folder, loop_folder, reference_folder
from journeyman.operations.training_data import TrainingTable
from journeyman.pipelines.build import build
from journeyman.runtime.clock import SystemClock, available_threads
from journeyman.runtime.components import standard_components
from journeyman.runtime.durable_run import LOOP, JournalRun
from journeyman.runtime.machine import available_memory
from journeyman.settings import BuildSettings
from journeyman.sources import open_source
from journeyman.stores.journal import RunStatus
from journeyman.stores.run_artifacts import build_artifacts
from journeyman.stores.workspace import Workspace

__all__ = ["Rebuild"]


@dataclass(frozen=True)
class Rebuild:
    """Builds from a training table, or goes on with such a build after a kill.

    Attributes
    ----------
    name : str
        Of the model.
    workspace : Workspace
        Fenced by the lease.
    settings : OperateSettings
        Budget or trials.
    render : callable
        Makes the page of the release.
    progress : Progress
        Where the build tells what it is doing.
    lake : SearchedLake or None
        Tables that releases of the model look rows up in, and what was found of them; None without.
    """

    name: str
    workspace: Workspace
    settings: OperateSettings
    render: Callable[[BuildReport], str]
    progress: Progress
    lake: SearchedLake | None = None

    def __call__(self, table: TrainingTable, run: str) -> ModelVersion:
        """Return the release of the run of that identity.

        Raises
        ------
        InputError
            Where the table cannot be learned from.
        WorkspaceError
            Where another build holds the workspace; it may be tried again later.
        """
        clock, place = SystemClock(), self.workspace.with_own_artifacts(build_folder(self.workspace.path, run))
        # beside its round
        number = run.partition(LOOP)[2].partition(".")[0]
        path = loop_folder(self.workspace.path, self.name) / number / "table.parquet"
        own = champion_rules(self.workspace, self.name, [str(c) for c in table.frame.columns])
        wanted = self._build_settings(table, path, None if own is None else own_path(path))
        record = self.workspace.journal.open(run, f"{self.name}{LOOP}", wanted, clock.now())
        if record.status is RunStatus.RUNNING and record.read_settings(BuildSettings).source != str(path.resolve()):
            self.workspace.journal.forget([run])  # begun on another machine, which has what its steps gave
            record = self.workspace.journal.open(run, record.name, wanted, clock.now())
        if record.status is RunStatus.FAILED:
            raise InputError(record.cause, hint="see the release's settings")
        if record.status is not RunStatus.DONE:
            if not path.exists():
                write_table(table, path)
            if own is not None:
                write_own_rules(own, own_path(path))
            settings: BuildSettings = record.read_settings(BuildSettings)
            components = standard_components(self.render, clock, self.progress, lambda: False)
            source = open_source(settings.source, None)
            with self.workspace.lock():
                try:
                    with JournalRun(place, record, clock) as journalled:
                        build(source, settings, components, journalled, place, self.lake)
                except ReplayError:  # Journeyman or a part was changed since it was killed: from the beginning, then
                    self.workspace.journal.forget([run])
                    record = self.workspace.journal.open(run, record.name, settings, clock.now())
                    with JournalRun(place, record, clock) as journalled:
                        build(source, settings, components, journalled, place, self.lake)
        self._move_reference(place, run)
        own_path(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)  # its rows are those of the first build and of the log
        return next(v for v in self.workspace.registry.versions(self.name) if v.run == run)

    def _build_settings(self, table: TrainingTable, path: Path, own: Path | None) -> BuildSettings:
        trials = self.settings.trials
        return replace(
            table.settings,
            source=str(path.resolve()),
            encoding=None,
            delimiter=None,
            quote=None,
            sheet=None,
            name=self.name,
            budget=None if trials is not None else self.settings.budget,
            trials=trials,
            threads=available_threads(),
            memory=available_memory(repeatable=trials is not None),
            challenger=True,
            analysis=None,  # of rows that are not these
            lake=None,  # the rows have what was fetched from it
            contract=None if own is None else str(own.resolve()),
        )

    def _move_reference(self, place: Workspace, run: str) -> None:
        """Keep the reference, which the loop needs as long as the release, and delete the build's other artifacts."""
        kept = self.workspace.with_artifacts(reference_folder(self.workspace.path, run)).artifacts
        artifacts = build_artifacts(self.workspace.journal, run)
        if artifacts is not None and not kept.has(artifacts.reference):
            kept.put(place.artifacts.get(artifacts.reference, Reference))
        shutil.rmtree(build_folder(self.workspace.path, run), ignore_errors=True)
