"""Learned preparation of columns, fitted inside each fold."""
