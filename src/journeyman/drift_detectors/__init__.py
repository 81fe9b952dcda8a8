"""Drift detectors, one family a file."""
