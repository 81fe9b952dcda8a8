"""A release's columns with what training knew of their values, for whoever admits rows one by one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from journeyman.entities.admitted import TrainedColumn
from journeyman.entities.column import Kind
from journeyman.entities.contract import Contract
from journeyman.entities.report import BuildReport

__all__ = ["trained_columns"]


def trained_columns(
    report: BuildReport, names: Collection[str], contract: Contract | None = None
) -> tuple[TrainedColumn, ...]:
    """Return the named columns with what training knew of their values, and what the release's contract wants of them.

    Least and greatest values and whether some were missing are the profile's, which counts all rows; a contract may
    have been learned from a part of them.
    """
    rules = {} if contract is None else {rule.name: rule for rule in contract.columns}
    profiles = {profile.name: profile for profile in report.profile.columns}
    found = []
    for column in report.columns:
        if column.name not in names:
            continue
        trained, profile = TrainedColumn(column, rule=rules.get(column.name)), profiles.get(column.name)
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
