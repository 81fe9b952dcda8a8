"""Ingest: a source becomes a table in canonical form, and every decision on the way a finding."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd

from journeyman.engines.frames import check_names
from journeyman.entities.column import Column, Kind, Role, kind_option
from journeyman.entities.finding import Finding, Severity, accept_option
from journeyman.entities.ingested import Ingested
from journeyman.entities.table import Table
from journeyman.errors import SettingsError, SourceError, TargetError
from journeyman.interfaces import Source
from journeyman.settings import BuildSettings
from journeyman.sources.batches import check_width, source_is_typed
from journeyman.sources.parsing import InferredColumn, ParsingNote, Reading, UserOverride, encode, infer, raw_type, read
from journeyman.sources.parsing.separators import Votes, series_votes, table_signs
from journeyman.sources.totals import count_totals
from journeyman.tasks import find_task_type

__all__ = ["ingest", "proper_rows"]

_SHOWN = 6
_UNNAMED = re.compile(r"Unnamed: \d+")
_ACCEPT = re.compile(r"[A-Z]{2}[0-9]{3}(?::(.+))?", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")

_GRAVE = frozenset(["DQ001", "DQ004", "DQ006", "DQ008", "DQ009", "DQ018"])
_HINTS: Mapping[str, str] = {
    "DQ001": "Give the build more memory, as with `--memory 8GB`, to learn from more rows.",
    "DQ002": "Name further markers with `--missing TEXT`; to keep one as a value, add `{accept}`.",
    "DQ003": "If the word is a category like the others, add `{category}`.",
    "DQ004": "If these are real values, add `{accept}`.",
    "DQ005": "Check the unit; if these are no numbers, add `{category}`.",
    "DQ006": "Repair them at the source; if they are names, add `{category}`.",
    "DQ007": "If these are no dates, add `{category}`.",
    "DQ008": "Write dates as year-month-day at the source.",
    "DQ009": "Say which sign it is: `--decimal ,` or `--decimal .`",
    "DQ010": "If the order means nothing, add `{category}`.",
    "DQ011": "If its values say something about the target, add `{category}`, or `{number}` for quantities.",
    "DQ012": "Nothing to do; the same is done when predicting.",
    "DQ013": "If that fits better, add `{category}`, or `{ignore}` to leave it out.",
    "DQ014": "If they are quantities, add `{number}`.",
    "DQ015": "If it says nothing, add `{ignore}`.",
    "DQ016": "Join rare names at the source.",
    "DQ017": "To let the values decide, build without `--kind` for it.",
    "DQ018": "Give the table one header line with a name for every column.",
}


def ingest(source: Source, settings: BuildSettings) -> Ingested:
    """Read a source and decide what its columns are.

    Parameters
    ----------
    source : Source
        An open source.
    settings : BuildSettings
        Target, roles, kinds and markers that the user named, and the memory a table may take.

    Returns
    -------
    Ingested
        The table (target and named roles set) and findings with codes DQ0xx.

    Raises
    ------
    SourceError
        The source cannot be read, or holds too little.
    TargetError
        There is no such target.
    SettingsError
        The settings name a column, kind or role that does not exist.
    """
    need = source.memory()
    rows = source.rows() if need > settings.table_memory else None
    limit = None if rows is None else max(1000, int(rows * settings.table_memory / need))
    frame = source.read(limit, settings.seed)
    names = [str(n) for n in frame.columns]
    check_names(names, source.name)
    if settings.target is not None and not (settings.task and find_task_type(settings.task).traits.lone_target):
        check_width(names, source.name)
    if len(frame) == 0:
        raise SourceError(f"{source.name} has a header but no rows", hint="give a table with rows")
    _check_settings(names, source.name, settings)
    findings = [*source.findings, *_sampled(source.name, rows, limit)]
    if settings.target is not None:
        _check_results(frame[settings.target], settings.target, findings)
    frame, told = proper_rows(frame, settings, limit is None or limit >= (rows or 0))
    findings += told
    if len(frame) < 2:
        raise SourceError(f"{source.name} has only one row", hint="give a table with more rows")
    return _decide(source, frame, max(rows or 0, len(frame)), findings, settings)


def _check_results(values: pd.Series, target: str, findings: Sequence[Finding]) -> None:
    """Refuse a target that is missing everywhere since a workbook holds formulas without results."""
    told = next((f for f in findings if f.code == "DQ037"), None)
    if told is not None and bool(values.isna().all()):
        raise TargetError(
            f"the target {target!r} has no values: {told.message.rstrip('.')}", hint=told.hint.rstrip(".")
        )


def _decide(
    source: Source, frame: pd.DataFrame, source_rows: int, findings: list[Finding], settings: BuildSettings
) -> Ingested:
    """Decide how the table writes its numbers, then infer and read column by column."""

    def work(name: str) -> tuple[InferredColumn, Reading]:
        known = settings.decimals.get(name)
        decimal, doubt = signs.of_column(votes[name]) if known is None else (known, "")
        missing = tuple(dict.fromkeys((*settings.missing, *settings.markers.get(name, ()))))
        raw = raw_type(frame[name]) if name == settings.target and source_is_typed(source) else ""
        keep, target = _accepted("DQ002", name, settings), name == settings.target
        override = UserOverride(_kind(settings.kinds.get(name)), missing, target, decimal, keep, raw == "str")
        try:
            encoded = encode(frame[name])
        except TypeError as error:
            raise SourceError(
                f"column {name!r} of {source.name} holds {error}", hint="spread it over plain columns, or leave it out"
            ) from error
        inferred = infer(name, encoded, override)
        if any(r.code == "DQ004" for r in inferred.remarks) and _accepted("DQ004", name, settings):
            inferred = _with_sentinels_kept(inferred)
        if doubt and inferred.column.kind in (Kind.NUMBER, Kind.INTEGER):
            inferred = replace(inferred, remarks=(*inferred.remarks, _doubtful(votes[name], decimal, doubt)))
        if target:
            inferred = _as_target(inferred, raw)
        return inferred, read(encoded, inferred.column)

    names = [str(n) for n in frame.columns]
    # Columns do not depend on each other, and most of the work is outside Python; map() keeps the order.
    with ThreadPoolExecutor(max(1, min(settings.threads, 4))) as pool:
        votes = dict(zip(names, pool.map(lambda name: series_votes(pd.Series(frame[name])), names), strict=True))
        signs = table_signs(votes.values(), settings.decimal, settings.thousands)
        done = list(pool.map(work, names))
    columns = tuple(replace(i.column, role=_role(i.column.name, settings)) for i, _ in done)
    _check_named(columns)
    canonical = pd.DataFrame({n: r.values for n, (_, r) in zip(names, done, strict=True)})
    canonical.index = pd.RangeIndex(len(canonical))
    findings += _note_findings([(i.column, [*i.remarks, *_reading_losses(i, r)]) for i, r in done])
    table = Table(source.name, canonical, columns, source.digest(), source_rows)
    return Ingested(table, tuple(findings))


def _as_target(inferred: InferredColumn, raw: str) -> InferredColumn:
    """Note the type of a target's values, and warn where a label may have been taken for a missing one."""
    column = replace(inferred.column, raw=raw)
    if not column.kind.categorical and column.kind not in (Kind.BOOLEAN, Kind.CONSTANT):
        return replace(inferred, column=column)
    remarks = [
        replace(r, detail=f"{r.detail}, so that rows without another label are left out; {_keeps(column)}", grave=True)
        if r.code == "DQ002"
        else r
        for r in inferred.remarks
    ]
    return InferredColumn(column, tuple(remarks))


