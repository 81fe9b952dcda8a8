"""Protocols: what a part must offer to be used. Implement one, register it as an entry point, and it takes part."""

from __future__ import annotations

from journeyman.interfaces.analysing import Hypothesis, HypothesisSource, Proposed
from journeyman.interfaces.cleaning import ErrorDetector
from journeyman.interfaces.contract_exporting import ContractExporter
from journeyman.interfaces.deploying import Deployment, DeploymentExporter, DeployScript
from journeyman.interfaces.engine import Engine, OffersTables
from journeyman.interfaces.exporting import Exporter
from journeyman.interfaces.joining import Joiner
from journeyman.interfaces.learning import (
    Algorithm,
    Averaging,
    FitRequest,
    FittedModel,
    FittedPreparation,
    JoinsOpinions,
    LearnsLong,
    Matrix,
    MinimisesLosses,
    NeedsColumns,
    Preparation,
    StartsSlowly,
    WeighsRows,
    concerns,
    minimises,
)
from journeyman.interfaces.learning_together import FitOfAllRows, FitsTogether, LearnsFromAllRows, Prepared, WholeTask
from journeyman.interfaces.metric import Metric, WeightedScore
from journeyman.interfaces.operating import DriftDetector, Notifier, PredictionLog
from journeyman.interfaces.project_exporting import ProjectExporter, ProjectFacts
from journeyman.interfaces.reading import QualityRule, RuleContext, RuleScope, Source, scope_of
from journeyman.interfaces.relation import Relation, TableReader, place
from journeyman.interfaces.release_exporting import ReleaseExporter
from journeyman.interfaces.report_section import ReportSection
from journeyman.interfaces.running import Clock, Ends, FitRunner, FoldFits, FoldRows, OffersFits, Progress, Run
from journeyman.interfaces.series import ArrangesSeries
from journeyman.interfaces.stream import Stream
from journeyman.interfaces.task_offers import (
    AlarmLimit,
    CombinesColumns,
    DrawsCurves,
    FlagsRows,
    HasOptions,
    KeepsNames,
    KeepsOutputs,
    PosesExamination,
    RaisesObjections,
    ReadsTruth,
    SettlesTask,
    TellsUnfamiliarRows,
)
from journeyman.interfaces.task_type import TaskType
from journeyman.interfaces.threads import Event, Lock, Queue, Thread, Threads

__all__ = [
    "AlarmLimit",
    "Algorithm",
    "ArrangesSeries",
    "Averaging",
    "Clock",
    "CombinesColumns",
    "ContractExporter",
    "DeployScript",
    "Deployment",
    "DeploymentExporter",
    "DrawsCurves",
    "DriftDetector",
    "Ends",
    "Engine",
    "ErrorDetector",
    "Event",
    "Exporter",
    "FitOfAllRows",
    "FitRequest",
    "FitRunner",
    "FitsTogether",
    "FittedModel",
    "FittedPreparation",
    "FlagsRows",
    "FoldFits",
    "FoldRows",
    "HasOptions",
    "Hypothesis",
    "HypothesisSource",
    "Joiner",
    "JoinsOpinions",
    "KeepsNames",
    "KeepsOutputs",
    "LearnsFromAllRows",
    "LearnsLong",
    "Lock",
    "Matrix",
    "Metric",
    "MinimisesLosses",
    "NeedsColumns",
    "Notifier",
    "OffersFits",
    "OffersTables",
    "PosesExamination",
    "PredictionLog",
    "Preparation",
    "Prepared",
    "Progress",
    "ProjectExporter",
    "ProjectFacts",
    "Proposed",
    "QualityRule",
    "Queue",
    "RaisesObjections",
    "ReadsTruth",
    "Relation",
    "ReleaseExporter",
    "ReportSection",
    "RuleContext",
    "RuleScope",
    "Run",
    "SettlesTask",
    "Source",
    "StartsSlowly",
    "Stream",
    "TableReader",
    "TaskType",
    "TellsUnfamiliarRows",
    "Thread",
    "Threads",
    "WeighsRows",
    "WeightedScore",
    "WholeTask",
    "concerns",
    "minimises",
    "place",
    "scope_of",
]
