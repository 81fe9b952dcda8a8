"""The tables of the lake that a build has joined, and those that it has not, with the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport

__all__ = ["JoinsSection"]

_MOST_REFUSED = 30


class JoinsSection:
    """What the search of a lake came to: joins with their gains out of fold, then what is left out."""

    name, title, weight = "joins", "Joined tables", 540
    template = Path(__file__).with_name("joins.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return the verdicts; None where no lake was searched."""
        if report.lake is None:
            return None
        accepted = [v for v in report.lake.verdicts if v.accepted and v.join is not None]
        refused = [v for v in report.lake.verdicts if not v.accepted]
        more = max(0, len(refused) - _MOST_REFUSED)
        return {"lake": report.lake, "accepted": accepted, "refused": refused[:_MOST_REFUSED], "more": more}
