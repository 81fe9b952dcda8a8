"""Whether the parts of a Power BI project fit: Desktop shows a visual of an unknown field blank, and says nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from journeyman.arrow import pq

__all__ = ["project_faults"]

_NAMED = re.compile(r"^\t?(table|column|measure|partition) ('(?:[^']|'')*'|[^\s=]+)", re.MULTILINE)
_USED = re.compile(r"'((?:[^']|'')+)'\[((?:[^\]]|\]\])+)\]")
_VERSION = re.compile(r"[1-9][0-9]*\.(0|[1-9][0-9]*)\.0")
_BOM = b"\xef\xbb\xbf"


def project_faults(folder: Path, name: str) -> list[str]:
    """Return what does not fit in a project, in words; empty where all does.

    Looked at: files that Desktop asks for, marks at the beginning of texts, schemas that are named, the reference from
    report to model, pages that are listed, fields of visuals and of measures, and columns of the Parquet files.
    """
    report, model = folder / f"{name}.Report", folder / f"{name}.SemanticModel"
    wanted = [
        folder / f"{name}.pbip",
        *(part / ".platform" for part in (report, model)),
        report / "definition.pbir",
        *(report / "definition" / file for file in ("version.json", "report.json", "pages/pages.json")),
        model / "definition.pbism",
        *(model / "definition" / file for file in ("database.tmdl", "model.tmdl", "expressions.tmdl")),
    ]
    lacking = [f"{path.relative_to(folder).as_posix()} is missing" for path in wanted if not path.is_file()]
    if lacking:
        return lacking
    return [
        *_text_faults(folder, report, model),
        *_shape_faults(folder, name, report),
        *_field_faults(folder, report, model),
    ]


def _text_faults(folder: Path, report: Path, model: Path) -> Iterator[str]:
    texts = [p for part in (report, model) for p in sorted(part.rglob("*")) if p.is_file()]
    for path in (*texts, *folder.glob("*.pbip")):
        content, called = path.read_bytes(), path.relative_to(folder).as_posix()
        if content.startswith(_BOM):
            yield f"{called} begins with a byte order mark"
        if path.suffix != ".tmdl" and "$schema" not in json.loads(content.removeprefix(_BOM)):
            yield f"{called} names no $schema"


def _shape_faults(folder: Path, name: str, report: Path) -> Iterator[str]:
    shortcut = json.loads((folder / f"{name}.pbip").read_text("utf-8-sig"))
    if any(list(one) != ["report"] for one in shortcut["artifacts"]):
        yield "the .pbip names something besides the report"
    path = (
        json.loads((report / "definition.pbir").read_text("utf-8-sig"))["datasetReference"]
        .get("byPath", {})
        .get("path")
    )
    if path != f"../{name}.SemanticModel":
        yield "definition.pbir does not name the model beside it"
    if not _VERSION.fullmatch(
        json.loads((report / "definition/version.json").read_text("utf-8-sig")).get("version", "")
    ):
        yield "version.json has a version of another form than 2.0.0"
    if "reportVersionAtImport" in json.loads((report / "definition/report.json").read_text("utf-8-sig")):
        yield "report.json has reportVersionAtImport outside of its themes"
    listed = json.loads((report / "definition/pages/pages.json").read_text("utf-8-sig"))["pageOrder"]
    there = sorted(path.parent.name for path in (report / "definition/pages").glob("*/page.json"))
    if sorted(listed) != there:
        yield "pages.json lists other pages than there are"


def _field_faults(folder: Path, report: Path, model: Path) -> Iterator[str]:
    tables = {
        path.stem: _declared(path.read_text("utf-8-sig"))
        for path in sorted((model / "definition/tables").glob("*.tmdl"))
    }
    order = (model / "definition/model.tmdl").read_text("utf-8-sig")
    for table, (columns, measures, text) in tables.items():
        if f"ref table {table}\n" not in order:
            yield f"model.tmdl does not name the table {table}"
        lower = [name.lower() for name in (*columns, *measures)]
        if len(set(lower)) < len(lower):
            yield f"the table {table} has two fields of one name"
        data = folder / "data" / f"{table.lower()}.parquet"
        if not data.is_file() or pq.read_schema(data).names != columns:
            yield f"the table {table} has other columns than its file"
        for used, field in _USED.findall(text):
            if field.replace("]]", "]") not in tables.get(used.replace("''", "'"), ([], [], ""))[0]:
                yield f"a measure of {table} names {used}[{field}], which the model does not declare"
    for path in sorted(report.rglob("visual.json")):
        for kind, table, field in _fields(json.loads(path.read_text("utf-8-sig"))):
            columns, measures, _ = tables.get(table, ([], [], ""))
            if field not in (columns if kind == "Column" else measures):
                yield f"a visual shows {table}[{field}], which the model does not declare as a {kind.lower()}"


def _declared(text: str) -> tuple[list[str], list[str], str]:
    """Return the columns and measures of a table, and its text up to the partition."""
    body = text.partition("\n\tpartition ")[0]
    found: dict[str, list[str]] = {"column": [], "measure": []}
    for kind, name in _NAMED.findall(body):
        if kind in found:
            found[kind].append(name[1:-1].replace("''", "'") if name.startswith("'") else name)
    return found["column"], found["measure"], "\n".join(line for line in body.splitlines() if "///" not in line)


def _fields(part: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the fields that a visual names: column or measure, table, name."""
    if isinstance(part, dict):
        for kind in ("Column", "Measure"):
            field = part.get(kind)
            if isinstance(field, dict) and "Property" in field:
                yield kind, field["Expression"]["SourceRef"]["Entity"], field["Property"]
        for value in part.values():
            yield from _fields(value)
    elif isinstance(part, list):
        for value in part:
            yield from _fields(value)
