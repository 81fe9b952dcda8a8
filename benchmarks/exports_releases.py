"""The ten releases that exports are measured on: kinds of task, of columns and of members that differ."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column
from journeyman.entities.task import Task
from journeyman.inference.load_release import load
from journeyman.inference.release import Release
from journeyman.interfaces import Algorithm, FitRequest, FittedModel
from journeyman.pipelines.build import build
from journeyman.plugins import load_parts
from journeyman.reports.html import render_html
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.components import standard_components
from journeyman.runtime.durable_run import start_run
from journeyman.settings import BuildSettings
from journeyman.sources import open_wanted
from journeyman.stores.workspace import Workspace

__all__ = ["RELEASES", "Wanted", "built"]


@dataclass(frozen=True)
class Wanted:
    """A release: what of, and of what members; of all algorithms where none is named.

    Attributes
    ----------
    rounds : int
        Of every booster, whatever validation rows say; 0 for as many as help.
    """

    table: str
    target: str
    what: str
    trials: int | None = None
    budget: float | None = None
    algorithms: tuple[str, ...] = ()
    rounds: int = 0


RELEASES = {
    "credit": Wanted("credit-g.csv.gz", "class", "two classes, categories", trials=14),
    "adult": Wanted("adult.csv.gz", "income", "two classes, categories, missing values; 60 s", budget=60.0),
    "wine": Wanted("wine-quality.csv.gz", "quality", "seven classes", trials=6),
    "concrete": Wanted("concrete.csv.gz", "compressive_strength", "values, numbers only", trials=10),
    "insurance": Wanted("insurance-charges.csv.gz", "charges", "values on a log scale", trials=14),
    "churn": Wanted("telco-churn.csv.gz", "Churn", "CatBoost alone", trials=3, algorithms=("catboost",)),
    "titanic": Wanted("titanic.csv.gz", "Survived", "names and tickets as texts, missing values", trials=10),
    "taxis": Wanted("nyc-taxis.csv.gz", "tip", "dates, missing values", trials=6),
    "thousand": Wanted(
        "concrete.csv.gz", "compressive_strength", "1,000 trees", trials=2, algorithms=("lightgbm",), rounds=1000
    ),
    "houses": Wanted(
        "california-housing.csv.gz",
        "median_house_value",
        "nets and lines",
        trials=3,
        algorithms=("neural", "linear"),
    ),
}


@dataclass(frozen=True)
class SoManyRounds:
    """An algorithm whose fits take a given number of rounds."""

    algorithm: Algorithm
    rounds: int

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        offered = self.algorithm.candidates(task, rows, columns)
        return [one for one in offered if getattr(one, "preparation", "native") == "native"]

    def fit(self, request: FitRequest) -> FittedModel:
        whole = replace(request, valid_x=None, valid_y=None, rounds=self.rounds, out_of_time=lambda: False)
        return self.algorithm.fit(whole)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.algorithm, name)


def built(name: str, data: Path, workspace: Path) -> Release:
    """Return a release of the workspace, built where it is not there yet."""
    os.environ["JOURNEYMAN_HOME"] = str(workspace / "home")
    done = workspace / f"{name}.built"
    if not done.is_file():
        wanted = RELEASES[name]
        settings = BuildSettings(
            source=str((data / "tabular" / wanted.table).resolve()),
            target=wanted.target,
            name=name,
            trials=wanted.trials,
            budget=wanted.budget,
            threads=1,
        )
        clock = SystemClock()
        parts = standard_components(render_html, clock, SilentProgress(), lambda: False)
        with (
            Workspace(workspace) as place,
            place.lock(),
            start_run(place, name, settings, clock, 0.0) as run,
        ):
            parts = replace(parts, algorithms=_algorithms(wanted))
            made = build(open_wanted(settings), settings, parts, run, place).version
        done.write_text(str(made.version))
    return load(name, version=int(done.read_text() or 1), workspace=workspace)  # whatever its verdict


def _algorithms(wanted: Wanted) -> dict[str, Any]:
    known = load_parts("journeyman.algorithms")
    # a build compares with the baseline whatever else it tries
    kept = {name: known[name] for name in (*wanted.algorithms, "baseline")} if wanted.algorithms else known
    if wanted.rounds:
        kept = {name: SoManyRounds(one, wanted.rounds) if name != "baseline" else one for name, one in kept.items()}
    return kept
