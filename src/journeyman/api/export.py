"""The api of exports: a release in another system's format or language, written and compared with the release."""

from __future__ import annotations

import difflib
import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

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
from journeyman.inference.load_release import load
from journeyman.inference.release import Release
from journeyman.inference.sample_rows import sample_rows
from journeyman.interfaces import Exporter, ProjectExporter
from journeyman.plugins import load_usable, make_part, offered

__all__ = [
    "ExportOptions",
    "ExportTarget",
    "Exported",
    "export",
    "export_folder",
    "export_targets",
    "target_name",
    "whole_folder",
]

_COMPARED = 1_000  # rows
_PACKAGE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Exported:
    """What came of an export.

    Attributes
    ----------
    folder : Path
        Where it is.
    rows : int
        Rows that both predicted; 0 where nothing was checked.
    difference : float
        The largest difference between their predictions, as a share of the range; 0 where scores have the same bits.
    unchecked : Refusal or None
        Why the export did not predict, and what to install; None where it did.
    loss : str
        What leaving members out costs, in words; empty where none was.
    """

    folder: Path
    rows: int
    difference: float
    unchecked: Refusal | None = None
    loss: str = ""


@dataclass(frozen=True)
class ExportTarget:
    """A format or language.

    Attributes
    ----------
    name : str
        What ``to`` asks for.
    covers : str
        What it can say.
    toolchain : Refusal or None
        What is not installed that the check needs; None where all is here.
    """

    name: str
    covers: str
    toolchain: Refusal | None


@dataclass(frozen=True)
class ExportOptions:
    """How an export is made.

    Attributes
    ----------
    package : str or None
        Name of the package, module or program that is written; the model's where it is None.
    check : bool
        Whether a project in another language is built and asked; where its tools are not installed it is not.
    without : tuple of str
        Members to leave out, by their algorithms; the weights of the others sum to 1 again. "duplicate_lookup" leaves
        out what is known of rows that training had.
    """

    package: str | None = None
    check: bool = True
    without: tuple[str, ...] = ()


_USUAL = ExportOptions()


def export(
    name: str | Path,
    folder: str | Path | None = None,
    *,
    to: str,
    options: ExportOptions = _USUAL,
    version: int | None = None,
    workspace: str | Path | None = None,
    seed: int = 0,
) -> Exported:
    """Write a release in another format or language, predict rows by both, and keep the export where they agree.

    Parameters
    ----------
    name : str or Path
        Of the model, or its release's folder.
    folder : str or Path, optional
        Where the export goes, whole or not at all; it must not be there, or be empty. The model's name and the
        target's by default.
    to : str
        The target, such as "python" or "saved_model".
    options : ExportOptions
        What is written besides the usual.
    seed : int
        Of the rows that both predict: drawn column by column from what the training table was like.

    Raises
    ------
    SettingsError
        For an unknown name, version, target or member, a folder that holds something, or a package name that is none.
    ReleaseError
        Where the target cannot say the release, or the two do not agree: nothing is left then.
    """
    to = target_name(to)
    is_project, package = _is_project(to), options.package
    if package is not None and not _PACKAGE.fullmatch(package):
        raise SettingsError(
            f"{package!r} is no package name", hint=f"use small letters, digits and _: --package {_as_package(package)}"
        )
    release = load(name, version=version, workspace=workspace)
    target = export_folder(release.name, folder, to)
    members = tuple(member.candidate.algorithm for member in release.report.members)
    looks_up = bool(release.plan.of_kind(NodeKind.LOOKUP))
    left_out = _left_out(members, options.without, looks_up)
    kept = tuple(name for i, name in enumerate(members) if i not in left_out)
    plan = without_members(release.plan, left_out)
    if LOOKUP in options.without:
        plan = plan.without(NodeKind.LOOKUP)
    wanted = _Wanted(release, plan, kept, target, seed)
    if is_project:
        project: ProjectExporter = make_part("journeyman.project_exporters", to)
        made = _write_project(project, wanted, package or _as_package(release.name), options.check)
    else:
        made = _write_format(make_part("journeyman.exporters", to), wanted)
    losses = [_loss(release, left_out), _lookup_loss(release) if LOOKUP in options.without else ""]
    return replace(made, loss="\n".join(filter(None, losses)))


@dataclass(frozen=True)
class _Wanted:
    """What is exported, and where it goes."""

    release: Release
    plan: Plan
    members: tuple[str, ...]
    target: Path
    seed: int

    def refused(self, exporter: str, refusal: Refusal) -> ReleaseError:
        return ReleaseError(
            f"{self.release.name} {self.release.version} cannot be written to {exporter}: {refusal.reason}",
            hint=refusal.hint or "use the release itself: journeyman serve",
        )


