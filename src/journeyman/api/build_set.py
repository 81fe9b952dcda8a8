"""The api of several targets: a model for each, built in turn, and one page and one name for all."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.api.set_draft import SetDraft, WantedSet, drafts, options_of, path_of
from journeyman.entities.column import Role
from journeyman.entities.decision import Verdict
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.model_set import ModelSet, SetMember
from journeyman.entities.model_version import ModelVersion
from journeyman.errors import InputError, SettingsError, SourceError, TargetError
from journeyman.inference.load_release import load
from journeyman.inference.release import Release
from journeyman.inference.release_set import SET_FILE, ReleaseSet, open_set
from journeyman.reports.set_page import render_set
from journeyman.runtime.clock import SystemClock
from journeyman.settings import DEFAULT_WORKSPACE, FRAME, model_name
from journeyman.sources import FrameSource, open_source
from journeyman.sources.batches import source_is_typed
from journeyman.sources.label_lists import spread_labels
from journeyman.stores.disk import Draft
from journeyman.stores.facts import encode
from journeyman.stores.registry import check_name
from journeyman.stores.workspace import Workspace

__all__ = ["Common", "TableToSpread", "build_for_labels", "build_for_targets", "resume_sets"]

_LEAST_SECONDS = 5.0


def _silent(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Common:
    """What the models of a set have in common.

    Attributes
    ----------
    name : str or None
        Of the set, with which names of its models begin; None for that of the table.
    seconds : float or None
        From start to the last release, divided evenly; None where trials alone bound the work.
    roles : mapping of str to str
        As for ``build``.
    workspace : str, Path or None
        As for ``build``.
    """

    name: str | None = None
    seconds: float | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    workspace: str | Path | None = None


@dataclass(frozen=True)
class TableToSpread:
    """A table with a column of lists of labels.

    Attributes
    ----------
    table : frame, str or Path
        As for ``build``.
    column : str
        Whose cells are lists, lists in JSON, or texts such as "new; sale".
    query : str or None
        SQL, where the table is a database's.
    style : FileStyle
        What the user says of how the file is written.
    """

    table: object
    column: str
    query: str | None = None
    style: FileStyle = AS_FOUND


def build_for_targets(
    build_one: Callable[..., Release],
    table: object,
    targets: Sequence[str],
    common: Common = Common(),
    tell: Callable[[str], None] = _silent,
) -> ReleaseSet:
    """Build a model for each of several targets, one after the other, and release them as a set.

    Parameters
    ----------
    build_one : callable
        ``journeyman.build``, with all that the models have in common bound to it; it is given the table, ``target``,
        ``name``, ``budget``, ``roles`` and ``workspace``. No model sees another's target.
    table : frame, str or Path
        As for ``build``.
    targets : sequence of str
        Columns to predict.
    common : Common
        What else holds for all of them.
    tell : callable
        Is told which model's turn it is.

    Raises
    ------
    SettingsError
        Where a target stands twice, or is to be ignored.
    InputError
        Where no target can be predicted; what is wrong with single ones is told in the set.
    """
    for column in targets:
        if list(targets).count(column) > 1:
            raise SettingsError(f"--target {column} stands twice", hint="name each target once")
        if common.roles.get(column) == Role.IGNORED.value:
            raise SettingsError(f"{column!r} is a target, and to be ignored", hint=f"leave --ignore {column} out")
    wanted = WantedSet(_set_name(common, table), _place(table), {column: column for column in targets})
    return _build(build_one, table, wanted, common, tell)


def build_for_labels(
    build_one: Callable[..., Release],
    lists: TableToSpread,
    common: Common = Common(),
    tell: Callable[[str], None] = _silent,
) -> ReleaseSet:
    """Build a model for each label of a column of lists; parameters and errors as for ``build_for_targets``.

    The table with a column for each label lies in the workspace, where a build that was interrupted finds it again.

    Raises
    ------
    SourceError
        There is no such column.
    TargetError
        No label of it can be learned: 10 rows must have it, and 10 lack it.
    """
    table = lists.table
    is_path = isinstance(table, str | Path)
    source = open_source(str(table), lists.query, lists.style) if is_path else FrameSource(table, FRAME)
    frame, column = source.read(None, 0), lists.column
    if column not in frame.columns:
        near = difflib.get_close_matches(column, map(str, frame.columns), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"columns are {', '.join(map(str, frame.columns[:12]))}"
        raise SourceError(f"{source.name} has no column {column!r}", hint=hint)
    spread, columns, left_out = spread_labels(frame, column)
    shares = {label: float(spread[name].mean()) for label, name in columns.items()}
    wanted = WantedSet(_set_name(common, table), _place(table), columns, column, shares, left_out)
    with Workspace(common.workspace or DEFAULT_WORKSPACE) as place:
        folder = place.path / "spread"
        folder.mkdir(exist_ok=True)
        # Values of a text are parsed as they were written; those of other sources have types of their own.
        path = folder / f"{wanted.name}.{'parquet' if source_is_typed(source) else 'csv'}"
        with Draft(folder) as draft:
            draft.write(spread.to_parquet(index=False) if path.suffix == ".parquet" else _csv(spread))
            draft.keep(path.name)
    # How the user's own file is written says nothing of this one.
    build_one = partial(build_one, query=None, encoding=None, delimiter=None, quote=None, sheet=None)
    return _build(build_one, path, wanted, common, tell)


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def _place(table: object) -> str:
    return str(table) if isinstance(table, str | Path) else FRAME


def _set_name(common: Common, table: object) -> str:
    path = str(table) if isinstance(table, str | Path) else None
    return check_name(common.name or model_name(path, "models"))


def resume_sets(
    build_one: Callable[..., Release],
    workspace: str | Path | None = None,
    tell: Callable[[str], None] = _silent,
) -> list[ReleaseSet]:
    """Go on with all sets whose build was interrupted, once single builds have gone on; return them.

    Models that are there are taken, the others built: each in an even share of the time that was set for all.

    Raises
    ------
    InputError
        Where a set cannot go on.
    """
    with Workspace.existing(workspace or DEFAULT_WORKSPACE) as place:
        waiting = drafts(place)
    made = []
    for draft in waiting:
        common = Common(draft.wanted.name, draft.seconds, draft.roles, workspace)
        made.append(_go_on(partial(build_one, **draft.options), draft, common, tell))
    return made


def _build(
    build_one: Callable[..., Release], table: object, wanted: WantedSet, common: Common, tell: Callable[[str], None]
) -> ReleaseSet:
    path, options = path_of(table), options_of(build_one)
    with Workspace(common.workspace or DEFAULT_WORKSPACE) as place:
        latest: dict[str, int] = {}
        for version in place.registry.list():
            latest[version.name] = max(version.version, latest.get(version.name, 0))
        models = [wanted.model(called) for called in wanted.columns]
        before = {model: latest[model] for model in models if model in latest}
        draft = SetDraft(wanted, path or "", common.seconds, common.roles, options or {}, before)
        if path is not None and options is not None:
            draft.keep(place)
    try:
        return _go_on(build_one, draft, common, tell, table)
    except InputError:
        with Workspace(common.workspace or DEFAULT_WORKSPACE) as place:
            draft.forget(place)  # it would be refused again
        raise


def _go_on(
    build_one: Callable[..., Release],
    draft: SetDraft,
    common: Common,
    tell: Callable[[str], None],
    table: object = None,
) -> ReleaseSet:
    clock, wanted = SystemClock(), draft.wanted
    began, members, left_out = clock.monotonic(), list[SetMember](), dict(wanted.left_out)
    refused: InputError | None = None
    last: Release | None = None
    for number, (called, column) in enumerate(wanted.columns.items()):
        others = {other: Role.IGNORED.value for other in wanted.columns.values() if other != column}
        budget = None
        if common.seconds is not None:
            left = common.seconds - (clock.monotonic() - began)
            budget = max(_LEAST_SECONDS, left / (len(wanted.columns) - number))
        with Workspace(common.workspace or DEFAULT_WORKSPACE) as place:
            finished = draft.finished(place, called)
        try:
            if finished is not None:
                last = load(wanted.model(called), version=finished, workspace=common.workspace)
            else:
                tell(f"{number + 1} of {len(wanted.columns)}: {called}")
                last = build_one(
                    draft.table if table is None else table,
                    target=column,
                    name=wanted.model(called),
                    budget=budget,
                    roles={**common.roles, **others},
                    workspace=common.workspace,
                )
        except TargetError as error:
            refused, left_out[called] = refused or error, error.message
        else:
            members.append(_member(last, called, wanted.shares.get(called)))
    if last is None:
        raise refused or SettingsError("no target was named", hint="name columns with --target")
    released = _released(wanted, common, tuple(members), tuple(left_out.items()), last)
    with Workspace(common.workspace or DEFAULT_WORKSPACE) as place:
        draft.forget(place)
    return released


def _member(release: Release, called: str, share: float | None) -> SetMember:
    report = release.report
    return SetMember(
        target=called,
        model=release.name,
        version=release.version,
        kind=report.task.kind,
        verdict=report.decision.verdict.value,
        reason=report.decision.reason,
        scores=report.evaluation.scores,
        share=share,
    )


def _released(
    wanted: WantedSet,
    common: Common,
    members: tuple[SetMember, ...],
    left_out: tuple[tuple[str, str], ...],
    last: Release,
) -> ReleaseSet:
    """Write the set's folder, and make it known under its name."""
    run = f"set-{last.manifest['run']}"
    verdict = max((Verdict(member.verdict) for member in members), key=list(Verdict).index)
    metrics = {member.score.metric for member in members}
    metric = metrics.pop() if len(metrics) == 1 else ""
    with Workspace(common.workspace or DEFAULT_WORKSPACE) as place, place.lock():
        version, created = place.registry.reserve(wanted.name, run), SystemClock().now()
        made = ModelSet(wanted.name, version, created, wanted.source, members, wanted.list_column, left_out)
        facts = {
            "run": run,
            "name": wanted.name,
            "version": version,
            "created": created,
            "verdict": verdict.value,
            "members": [{"target": m.target, "model": m.model, "version": m.version} for m in members],
        }
        files = {SET_FILE: encode(made), "report.html": render_set(made).encode()}
        path, digest = place.write_release(wanted.name, version, files, facts)
        released = ModelVersion(
            name=wanted.name,
            version=version,
            path=path,
            digest=digest,
            created=created,
            metric=metric,
            score=float(np.mean([m.score.value for m in members])) if metric else float("nan"),
            verdict=verdict.value,
            champion=True,
            run=run,
            data_digest=last.manifest["data_digest"],
        )
        place.registry.register(released)
    return open_set(place.path / path, made, workspace=common.workspace)
