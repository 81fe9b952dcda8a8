"""A Tableau data source holds typed columns, and says what they are called and what they are for."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as XML

import pytest

from journeyman.errors import ReleaseError
from journeyman.exporters.tableau import TableauExporter
from journeyman.testing.release_exporter_checks import sample_facts

pytestmark = [
    pytest.mark.slow,  # the engine takes three seconds to start
    pytest.mark.skipif(find_spec("pantab") is None, reason="journeyman[tableau] is not installed"),
]


def test_types_roles_and_captions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pantab  # noqa: PLC0415  # an extra

    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    facts = sample_facts(0)
    TableauExporter().write(facts, tmp_path)
    TableauExporter().check(facts, tmp_path)
    assert list((tmp_path / "here").iterdir()) == []  # the engine's log went elsewhere
    settings = {"log_dir": str(tmp_path)}
    read = pantab.frames_from_hyper(tmp_path / "sample.hyper", return_type="pyarrow", process_params=settings)
    scores = read["public", "scores"]
    assert {name: str(kind) for name, kind in zip(scores.column_names, scores.schema.types, strict=True)} == {
        "row": "int64",
        "predicted it's": "double",
        "actual it's": "double",
        "error": "double",
        'a "text", with [brackets]': "large_string",
        "Row (2)": "double",
        "sure": "bool",
        "when": "timestamp[us]",
        "=formula": "int64",
    }
    assert scores["when"].to_pylist() == facts.scores.rows["when"].to_pylist()
    source = XML.parse(tmp_path / "sample-scores.tds").getroot()
    columns = {column.get("name"): column.attrib for column in source.findall("column")}
    assert columns["[Row (2)]"]["caption"] == "Row (2) (km)"
    assert columns["[Row (2)]"]["role"] == "measure"
    assert columns["[when]"] == {
        "caption": "when",
        "datatype": "datetime",
        "name": "[when]",
        "role": "dimension",
        "type": "ordinal",
    }
    assert '[a "text", with [brackets]]]' in columns
    relation = source.find("connection/relation")
    assert relation is not None
    assert relation.get("table") == "[public].[scores]"


def test_rows_that_come_back_in_another_order_are_the_same(tmp_path: Path) -> None:
    facts = sample_facts(2, rows=3_000)  # from some thousand rows on the engine gives them as it likes
    TableauExporter().write(facts, tmp_path)
    TableauExporter().check(facts, tmp_path)
    with pytest.raises(ReleaseError, match=r"the table scores of sample\.hyper reads back otherwise"):
        TableauExporter().check(replace(facts, scores=sample_facts(0, rows=3_000).scores), tmp_path)
