"""Run an R script confined, as programs in Python are."""

from __future__ import annotations

import shutil
from pathlib import Path

from journeyman.runtime.confined_program import ConfinedRun, Limits, run_confined

__all__ = ["find_rscript", "run_r"]

_PROGRAM = """
import os, sys
os.execv(sys.argv[1], [sys.argv[1], "--vanilla", sys.argv[2]])
"""


def find_rscript() -> str | None:
    """Return the path of R's ``Rscript``; None where R is not installed."""
    return shutil.which("Rscript")


def run_r(script: Path, folder: Path, limits: Limits) -> ConfinedRun:
    """Run a script in a folder, which alone it may write to, without network and without the caller's environment.

    Parameters
    ----------
    script : Path
        An R file.
    folder : Path
        Its working folder; the few lines of Python that start R behind the walls are kept in it while it runs.
    limits : Limits

    Raises
    ------
    FileNotFoundError
        R is not installed.
    """
    rscript = find_rscript()
    if rscript is None:
        raise FileNotFoundError("Rscript")
    starter = folder / ".start_r.py"
    starter.write_text(_PROGRAM)
    home = Path(rscript).resolve().parent.parent
    try:
        return run_confined(starter, folder, limits, [rscript, str(script.resolve())], [script.resolve().parent, home])
    finally:
        starter.unlink(missing_ok=True)
