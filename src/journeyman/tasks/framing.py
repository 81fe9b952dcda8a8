"""What all kinds of task with a target frame alike."""

from __future__ import annotations

import pandas as pd

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Scheme, Task
from journeyman.errors import TargetError
from journeyman.settings import BuildSettings

__all__ = ["drafted", "refuse_missing"]


def refuse_missing(column: Column, values: pd.Series) -> None:
    """Raise TargetError where no row has a label."""
    if not values.notna().any():
        raise TargetError(f"the target {column.name!r} is missing in every row", hint="choose another target")


def drafted(column: Column, settings: BuildSettings, kind: str, metric: str, reason: str) -> Task:
    """Return a task whose rows are divided as the settings say; its metric's loss is still to be named."""
    scheme = Scheme.TIME if settings.time else Scheme.GROUPED if settings.group else Scheme.SHUFFLED
    return Task(
        target=column.name,
        kind=kind,
        metric=metric,
        scheme=scheme,
        time_column=settings.time,
        group_column=settings.group,
        reason=reason,
        label_types=_label_types(column),
    )


def _label_types(column: Column) -> str:
    if column.raw:
        return column.raw
    if column.kind is Kind.BOOLEAN and column.categories != ("0", "1"):
        return "bool" if column.native else "str"
    if column.kind in (Kind.INTEGER, Kind.BOOLEAN):
        return "int"
    return "float" if column.kind is Kind.NUMBER else "str"
