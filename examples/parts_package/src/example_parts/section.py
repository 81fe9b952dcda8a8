"""A section of the report: the columns that no model sees, and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.column import Role
from journeyman.entities.report import BuildReport


class SetAsideSection:
    """Stands behind the data; weights of built-in sections are hundreds."""

    name, title, weight = "set_aside", "Set aside", 510
    template = Path(__file__).with_name("section.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return columns that are set aside; None where all are used."""
        columns = [column for column in report.columns if column.role is Role.IGNORED]
        return {"columns": columns} if columns else None
