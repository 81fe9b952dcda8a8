"""Do what findings call for: set roles, merge labels, leave out rows without a target. Learns nothing from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.repaired import Repaired
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.errors import SettingsError, SourceError, TargetError
from journeyman.quality_rules.groups import prefix_of
from journeyman.settings import BuildSettings, parse_delay
from journeyman.tasks import task_type

__all__ = ["repair"]

# A later row is to be predicted from earlier ones where a column says so; copies of one thing say more about how rows
# may be divided than their mere order does.
_ORDER_OF_SCHEMES = (Remedy.USE_AS_TIME, Remedy.USE_AS_GROUP, Remedy.USE_ROW_ORDER)


@dataclass(frozen=True)
class _Scheme:
    scheme: Scheme
    time: str | None = None
    group: str | None = None
    derive: str = ""
    reason: str = "rows are divided at random"


def repair(table: Table, task: Task, findings: Sequence[Finding], settings: BuildSettings) -> Repaired:
    """Apply the remedies of findings, unless the settings overrule them.

    Parameters
    ----------
    table : Table
        As ingested.
    task : Task
        Draft: target, kind, metric, labels.
    findings : sequence of Finding
        What was found; a finding's remedy says what to do about it.
    settings : BuildSettings
        ``accept``, ``roles``, ``time`` and ``group`` overrule findings.

    Returns
    -------
    Repaired
        The table with roles set and the target as ``Categorical`` (categories are the task's labels) or float64; the
        task with its final labels, kind, metric and scheme; findings DQ6xx that say what was done.

    Raises
    ------
    TargetError
        The target is missing throughout, constant, or has one row of one of two classes.
    SourceError
        No column is left to predict from.
    SettingsError
        A delay of labels was given that does not fit how rows are divided.
    """
    accepted = [f for f in findings if _asks(f) and _is_accepted(f, settings)]
    applied = [f for f in findings if f.remedy is not Remedy.NONE and f not in accepted]
    told = [_overruled(f) for f in accepted]
    scheme = _scheme(table, applied, settings)
    delay = _delay(table, scheme, settings)
    if scheme.derive:
        table, scheme = _with_derived_group(table, scheme)
    columns, notes = _roles(table, task, applied, scheme, settings)
    told.extend(notes)
    table, task, notes = _with_target(replace(table, columns=columns), task, applied, settings)
    told.extend(notes)
    task = replace(
        task,
        scheme=scheme.scheme,
        time_column=scheme.time,
        group_column=scheme.group,
        reason="; ".join(part for part in (task.reason, scheme.reason) if part),
        copies_together="DQ306" not in settings.accept,
        label_delay=delay,
    )
    told.append(Finding("DQ605", Severity.NOTE, (), f"{scheme.reason[0].upper()}{scheme.reason[1:]}."))
    return Repaired(table, task, tuple(told))


def _asks(finding: Finding) -> bool:
    return finding.remedy is not Remedy.NONE or finding.severity in (Severity.ERROR, Severity.WARNING)


def _is_accepted(finding: Finding, settings: BuildSettings) -> bool:
    codes = {finding.code, *(f"{finding.code}:{name}" for name in finding.subject)}
    return not codes.isdisjoint(settings.accept)


def _overruled(finding: Finding) -> Finding:
    kept = f": its remedy ({finding.remedy}) was not applied" if finding.remedy is not Remedy.NONE else ""
    message = f"{finding.code} was accepted by the settings{kept}."
    return Finding("DQ601", Severity.NOTE, finding.subject, message, evidence={"code": finding.code})


def _scheme(table: Table, applied: Sequence[Finding], settings: BuildSettings) -> _Scheme:
    by_role = {role: name for name, role in sorted(settings.roles.items(), reverse=True)}
    time = settings.time or by_role.get(Role.TIME.value)
    group = settings.group or by_role.get(Role.GROUP.value)
    if time is not None:
        return _Scheme(Scheme.TIME, time=time, reason=f"rows are divided by time, by '{time}', as the settings say")
    if group is not None:
        return _Scheme(Scheme.GROUPED, group=group, reason=f"rows of one '{group}' stay together, as the settings say")
    if settings.in_order:
        return _Scheme(Scheme.TIME, reason="rows are divided by their order, as the settings say")
    known = {c.name for c in table.columns}
    for remedy in _ORDER_OF_SCHEMES:
        for finding in applied:
            name = finding.subject[0] if finding.subject else None
            if finding.remedy is not remedy or (name is not None and name not in known):
                continue
            if name is not None and settings.roles.get(name) == Role.FEATURE.value:
                continue
            if remedy is Remedy.USE_ROW_ORDER:
                return _Scheme(Scheme.TIME, reason=f"rows are divided by their order ({finding.code})")
            if remedy is Remedy.USE_AS_TIME:
                return _Scheme(Scheme.TIME, time=name, reason=f"rows are divided by time, by '{name}' ({finding.code})")
            derive = str(finding.evidence.get("derive", ""))
            what = f"the part of '{name}' {derive}" if derive else f"'{name}'"
            return _Scheme(
                Scheme.GROUPED,
                group=name,
                derive=derive,
                reason=f"rows that share {what} stay together ({finding.code})",
            )
    return _Scheme(Scheme.SHUFFLED)


def _delay(table: Table, scheme: _Scheme, settings: BuildSettings) -> float:
    """Return the delay of labels in the unit of the time that divides the rows.

    Raises
    ------
    SettingsError
        Where rows are not divided by time, or the delay is in another unit than that time.
    """
    if settings.delay is None:
        return 0.0
    amount, timed = parse_delay(settings.delay)
    if scheme.scheme is not Scheme.TIME:
        raise SettingsError(
            f"a delay of {settings.delay} was given, but rows are not divided by time", hint="name a column with --time"
        )
    dated = scheme.time is not None and table.column(scheme.time).kind is Kind.DATETIME
    if timed and not dated:
        what = f"'{scheme.time}' holds no dates" if scheme.time else "the rows have no time column"
        unit = "in its unit" if scheme.time else "of rows"
        raise SettingsError(f"a delay of {settings.delay} was given, but {what}", hint=f"give a plain number {unit}")
    if dated and not timed:
        raise SettingsError(
            f"a delay of {settings.delay} was given without a unit", hint=f"say {settings.delay}d or {settings.delay}h"
        )
    return amount


def _with_derived_group(table: Table, scheme: _Scheme) -> tuple[Table, _Scheme]:
    """Add the column that holds the beginnings of an identifier; it divides rows and is no feature."""
    which, separator = scheme.derive.removeprefix("before the ").split(" ", 1)
    origin = scheme.group or ""
    values = prefix_of(table.frame[origin].astype(object), separator[1:-1], which == "last")
    name = f"{origin} ({scheme.derive})"
    column = Column(name, Kind.IDENTIFIER, Role.GROUP, f"derived from '{origin}' to divide rows by")
    frame = table.frame.assign(**{name: values})
    return replace(table, frame=frame, columns=(*table.columns, column)), replace(scheme, group=name)


def _roles(
    table: Table, task: Task, applied: Sequence[Finding], scheme: _Scheme, settings: BuildSettings
) -> tuple[tuple[Column, ...], list[Finding]]:
    reasons: dict[str, str] = {}
    for finding in applied:
        if finding.remedy is Remedy.IGNORE_COLUMN:
            for name in finding.subject:
                reasons.setdefault(name, finding.code)
    accepted = {name for code in settings.accept if ":" in code for name in [code.split(":", 1)[1]]}
    told: list[Finding] = []
    columns: list[Column] = []
    for column in table.columns:
        role = column.role
        asked = settings.roles.get(column.name)
        if column.name == task.target:
            role = Role.TARGET
        elif column.name == scheme.group:
            role = Role.GROUP
        elif asked is not None:
            role = Role(asked)
        elif column.name in reasons and column.name != scheme.time:
            role = Role.IGNORED
        elif column.kind is Kind.CONSTANT or (column.kind is Kind.IDENTIFIER and column.name not in accepted):
            role = Role.IGNORED
            reasons.setdefault(column.name, "DQ104" if column.kind is Kind.CONSTANT else "DQ305")
        if role is Role.GROUP and column.name != scheme.group:
            role = Role.FEATURE
        if role is Role.TIME or (column.name == scheme.time and role is Role.FEATURE):
            # A date stays a feature as well: preparations take it apart into the parts of the calendar, which come
            # again, and how long ago it was, which lets a model follow the latest level.
            usable = column.kind is Kind.DATETIME or column.kind.numeric
            role = Role.FEATURE if usable or column.name != scheme.time else Role.TIME
        columns.append(replace(column, role=role))
    if not any(c.role is Role.FEATURE for c in columns):
        columns, notes = _keep_best(columns, reasons, settings)
        told.extend(notes)
    ignored = [c.name for c in columns if c.role is Role.IGNORED and c.name in reasons]
    if ignored:
        said = ", ".join(f"'{name}' ({reasons[name]})" for name in ignored[:8])
        more = f" and {len(ignored) - 8} more" if len(ignored) > 8 else ""
        told.append(
            Finding(
                "DQ602",
                Severity.NOTE,
                tuple(ignored),
                f"{len(ignored)} {'column is' if len(ignored) == 1 else 'columns are'} not used: {said}{more}.",
                "To use one, add `--accept CODE:COLUMN` with its finding's code.",
                {"columns": len(ignored)},
            )
        )
    return tuple(columns), told


def _keep_best(
    columns: list[Column], reasons: Mapping[str, str], settings: BuildSettings
) -> tuple[list[Column], list[Finding]]:
    """Take back what was set aside, the most telling kind first, where nothing else is left to predict from."""
    for codes in (("DQ301", "DQ302", "DQ307", "DQ308"), ("DQ304", "DQ305")):
        names = [c.name for c in columns if reasons.get(c.name) in codes and c.name not in settings.roles]
        if not names:
            continue
        back = [
            replace(c, role=Role.FEATURE, kind=Kind.TEXT if c.kind is Kind.IDENTIFIER else c.kind)
            if c.name in names
            else c
            for c in columns
        ]
        note = Finding(
            "DQ604",
            Severity.WARNING,
            tuple(names),
            f"No other column is left, so {', '.join(repr(n) for n in names[:5])} are used although findings speak "
            "against them.",
            "Give the table columns that are known before the target is.",
            {"columns": len(names)},
        )
        return back, [note]
    raise SourceError(
        "no column is left to predict from",
        hint="give the table a further column that differs between rows",
    )


def _with_target(
    table: Table, task: Task, applied: Sequence[Finding], settings: BuildSettings
) -> tuple[Table, Task, list[Finding]]:
    if task.target not in table.frame:
        return table, task, []  # its kind needs none, and poses one of its own
    column = table.column(task.target)
    values = table.frame[task.target]
    known = values.notna().to_numpy()
    if not known.any():
        raise TargetError(f"the target '{task.target}' is missing in every row", hint="choose another target")
    told: list[Finding] = []
    frame = table.frame
    if not known.all():
        frame = frame[known].reset_index(drop=True)
        told.append(
            Finding(
                "DQ603",
                Severity.NOTE,
                (task.target,),
                f"{int((~known).sum())} rows without '{task.target}' are left out.",
                evidence={"rows": int((~known).sum())},
            )
        )
    merge: dict[str, str] = {}
    for finding in applied:
        if finding.remedy is Remedy.MERGE_LABELS:
            merge.update({str(k): str(v) for k, v in finding.evidence.items()})
    encode = task_type(task).encode
    target, kept, posed = encode(frame[task.target], column, task, merge, settings.metric)
    if merge:
        told.append(
            Finding(
                "DQ606",
                Severity.NOTE,
                (task.target,),
                f"{len(merge)} {'spelling of a label was' if len(merge) == 1 else 'spellings of labels were'} merged; "
                f"{len(posed.labels)} classes are left.",
                evidence=dict(merge),
            )
        )
    return _replaced(table, frame, kept, target), posed, told


def _replaced(table: Table, frame: pd.DataFrame, target: Column, values: pd.Series) -> Table:
    columns = tuple(target if c.name == target.name else c for c in table.columns)
    return replace(table, frame=frame.assign(**{target.name: values}), columns=columns)
