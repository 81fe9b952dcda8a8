"""Detectors of wrong cells, one family a file; each looks at texts as they are written."""