def _keeps(column: Column) -> str:
    return f"{accept_option('DQ002', column.name)} keeps it as a class"


def _doubtful(votes: Votes, decimal: str, doubt: str) -> ParsingNote:
    """Say that numbers could be read in two ways."""
    sign = "," if votes.open_comma >= votes.open_point else "."
    read = "1.234" if sign == decimal else "1234"
    other = "1234" if sign == decimal else "1.234"
    detail = f"numbers such as 1{sign}234 are read as {read}, though they could be {other}: {doubt}"
    return ParsingNote("DQ009", detail, votes.open)


def _reading_losses(inferred: InferredColumn, reading: Reading) -> list[ParsingNote]:
    """Say what was lost while reading, unless the decision said so already."""
    if not reading.refused or any(r.code in ("DQ006", "DQ016") for r in inferred.remarks):
        return []
    shown = ", ".join(repr(e[:30]) for e in reading.examples)
    return [
        ParsingNote(
            "DQ006", f"values ({shown}) cannot be read as {inferred.column.kind} and count as missing", reading.refused
        )
    ]


def _with_sentinels_kept(inferred: InferredColumn) -> InferredColumn:
    column = inferred.column
    kept = tuple(m for m in column.missing_markers if not _NUMBER.fullmatch(m))
    return InferredColumn(
        replace(column, missing_markers=kept), tuple(r for r in inferred.remarks if r.code != "DQ004")
    )