def target_name(to: str) -> str:
    """Return a target's own name: ``sql`` and ``sql=DATABASE`` are ways to say which dialect is written.

    Examples
    --------
    >>> target_name("sql"), target_name("sql=sqlite"), target_name("java")
    ('sql_duckdb', 'sql_sqlite', 'java')
    """
    return "sql_duckdb" if to == "sql" else to.replace("sql=", "sql_", 1)


def export_folder(name: str, folder: str | Path | None, to: str) -> Path:
    """Return where an export goes: what was asked for, else a folder named after model and target.

    Raises
    ------
    SettingsError
        Where it holds something.
    """
    target = Path(f"{name}-{to}" if folder is None else folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SettingsError(f"{target} is not empty", hint="name a folder that is not there yet")
    return target


def export_targets() -> tuple[ExportTarget, ...]:
    """Return what a release can be written to here, by name."""
    found = [
        ExportTarget(name, "releases of some kinds; it says which", None)
        for name in sorted(offered("journeyman.exporters"))
    ]
    for name, exporter in load_usable("journeyman.project_exporters").parts.items():
        lacking = sorted(every_operation() - exporter.operations)
        covers = f"all steps but {', '.join(lacking)}" if lacking else "every step of the scoring plan"
        found.append(ExportTarget(name, covers, exporter.toolchain()))
    return tuple(sorted(found, key=lambda one: one.name))


def _is_project(to: str) -> bool:
    """Return whether a target is a language; SettingsError with the nearest name where there is no such target."""
    formats, languages = offered("journeyman.exporters"), offered("journeyman.project_exporters")
    if to in formats | languages:
        return to not in formats
    # the last two are those of api.export_release and api.export_deployment
    known = formats | languages | offered("journeyman.release_exporters") | offered("journeyman.deployment_exporters")
    near = difflib.get_close_matches(to, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
    raise SettingsError(f"there is no export target {to!r}", hint=hint)


def _as_package(name: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return made if _PACKAGE.fullmatch(made) else f"model_{made}".strip("_")


def _left_out(members: tuple[str, ...], without: Collection[str], looks_up: bool) -> frozenset[int]:
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
    kept = [member for i, member in enumerate(report.members) if i not in left_out]
    share = sum(member.weight for i, member in enumerate(report.members) if i in left_out)
    told = f"left out: {share:.0%} of the weight; "
    alone = [
        t.score for t in report.trials if len(kept) == 1 and t.candidate == kept[0].candidate and t.score is not None
    ]
    if alone and report.ensemble_scores:
        whole = report.ensemble_scores[-1]
        return f"{told}{release.task.metric} out of fold {alone[-1]:.4g} in place of {whole:.4g}"
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


def _write_format(exporter: Exporter, wanted: _Wanted) -> Exported:
    refusal = exporter.can_write(wanted.plan)
    if refusal is not None:
        raise wanted.refused(exporter.name, refusal)
    release = wanted.release
    rows = sample_rows(release.columns, release.report.profile.columns, _COMPARED, wanted.seed)
    with whole_folder(wanted.target) as made:
        exporter.write(wanted.plan, made)
        difference = exporter.verify(made, wanted.plan, rows)
        if not difference <= exporter.tolerance:  # NaN differs too
            raise ReleaseError(
                f"{release.name} {release.version} cannot be written to {exporter.name}: "
                f"its predictions differ by {difference:.2g} of their range",
                hint="use the release itself, and report this with the versions of Journeyman and of the format",
            )
    return Exported(wanted.target, _COMPARED, difference)


def _write_project(exporter: ProjectExporter, wanted: _Wanted, package: str, check: bool) -> Exported:
    release, plan = wanted.release, wanted.plan
    named = Named(release.name, release.version, wanted.members)
    written = lower(plan, release.task, named, exporter.operations)
    if isinstance(written, Refusal):
        raise wanted.refused(exporter.name, written)
    profiles = release.report.profile.columns
    selftest = make_selftest(plan, written, release.columns, profiles, wanted.seed, release.left_out)
    facts = project_facts(release, written, selftest, package)
    unchecked = exporter.toolchain() if check else Refusal("--no-check was given")
    with whole_folder(wanted.target) as made:
        write_project(exporter, facts, selftest, made)
        if unchecked is None:
            check_project_answers(exporter, written, selftest, made)
    return Exported(wanted.target, 0 if unchecked else len(selftest.answers.predictions), 0.0, unchecked)


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that becomes the target where nothing goes wrong, and is gone where something does."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as held:
        made = Path(held, target.name)
        made.mkdir()
        yield made
        if target.exists():
            target.rmdir()
        made.rename(target)
