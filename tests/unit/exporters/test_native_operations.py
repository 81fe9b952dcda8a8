"""What the readers in C, C++ and Java say that they know."""

from __future__ import annotations

import pytest

from journeyman.exporters.c import CExporter
from journeyman.exporters.cpp import CppExporter
from journeyman.exporters.java import JavaExporter
from journeyman.exporters.scoring_plan import every_operation
from journeyman.interfaces import ProjectExporter


@pytest.mark.parametrize("exporter", [CExporter(), CppExporter(), JavaExporter()], ids=lambda one: one.name)
def test_each_knows_every_operation_of_the_page(exporter: ProjectExporter) -> None:
    assert exporter.operations == every_operation()