def _accepted(code: str, name: str, settings: BuildSettings) -> bool:
    return code in settings.accept or f"{code}:{name}" in settings.accept


def _check_settings(names: Sequence[str], where: str, settings: BuildSettings) -> None:
    """Refuse names that the table does not have."""
    if settings.target is not None and settings.target not in names:
        raise TargetError(f"no column {settings.target!r} in {where}", hint=_nearest(settings.target, names))
    asked = {"time": settings.time, "group": settings.group}
    wanted = [*settings.kinds, *settings.roles, *(n for n in asked.values() if n is not None)]
    for name in wanted:
        if name not in names:
            raise SettingsError(f"the settings name a column {name!r} that {where} lacks", hint=_nearest(name, names))
    for option, taken in asked.items():
        if taken is not None and taken == settings.target:
            raise SettingsError(
                f"the target {taken!r} cannot be the {option} column too", hint=f"give another --{option}"
            )
    if settings.time is not None and settings.time == settings.group:
        raise SettingsError(f"{settings.time!r} cannot be the time and the group column", hint="give another --group")
    for name, role in settings.roles.items():
        if name == settings.target and role != Role.TARGET:
            raise SettingsError(f"the target {name!r} cannot have the role {role}", hint="choose another target")
        if name != settings.target and role == Role.TARGET:
            raise SettingsError(f"{name!r} and {settings.target!r} cannot both be the target", hint="name one of them")
    for code in settings.accept:
        about = _ACCEPT.fullmatch(code)
        if about is None or (about[1] is not None and about[1] not in names):
            raise SettingsError(
                f"{code!r} is no finding to accept in {where}",
                hint="write a code and a column, as in DQ301 or DQ301:price",
            )
    for kind in settings.kinds.values():
        if kind not in set(Kind):
            raise SettingsError(f"there is no kind {kind!r}", hint=f"use one of {', '.join(Kind)}")
    for role in settings.roles.values():
        if role not in set(Role):
            raise SettingsError(f"there is no role {role!r}", hint=f"use one of {', '.join(Role)}")


def _check_named(columns: Sequence[Column]) -> None:
    """Refuse a time column that has no order and a group column that parts nothing."""
    for column in columns:
        if column.role is Role.TIME and column.kind in (Kind.CATEGORY, Kind.BOOLEAN, Kind.CONSTANT):
            raise SettingsError(
                f"the time column {column.name!r} holds no dates or numbers, but is {column.kind.noun}",
                hint=f"name another with --time, or say that it has an order: {kind_option(column.name, Kind.ORDERED)}",
            )
        if column.role is Role.GROUP and column.kind is Kind.CONSTANT:
            raise SettingsError(
                f"the group column {column.name!r} has one value only", hint="name another with --group, or none"
            )


def _nearest(name: str, names: Sequence[str]) -> str:
    lower = {n.strip().lower(): n for n in reversed(names)}
    near = difflib.get_close_matches(name.strip().lower(), lower, n=1, cutoff=0.5)
    if near:
        return f"did you mean {lower[near[0]]!r}?"
    return f"the columns are {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"


def _kind(text: str | None) -> Kind | None:
    return None if text is None else Kind(text)


def _role(name: str, settings: BuildSettings) -> Role:
    if name == settings.target:
        return Role.TARGET
    if name == settings.time:
        return Role.TIME
    if name == settings.group:
        return Role.GROUP
    return Role(settings.roles.get(name, Role.FEATURE))


def _sampled(where: str, rows: int | None, limit: int | None) -> list[Finding]:
    if rows is None or limit is None or limit >= rows:
        return []
    return [
        Finding(
            code="DQ001",
            severity=Severity.WARNING,
            subject=(),
            message=f"{where} is larger than memory allows: {limit:,} of {rows:,} rows, drawn at random, are kept.",
            hint=_HINTS["DQ001"],
            evidence={"rows": rows, "kept": limit},
        )
    ]


def proper_rows(frame: pd.DataFrame, settings: BuildSettings, whole: bool) -> tuple[pd.DataFrame, list[Finding]]:
    """Return raw rows without one that continues the header and, of a whole table, without those that sum it up."""
    frame, findings = _without_second_header(frame, settings)
    if not whole:
        return frame, findings
    frame, told = _without_totals(frame, settings)
    return frame, [*findings, *told]


