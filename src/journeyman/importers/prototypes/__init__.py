"""Prototypes as they are handed over: notebooks and scripts, read into cells of plain code. Nothing of them is run."""

from journeyman.importers.prototypes.matlab import read_matlab
from journeyman.importers.prototypes.notebook import read_notebook
from journeyman.importers.prototypes.read_prototype import read_prototype
from journeyman.importers.prototypes.script import read_script

__all__ = ["read_matlab", "read_notebook", "read_prototype", "read_script"]
