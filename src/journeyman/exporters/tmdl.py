"""A semantic model of Power BI as text in TMDL: tables of facts read from Parquet, and measures over them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.entities.release_facts import FactColumn, FactKind, FactTable, ReleaseFacts, unique_names

__all__ = ["FOLDER", "Measure", "measures_of", "model_files", "stable_id", "table_name"]

FOLDER = "Folder"
"""The one parameter of the model: where the Parquet files lie."""
_TYPES = {
    FactKind.NUMBER: ("double", "type number"),
    FactKind.INTEGER: ("int64", "Int64.Type"),
    FactKind.BOOLEAN: ("boolean", "type logical"),
    FactKind.TEXT: ("string", "type text"),
    FactKind.MOMENT: ("dateTime", "type datetime"),
}
_MODEL = """model Model
\tculture: en-US
\tdefaultPowerBIDataSourceVersion: powerBI_V3
\tsourceQueryCulture: en-US
\tdataAccessOptions
\t\tlegacyRedirects
\t\treturnErrorValuesAsNull

annotation __PBI_TimeIntelligenceEnabled = 0

"""


@dataclass(frozen=True)
class Measure:
    """A measure: its name, its formula in DAX, how it is shown, and what it says."""

    name: str
    formula: str
    shown: str
    about: str


def table_name(table: FactTable) -> str:
    """Return what a table of facts is called in the model.

    Examples
    --------
    >>> from journeyman.arrow import pa
    >>> table_name(FactTable("scores", "", (), pa.table({})))
    'Scores'
    """
    return table.name.capitalize()


def measures_of(facts: ReleaseFacts) -> Mapping[str, tuple[Measure, ...]]:
    """Return the measures of each table, by what the table is called; no name is one of a column, whatever its case."""
    names = {column.name for column in facts.scores.columns}
    scores = [Measure("Number of rows", "COUNTROWS('Scores')", "#,0", "Rows with predictions.")]
    if "error" in names and facts.label:
        known = "FILTER('Scores', NOT ISBLANK('Scores'[error]))"
        about = "Mean size of an error, over rows whose outcome is known."
        scores.append(Measure("Mean absolute error", f"AVERAGEX({known}, ABS('Scores'[error]))", "#,0.00", about))
    elif "correct" in names and facts.label:
        right, known = (
            "COUNTROWS(FILTER('Scores', " + test + "))" for test in ("'Scores'[correct]", _is_not_blank("correct"))
        )
        about = "Share of rows that get the right label, of those whose outcome is known."
        scores.append(Measure("Share correct", f"DIVIDE({right}, {known})", "0.0%", about))
    drivers = [Measure("Share of importance", "SUM('Drivers'[share])", "0.0%", "Of the importance of all columns.")]
    monitoring = [
        Measure("Live rows", "SUM('Monitoring'[rows])", "#,0", "Rows that were answered."),
        Measure("Live rows with outcome", "SUM('Monitoring'[labelled])", "#,0", "Rows whose outcome is known."),
        Measure("Live score", "AVERAGE('Monitoring'[score])", "0.000", "Mean over periods of the score of live rows."),
        Measure("Expected score", "AVERAGE('Monitoring'[score when built])", "0.000", "The score when it was built."),
    ]
    findings = [Measure("Number of findings", "COUNTROWS('Findings')", "#,0", "What was noticed.")]
    found = {"Scores": scores, "Drivers": drivers, "Findings": findings, "Monitoring": monitoring}
    return {table_name(t): _renamed(t, found[table_name(t)]) for t in facts.tables if table_name(t) in found}


def _is_not_blank(column: str) -> str:
    return f"NOT ISBLANK('Scores'[{column}])"


def _renamed(table: FactTable, measures: Sequence[Measure]) -> tuple[Measure, ...]:
    columns = [column.name for column in table.columns]
    names = unique_names([*columns, *(measure.name for measure in measures)])[len(columns) :]
    return tuple(Measure(n, m.formula, m.shown, m.about) for n, m in zip(names, measures, strict=True))


def model_files(facts: ReleaseFacts, folder: str) -> dict[str, str]:
    """Return the files of the model by their place below its folder.

    Parameters
    ----------
    folder : str
        Value of the parameter at first, with the separator at its end.

    References
    ----------
    https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview
    """
    measures = measures_of(facts)
    names = [table_name(table) for table in facts.tables]
    described = 'meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]'
    parameter = f"expression {FOLDER} = {_m_text(folder)} {described}"
    return {
        "database.tmdl": "database\n\tcompatibilityLevel: 1567\n",
        "model.tmdl": _MODEL + "".join(f"ref table {name}\n" for name in names),
        "expressions.tmdl": f"{parameter}\n\tlineageTag: {stable_id(facts, FOLDER)}\n",
        **{f"tables/{table_name(t)}.tmdl": _table(facts, t, measures.get(table_name(t), ())) for t in facts.tables},
    }


def stable_id(facts: ReleaseFacts, *words: str) -> str:
    """Return an identity that the same model's export has each time."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("journeyman", facts.name, *words))))


