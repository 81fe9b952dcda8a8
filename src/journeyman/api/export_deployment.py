"""A release, whole, for a place that runs Python, tried before it is kept."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from journeyman.api.export_request import Exported, ExportRequest, ExportTarget, Family, whole_folder
from journeyman.entities.column import Column, Kind
from journeyman.entities.plan import NodeKind
from journeyman.entities.table import Block
from journeyman.errors import ReleaseError
from journeyman.exporters.own_distribution import serving_requirements
from journeyman.inference.example_rows import value_text
from journeyman.inference.release import Release
from journeyman.inference.sample_rows import sample_rows
from journeyman.interfaces import Deployment, DeploymentExporter

__all__ = ["DEPLOYMENTS", "deployment_of"]

_TRIED = 20  # rows
_LIBRARIES = {
    NodeKind.TEXT: "scipy",
    NodeKind.NGRAMS: "scipy",
    NodeKind.IMAGE: "pillow",
    NodeKind.EMBEDDING: "onnxruntime",
}
_KINDS = {Kind.NUMBER: "number", Kind.INTEGER: "integer", Kind.BOOLEAN: "boolean", Kind.DATETIME: "date"}
_OUTPUTS = {"int": "integer", "float": "number", "bool": "boolean", "str": "text"}


def _write(exporter: DeploymentExporter, request: ExportRequest) -> Exported:
    release = request.release()
    target, deployment, unchecked = request.target(release), deployment_of(release), request.unchecked(exporter)
    with whole_folder(target) as made:
        exporter.write(deployment, made)
        if unchecked is None:
            _compare(deployment, exporter.check(deployment, made), exporter.name)
    return Exported(target, 0 if unchecked else len(deployment.rows), unchecked=unchecked)


def _describe(exporter: DeploymentExporter) -> ExportTarget:
    return ExportTarget(exporter.name, "the whole release and its service", exporter.toolchain())


DEPLOYMENTS = Family("journeyman.deployment_exporters", frozenset({"check"}), _describe, _write)


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
