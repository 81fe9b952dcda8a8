"""A Power BI project of a release: a semantic model over Parquet files, and a report of three pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeyman.arrow import pq
from journeyman.entities.candidate import Refusal
from journeyman.entities.release_facts import ReleaseFacts
from journeyman.errors import ReleaseError
from journeyman.exporters.power_bi_check import project_faults
from journeyman.exporters.power_bi_pages import HEIGHT, WIDTH, Page, Visual, pages_of
from journeyman.exporters.tmdl import FOLDER, model_files, stable_id

__all__ = ["PowerBIExporter"]

_SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"
_README = """# {name} {version} for Power BI

1. Open `{name}.pbip` with Power BI Desktop (2025 or newer).
2. Choose Transform data, Edit parameters, and set `{parameter}` to the folder `data` beside this file, with the
   separator at its end, such as `C:\\reports\\{name}\\data\\`.
3. Choose Refresh. Until then the pages are empty: the project holds no data, `data/` does.

`journeyman export {name} --to powerbi` to the same folder replaces the files in `data/` and leaves the pages as you
changed them. {rows}

The project follows the schemas that Microsoft publishes, and every field of a page is declared in the model. Nobody has
opened it in Power BI Desktop: report what it says.
"""


@dataclass(frozen=True)
class PowerBIExporter:
    """Writes a project (PBIP): NAME.pbip, NAME.Report (PBIR), NAME.SemanticModel (TMDL), and data/*.parquet.

    References
    ----------
    https://learn.microsoft.com/power-bi/developer/projects/projects-overview
    https://github.com/microsoft/json-schemas

    Examples
    --------
    >>> PowerBIExporter().refreshed
    ('data/*.parquet',)
    """

    name: str = "powerbi"
    most_rows: int = 1_000_000
    refreshed: tuple[str, ...] = ("data/*.parquet",)

    def can_write(self) -> Refusal | None:
        """Return None: nothing has to be installed."""
        return None

    def write(self, facts: ReleaseFacts, folder: Path) -> None:
        """Write the project; texts in UTF-8 without a mark at their beginning, which Power BI Desktop refuses."""
        for place, text in _texts(facts):
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        (folder / "data").mkdir()
        for table in facts.tables:
            pq.write_table(table.rows, folder / "data" / f"{table.name}.parquet")

    def check(self, facts: ReleaseFacts, folder: Path) -> None:
        """Look whether pages, model and data name the same tables and fields; a visual that is blank tells nobody."""
        faults = project_faults(folder, facts.name)
        for table in facts.tables:
            if not pq.read_table(folder / "data" / f"{table.name}.parquet").equals(table.rows):
                faults.append(f"data/{table.name}.parquet reads back otherwise than it was written")
        if faults:
            raise ReleaseError(
                f"the Power BI project has a fault: {faults[0]}", hint="report this as a fault of Journeyman"
            )


def _texts(facts: ReleaseFacts) -> Iterator[tuple[str, str]]:
    name = facts.name
    report, model = f"{name}.Report", f"{name}.SemanticModel"
    shortcut = {"version": "1.0", "artifacts": [{"report": {"path": report}}], "settings": {"enableAutoRecovery": True}}
    yield f"{name}.pbip", _json("pbip/pbipProperties/1.0.0", shortcut)
    yield f"{report}/.platform", _platform(facts, "Report")
    yield f"{model}/.platform", _platform(facts, "SemanticModel")
    reference = {"version": "4.0", "datasetReference": {"byPath": {"path": f"../{model}"}}}
    yield f"{report}/definition.pbir", _json("item/report/definitionProperties/2.0.0", reference)
    settings: dict[str, Any] = {"version": "4.2", "settings": {}}
    yield f"{model}/definition.pbism", _json("item/semanticModel/definitionProperties/1.0.0", settings)
    yield (
        f"{report}/definition/version.json",
        _json("item/report/definition/versionMetadata/1.0.0", {"version": "2.0.0"}),
    )
    yield f"{report}/definition/report.json", _json("item/report/definition/report/3.3.0", {"themeCollection": {}})
    pages = pages_of(facts)
    ids = [stable_id(facts, "page", page.name).replace("-", "")[:20] for page in pages]
    order = {"pageOrder": ids, "activePageName": ids[0]}
    yield f"{report}/definition/pages/pages.json", _json("item/report/definition/pagesMetadata/1.1.0", order)
    for page, own in zip(pages, ids, strict=True):
        place = f"{report}/definition/pages/{own}"
        yield f"{place}/page.json", _page(page, own)
        for number, visual in enumerate(page.visuals):
            visual_id = stable_id(facts, "page", page.name, str(number)).replace("-", "")[:20]
            yield f"{place}/visuals/{visual_id}/visual.json", _visual(visual, visual_id, number)
    for place, text in model_files(facts, f"C:\\{name}\\data\\").items():
        yield f"{model}/definition/{place}", text
    rows = f"It holds {facts.rows_from}."
    yield "README.md", _README.format(name=name, version=facts.version, parameter=FOLDER, rows=rows)


def _json(schema: str, content: dict[str, Any]) -> str:
    return json.dumps({"$schema": f"{_SCHEMAS}/{schema}/schema.json", **content}, indent=2, ensure_ascii=False) + "\n"


def _platform(facts: ReleaseFacts, kind: str) -> str:
    config = {"version": "2.0", "logicalId": stable_id(facts, kind)}
    content = {"metadata": {"type": kind, "displayName": facts.name}, "config": config}
    return _json("gitIntegration/platformProperties/2.0.0", content)


def _page(page: Page, own: str) -> str:
    content = {"name": own, "displayName": page.name, "displayOption": "FitToPage", "height": HEIGHT, "width": WIDTH}
    return _json("item/report/definition/page/2.1.0", content)


def _visual(visual: Visual, own: str, number: int) -> str:
    x, y, width, height = visual.place
    title = {"text": _literal(f"'{visual.title.replace(chr(39), chr(39) * 2)}'"), "show": _literal("true")}
    content = {
        "name": own,
        "position": {"x": x, "y": y, "z": number, "height": height, "width": width, "tabOrder": number},
        "visual": {
            "visualType": visual.kind,
            "query": {"queryState": {role: {"projections": list(fields)} for role, fields in visual.roles.items()}},
            "visualContainerObjects": {"title": [{"properties": title}]},
            "drillFilterOtherVisuals": True,
        },
    }
    return _json("item/report/definition/visualContainer/2.9.0", content)


def _literal(value: str) -> dict[str, Any]:
    return {"expr": {"Literal": {"Value": value}}}
