"""The line of an analysis: from a table to what is in it, what confirms it, and what models gain by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import ActionTrial, Analysis, Curve, Discovery, RowParts
from journeyman.entities.column import Column, Kind
from journeyman.entities.dataset import Dataset
from journeyman.entities.finding import Finding
from journeyman.entities.table import Table
from journeyman.errors import SourceError
from journeyman.interfaces import HypothesisSource, Source
from journeyman.pipelines.build import prepare_table
from journeyman.pipelines.try_actions import try_actions
from journeyman.plugins import load_parts
from journeyman.runtime.build_context import BuildContext
from journeyman.stages.analysed_rows import make_rows, part_rows, rows_reach, sample_rows
from journeyman.stages.confirm import RATE, Confirmed, confirm
from journeyman.stages.explore import BUILT_IN, explore
from journeyman.stages.ingest import ingest
from journeyman.stages.profile import profile

__all__ = ["Looked", "analyse", "find_and_confirm", "rows_to_analyse"]

_LEAST_ROWS = 60
_PARTS = (0.5, 0.5)
_MOST_COLUMNS = 2_000
_ORDER = tuple(source.name for source in BUILT_IN)
_GROUP = "journeyman.analyses"


@dataclass(frozen=True)
class _Prepared:
    """A table that is ready to be looked at, and the rows that may be looked at."""

    table: Table
    data: Dataset | None
    rows: NDArray[np.int64]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Looked:
    """What exploring rows suggested and confirming rows left."""

    confirmed: Confirmed
    looked_at: int
    notes: tuple[str, ...]


def analyse(source: Source, context: BuildContext) -> Analysis:
    """Go from a table to an analysis; the holdout of a build with the same settings is not looked at.

    Raises
    ------
    SourceError
        Where the table has too few rows, or no column that can be looked at.
    TargetError
        Where the target is missing or constant.
    """
    run, settings, tell = context.run, context.settings, context.components.progress.stage
    prepared = _prepare(source, context)
    table, data = prepared.table, prepared.data
    task = None if data is None else data.task
    columns, notes = _columns(table, data is not None)
    if len(prepared.rows) < _LEAST_ROWS:
        what = "rows that may be looked at" if data is not None else "rows"
        raise SourceError(
            f"{len(prepared.rows)} {what} are too few: some have to suggest, and others to confirm",
            hint=f"give a table with {2 * _LEAST_ROWS} rows or more",
        )
    sample = sample_rows(table, task, prepared.rows, len(columns), settings.seed)
    rows = make_rows(table, task, sample, columns)
    explored, confirming = part_rows(rows, _PARTS, settings.seed)
    tell("explore", f"{len(explored):,} rows, {len(columns):,} columns")
    looked = find_and_confirm(rows.take(explored), rows.take(confirming), _analyses())
    discoveries = _in_order(looked.confirmed.discoveries)
    trials: tuple[ActionTrial, ...] = ()
    if data is not None and discoveries:
        tell("try", "what models gain by it")
        trials = try_actions(data, discoveries, sample.positions[confirming], rows.clusters[confirming], settings.seed)
    tell("profile")
    described = profile(source, context.components.engine, table, task, None if data is None else data.split)
    sampled = (
        (f"Of {len(prepared.rows):,} rows {len(rows):,} were looked at, so that it ends soon.",)
        if len(rows) < len(prepared.rows)
        else ()
    )
    read = (f"{len(table.frame):,} of {table.source_rows:,} rows found room in memory.",) if table.sampled else ()
    serial = ("Neighbours in time are alike: rows were compared within blocks of time.",) if rows.serial else ()
    several = (
        (f"Of {len(task.labels)} classes the {len(rows.outputs)} most frequent were looked at.",)
        if task is not None and len(task.labels) > max(2, len(rows.outputs))
        else ()
    )
    reserved = 0 if data is None else len(data.split.holdout)
    clusters = len(np.unique(rows.clusters[confirming]))
    return Analysis(
        source=settings.source,
        digest=table.digest,
        target=rows.target,
        task="" if task is None else task.kind,
        seed=settings.seed,
        rows=table.source_rows,
        analysed_rows=len(rows),
        parts=RowParts(len(explored), len(confirming), reserved, clusters),
        looked_at=looked.looked_at,
        tested=looked.confirmed.tested,
        rate=RATE,
        discoveries=discoveries,
        trials=trials,
        columns=table.columns,
        profile=described,
        notes=(*read, *sampled, *serial, *several, *notes, *looked.notes),
        seconds=run.elapsed(),
        reach=rows_reach(table, prepared.rows),
    )


def rows_to_analyse(source: Source, context: BuildContext) -> AnalysedRows:
    """Return the rows that an analysis of a table would look at."""
    prepared = _prepare(source, context)
    task = None if prepared.data is None else prepared.data.task
    columns, _ = _columns(prepared.table, prepared.data is not None)
    sample = sample_rows(prepared.table, task, prepared.rows, len(columns), context.settings.seed)
    return make_rows(prepared.table, task, sample, columns)


def find_and_confirm(
    exploring: AnalysedRows, confirming: AnalysedRows, sources: tuple[HypothesisSource, ...] = BUILT_IN
) -> Looked:
    """Let some rows suggest hypotheses, and others confirm them."""
    explored = explore(exploring, sources)
    failed = tuple(
        f"The analysis '{name}' failed ({why}); all others were done." for name, why in explored.failures.items()
    )
    return Looked(confirm(explored.hypotheses, confirming), explored.looked_at, failed)


def _analyses() -> tuple[HypothesisSource, ...]:
    """Return the analyses of installed packages, the built-in ones first and in their order."""
    parts = load_parts(_GROUP)
    return (*(parts.pop(name) for name in _ORDER if name in parts), *(parts[name] for name in sorted(parts)))


def _in_order(discoveries: tuple[Discovery, ...]) -> tuple[Discovery, ...]:
    places = {name: place for place, name in enumerate(_ORDER)}
    finite = [d for d in discoveries if np.isfinite([d.effect.value, d.effect.low, d.effect.high]).all()]
    finite = [replace(d, curves=tuple(_finite_levels(curve) for curve in d.curves)) for d in finite]
    return tuple(sorted(finite, key=lambda d: (places.get(d.kind, len(places)), d.kind, -d.weight, d.columns)))


def _finite_levels(curve: Curve) -> Curve:
    """Return a curve without parts that have no row here."""
    return replace(curve, levels=tuple(v for v in curve.levels if np.isfinite([v.mean, v.low, v.high]).all()))


def _prepare(source: Source, context: BuildContext) -> _Prepared:
    settings, tell = context.settings, context.components.progress.stage
    if settings.target is not None:
        repaired, findings, division = prepare_table(source, context)
        data = Dataset(repaired.table, repaired.task, division)
        return _Prepared(repaired.table, data, division.train, findings)
    tell("ingest", source.name)
    ingested = context.run.step("ingest", partial(ingest, source), settings)
    rows = np.arange(len(ingested.table.frame), dtype=np.int64)
    return _Prepared(ingested.table, None, rows, ingested.findings)


def _columns(table: Table, targeted: bool) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the columns that can be looked at, and which cannot.

    Raises
    ------
    SourceError
        Where none can.
    """
    usable = [c for c in table.features if c.kind.numeric or c.kind.categorical or c.kind is Kind.DATETIME]
    usable = [c for c in usable if table.frame[c.name].notna().any()]
    others = [c for c in table.features if c not in usable]
    if not usable or (len(usable) < 2 and not targeted):
        few = "no column" if not usable else "only one column"
        kinds = ", ".join(sorted({c.kind.value for c in others})) or "none besides the target"
        raise SourceError(
            f"{table.name} has {few} of numbers, dates or categories to look at (others: {kinds})",
            hint="say which columns hold numbers or categories with --kind COLUMN=category",
        )
    notes = []
    if others:
        names = ", ".join(f"'{c.name}'" for c in others[:5]) + (
            f" and {len(others) - 5} more" if len(others) > 5 else ""
        )
        notes.append(f"Not looked at, since they hold texts, identifiers, images or nothing: {names}.")
    if len(usable) > _MOST_COLUMNS:
        notes.append(f"The first {_MOST_COLUMNS:,} of {len(usable):,} columns were looked at.")
    ignored = [c.name for c in table.columns if c.role.value == "ignored"]
    if ignored:
        names = ", ".join(f"'{name}'" for name in ignored[:5]) + (
            f" and {len(ignored) - 5} more" if len(ignored) > 5 else ""
        )
        notes.append(f"Left out for what was found while reading: {names}; `journeyman build` says why.")
    return tuple(usable[:_MOST_COLUMNS]), tuple(notes)
