"""A release's plan in another system's format or language, written and compared with the release."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from journeyman.api.export_request import Exported, ExportRequest, ExportTarget, Family, whole_folder
from journeyman.entities.candidate import Refusal
from journeyman.entities.plan import NodeKind, Plan
from journeyman.errors import ReleaseError, SettingsError
from journeyman.exporters.scoring_plan import LOOKUP, Named, every_operation, lower
from journeyman.exporters.scoring_plan.members import without_members
from journeyman.exporters.scoring_plan.project import (
    check_project_answers,
    make_selftest,
    project_facts,
    write_project,
)
from journeyman.inference.release import Release
from journeyman.inference.sample_rows import sample_rows
from journeyman.interfaces import Exporter, ProjectExporter

__all__ = ["FORMATS", "PROJECTS"]

_COMPARED = 1_000  # rows
_PACKAGE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class _Wanted:
    """What is exported, and where it goes."""

    release: Release
    plan: Plan
    members: tuple[str, ...]
    target: Path
    loss: str
    """What leaving parts out costs, in words; empty where none was."""

    def refused(self, exporter: str, refusal: Refusal) -> ReleaseError:
        return ReleaseError(
            f"{self.release.name} {self.release.version} cannot be written to {exporter}: {refusal.reason}",
            hint=refusal.hint or "use the release itself: journeyman serve",
        )


def _read_request(request: ExportRequest) -> _Wanted:
    """Return what is written of a release."""
    release, without = request.release(), request.options.without
    members = tuple(member.candidate.algorithm for member in release.report.members)
    left_out = _left_out(members, without, looks_up=bool(release.plan.of_kind(NodeKind.LOOKUP)))
    kept = tuple(name for i, name in enumerate(members) if i not in left_out)
    plan, losses = without_members(release.plan, left_out), [_loss(release, left_out)]
    if LOOKUP in without:
        plan = plan.without(NodeKind.LOOKUP)
        losses.append(_lookup_loss(release))
    return _Wanted(release, plan, kept, request.target(release), "\n".join(filter(None, losses)))


def _as_package(name: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return made if _PACKAGE.fullmatch(made) else f"model_{made}".strip("_")


def _left_out(members: tuple[str, ...], without: Collection[str], *, looks_up: bool) -> frozenset[int]:
    known = [*dict.fromkeys(members), *([LOOKUP] if looks_up else [])]
    for name in without:
        if name not in known:
            raise SettingsError(f"the model has no member {name!r}", hint=f"its members are {', '.join(known)}")
    left_out = frozenset(i for i, name in enumerate(members) if name in set(without))
    if len(left_out) == len(members):
        raise SettingsError("no member of the model would be left", hint="leave out fewer with --without")
    return left_out


def _loss(release: Release, left_out: frozenset[int]) -> str:
    """Return what leaving members out costs, as far as the release knows scores of what is left."""
    if not left_out:
        return ""
    report = release.report
    share = sum(member.weight for i, member in enumerate(report.members) if i in left_out)
    told = f"left out: {share:.0%} of the weight; "
    scores = {one.kept: one.score for one in report.smaller}
    whole = tuple(range(len(report.members)))
    kept = tuple(i for i in whole if i not in left_out)
    if kept in scores:
        return f"{told}{release.task.metric} out of fold {scores[kept]:.4g} in place of {scores[whole]:.4g}"
    return f"{told}what that costs is not known, and calibration and intervals are those of the whole"


def _lookup_loss(release: Release) -> str:
    """Return what it costs to predict rows that training had as if they were new."""
    gain = release.report.recollection
    if gain is None:
        return "left out: what is known of rows that training had; what that costs is not known"
    return (
        f"left out: what is known of rows that training had; among copies of rows ({gain.share:.0%} of all) the mean "
        f"loss is {gain.loss:.4g} in place of {gain.recalled:.4g} out of fold"
    )


def _write_format(exporter: Exporter, request: ExportRequest) -> Exported:
    wanted = _read_request(request)
    release = wanted.release
    refusal = exporter.can_write(wanted.plan)
    if refusal is not None:
        raise wanted.refused(exporter.name, refusal)
    rows = sample_rows(release.columns, release.report.profile.columns, _COMPARED, request.seed)
    with whole_folder(wanted.target) as made:
        exporter.write(wanted.plan, made)
        difference = exporter.verify(made, wanted.plan, rows)
        if not difference <= exporter.tolerance:  # NaN differs too
            raise ReleaseError(
                f"{release.name} {release.version} cannot be written to {exporter.name}: "
                f"its predictions differ by {difference:.2g} of their range",
                hint="use the release itself, and report this with the versions of Journeyman and of the format",
            )
    return Exported(wanted.target, _COMPARED, difference, loss=wanted.loss)


def _write_project(exporter: ProjectExporter, request: ExportRequest) -> Exported:
    package = request.options.package
    if package is not None and not _PACKAGE.fullmatch(package):
        raise SettingsError(
            f"{package!r} is no package name", hint=f"use small letters, digits and _: --package {_as_package(package)}"
        )
    wanted = _read_request(request)
    release, plan = wanted.release, wanted.plan
    written = lower(plan, release.task, Named(release.name, release.version, wanted.members), exporter.operations)
    if isinstance(written, Refusal):
        raise wanted.refused(exporter.name, written)
    profiles = release.report.profile.columns
    selftest = make_selftest(plan, written, release.columns, profiles, request.seed, release.left_out)
    facts = project_facts(release, written, selftest, package or _as_package(release.name))
    unchecked = request.unchecked(exporter)
    with whole_folder(wanted.target) as made:
        write_project(exporter, facts, selftest, made)
        if unchecked is None:
            check_project_answers(exporter, written, selftest, made)
    rows = 0 if unchecked else len(selftest.answers.predictions)
    return Exported(wanted.target, rows, unchecked=unchecked, loss=wanted.loss)


def _describe_format(exporter: Exporter) -> ExportTarget:
    return ExportTarget(exporter.name, "releases of some kinds; it says which")


def _describe_project(exporter: ProjectExporter) -> ExportTarget:
    lacking = sorted(every_operation() - exporter.operations)
    covers = f"all steps but {', '.join(lacking)}" if lacking else "every step of the scoring plan"
    return ExportTarget(exporter.name, covers, exporter.toolchain())


FORMATS = Family("journeyman.exporters", frozenset({"without"}), _describe_format, _write_format)
PROJECTS = Family(
    "journeyman.project_exporters", frozenset({"package", "check", "without"}), _describe_project, _write_project
)