def _without_second_header(frame: pd.DataFrame, settings: BuildSettings) -> tuple[pd.DataFrame, list[Finding]]:
    """Leave out a first row that continues the header, and tell of columns without a name."""
    names = [str(n) for n in frame.columns]
    unnamed = [n for n in names if _UNNAMED.fullmatch(n)]
    findings: list[Finding] = []
    if len(unnamed) >= 2 and _is_second_header(frame, unnamed) and "DQ018" not in settings.accept:
        findings.append(
            Finding(
                code="DQ018",
                severity=Severity.WARNING,
                subject=tuple(unnamed),
                message=f"The first row continues the header ({len(unnamed)} columns have no name); it is left out.",
                hint="Give the table one header line, or add `--accept DQ018` to keep the row.",
                evidence={"columns": len(unnamed)},
            )
        )
        frame = frame.iloc[1:].reset_index(drop=True)
    elif unnamed and not (unnamed == [names[0]] or len(unnamed) == 1):
        findings.append(_header_finding(f"{len(unnamed)} columns have no name; they are called by position.", unnamed))
    if sum(bool(_NUMBER.fullmatch(n)) for n in names) > 0.5 * len(names):
        findings.append(
            _header_finding("Most column names are numbers: the first line may be data, not a header.", names)
        )
    return frame, findings


def _without_totals(frame: pd.DataFrame, settings: BuildSettings) -> tuple[pd.DataFrame, list[Finding]]:
    """Leave out last rows that sum the others up."""
    count = count_totals(frame)
    if not count or "DQ033" in settings.accept:
        return frame, []
    texts = [str(v).strip() for v in frame.iloc[-count].tolist() if pd.notna(v) and str(v).strip()]
    last = "The last row is" if count == 1 else f"The last {count} rows are"
    message = f"{last} no row like the others but a total or a remark ({', '.join(texts)[:60]!r}); left out."
    hint = "To keep it, add `--accept DQ033`; rows to predict are never left out."
    finding = Finding("DQ033", Severity.WARNING, (), message, hint, {"rows": count})
    return frame.iloc[:-count].reset_index(drop=True), [finding]


def _header_finding(message: str, names: Sequence[str]) -> Finding:
    return Finding("DQ018", Severity.WARNING, tuple(names), message, _HINTS["DQ018"])


def _is_second_header(frame: pd.DataFrame, unnamed: Sequence[str]) -> bool:
    """Tell whether the first row names what stands below it: it fills the nameless columns, among numbers too."""
    texts = [n for n in frame.columns if isinstance(frame[n].dtype, pd.StringDtype)]
    first = {n: str(frame[n].iloc[0]).strip() if pd.notna(frame[n].iloc[0]) else "" for n in texts}
    filled = [bool(first.get(n)) for n in unnamed]
    if np.mean(filled) < 0.8 or len(frame) < 5:
        return False
    for name in texts:
        below = [str(v).strip() for v in frame[name].iloc[1:200] if pd.notna(v) and str(v).strip()]
        if first[name] and not _NUMBER.fullmatch(first[name]) and below and all(_NUMBER.fullmatch(v) for v in below):
            return True
    return False


def _note_findings(decided: Sequence[tuple[Column, Sequence[ParsingNote]]]) -> list[Finding]:
    """Turn remarks into findings, one for all columns that share a remark."""
    grouped: dict[tuple[str, str, bool], list[tuple[str, int]]] = {}
    for column, remarks in decided:
        for remark in remarks:
            key = (remark.code, remark.detail, remark.grave or remark.code in _GRAVE)
            grouped.setdefault(key, []).append((column.name, remark.rows))
    out = []
    for (code, detail, grave), touched in sorted(grouped.items(), key=lambda p: p[0][0]):
        columns = tuple(name for name, _ in touched)
        shown = ", ".join(repr(c) for c in columns[:_SHOWN]) + (", ..." if len(columns) > _SHOWN else "")
        values = sum(rows for _, rows in touched)
        count = f" ({values:,} {'value' if values == 1 else 'values'})" if values else ""
        severity = Severity.WARNING if grave else Severity.NOTE
        evidence = {"values": values} if values else {}
        out.append(Finding(code, severity, columns, f"{shown}: {detail}{count}.", _hint(code, columns[0]), evidence))
    return out


def _hint(code: str, column: str) -> str:
    """Return a finding's hint with options as they are typed, for the first of its columns."""
    kinds = {kind.value: kind_option(column, kind) for kind in (Kind.CATEGORY, Kind.NUMBER)}
    accept, ignore = accept_option(code, column), f"--ignore {shlex.quote(column)}"
    return _HINTS[code].format(accept=accept, ignore=ignore, **kinds)
