"""MATLAB and Octave scripts, translated into Python, so that all behind treats them as programs of Python.

A stated part of the language is read: what numbers, tables and models of a script need. Nothing is run.
"""

from journeyman.importers.prototypes.matlab.reader import read_matlab

__all__ = ["read_matlab"]
