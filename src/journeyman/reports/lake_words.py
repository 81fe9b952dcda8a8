"""What a build tells of the tables that it has joined, a line each."""

from __future__ import annotations

from journeyman.entities.lake import LakeSearch
from journeyman.reports.words import clean, percent, plural

__all__ = ["joined_words"]


def joined_words(found: LakeSearch) -> tuple[str, ...]:
    """Return a line for each table that is joined, or one that none is."""
    accepted = [v for v in found.verdicts if v.accepted and v.join is not None]
    if not accepted:
        return (f"none of {plural(found.tables, 'table')} of the lake helps to predict {clean(found.target)}",)
    return tuple(
        f"joined {clean(v.table)} on {clean(v.join.words)}: {percent(v.match_rate)} of the rows find a partner, "
        f"the loss is {percent(v.gain)} less out of fold"
        for v in accepted
        if v.join is not None
    )
