"""A release's columns with what training knew of their values, for whoever admits rows one by one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from journeyman.entities.admitted import TrainedColumn
from journeyman.entities.column import Kind
from journeyman.entities.report import BuildReport

__all__ = ["trained_columns"]


def trained_columns(report: BuildReport, names: Collection[str]) -> tuple[TrainedColumn, ...]:
    """Return the named columns with what training knew of their values."""
    profiles = {profile.name: profile for profile in report.profile.columns}
    found = []
    for column in report.columns:
        if column.name not in names:
            continue
        trained, profile = TrainedColumn(column), profiles.get(column.name)
        if profile is not None:
            ranged = column.kind in (Kind.NUMBER, Kind.INTEGER)
            trained = replace(
                trained,
                low=profile.minimum if ranged else None,
                high=profile.maximum if ranged else None,
                complete=profile.missing == 0,
            )
        if report.pictures is not None and column.name == report.pictures.column and report.pictures.most[0]:
            trained = replace(trained, sizes=(*report.pictures.least, *report.pictures.most))
        found.append(trained)
    return tuple(found)
