"""Algorithms, one family a file, each against the Algorithm protocol; a file is loaded when its part is needed."""
