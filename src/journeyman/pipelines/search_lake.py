"""The order of a search for data: profile the lake, find keys, fetch, and keep what gains more than noise."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.lake import (
    ColumnSketch,
    Join,
    JoinVerdict,
    KeyMatch,
    LakeRequest,
    LakeSearch,
    LakeTable,
    Listed,
    LookupFile,
    SearchedLake,
)
from journeyman.errors import SettingsError, SourceError, TargetError
from journeyman.interfaces import Clock, Joiner, Progress, Source
from journeyman.joiners.keys import moments_of
from journeyman.joiners.lookups import Lookup, written_table
from journeyman.pipelines.compare_joins import MOST_DRAWS, JoinedSoFar, screening_rows, with_columns
from journeyman.plugins import load_parts
from journeyman.sources.lake import list_lake, read_listed
from journeyman.stages.find_joins import KeyPair, choose_keys, find_pairs, holds_copy
from journeyman.stages.prove_gain import Examples, fold_losses, unchanged
from journeyman.stages.prove_joins import read_typed, repeated_target, target_codes
from journeyman.stages.sketch_table import sketch_table
from journeyman.stores.lake_profile import LakeProfile

__all__ = ["LakeParts", "lake_parts", "search_lake"]

_MATCHED_ROWS, _PROVED_ROWS = 20_000, 10_000
_LEVEL = 0.05
"""Chance that a search of a lake which holds nothing joins anything at all; it is divided among all that is tried."""

_MOST_TRIED, _MOST_SCREENED = 40, 300
_MOST_ROWS_PER_KEY = 1_000
_LEAST_BRIDGED = 0.3
_MOST_BRIDGES = 20


@dataclass(frozen=True)
class LakeParts:
    """What a search works with: kinds of join by name, what is known of the lake, the clock, and who is told."""

    joiners: Mapping[str, Joiner]
    profile: LakeProfile
    clock: Clock
    progress: Progress


@dataclass(frozen=True)
class _Base:
    """The base table: a sample of its raw rows, what is known of its columns, and its labelled rows to prove on."""

    frame: pd.DataFrame
    sketches: tuple[ColumnSketch, ...]
    time: Column | None
    rows: int
    proved: pd.DataFrame
    examples: Examples
    classes: int


@dataclass(frozen=True)
class _Candidate:
    """A join that is to be proved, what its keys come from, and how promising it looks."""

    join: Join
    lookup: Lookup
    bridge: Lookup | None
    promise: float
    newest: str


def lake_parts(workspace: Path, lake: str, clock: Clock, progress: Progress) -> LakeParts:
    """Return the kinds of join that are installed, and what the workspace knows of the lake."""
    return LakeParts(load_parts("journeyman.joiners"), LakeProfile(workspace, lake), clock, progress)


def search_lake(source: Source, parts: LakeParts, request: LakeRequest) -> SearchedLake:
    """Find the tables of a lake that help to predict a column of a table.

    Raises
    ------
    SourceError
        Where the table or the lake cannot be read, or the lake is empty.
    SettingsError, TargetError
        Where the table lacks a column that was named.
    """
    began, tell = parts.clock.monotonic(), parts.progress.stage
    base = _read_base(source, request)
    listed = list_lake(request.lake)
    if not listed:
        raise SourceError(f"no table in the lake {request.lake}", hint="give a folder of tables, or a database URL")
    tell("profile the lake", f"{len(listed):,} {'table' if len(listed) == 1 else 'tables'}")
    tables, read = _profiles(listed, parts)
    tell("find keys")
    verdicts, candidates = _candidates(base, tables, request, parts)
    tell("prove joins", f"{len(candidates)} to try")
    proved, kept = _prove_in_turn(base, candidates, request, parts)
    verdicts = list({(v.table, v.reason, v.accepted and v.join): v for v in (*verdicts, *proved)}.values())
    verdicts.sort(key=lambda v: (not v.accepted, v.gain is None, -(v.gain or 0.0), v.table))
    lookups = _in_order(kept)
    before, after = _whole_gain(base, kept, request.seed)
    search = LakeSearch(
        lake=request.lake,
        base=source.name,
        target=request.target,
        tables=len(tables),
        read=read,
        rows=base.rows,
        verdicts=tuple(verdicts),
        joins=tuple(lookup.join for lookup in lookups),
        loss=before,
        joined_loss=after,
        measure="mean squared error" if not base.classes else "log loss",
        seconds=parts.clock.monotonic() - began,
        notes=_notes(base, lookups),
    )
    files = tuple(LookupFile(one.join, written_table(one.table), one.kept) for one in lookups)
    return SearchedLake(search, files)


def _read_base(source: Source, request: LakeRequest) -> _Base:
    names = source.names
    if request.target not in names:
        raise TargetError(f"no column {request.target!r} in {source.name}", hint=_nearest(request.target, names))
    if request.time is not None and request.time not in names:
        raise SettingsError(f"no column {request.time!r} in {source.name}", hint=_nearest(request.time, names))
    if request.time == request.target:
        raise SettingsError(f"the target {request.target!r} cannot be the time column too", hint="give another --time")
    frame = source.read(_MATCHED_ROWS, request.seed).reset_index(drop=True)
    sketches = sketch_table(frame, thorough=True)
    columns = {s.name: s.column for s in sketches}
    if request.target not in columns:
        raise TargetError(f"the target {request.target!r} holds nested values", hint="give one plain value a cell")
    time = None if request.time is None else columns[request.time]
    if time is not None and time.kind is not Kind.DATETIME and not time.kind.numeric and not _is_counted(frame, time):
        raise SettingsError(
            f"the time column {time.name!r} holds no dates or numbers", hint="name another with --time, or none"
        )
    labels, classes = target_codes(frame[request.target], columns[request.target])
    labelled = np.flatnonzero(np.isfinite(labels))
    if len(labelled) < 20:
        raise TargetError(
            f"the target {request.target!r} is known in {len(labelled)} of {len(labels)} rows of {source.name}, "
            "too few to prove a gain",
            hint="give a table with 20 labelled rows or more",
        )
    if len(np.unique(labels[labelled])) == 1:
        raise TargetError(f"the target {request.target!r} is constant", hint="choose another target")
    if len(labelled) > _PROVED_ROWS:
        drawn = np.random.default_rng(request.seed).choice(labelled, _PROVED_ROWS, replace=False)
        labelled = np.sort(drawn)
    proved = frame.iloc[labelled].reset_index(drop=True)
    typed = read_typed(proved.drop(columns=request.target))
    return _Base(frame, sketches, time, source.rows(), proved, Examples(typed, labels[labelled]), classes)


def _is_counted(frame: pd.DataFrame, column: Column) -> bool:
    """Say whether a column that names rows counts them."""
    return column.kind is Kind.IDENTIFIER and bool(pd.to_numeric(frame[column.name], errors="coerce").notna().any())


def _nearest(name: str, names: Sequence[str]) -> str:
    lower = {known.lower(): known for known in names}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    if near:
        return f"did you mean {lower[near[0]]!r}?"
    return f"the columns are {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"


def _profiles(listed: Sequence[Listed], parts: LakeParts) -> tuple[list[LakeTable], int]:
    """Return what is known of each table; those that changed are read."""
    known, tables, read = parts.profile.load(), [], 0
    for one in listed:
        table = known.get(one)
        if table is None:
            read += 1
            table = _profile(one)
        tables.append(table)
    if read:
        parts.profile.save(tables)
    return tables, read


def _profile(listed: Listed) -> LakeTable:
    try:
        frame = read_listed(listed)
        return LakeTable(listed, len(frame), sketch_table(frame))
    except SourceError as error:
        return LakeTable(listed, error=error.message)


def _candidates(
    base: _Base, tables: Sequence[LakeTable], request: LakeRequest, parts: LakeParts
) -> tuple[list[JoinVerdict], list[_Candidate]]:
    """Return what is said of tables that are not tried, and what is tried, the most promising first."""
    verdicts: list[JoinVerdict] = []
    candidates: list[_Candidate] = []
    readable = []
    for table in tables:
        copy = "" if table.error else holds_copy(base.sketches, table, request.target)
        if table.error:
            verdicts.append(JoinVerdict(table.name, None, f"it cannot be read: {table.error}"))
        elif copy:
            verdicts.append(JoinVerdict(table.name, None, f"{copy}; take it out of the lake"))
        else:
            readable.append(table)
    keys = [s for s in base.sketches if s.name != request.target]
    pairs = find_pairs(keys, readable)
    met: set[str] = set()
    for table in readable:
        dated = base.time is not None and any(s.column.kind is Kind.DATETIME for s in table.columns)
        if table.name not in pairs and not dated:
            continue
        try:
            found = _joins_of(base.frame, table, pairs.get(table.name, ()), base.time, parts)
        except SourceError as error:  # it went, or was damaged, since it was profiled
            verdicts.append(JoinVerdict(table.name, None, f"it cannot be read: {error.message}"))
            met.add(table.name)
            continue
        candidates.extend(found)
        met |= {one.join.table for one in found}
    bridged = _bridge_candidates(base, [t for t in readable if t.name not in met], candidates, parts)
    candidates.extend(bridged)
    met |= {one.join.table for one in bridged}
    strangers = [table.name for table in readable if table.name not in met]
    verdicts.extend(JoinVerdict(name, None, "it shares no key with the table") for name in strangers)
    candidates.sort(key=lambda one: (one.bridge is not None, -one.promise, one.join.table, one.join.kind))
    for late in candidates[_MOST_SCREENED:]:
        reason = f"not tried: {_MOST_SCREENED} others share more with the table"
        verdicts.append(JoinVerdict(late.join.table, late.join, reason, newest=late.newest))
    return verdicts, candidates[:_MOST_SCREENED]


def _joins_of(
    frame: pd.DataFrame,
    table: LakeTable,
    pairs: Sequence[KeyPair],
    time: Column | None,
    parts: LakeParts,
    bridge: Lookup | None = None,
) -> list[_Candidate]:
    """Return the joins of one table that its keys allow."""
    other = read_listed(table.listed)
    whole = replace(table, columns=sketch_table(other, thorough=True))
    columns = {s.name: s for s in whole.columns}
    pairs = [replace(p, other=columns[p.other.name]) for p in pairs if p.other.name in columns]
    via = "" if bridge is None else bridge.join.table
    made: list[_Candidate] = []
    for match in choose_keys((frame, other), pairs, whole, time, via):
        promise = _promise(match, pairs)
        for joiner in parts.joiners.values():
            join = joiner.propose(match)
            if join is not None and all(m.join.keys != join.keys or m.join.kind != join.kind for m in made):
                lookup = Lookup(join, joiner.prepare(join, other))
                made.append(_Candidate(join, lookup, bridge, promise, _newest(other, whole)))
    return made


def _promise(match: KeyMatch, pairs: Sequence[KeyPair]) -> float:
    told = {(p.base.name, p.other.name): p.alike + p.contained for p in pairs}
    return float(np.mean([told[key.base.name, key.other.name] for key in match.keys])) if match.keys else 0.0


def _bridge_candidates(
    base: _Base, others: Sequence[LakeTable], candidates: Sequence[_Candidate], parts: LakeParts
) -> list[_Candidate]:
    """Return joins of tables whose keys another table brings."""
    found: list[_Candidate] = []
    first = [one for one in candidates if one.join.kind == "exact"]
    taken: set[str] = set()
    for one in sorted(first, key=lambda c: -c.promise)[:_MOST_BRIDGES]:
        if one.join.table in taken:
            continue
        taken.add(one.join.table)
        other = read_listed(one.join.listed)
        own = {key.other.name for key in one.join.keys}
        sketches = [s for s in sketch_table(other, thorough=True) if s.name not in own]
        join = replace(one.join, columns=tuple(s.column for s in sketches if len(s.hashes)))
        lookup = Lookup(join, parts.joiners["exact"].prepare(join, other), kept=False)
        partners = lookup.partners(base.frame)
        if (partners >= 0).mean() < _LEAST_BRIDGED or not join.columns:
            continue
        brought = lookup.values(partners)
        keys = sketch_table(brought, thorough=True)
        for name, pairs in find_pairs(keys, others).items():
            table = next(t for t in others if t.name == name)
            extended = pd.concat([base.frame, brought], axis=1)
            tried = _joins_of(extended, table, pairs, base.time, parts, lookup)
            needed = {key.base.name for t in tried for key in t.join.keys}
            narrow = replace(join, columns=tuple(c for c in join.columns if f"{join.table}.{c.name}" in needed))
            bridge = Lookup(narrow, parts.joiners["exact"].prepare(narrow, other), kept=False)
            found.extend(replace(t, bridge=bridge) for t in tried if t.join.keys)
    return found


def _newest(frame: pd.DataFrame, table: LakeTable) -> str:
    """Return the day of the newest row, or of the file."""
    latest = [moments_of(frame[s.name], s.column) for s in table.columns if s.column.kind is Kind.DATETIME]
    moments = [float(np.nanmax(values)) for values in latest if np.isfinite(values).any()]
    moment = max(moments) if moments else table.listed.modified
    return datetime.fromtimestamp(moment, UTC).date().isoformat() if 0 < moment < 4e9 else ""


def _prove_in_turn(
    base: _Base, candidates: Sequence[_Candidate], request: LakeRequest, parts: LakeParts
) -> tuple[list[JoinVerdict], list[_Candidate]]:
    """Try each join on top of those that were accepted before it; of many, those that gain most on other rows."""
    verdicts: list[JoinVerdict] = []
    if len(candidates) > _MOST_TRIED:
        parts.progress.stage("prove joins", f"{len(candidates)} to choose from")
        first, rest = screening_rows(len(base.proved), request.seed)
        verdicts, candidates = _screened(_rows_of_base(base, first), candidates, request)
        base = _rows_of_base(base, rest)
    kept: list[_Candidate] = []
    so_far = JoinedSoFar(base.examples, base.classes, request.seed)
    level = _LEVEL / max(len(candidates), 1)
    for number, one in enumerate(candidates):
        began = parts.clock.monotonic()
        parts.progress.stage("prove joins", f"{number + 1} of {len(candidates)}: {one.join.table}")
        told, added = _judge(base, so_far, one, level, request)
        if told.accepted and added is not None:
            kept.append(one)
            so_far = JoinedSoFar(with_columns(added)(so_far.examples).examples, base.classes, request.seed)
        verdicts.append(replace(told, seconds=parts.clock.monotonic() - began))
    return verdicts, kept


def _rows_of_base(base: _Base, rows: NDArray[np.int64]) -> _Base:
    examples = Examples(base.examples.rows.iloc[rows].reset_index(drop=True), base.examples.labels[rows])
    return replace(base, proved=base.proved.iloc[rows].reset_index(drop=True), examples=examples)


def _screened(
    base: _Base, candidates: Sequence[_Candidate], request: LakeRequest
) -> tuple[list[JoinVerdict], list[_Candidate]]:
    """Return what is said of joins that are not tried, and those that gain most on some rows, which prove nothing."""
    so_far = JoinedSoFar(base.examples, base.classes, request.seed)
    found = [_brought(base, so_far, one, request) for one in candidates]
    gains = [-np.inf if brought is None else so_far.share_gained(brought.added) for _, brought in found]
    order = np.argsort(-np.array(gains), kind="stable").tolist()
    reason = f"not tried: on some rows {_MOST_TRIED} others gain more"
    verdicts = [
        replace(found[k][0], reason=found[k][0].reason or reason)
        for k in order
        if found[k][1] is None or k in order[_MOST_TRIED:]
    ]
    return verdicts, [candidates[k] for k in sorted(order[:_MOST_TRIED]) if found[k][1] is not None]


@dataclass(frozen=True)
class _Brought:
    """The columns that a join brings for the rows that it is proved on, and draws of noise of their shape."""

    added: pd.DataFrame
    noise: Iterator[pd.DataFrame]
    keys: NDArray[np.int64] | None


def _judge(
    base: _Base, so_far: JoinedSoFar, one: _Candidate, level: float, request: LakeRequest
) -> tuple[JoinVerdict, pd.DataFrame | None]:
    """Return what comes of one join, and its columns for the rows that it is proved on."""
    verdict, brought = _brought(base, so_far, one, request)
    if brought is None:
        return verdict, None
    joined = so_far.share_gained(brought.added)
    if joined <= 0:  # most joins end here, before noise is drawn
        return replace(verdict, gain=joined, reason="its columns gain nothing"), None
    p_value = so_far.noise_p(brought.added, brought.noise, brought.keys, level)
    verdict = replace(verdict, gain=joined, p_value=p_value)
    if p_value > level:
        by = f"p = {p_value:.2g}, wanted {level:.2g} as so many are tried"
        return replace(verdict, reason=f"its columns gain no more than noise could ({by})"), None
    return replace(verdict, accepted=True, reason=_accepted_words(base, one)), brought.added


def _brought(
    base: _Base, so_far: JoinedSoFar, one: _Candidate, request: LakeRequest
) -> tuple[JoinVerdict, _Brought | None]:
    """Return what is known of a join before a model is learned, and what it brings; none where that is refused."""
    join, lookup = one.join, one.lookup
    frame = _bridged_rows(base.proved, one)
    partners = lookup.partners(frame)
    met = partners >= 0
    verdict = JoinVerdict(
        join.table,
        join,
        "",
        match_rate=float(met.mean()),
        lost=round(base.rows * (1.0 - float(met.mean()))),
        unused=len(lookup.table) - len(np.unique(lookup.partners(_bridged_rows(base.frame, one)))),
        newest=one.newest,
        licence=join.listed.licence,
    )
    if not met.any():
        late = join.time is not None
        reason = "its rows are all later than those of the table" if late else "no row of the table finds a partner"
        return replace(verdict, reason=reason), None
    if "rows" in lookup.table.columns and join.kind == "aggregate":
        factor = float(lookup.table["rows"].to_numpy(np.float64)[partners[met]].mean())
        if factor > _MOST_ROWS_PER_KEY:
            reason = f"a row of the table would meet {factor:,.0f} of its rows, so the key means nothing"
            return replace(verdict, reason=reason), None
    values = read_typed(lookup.table, list(lookup.columns.values()))
    names = {name: full for full, name in lookup.columns.items() if name in values.columns}
    values = values[list(names)].set_axis(list(names.values()), axis=1)
    values = values[[name for name in values if name not in so_far.examples.rows.columns]]

    def looked_up(rows: NDArray[np.int64]) -> pd.DataFrame:
        found = values.take(np.where(rows < 0, 0, rows)).reset_index(drop=True)
        return found.where(pd.Series(rows >= 0), axis=0)

    added = looked_up(partners)
    added = added[[name for name in added if added[name].nunique(dropna=False) > 1]]
    if added.empty or not len(added.columns):
        return replace(verdict, reason="it brings no column that differs from row to row"), None
    leak = repeated_target(added, so_far.examples.labels, base.classes)
    if leak:
        column = leak.removeprefix(f"{join.table}.")
        reason = f"its column {column!r} repeats {request.target!r}: take the column out of the table to have the rest"
        return replace(verdict, reason=reason), None
    values = values[list(added.columns)]
    rng = np.random.default_rng(request.seed)
    noise = (looked_up(lookup.shuffled_partners(frame, rng)) for _ in range(MOST_DRAWS))
    return verdict, _Brought(added, noise, lookup.key_groups(frame))


def _accepted_words(base: _Base, one: _Candidate) -> str:
    words = "its columns gain more than noise of the same shape"
    if one.join.via:
        words += f"; its key comes from {one.join.via}"
    if base.time is not None and one.join.time is None:
        words += "; it has no time, so its values are taken as known before every row"
    return words


def _bridged_rows(frame: pd.DataFrame, one: _Candidate) -> pd.DataFrame:
    if one.bridge is None:
        return frame
    return pd.concat([frame, one.bridge.values(one.bridge.partners(frame))], axis=1)


def _whole_gain(base: _Base, kept: Sequence[_Candidate], seed: int) -> tuple[float, float]:
    if not kept:
        return float("nan"), float("nan")
    frames = []
    for one in kept:
        frame = _bridged_rows(base.proved, one)
        frames.append(read_typed(one.lookup.values(one.lookup.partners(frame))))
    changes = [unchanged, with_columns(pd.concat(frames, axis=1))]
    before, after = fold_losses(base.examples, changes, base.classes, repeats=1, seed=seed)
    return float(before.mean()), float(after.mean())


def _in_order(kept: Sequence[_Candidate]) -> tuple[Lookup, ...]:
    """Return the tables in the order in which they are looked up: what brings a key before what is found by it."""
    lookups: list[Lookup] = []
    for one in kept:
        if one.bridge is not None:
            lookups.append(one.bridge)
        lookups.append(one.lookup)
    return tuple(lookups)


def _notes(base: _Base, lookups: Sequence[Lookup]) -> tuple[str, ...]:
    notes = []
    if base.rows > len(base.frame):
        notes.append(f"Keys were compared on {len(base.frame):,} of the table's {base.rows:,} rows, drawn at random.")
    dated = [s.name for s in base.sketches if s.column.kind is Kind.DATETIME]
    static = [lookup.join.table for lookup in lookups if lookup.kept and lookup.join.time is None]
    if base.time is not None and static:
        notes.append(
            f"No time in {', '.join(dict.fromkeys(static))}: the values are taken as known before every row; "
            "leave the table out of the lake where that is wrong."
        )
    if base.time is None and dated:
        notes.append(
            f"The table has dates ({', '.join(dated[:3])}) but no time was named: values from after a row may be "
            f"joined. Name its time with --time {dated[0]}."
        )
    return tuple(notes)
