"""Exporters: releases in the formats of other systems, each checked against the plan that it came from."""

from __future__ import annotations
