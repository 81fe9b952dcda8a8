"""The contract checks of all parts, found as Journeyman finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import journeyman
from journeyman.algorithms.linear import LinearModel
from journeyman.api.export_deployment import deployment_of
from journeyman.engines import open_engine
from journeyman.entities.column import Column, Kind
from journeyman.entities.operating import NotifierKind, NotifierSettings
from journeyman.entities.plan import MeanStep, Node, ParseStep, Plan
from journeyman.entities.task import Task
from journeyman.metrics import all_metrics
from journeyman.notifiers import make_notifier
from journeyman.plugins import load_parts
from journeyman.serving.http import Request
from journeyman.sources import open_source
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.streams import open_stream
from journeyman.tasks import find_task_type
from journeyman.testing.algorithm_checks import check_algorithm
from journeyman.testing.analysis_checks import check_analysis
from journeyman.testing.cleaner_checks import check_cleaner
from journeyman.testing.deployment_checks import check_deployment
from journeyman.testing.detector_checks import check_detector
from journeyman.testing.engine_checks import check_engine
from journeyman.testing.exporter_checks import check_exporter
from journeyman.testing.fitted_plans import FittedPlan
from journeyman.testing.joiner_checks import check_joiner
from journeyman.testing.metric_checks import check_metric
from journeyman.testing.notifier_checks import check_notifier
from journeyman.testing.preparation_checks import check_preparation
from journeyman.testing.project_checks import check_project
from journeyman.testing.protocol_checks import check_protocol
from journeyman.testing.release_exporter_checks import check_release_exporter
from journeyman.testing.rule_checks import check_rule
from journeyman.testing.section_checks import check_section
from journeyman.testing.source_checks import check_source
from journeyman.testing.stream_checks import check_stream
from journeyman.testing.task_checks import check_task
from journeyman.transformers.steps import NumberStep


def test_metric() -> None:
    check_metric(all_metrics()["within_half"])


def test_joiner() -> None:
    check_joiner(load_parts("journeyman.joiners")["count"])


def test_rule() -> None:
    check_rule(load_parts("journeyman.quality_rules")["negative_amounts"])


def test_preparation() -> None:
    check_preparation(load_parts("journeyman.preparations")["ranked"])


def test_algorithm() -> None:
    check_algorithm(load_parts("journeyman.algorithms")["ranked_linear"])


def test_exporter() -> None:
    size = NumberStep(("size",), np.array([3.0]), np.array([1.0]), np.array([0.5]), 0.0, ())
    lines = [LinearModel(np.array([[slope]]), np.zeros(1), False, -9.0, 9.0, 1) for slope in (1.0, -2.0)]
    nodes = (
        Node("columns", ParseStep(())),
        Node("numbers", size, columns=("size",), outputs=("size",)),
        *(Node(f"line {i}", line, features=("numbers",)) for i, line in enumerate(lines)),
        Node("mean", MeanStep((0.25, 0.75)), predictions=("line 0", "line 1")),
    )
    rows = {"size": np.array([1.0, 2.0, np.nan])}
    check_exporter(load_parts("journeyman.exporters", {"weights"})["weights"], Plan(nodes, "mean"), rows)


def test_deployment(tmp_path: Path) -> None:
    rows = pd.DataFrame({"x": range(60), "y": [i % 3 for i in range(60)]})
    release = journeyman.build(rows, target="y", trials=2, workspace=tmp_path, name="thirds")
    check_deployment(load_parts("journeyman.deployment_exporters")["folder"], deployment_of(release))


def test_release_exporter() -> None:
    check_release_exporter(load_parts("journeyman.release_exporters", {"tables"})["tables"])


def test_language() -> None:
    columns = (Column("size", Kind.NUMBER),)
    size = NumberStep(("size",), np.array([3.0]), np.array([1.0]), np.array([0.5]), 4.0, ())
    lines = [LinearModel(np.array([[slope]]), np.array([0.3]), False, -9.0, 9.0, 1) for slope in (1.0, -2.0)]
    nodes = (
        Node("columns", ParseStep(columns)),
        Node("numbers", size, columns=("size",), outputs=("size",)),
        *(Node(f"line {i}", line, features=("numbers",)) for i, line in enumerate(lines)),
        Node("mean", MeanStep((0.25, 0.75)), predictions=("line 0", "line 1")),
    )
    task = Task("y", "regression", "rmse")
    exporter = load_parts("journeyman.project_exporters", {"tally"})["tally"]
    check_project(exporter, FittedPlan(Plan(nodes, "mean"), task, columns, ("linear", "linear")))


def test_analysis() -> None:
    check_analysis(load_parts("journeyman.analyses")["extreme_values"])


def test_detector() -> None:
    check_detector(load_parts("journeyman.drift_detectors")["late_rows"])


def test_cleaner() -> None:
    check_cleaner(load_parts("journeyman.cleaners")["doubted_texts"])


def test_source(tmp_path: Path) -> None:
    one, other = tmp_path / "one.pairs", tmp_path / "other.pairs"
    rows = [f"size={i} city=Oslo" if i % 3 else f"size={i}" for i in range(30)]
    one.write_text("\n".join(rows))
    other.write_text("\n".join([*rows[:-1], "size=99"]))
    check_source(lambda: open_source(str(one), None), lambda: open_source(str(other), None))
    check_source(lambda: open_source(f"pairs://{one}", None), lambda: open_source(f"pairs://{other}", None))


def test_notifier(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    diary.touch()

    def made(place: Path) -> object:
        return make_notifier(NotifierSettings(NotifierKind.PACKAGE, str(place), part="diary"))

    check_notifier(made(diary), lambda: diary.read_text().splitlines(), made(tmp_path / "nowhere" / "diary"))


def test_task() -> None:
    check_task(find_task_type("counts"))


def test_engine() -> None:
    check_engine(open_engine("parquet"))


def test_stream(tmp_path: Path) -> None:
    def opened(name: str) -> tuple[object, object]:
        return SqlitePredictionLog(tmp_path / name), open_stream(f"audited://{tmp_path / name}")

    check_stream(opened)
    assert list(tmp_path.rglob("readings.txt"))


def test_section() -> None:
    check_section(load_parts("journeyman.report_sections")["set_aside"])


def test_protocol() -> None:
    def ask(rows: Sequence[Mapping[str, object]]) -> Request:
        lines = [rows[0].keys(), *(row.values() for row in rows)]
        return Request("/csv", (), {}, "\n".join(",".join(map(str, line)) for line in lines).encode())

    check_protocol(load_parts("journeyman.serving_protocols")["csv"], ask)
