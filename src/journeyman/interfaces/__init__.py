"""Protocols: what a part must offer to be used. Implement one, register it as an entry point, and it takes part."""

from __future__ import annotations

from journeyman.interfaces.learning import (
    Algorithm,
    Averaging,
    FitRequest,
    FittedModel,
    FittedPreparation,
    LearnsLong,
    Matrix,
    MinimisesLosses,
    Preparation,
    StartsSlowly,
    WeighsRows,
)
from journeyman.interfaces.metric import Metric, WeightedScore
from journeyman.interfaces.operating import DriftDetector, Notifier, PredictionLog, TrafficLog
from journeyman.interfaces.reading import QualityRule, RuleContext, RuleScope, Source, scope_of
from journeyman.interfaces.running import Artifacts, Clock, Progress, Run
from journeyman.interfaces.task_type import PosesExamination, TaskType

__all__ = [
    "Algorithm",
    "Artifacts",
    "Averaging",
    "Clock",
    "DriftDetector",
    "FitRequest",
    "FittedModel",
    "FittedPreparation",
    "LearnsLong",
    "Matrix",
    "Metric",
    "MinimisesLosses",
    "Notifier",
    "PosesExamination",
    "PredictionLog",
    "Preparation",
    "Progress",
    "QualityRule",
    "RuleContext",
    "RuleScope",
    "Run",
    "Source",
    "StartsSlowly",
    "TaskType",
    "TrafficLog",
    "WeighsRows",
    "WeightedScore",
    "scope_of",
]
