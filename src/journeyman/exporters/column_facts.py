"""What a release's profile says of the columns of its scoring plan."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.entities.column import Kind
from journeyman.entities.profile import ColumnProfile
from journeyman.entities.scoring_plan import PlanColumn
from journeyman.interfaces.project_exporting import ColumnFacts

__all__ = ["column_facts"]


def column_facts(columns: Sequence[PlanColumn], profiles: Sequence[ColumnProfile]) -> tuple[ColumnFacts, ...]:
    """Return what is known of each column.

    Examples
    --------
    >>> quantiles = (1.0,) * 3 + (4.0,) * 4
    >>> profile = ColumnProfile("rooms", Kind.INTEGER, 0, 9, minimum=1.0, maximum=9.0, quantiles=quantiles)
    >>> [fact] = column_facts([PlanColumn("rooms", "number")], [profile])
    >>> fact.usual, fact.maximum, fact.whole
    (4.0, 9.0, True)
    """
    known = {profile.name: profile for profile in profiles}
    return tuple(_facts(column, known[column.name]) if column.name in known else ColumnFacts() for column in columns)


def _facts(column: PlanColumn, profile: ColumnProfile) -> ColumnFacts:
    if column.kind in ("number", "date") and profile.quantiles:
        middle = profile.quantiles[len(profile.quantiles) // 2]
        whole = profile.kind is Kind.INTEGER
        return ColumnFacts(middle, profile.minimum, profile.maximum, profile.quantiles, whole)
    if column.kind == "text":
        return ColumnFacts(next(iter(profile.top_values), None))
    # names of yes and no may be written in capitals in the table
    named = {name.lower() if column.kind == "boolean" else name: name for name in reversed(column.categories)}
    frequent = (name.lower() if column.kind == "boolean" else name for name in profile.top_values)
    return ColumnFacts(next((named[name] for name in frequent if name in named), None))