def _table(facts: ReleaseFacts, table: FactTable, measures: Sequence[Measure]) -> str:
    name = table_name(table)
    lines = [f"/// {_line(table.about)}", f"table {name}", f"\tlineageTag: {stable_id(facts, name)}", ""]
    for measure in measures:
        lines += [
            f"\t/// {_line(measure.about)}",
            f"\tmeasure {_quoted(measure.name)} = {measure.formula}",
            f"\t\tformatString: {measure.shown}",
            f"\t\tlineageTag: {stable_id(facts, name, 'measure', measure.name)}",
            "",
        ]
    for column in table.columns:
        lines += [*_column(facts, name, column), ""]
    return "\n".join([*lines, *_partition(table), ""])


def _column(facts: ReleaseFacts, table: str, column: FactColumn) -> list[str]:
    kind, _ = _TYPES[column.kind]
    unit = f" Unit: {column.unit}." if column.unit else ""
    lines = [f"\t/// {_line(column.about + unit)}"] if column.about or unit else []
    shown = {FactKind.INTEGER: "0", FactKind.MOMENT: "General Date"}.get(column.kind)
    return [
        *lines,
        f"\tcolumn {_quoted(column.name)}",
        f"\t\tdataType: {kind}",
        *([f"\t\tformatString: {shown}"] if shown else []),
        f"\t\tlineageTag: {stable_id(facts, table, column.name)}",
        f"\t\tsummarizeBy: {'average' if column.measure else 'none'}",
        f"\t\tsourceColumn: {_value(column.name)}",
        "",
        "\t\tannotation SummarizationSetBy = User",
    ]


def _partition(table: FactTable) -> list[str]:
    types = ", ".join(f"{{{_m_text(c.name)}, {_TYPES[c.kind][1]}}}" for c in table.columns)
    return [
        f"\tpartition {table_name(table)} = m",
        "\t\tmode: import",
        "\t\tsource =",
        "\t\t\t\tlet",
        f'\t\t\t\t\tSource = Parquet.Document(File.Contents({FOLDER} & "{table.name}.parquet")),',
        f"\t\t\t\t\tTyped = Table.TransformColumnTypes(Source, {{{types}}})",
        "\t\t\t\tin",
        "\t\t\t\t\tTyped",
    ]


def _quoted(name: str) -> str:
    """Return a name as TMDL has it: in single quotes, those inside doubled.

    Examples
    --------
    >>> _quoted("Mother's age")
    "'Mother''s age'"
    """
    return "'" + name.replace("'", "''") + "'"


def _value(text: str) -> str:
    """Return a text as a value of a property: in double quotes where it has some itself."""
    return '"' + text.replace('"', '""') + '"' if '"' in text else text


def _line(text: str) -> str:
    return " ".join(text.split())


def _m_text(text: str) -> str:
    """Return a text as M has it.

    Examples
    --------
    >>> print(_m_text("#(lf)"))
    "#(#)(lf)"
    """
    escaped = text.replace("#(", "#(#)(").replace('"', '""')
    return f'"{escaped}"'
