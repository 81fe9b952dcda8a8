"""Verbs: pure functions from facts to facts; none imports another."""
