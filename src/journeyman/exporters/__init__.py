"""Exporters: stored models in the formats of other systems, each checked against the model that it came from."""

from __future__ import annotations
