"""Protocols: what a part must offer to be used. Implement one, register it as an entry point, and it takes part."""

from __future__ import annotations

from journeyman.interfaces.exporting import Exporter
from journeyman.interfaces.learning import (
    Algorithm,
    Averaging,
    FitRequest,
    FittedModel,
    FittedPreparation,
    LearnsLong,
    Matrix,
    Preparation,
    StartsSlowly,
    WeighsRows,
)
from journeyman.interfaces.metric import Metric, WeightedScore
from journeyman.interfaces.operating import DriftDetector, Notifier, PredictionLog, TrafficLog
from journeyman.interfaces.reading import QualityRule, RuleContext, RuleScope, Source, scope_of
from journeyman.interfaces.running import Artifacts, Clock, Progress, Run

__all__ = [
    "Algorithm",
    "Artifacts",
    "Averaging",
    "Clock",
    "DriftDetector",
    "Exporter",
    "FitRequest",
    "FittedModel",
    "FittedPreparation",
    "LearnsLong",
    "Matrix",
    "Metric",
    "Notifier",
    "PredictionLog",
    "Preparation",
    "Progress",
    "QualityRule",
    "RuleContext",
    "RuleScope",
    "Run",
    "Source",
    "StartsSlowly",
    "TrafficLog",
    "WeighsRows",
    "WeightedScore",
    "scope_of",
]
