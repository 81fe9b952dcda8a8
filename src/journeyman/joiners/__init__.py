"""Kinds of join, one a file: each gives a row of the base table one row of another table at most."""
