"""A Power BI project fits itself: what Desktop refuses, or shows blank and says nothing of, is found before."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from journeyman.arrow import pq
from journeyman.entities.release_facts import FactColumn, FactKind, ReleaseFacts
from journeyman.exporters.power_bi import PowerBIExporter
from journeyman.exporters.power_bi_check import project_faults
from journeyman.exporters.tmdl import measures_of, model_files
from journeyman.inference.release_tables import fact_table
from journeyman.testing.release_exporter_checks import sample_facts

SCHEMAS = os.environ.get("JOURNEYMAN_POWERBI_SCHEMAS", "")
"""A folder with what github.com/microsoft/json-schemas publishes."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    PowerBIExporter().write(sample_facts(2), tmp_path)
    return tmp_path


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


REPORT, MODEL = "sample.Report", "sample.SemanticModel"
SCORES = f"{MODEL}/definition/tables/Scores.tmdl"
FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no .platform": (lambda p: (p / REPORT / ".platform").unlink(), "sample.Report/.platform is missing"),
    "no model": (lambda p: (p / MODEL / "definition.pbism").unlink(), "definition.pbism is missing"),
    "a byte order mark": (
        lambda p: (p / SCORES).write_bytes(b"\xef\xbb\xbf" + (p / SCORES).read_bytes()),
        "begins with a byte order mark",
    ),
    "no $schema": (
        lambda p: change(p / REPORT / "definition.pbir", lambda c: c.pop("$schema")),
        "definition.pbir names no $schema",
    ),
    "the model as an artifact": (
        lambda p: change(p / "sample.pbip", lambda c: c["artifacts"].append({"semanticModel": {"path": MODEL}})),
        "names something besides the report",
    ),
    "another model": (
        lambda p: change(
            p / REPORT / "definition.pbir", lambda c: c["datasetReference"].update(byPath={"path": MODEL})
        ),
        "does not name the model beside it",
    ),
    "a version of three figures": (
        lambda p: change(p / REPORT / "definition/version.json", lambda c: c.update(version="2.0.1")),
        "another form than 2.0.0",
    ),
    "a version at import": (
        lambda p: change(p / REPORT / "definition/report.json", lambda c: c.update(reportVersionAtImport="5.0")),
        "reportVersionAtImport outside",
    ),
    "a page that is not listed": (
        lambda p: change(p / REPORT / "definition/pages/pages.json", lambda c: c["pageOrder"].pop()),
        "lists other pages",
    ),
    "a column that is renamed": (
        lambda p: replace_text(p / SCORES, "column 'row'", "column 'line'"),
        "the table Scores has other columns than its file",
    ),
    "a measure that is gone": (
        lambda p: replace_text(p / SCORES, "measure 'Number of rows'", "measure 'Rows in all'"),
        "a visual shows Scores[Number of rows], which the model does not declare as a measure",
    ),
    "a measure of no column": (
        lambda p: (
            replace_text(p / SCORES, "'Scores'[correct] ", "'Scores'[right] ")
            if "'Scores'[correct] " in (p / SCORES).read_text()
            else replace_text(p / SCORES, "'Scores'[correct]", "'Scores'[right]")
        ),
        "a measure of Scores names Scores[right]",
    ),
    "two fields of one name": (
        lambda p: replace_text(p / SCORES, "measure 'Number of rows'", "measure 'ROW'"),
        "has two fields of one name",
    ),
    "a table that is not named": (
        lambda p: replace_text(p / f"{MODEL}/definition/model.tmdl", "ref table Drivers\n", ""),
        "does not name the table Drivers",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_desktop_refuses_or_shows_blank_is_found(project: Path, fault: str) -> None:
    assert project_faults(project, "sample") == []
    spoil, said = FAULTS[fault]
    spoil(project)
    assert any(said in found for found in project_faults(project, "sample"))


def test_measures_keep_away_from_names_of_columns() -> None:
    facts = sample_facts(0)
    columns = (FactColumn("number of ROWS", FactKind.INTEGER), *facts.scores.columns)
    rows = [[1] * facts.scores.rows.num_rows, *facts.scores.rows.to_pydict().values()]
    scores = fact_table("scores", "Rows.", columns, rows)
    assert [m.name for m in measures_of(replace(facts, scores=scores))["Scores"]] == [
        "Number of rows (2)",
        "Mean absolute error",
    ]


def test_names_and_paths_are_quoted() -> None:
    files = model_files(sample_facts(0), 'C:\\my "data"\\')
    assert 'expression Folder = "C:\\my ""data""\\" meta [IsParameterQuery=true' in files["expressions.tmdl"]
    scores = files["tables/Scores.tmdl"]
    assert "column 'predicted it''s'\n\t\tdataType: double" in scores
    assert 'sourceColumn: "a ""text"", with [brackets]"' in scores
    assert '{"a ""text"", with [brackets]", type text}' in scores
    assert "\t\tsummarizeBy: average\n\t\tsourceColumn: =formula" in scores


def test_no_text_says_where_it_was_written(project: Path) -> None:
    texts = [p.read_text("utf-8") for p in project.rglob("*") if p.is_file() and p.suffix != ".parquet"]
    assert not any(str(project) in text for text in texts)
    assert "opened it in Power BI Desktop" in (project / "README.md").read_text("utf-8")
    assert pq.read_table(project / "data" / "scores.parquet").equals(sample_facts(2).scores.rows)


@pytest.mark.skipif(find_spec("jsonschema") is None, reason="jsonschema is not installed")
@pytest.mark.skipif(not SCHEMAS, reason="JOURNEYMAN_POWERBI_SCHEMAS names no copy of microsoft/json-schemas")
@pytest.mark.parametrize("classes", [0, 2, 3])
def test_every_file_is_as_its_published_schema_says(tmp_path: Path, classes: int) -> None:
    import jsonschema  # noqa: PLC0415  # may not be there
    from referencing import Registry, Resource  # noqa: PLC0415  # as above
    from referencing.jsonschema import DRAFT7  # noqa: PLC0415  # as above

    known: dict[str, Any] = {}
    for path in Path(SCHEMAS).rglob("*.json"):
        address = f"https://developer.microsoft.com/json-schemas/{path.relative_to(SCHEMAS).as_posix()}"
        known[address] = {**json.loads(path.read_text("utf-8-sig")), "$id": address}
    resources = [(name, Resource.from_contents(one, default_specification=DRAFT7)) for name, one in known.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    PowerBIExporter().write(facts_with_and_without_labels(classes), tmp_path)
    texts = (
        p for p in tmp_path.rglob("*") if p.suffix in (".json", ".pbip", ".pbir", ".pbism") or p.name == ".platform"
    )
    checked = 0
    for path in texts:
        content = json.loads(path.read_text("utf-8"))
        validator = jsonschema.Draft7Validator(known[content["$schema"]], registry=registry)
        assert not [error.message for error in validator.iter_errors(content)], path
        checked += 1
    assert checked > 15


def facts_with_and_without_labels(classes: int) -> ReleaseFacts:
    facts = sample_facts(classes)
    return replace(facts, label="") if classes == 3 else facts
