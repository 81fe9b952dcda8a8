"""A Tableau data source of a release: one .hyper file of typed tables, and a .tds for each with captions and roles."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as XML

from journeyman.arrow import pa
from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.entities.release_facts import FactColumn, FactKind, FactTable, ReleaseFacts
from journeyman.errors import ReleaseError

__all__ = ["TableauExporter"]

_SCHEMA = "public"
_TYPES = {
    FactKind.NUMBER: "real",
    FactKind.INTEGER: "integer",
    FactKind.BOOLEAN: "boolean",
    FactKind.TEXT: "string",
    FactKind.MOMENT: "datetime",
}


@dataclass(frozen=True)
class TableauExporter:
    """Writes NAME.hyper with the tables of facts, and NAME-TABLE.tds beside it for each.

    References
    ----------
    https://pantab.readthedocs.io
    https://tableau.github.io/document-schemas (data sources as XML)

    Examples
    --------
    >>> TableauExporter().refreshed
    ('*.hyper',)
    """

    name: str = "tableau"
    most_rows: int = 1_000_000
    refreshed: tuple[str, ...] = ("*.hyper",)

    def can_write(self) -> Refusal | None:
        """Return None, or that pantab is not installed."""
        return None if find_spec("pantab") is not None else needs_extra("tableau")

    def write(self, facts: ReleaseFacts, folder: Path) -> None:
        """Write the tables, and what Tableau shows of their columns."""
        # Here and not above: pantab is an extra, and brings Tableau's own engine.
        import pantab  # noqa: PLC0415  # the one module that imports it

        tables = {(_SCHEMA, table.name): table.rows for table in facts.tables}
        with tempfile.TemporaryDirectory(prefix="journeyman-") as logs:  # else it writes one to where it is started
            pantab.frames_to_hyper(tables, folder / _file(facts), process_params={"log_dir": logs})
        for table in facts.tables:
            path = folder / f"{facts.name}-{table.name}.tds"
            path.write_bytes(XML.tostring(_source(facts, table), encoding="utf-8", xml_declaration=True))

    def check(self, facts: ReleaseFacts, folder: Path) -> None:
        """Read the tables back with Tableau's engine, and compare their rows."""
        import pantab  # noqa: PLC0415  # the one module that imports it

        with tempfile.TemporaryDirectory(prefix="journeyman-") as logs:
            place, settings = folder / _file(facts), {"log_dir": logs}
            read = pantab.frames_from_hyper(place, return_type="pyarrow", process_params=settings)
        for table in facts.tables:
            found = read.get((_SCHEMA, table.name))
            if found is None or not _same(found, table):
                raise ReleaseError(
                    f"the table {table.name} of {_file(facts)} reads back otherwise than it was written",
                    hint="report this with the versions of Journeyman and pantab",
                )


def _file(facts: ReleaseFacts) -> str:
    return f"{facts.name}.hyper"


def _same(read: pa.Table, table: FactTable) -> bool:
    """Say whether a table holds the same rows; Tableau's engine gives them in an order of its own."""
    wanted = table.rows
    if read.num_rows != wanted.num_rows or read.column_names != wanted.column_names:
        return False
    order = [(name, "ascending") for name in wanted.column_names]
    found, wanted = (rows.sort_by(order).combine_chunks() for rows in (read.cast(wanted.schema), wanted))
    return bool(found.equals(wanted))


def _source(facts: ReleaseFacts, table: FactTable) -> XML.Element:
    """Return a data source as Tableau keeps it: where the table lies, and what its columns are."""
    called = f"{facts.name} {table.name}"
    root = XML.Element(
        "datasource",
        {"formatted-name": called, "inline": "true", "source-platform": "win", "version": "18.1"},
    )
    federated = XML.SubElement(root, "connection", {"class": "federated"})
    named = XML.SubElement(XML.SubElement(federated, "named-connections"), "named-connection")
    named.attrib.update({"caption": facts.name, "name": "hyper.facts"})
    connection = {"authentication": "auth-none", "class": "hyper", "dbname": _file(facts), "default-settings": "yes"}
    XML.SubElement(named, "connection", {**connection, "server": "", "username": ""})
    place = {"connection": "hyper.facts", "name": table.name, "table": f"[{_SCHEMA}].[{table.name}]", "type": "table"}
    XML.SubElement(federated, "relation", place)
    XML.SubElement(root, "aliases", {"enabled": "yes"})
    for column in table.columns:
        described = XML.SubElement(root, "column", _described(column))
        _add_text(described, [column.about])
    return root


def _described(column: FactColumn) -> dict[str, str]:
    unit = f" ({column.unit})" if column.unit else ""
    moment = column.kind is FactKind.MOMENT
    return {
        "caption": f"{column.name}{unit}",
        "datatype": _TYPES[column.kind],
        "name": f"[{column.name.replace(']', ']]')}]",
        "role": "measure" if column.measure else "dimension",
        "type": "quantitative" if column.measure else "ordinal" if moment else "nominal",
        **({"aggregation": "Avg"} if column.measure else {}),
    }


def _add_text(parent: XML.Element, lines: Sequence[str]) -> None:
    """Add what a column holds, shown when the pointer rests on it."""
    if any(lines):
        text = XML.SubElement(XML.SubElement(parent, "desc"), "formatted-text")
        for line in lines:
            XML.SubElement(text, "run").text = line
