"""The api of deployments: a release, whole, for a place that runs Python, tried before it is kept."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.api.export import ExportTarget, export_folder, whole_folder
from journeyman.entities.candidate import Refusal
from journeyman.entities.column import Column, Kind
from journeyman.entities.plan import NodeKind
from journeyman.entities.table import Block
from journeyman.errors import ReleaseError
from journeyman.exporters.own_distribution import serving_requirements
from journeyman.inference.example_rows import value_text
from journeyman.inference.load_release import load
from journeyman.inference.release import Release
from journeyman.inference.sample_rows import sample_rows
from journeyman.interfaces import Deployment, DeploymentExporter
from journeyman.plugins import load_usable, make_part

__all__ = ["GROUP", "Deployed", "deployment_of", "deployment_targets", "export_deployment"]

GROUP = "journeyman.deployment_exporters"
_TRIED = 20  # rows
_LIBRARIES = {
    NodeKind.TEXT: "scipy",
    NodeKind.NGRAMS: "scipy",
    NodeKind.IMAGE: "pillow",
    NodeKind.EMBEDDING: "onnxruntime",
}
_KINDS = {Kind.NUMBER: "number", Kind.INTEGER: "integer", Kind.BOOLEAN: "boolean", Kind.DATETIME: "date"}
_OUTPUTS = {"int": "integer", "float": "number", "bool": "boolean", "str": "text"}


@dataclass(frozen=True)
class Deployed:
    """What came of an export.

    Attributes
    ----------
    folder : Path
        Where it is.
    rows : int
        Rows that it predicted as the release does.
    unchecked : Refusal or None
        Why it was not tried, and what to do; None where it was.
    """

    folder: Path
    rows: int
    unchecked: Refusal | None = None


def export_deployment(
    name: str | Path,
    folder: str | Path | None = None,
    *,
    to: str,
    version: int | None = None,
    workspace: str | Path | None = None,
    check: bool = True,
) -> Deployed:
    """Write a release for a place that runs Python, have it predict rows there, and keep it where it predicts alike.

    Parameters
    ----------
    name : str or Path
        Of the model, or its release's folder.
    folder : str or Path, optional
        Where the export goes, whole or not at all; it must not be there, or be empty. The model's name and the
        target's by default.
    to : str
        "docker", "sagemaker", "vertex", "mlflow", or what a package brings.

    Raises
    ------
    SettingsError
        For an unknown name, version or exporter, or a folder that holds something.
    ReleaseError
        Where it does not predict as the release does: nothing is left then.
    """
    exporter: DeploymentExporter = make_part(GROUP, to)
    release = load(name, version=version, workspace=workspace)
    target = export_folder(release.name, folder, to)
    deployment = deployment_of(release)
    unchecked = exporter.toolchain() if check else Refusal("--no-check was given")
    with whole_folder(target) as made:
        exporter.write(deployment, made)
        if unchecked is None:
            _compare(deployment, exporter.check(deployment, made), exporter.name)
    return Deployed(target, 0 if unchecked else len(deployment.rows), unchecked)


def deployment_targets() -> tuple[ExportTarget, ...]:
    """Return the places that a release can be written for, by name.

    Examples
    --------
    >>> [target.name for target in deployment_targets()]
    ['docker', 'mlflow', 'sagemaker', 'vertex']
    """
    parts = load_usable(GROUP).parts
    return tuple(
        ExportTarget(name, "the whole release and its service", parts[name].toolchain()) for name in sorted(parts)
    )


def _compare(deployment: Deployment, told: tuple[Any, ...], place: str) -> None:
    if len(told) != len(deployment.rows):
        raise ReleaseError(
            f"{place}: {len(deployment.rows)} rows were asked and {len(told)} answered",
            hint="report this with the versions of Journeyman and of the libraries",
        )
    for number, (own, other) in enumerate(zip(deployment.predictions, told, strict=True), 1):
        if own != other:
            raise ReleaseError(
                f"{place}: row {number} is predicted as {other!r} there and as {own!r} by the release",
                hint="report this with the versions of Journeyman and of the libraries",
            )


def deployment_of(release: Release, tried: int = _TRIED) -> Deployment:
    """Return a release with what it needs to predict elsewhere, and so many rows to try it with.

    Raises
    ------
    ReleaseError
        Where it reads no columns, so that nothing can be tried.
    """
    if not release.columns:
        raise ReleaseError(f"{release.name} {release.version} reads no columns", hint="serve it: journeyman serve")
    rows = _json_rows(release, tried)
    needed = dict.fromkeys(_LIBRARIES[node.step.kind] for node in release.plan.nodes if node.step.kind in _LIBRARIES)
    task = release.task
    return Deployment(
        release=release.path,
        name=release.name,
        version=release.version,
        columns={column.name: _kind(column) for column in release.columns},
        classes=tuple(map(str, task.labels)),
        output=_OUTPUTS.get(task.label_types, "text") if task.labels else "number",
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        requirements=serving_requirements(tuple(needed)),
        rows=rows,
        predictions=tuple(release.predict([dict(row) for row in rows]).tolist()),
    )


def _kind(column: Column) -> str:
    # a yes or no that stood in a table as a text comes as one again
    return "text" if column.kind is Kind.BOOLEAN and not column.native else _KINDS.get(column.kind, "text")


def _json_rows(release: Release, count: int) -> tuple[Mapping[str, Any], ...]:
    block = sample_rows(release.columns, release.report.profile.columns, count, 0)
    return tuple({c.name: _json_value(c, block, i) for c in release.columns} for i in range(count))


def _json_value(column: Column, block: Block, row: int) -> object:
    value = block[column.name][row]
    if column.kind.categorical:
        return value_text(column, value) if value >= 0 else None
    if column.kind is Kind.DATETIME:
        return None if np.isnan(value) else str(np.datetime64(int(value), "s"))
    if column.kind is Kind.BOOLEAN and not np.isnan(value):
        return bool(value) if column.native else value_text(column, value)
    if column.kind.numeric:
        return None if np.isnan(value) else float(value)
    return value
