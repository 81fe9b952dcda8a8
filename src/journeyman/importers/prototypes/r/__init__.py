"""R scripts as prototypes in Python: a parser of R, and a translation of a stated subset."""

from journeyman.importers.prototypes.r.read_r import read_r, read_r_cells

__all__ = ["read_r", "read_r_cells"]
