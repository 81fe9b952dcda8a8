"""Algorithms, one family a file, each against the Algorithm protocol."""
