"""Contract checks that any exporter of what is known of a release can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from journeyman.entities.column import Column
from journeyman.entities.plan import ParseStep
from journeyman.entities.release_facts import FactColumn, FactKind, FactTable, ReleaseFacts
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.errors import ReleaseError
from journeyman.inference.release_tables import fact_table
from journeyman.inference.sample_rows import sample_rows
from journeyman.inference.scorer import Scorer
from journeyman.interfaces import ReleaseExporter
from journeyman.testing.exporter_checks import sample_plan
from journeyman.testing.run_all import run_all

__all__ = ["RELEASE_EXPORTER_CHECKS", "check_release_exporter", "sample_facts"]

_TEXTS = (
    "plain",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    'say "no"',
    "a,b;c",
    "]brackets[",
    "Åse's",
    "line\nbreak",
    "01",
    None,
)


def check_release_exporter(exporter: ReleaseExporter, facts: ReleaseFacts | None = None) -> None:
    """Run every check; on facts of ``sample_facts`` where none are given.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the exporter.

    Examples
    --------
    >>> from journeyman.exporters.power_bi import PowerBIExporter
    >>> check_release_exporter(PowerBIExporter())
    """
    called = f"the exporter {exporter.name}"
    run_all(called, RELEASE_EXPORTER_CHECKS, exporter, sample_facts() if facts is None else facts)


def sample_facts(classes: int = 2, rows: int = 40, monitored: int = 5) -> ReleaseFacts:
    """Return facts with every kind of cell, gaps, texts that look like formulas, and odd names.

    Parameters
    ----------
    classes : int
        0 for values.

    Examples
    --------
    >>> facts = sample_facts()
    >>> facts.scores.rows.num_rows, facts.prediction, facts.monitoring.rows.num_rows
    (40, "predicted it's", 5)
    """
    plan, _ = sample_plan(classes)
    parse = plan.nodes[0].step
    assert isinstance(parse, ParseStep)
    block = sample_rows(parse.columns, (), rows, 1)
    answers = Scorer(plan).predict(block)
    labels = tuple(f"class {i}" for i in range(classes))
    written = datetime(2026, 11, 30, 12, 0)
    scores = _scores(block, answers, labels, rows)
    typical = {name: values[:1] for name, values in sample_rows(parse.columns, (), 1, 5).items()}
    return ReleaseFacts(
        name="sample",
        version=3,
        created="2026-11-30T12:00:00+00:00",
        written=written,
        task=Task("it's", "multiclass" if classes > 2 else "binary" if classes else "regression", "rmse", labels),
        words=(("Verdict", "release: it is better"), ("=cmd", "-1+1")),
        rows_from=f"{rows} rows",
        scores=scores,
        drivers=_drivers(parse.columns),
        findings=_findings(),
        metrics=_metrics(),
        monitoring=_monitoring(monitored),
        prediction=scores.columns[1].name,
        label=scores.columns[2].name,
        plan=plan,
        columns=parse.columns,
        typical=typical,
    )


def _scores(block: Block, answers: np.ndarray, labels: tuple[str, ...], rows: int) -> FactTable:
    texts = [_TEXTS[i % len(_TEXTS)] for i in range(rows)]
    known = np.arange(rows) % 3 > 0
    moments = np.datetime64("1899-12-31T00:00:00", "us") + np.arange(rows) * np.timedelta64(40_000_001, "s")
    moments[1] = np.datetime64("NaT")
    if labels:
        predicted = np.array(labels, dtype=object)[answers.argmax(axis=1)]
        shown = (FactColumn("predicted it's", FactKind.TEXT), FactColumn("actual it's", FactKind.TEXT))
        judged = FactColumn("correct", FactKind.BOOLEAN)
        right = [bool(i % 2) if k else None for i, k in enumerate(known)]
        told = [predicted, [p if k else None for p, k in zip(predicted, known, strict=True)], right]
    else:
        predicted = answers[:, 0]
        shown = (
            FactColumn("predicted it's", FactKind.NUMBER, "", True),
            FactColumn("actual it's", FactKind.NUMBER, "", True),
        )
        judged = FactColumn("error", FactKind.NUMBER, "", True)
        told = [predicted, np.where(known, predicted + 1, np.nan), np.where(known, -1.0, np.nan)]
    columns = (
        FactColumn("row", FactKind.INTEGER, "Which row it is."),
        *shown,
        judged,
        FactColumn('a "text", with [brackets]', FactKind.TEXT, "Texts."),
        FactColumn("Row (2)", FactKind.NUMBER, "Numbers.", True, "km"),
        FactColumn("sure", FactKind.BOOLEAN),
        FactColumn("when", FactKind.MOMENT),
        FactColumn("=formula", FactKind.INTEGER, "Numbers.", True),
    )
    sure = [None if i % 4 == 0 else i % 4 == 1 for i in range(rows)]
    values = [range(rows), *told, texts, np.where(known, np.geomspace(1e-9, 1e15, rows), np.nan), sure, moments]
    return fact_table("scores", "Rows.", columns, [*values, [None, *range(1, rows)]])


def _drivers(columns: tuple[Column, ...]) -> FactTable:
    names = [column.name for column in columns]
    kinds = dict.fromkeys(("rank",), FactKind.INTEGER) | dict.fromkeys(("column",), FactKind.TEXT)
    kinds |= dict.fromkeys(("importance", "spread", "share"), FactKind.NUMBER)
    kinds |= dict.fromkeys(("kind", "unit", "note"), FactKind.TEXT)
    described = [FactColumn(name, kind, "", kind is FactKind.NUMBER) for name, kind in kinds.items()]
    count = len(names)
    shares = [1.0 / (i + 1) for i in range(count)]
    texts = [[str(c.kind) for c in columns], [None] * count, ["moves together"] * count]
    return fact_table(
        "drivers", "What counts.", described, [range(1, count + 1), names, shares, shares, shares, *texts]
    )


def _findings() -> FactTable:
    columns = [FactColumn(name, FactKind.TEXT) for name in ("code", "severity", "about", "finding", "advice")]
    return fact_table("findings", "What was seen.", columns, [["DQ1"], ["note"], [None], ["=2+2 was seen"], ["look"]])


def _metrics() -> FactTable:
    numbers = ("value", "low", "high", "without a model")
    columns = (
        FactColumn("score", FactKind.TEXT),
        *(FactColumn(name, FactKind.NUMBER, "", True) for name in numbers),
        FactColumn("better", FactKind.TEXT),
        FactColumn("meaning", FactKind.TEXT),
    )
    return fact_table("metrics", "Scores.", columns, [["RMSE"], [1.0], [0.5], [1.5], [3.0], ["lower"], ["an error"]])


def _monitoring(periods: int) -> FactTable:
    columns = (
        FactColumn("period", FactKind.MOMENT),
        FactColumn("rows", FactKind.INTEGER, "", True),
        FactColumn("labelled", FactKind.INTEGER, "", True),
        FactColumn("score", FactKind.NUMBER, "", True),
        FactColumn("score when built", FactKind.NUMBER, "", True),
        FactColumn("mean prediction", FactKind.NUMBER, "", True),
    )
    moments = np.datetime64("2026-11-01T00:00:00", "us") + np.arange(periods) * np.timedelta64(1, "D")
    score = [None if i == 1 else 0.5 + i / 10 for i in range(periods)]
    values = [moments, [20] * periods, [10] * periods, score, [0.5] * periods, [1.0] * periods]
    return fact_table("monitoring", "Live.", columns, values)


def _says_what_it_is(exporter: ReleaseExporter, facts: ReleaseFacts) -> None:
    assert exporter.name, "it has no name"
    assert exporter.most_rows > 0, "it takes no rows"
    assert exporter.refreshed, "a repeated export would replace nothing"
    assert exporter.can_write() is None, "it cannot write where it is checked"


def _reads_back_what_it_wrote(exporter: ReleaseExporter, facts: ReleaseFacts) -> None:
    with TemporaryDirectory() as folder:
        exporter.write(facts, Path(folder))
        assert any(Path(folder).iterdir()), "it writes nothing"
        exporter.check(facts, Path(folder))


def _writes_empty_tables(exporter: ReleaseExporter, facts: ReleaseFacts) -> None:
    """No row was predicted yet, nothing was found, and no service ran."""
    empty = [replace(table, rows=table.rows.slice(0, 0)) for table in facts.tables]
    scores, drivers, findings, metrics, monitoring = empty
    bare = replace(facts, scores=scores, drivers=drivers, findings=findings, metrics=metrics, monitoring=monitoring)
    with TemporaryDirectory() as folder:
        exporter.write(bare, Path(folder))
        exporter.check(bare, Path(folder))


def _notices_other_predictions(exporter: ReleaseExporter, facts: ReleaseFacts) -> None:
    """What was written is read back, not what was meant."""
    place = facts.scores.rows.column_names.index(facts.prediction)
    turned = facts.scores.rows[facts.prediction].take(np.arange(facts.scores.rows.num_rows)[::-1].copy())
    other = replace(
        facts, scores=replace(facts.scores, rows=facts.scores.rows.set_column(place, facts.prediction, turned))
    )
    with TemporaryDirectory() as folder:
        exporter.write(facts, Path(folder))
        try:
            exporter.check(other, Path(folder))
        except ReleaseError:
            return
    raise AssertionError("it says that an export of other predictions is right")


def _refreshes_data(exporter: ReleaseExporter, facts: ReleaseFacts) -> None:
    """The patterns of what is replaced fit files that it writes."""
    with TemporaryDirectory() as folder:
        exporter.write(facts, Path(folder))
        files = [path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()]
    for pattern in exporter.refreshed:
        assert any(fnmatch(file, pattern) for file in files), f"no file that it writes is of the pattern {pattern}"


RELEASE_EXPORTER_CHECKS: Mapping[str, Callable[[ReleaseExporter, ReleaseFacts], None]] = {
    "says what it is": _says_what_it_is,
    "reads back what it wrote": _reads_back_what_it_wrote,
    "writes empty tables": _writes_empty_tables,
    "notices other predictions": _notices_other_predictions,
    "refreshes data": _refreshes_data,
}
