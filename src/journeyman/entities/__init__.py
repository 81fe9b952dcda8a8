"""Nouns: frozen facts, no input or output."""
