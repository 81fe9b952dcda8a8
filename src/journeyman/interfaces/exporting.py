"""What writes a release in another system's format."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from journeyman.entities.candidate import Refusal
from journeyman.entities.plan import Plan
from journeyman.entities.table import Block

__all__ = ["Exporter"]


class Exporter(Protocol):
    """Writes a plan in one format, and proves that what was written predicts as the plan does."""

    @property
    def name(self) -> str:
        """Name of the entry point, unique in its group, and what ``--to`` asks for."""
        ...

    @property
    def tolerance(self) -> float:
        """The largest difference that ``verify`` may find in an export that is to be used."""
        ...

    def can_write(self, plan: Plan) -> Refusal | None:
        """Return None, or why the plan cannot be written here: what it has that the format lacks, or what to install.

        Looks at nothing but the plan and what is installed, and writes nothing.
        """
        ...

    def write(self, plan: Plan, folder: Path) -> None:
        """Write a plan that ``can_write`` does not refuse into an empty folder."""
        ...

    def verify(self, folder: Path, plan: Plan, rows: Block) -> float:
        """Return the largest difference between the export, loaded again, and the plan.

        As a share of the range of the plan's predictions, and of 1 where that is less; NaN where one of both is NaN.

        Parameters
        ----------
        rows : Block
            Rows to predict, as ``ParseStep`` gives them; missing values and unknown categories among them.
        """
        ...
