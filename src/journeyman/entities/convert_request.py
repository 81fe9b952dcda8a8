"""What is asked of a conversion, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.conversion import ConversionReport

__all__ = ["Conversion", "ConvertRequest"]


@dataclass(frozen=True)
class ConvertRequest:
    """A prototype to convert.

    Attributes
    ----------
    path : Path
        Of the notebook or the script.
    out : Path
        Folder of the project; there may be nothing yet.
    data : Path or None
        Folder or file in which the data lies that it names.
    run : bool
        Whether it is run; else it is read alone, and no project comes of it.
    seconds : float
        That the prototype may run.
    target : str or None
        Column of the main table that it predicts.
    model : str or None
        Which of its models, by its variable or class; the last scored one else.
    budget : float or None
        Seconds of the build that its score is compared with, 0 for none; as long as the prototype ran else.
    """

    path: Path
    out: Path
    data: Path | None = None
    run: bool = True
    seconds: float = 600.0
    target: str | None = None
    model: str | None = None
    budget: float | None = None


@dataclass(frozen=True)
class Conversion:
    """A converted prototype: its report, and the folder of the project, or of the report alone where it was not run."""

    report: ConversionReport
    folder: Path
    is_project: bool
