"""The commands that have files of their own."""

from __future__ import annotations

from journeyman.cli.adopt import app as adopting
from journeyman.cli.analyse import app as analysing
from journeyman.cli.assess import app as assessing
from journeyman.cli.clean import app as cleaning
from journeyman.cli.convert import app as converting
from journeyman.cli.dashboard import app as showing
from journeyman.cli.decide import app as deciding
from journeyman.cli.experience import app as experience
from journeyman.cli.export import app as exporting
from journeyman.cli.operate import app as operating
from journeyman.cli.search import app as searching
from journeyman.cli.serve import app as serving
from journeyman.cli.simulate import app as simulating
from journeyman.cli.verify import app as verifying

__all__ = ["GROUPS"]

GROUPS = (
    verifying,
    cleaning,
    analysing,
    assessing,
    searching,
    deciding,
    converting,
    adopting,
    serving,
    exporting,
    experience,
    operating,
    simulating,
    showing,
)
"""In the order of the help."""
