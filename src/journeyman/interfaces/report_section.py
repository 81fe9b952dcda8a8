"""A section of the HTML report: facts of a build, as its template shows them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from journeyman.entities.report import BuildReport

__all__ = ["ReportSection"]


class ReportSection(Protocol):
    """One section of the page; it reads the report and nothing else."""

    @property
    def name(self) -> str:
        """That of its entry point, and its ``id`` on the page: letters, digits, "-" and "_", a letter first."""
        ...

    @property
    def title(self) -> str:
        """In the navigation; empty where it stands in none."""
        ...

    @property
    def weight(self) -> float:
        """Its place: lower ones come before. Built-in ones weigh 100 (the verdict) to 1000 (pages of findings)."""
        ...

    @property
    def template(self) -> Path:
        """File of its Jinja template, one ``<section id="NAME">``; texts are escaped, "macros.html.j2" is there."""
        ...

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return facts by their names in the template, beside ``report``; None where there is nothing to show."""
        ...
