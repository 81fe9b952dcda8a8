"""The contract of a release: what its training table was, learned while it is built."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.contract import Contract, LearnedContract
from journeyman.entities.finding import Severity
from journeyman.entities.lake import LookupFile
from journeyman.entities.repaired import Repaired
from journeyman.errors import InputError, SettingsError
from journeyman.importers import read_contract
from journeyman.interfaces import Source
from journeyman.joiners.joined_source import JoinedSource
from journeyman.joiners.lookups import opened_lookups
from journeyman.operations.training_data import plain_columns
from journeyman.settings import BuildSettings
from journeyman.sources.batches import source_is_typed
from journeyman.sources.frames import FrameSource
from journeyman.stages.contract import broken_in_memory, learn_frame, with_own_rules
from journeyman.stages.ingest import proper_rows

__all__ = ["check_own_contract", "learn_release_contract"]

_CELLS = 1_000_000
"""Cells that a contract is learned from at most: more rows would cost time and tell hardly more."""

_LEAST_ROWS = 1_000
_MOST_COLUMNS = 1_000
_IMAGE_ROWS = 100  # of tables with images, which take long to read


def learn_release_contract(
    source: Source, lookups: Sequence[LookupFile], settings: BuildSettings, repaired: Repaired
) -> LearnedContract:
    """Return what held for the rows of a training table, or for a part of them drawn at random where it is large.

    Values are counted as they stand in the table, so that other tables can be compared with it. Columns that the model
    does not use may be absent; the target's rules are kept apart, and what is fetched has none: rows do not bring it.

    Raises
    ------
    SettingsError
        A person's contract names a column that the table does not have.
    """
    base = source.base if isinstance(source, JoinedSource) else source
    try:
        base.rows()
    except InputError:  # a frame of a process that is gone: its rows are in the journal, as they were read
        base = FrameSource(plain_columns(repaired.table.frame, repaired.table.columns, repaired), source.name)
    fetched = {name for one in opened_lookups(lookups) for name in one.columns}
    columns = [c for c in _chosen_columns(base, repaired) if c.name not in fetched]
    rows = base.rows()
    images = any(c.kind is Kind.IMAGE for c in repaired.table.columns)
    limit = _IMAGE_ROWS if images else max(_LEAST_ROWS, _CELLS // max(len(base.names), 1))
    raw = base.read(limit if rows > limit else None, settings.seed)
    raw.columns = [str(name) for name in raw.columns]
    raw, _ = proper_rows(raw, settings, rows <= limit)
    learned = learn_frame(raw, source_is_typed(base), columns, base.name, rows)
    targets = tuple(c.name for c in columns if c.role is Role.TARGET)
    used = {c.name for c in columns if c.role is Role.FEATURE}
    rules = tuple(replace(r, required=r.name in used or r.name in targets) for r in learned.columns)
    contract = replace(learned, name=settings.name, columns=rules, targets=targets)
    if settings.contract is None:
        return LearnedContract(contract)
    own = read_contract(settings.contract)
    check_own_contract(own, base, settings.contract)
    contract = with_own_rules(contract, own)
    findings = tuple(
        replace(breach.finding, severity=Severity.WARNING)
        for breach in broken_in_memory(raw, source_is_typed(base), contract)
    )
    return LearnedContract(contract, findings)


def check_own_contract(own: Contract, source: Source, where: str | Path) -> None:
    """Refuse a person's contract for a table that lacks one of its columns.

    Raises
    ------
    SettingsError
        Naming the first of them.
    """
    for rule in own.columns:
        if rule.name not in source.names and rule.required:
            near = difflib.get_close_matches(rule.name, source.names, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"take it out, or write required = false for {rule.name!r}"
            raise SettingsError(f"{where} has rules for {rule.name!r}, a column that {source.name} lacks", hint=hint)


def _chosen_columns(source: Source, repaired: Repaired) -> list[Column]:
    """Return the columns of the table that get rules, in its order: target and features first where there are many."""
    known = {c.name: c for c in repaired.table.columns}
    task = repaired.task
    found = [
        replace(known[n], role=Role.TARGET) if n == task.target else known[n]
        for n in source.names
        if n in known and known[n].kind is not Kind.IMAGE
    ]
    if len(found) <= _MOST_COLUMNS:
        return found
    order = {Role.TARGET: 0, Role.FEATURE: 1}
    chosen = {c.name for c in sorted(found, key=lambda c: order.get(c.role, 2))[:_MOST_COLUMNS]}
    return [c for c in found if c.name in chosen]
