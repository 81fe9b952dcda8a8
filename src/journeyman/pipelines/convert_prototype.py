"""The line of a conversion: from a prototype to a tested project, and to what its score is worth."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from journeyman.entities.code_change import CodeChange
from journeyman.entities.code_leak import CodeLeak
from journeyman.entities.conversion import ConversionReport, ModelChoice, PipelineCode, ProjectChecks
from journeyman.entities.convert_request import Conversion, ConvertRequest
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.prototype import Prototype, parse_program
from journeyman.entities.recording import FailedStatement, Recording
from journeyman.errors import InputError
from journeyman.exporters.project_files import commit_folder
from journeyman.importers.prototypes import read_prototype
from journeyman.interfaces import Clock, Progress
from journeyman.pipelines.honest_scores import LaidOutCode, Scores, honest_scores
from journeyman.reports.conversion import conversion_json, render_conversion
from journeyman.runtime.check_project import check_project
from journeyman.runtime.confined_program import Limits
from journeyman.runtime.pipeline_runs import lay_out_code
from journeyman.runtime.prototype_folder import add_files, copy_folder, listed_files, place_files
from journeyman.runtime.recorder import record_program
from journeyman.runtime.try_pipeline import try_pipeline
from journeyman.stages.describe_leak import describe_leak
from journeyman.stages.find_hidden_state import find_hidden_state
from journeyman.stages.mend_failures import mend_failures
from journeyman.stages.modernise import modernise
from journeyman.stages.plan_pipeline import list_models, plan_pipeline
from journeyman.stages.point_to_files import point_to_files, wanted_files
from journeyman.stages.trace_rows import trace_rows
from journeyman.stages.write_project import write_project

__all__ = ["convert_prototype"]

_LEAST_SECONDS = 120.0
"""For the project's own tests."""

_SUPPLIED = "NameSupplied"
"""A well-known name that was never imported: the recorder supplies it."""

_MOST_RUNS = 4
"""Of a prototype: once as it stands, and again where its errors told how to mend it."""


@dataclass(frozen=True)
class _Readable:
    """A prototype as it can be run here: its program, how that was changed, and what was noticed."""

    prototype: Prototype
    source: str
    changes: tuple[CodeChange, ...]
    findings: tuple[Finding, ...]
    leaks: tuple[CodeLeak, ...]


def convert_prototype(request: ConvertRequest, clock: Clock, progress: Progress) -> Conversion:
    """Make a project of a prototype, in the folder that was asked for, or leave nothing there.

    Parameters
    ----------
    request : ConvertRequest
    clock : Clock
    progress : Progress
        Is told what is done.

    Raises
    ------
    InputError
        Where it is no prototype of a language that is read, where no model of it is fitted when it runs, or where what
        is fitted cannot be followed back to a table.
    """
    began = clock.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="journeyman-convert-"))
    try:
        progress.stage("read", request.path.name)
        folder = scratch / "prototype"
        readable = _read(request, folder)
        report = _report_of_reading(readable)
        if not request.run:
            return _hand_over_report(request, replace(report, seconds=round(clock.monotonic() - began, 1)), scratch)
        progress.stage("run", f"once, confined, for {request.seconds:g} s at most")
        limits = Limits(seconds=request.seconds)
        readable, recording = _run(readable, folder, limits)
        chosen, others = _choose_model(recording, request.model, readable)
        progress.stage("plan", f"the pipeline of {chosen.name.rpartition('.')[2]}")
        code, checks = _plan(recording, chosen, request.target, folder, limits)
        progress.stage("judge", "with the leaks taken away")
        laid = LaidOutCode(scratch / "judged", "judged", limits, request.budget)
        lay_out_code(code, folder, laid.place, laid.package)
        scores = honest_scores(code, recording, readable.leaks, laid, clock, progress)
        report = _report_of_run(report, recording, code, scores, others)
        report = replace(report, checks=checks, seconds=round(clock.monotonic() - began, 1))
        progress.stage("write", f"{request.out}, and run its tests")
        return _hand_over_project(request, code, recording, report, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _read(request: ConvertRequest, folder: Path) -> _Readable:
    """Read a prototype, and lay out the folder in which it can be run."""
    prototype = read_prototype(request.path, request.data)
    modern = modernise(prototype.source)
    beside = request.path.absolute().parent
    whole = copy_folder(beside, folder)
    add_files(wanted_files(modern.source), beside, request.data, folder)
    placed = point_to_files(modern.source, listed_files(folder))
    findings = [*prototype.findings, *find_hidden_state(prototype)]
    findings += [_missing_file(prototype.place(line), path) for line, path in placed.missing]
    if not whole:
        findings.append(_large_folder(beside))
    source = placed.code.source
    changes = (*modern.changes, *placed.code.changes)
    return _Readable(prototype, source, changes, tuple(findings), trace_rows(source))


def _missing_file(place: str, path: str) -> Finding:
    return Finding(
        "CV106",
        Severity.WARNING,
        (),
        f"{place[:1].upper()}{place[1:]} reads {path!r}, which is not there.",
        "Name the folder in which it lies: --data DIR.",
        {"path": path},
    )


def _large_folder(folder: Path) -> Finding:
    message = f"The folder {folder.name} is too large to be copied: only files that the program names were."
    return Finding("CV107", Severity.NOTE, (), message, "Put the prototype and its data in a folder of their own.")


def _report_of_reading(readable: _Readable) -> ConversionReport:
    """Return what can be told of a prototype that was not run."""
    prototype = readable.prototype
    body = parse_program(readable.source).body
    lines = range(1, readable.source.count("\n") + 2)
    return ConversionReport(
        prototype=prototype.name,
        language=str(prototype.language),
        statements=len(body),
        kept=0,
        opaque=0,
        operations=(),
        model=None,
        other_models=(),
        changes=readable.changes,
        findings=readable.findings,
        leaks=readable.leaks,
        checks=ProjectChecks(),
        places={line: prototype.place(line) for line in lines},
    )


def _run(readable: _Readable, folder: Path, limits: Limits) -> tuple[_Readable, Recording]:
    """Run a program; where its errors tell how to mend it, run it mended, as long as that makes fewer of them."""
    recording = record_program(readable.source, folder, limits)
    for _ in range(_MOST_RUNS - 1):
        if not recording.failures or recording.ended != "done":
            break
        placed = place_files([one.missing for one in recording.failures if one.missing], folder)
        mended = mend_failures(readable.source, recording.failures)
        if not placed and not mended.changes:
            break
        again = record_program(mended.source, folder, limits)
        fewer = again.ended == "done" and len(again.failures) < len(recording.failures)
        if not fewer and len(again.models) <= len(recording.models):
            break
        changes = (*readable.changes, *mended.changes)
        readable = replace(readable, source=mended.source, changes=changes, leaks=trace_rows(mended.source))
        recording = again
    return readable, recording


def _choose_model(
    recording: Recording, wanted: str | None, readable: _Readable
) -> tuple[ModelChoice, tuple[ModelChoice, ...]]:
    """Return the model to convert, and the others.

    Raises
    ------
    InputError
        Where there is none, or none of that name.
    """
    models = list_models(recording)
    if not models:
        raise _no_model(recording, readable)
    if wanted is None:
        return models[-1], models[:-1]
    named = [one for one in models if wanted in (one.variable, one.name, one.name.rpartition(".")[2])]
    if not named:
        known = ", ".join(dict.fromkeys(one.variable or one.name.rpartition(".")[2] for one in models))
        raise InputError(f"no model of {readable.prototype.name} is called {wanted!r}", hint=f"models are {known}")
    return named[-1], tuple(one for one in models if one is not named[-1])


def _no_model(recording: Recording, readable: _Readable) -> InputError:
    """Return why no model was fitted: the first statement that failed, or that there is none."""
    name = readable.prototype.name
    if recording.ended != "done":
        ended = {
            "time": ("it ran out of time", "give more with --timeout 30m"),
            "memory": ("it took more memory than it may", "let it read fewer rows"),
            "disk": ("it wrote more than it may", "let it write less"),
        }
        reason, hint = ended.get(recording.ended, (f"it ended: {recording.ended}", "run it by itself first"))
        return InputError(f"no model of {name} was fitted: {reason}", hint=hint)
    if not recording.failures:
        return InputError(f"{name} never fits a model", hint="give a prototype that calls fit of a model")
    first = recording.failures[0]
    return InputError(
        f"no model of {name} was fitted: {readable.prototype.place(first.line)} failed, {_reason(first)}",
        hint=_hint(first),
    )


def _reason(failure: FailedStatement) -> str:
    return f"{failure.error}: {' '.join(failure.message.split())[:160]}"


def _hint(failure: FailedStatement) -> str:
    if failure.error in ("ModuleNotFoundError", "ImportError") and failure.missing:
        return f"install it beside Journeyman: python -m pip install {failure.missing.partition('.')[0]}"
    if failure.error == "FileNotFoundError":
        return "name the folder of its data with --data DIR"
    if failure.error == "EOFError":
        return "it asks for input(): write the value into the prototype"
    return "mend that line, or run the prototype by itself to see more"


def _plan(
    recording: Recording, chosen: ModelChoice, target: str | None, folder: Path, limits: Limits
) -> tuple[PipelineCode, ProjectChecks]:
    """Return the most exact plan that holds what it promises, and what was checked; else the best of them."""
    best: tuple[PipelineCode, ProjectChecks] | None = None
    for number, code in enumerate((plan_pipeline(recording, chosen, target),)):
        place = folder.with_name(f"tried{number}")
        lay_out_code(code, folder, place, "tried")
        checks = try_pipeline(code, recording, place, limits)
        if best is None or _worth(checks) > _worth(best[1]):
            best = code, checks
        if _worth(checks) == _BEST:
            break
    if best is None:
        raise InputError(f"{chosen.name} cannot be followed back to a table", hint="--model NAME chooses another one")
    return best


def _worth(checks: ProjectChecks) -> tuple[bool, bool, bool]:
    return bool(checks.equal_predictions), bool(checks.one_row_equal), bool(checks.shuffled_equal)


_BEST = (True, True, True)


def _report_of_run(
    report: ConversionReport,
    recording: Recording,
    code: PipelineCode,
    scores: Scores,
    others: Sequence[ModelChoice],
) -> ConversionReport:
    opaque = sum(one.kind.name == "OPAQUE" for one in code.operations)
    failed = tuple(_failed(one, report) for one in recording.failures if one.error != _SUPPLIED)
    return replace(
        report,
        kept=len(code.operations),
        opaque=opaque,
        operations=code.operations,
        model=code.model,
        other_models=tuple(others),
        findings=(*report.findings, *failed, *_described(scores.leaks, report)),
        leaks=scores.leaks,
        metric=scores.metric,
        score_as_told=scores.told,
        score_repeated=scores.repeated,
        score_honest=scores.honest,
        honest_low=scores.low,
        honest_high=scores.high,
        score_build=scores.build,
        honest_reasons=scores.reasons,
    )


def _described(leaks: Sequence[CodeLeak], report: ConversionReport) -> tuple[Finding, ...]:
    """Return what each leak is, in plain words."""
    places = report.places or {}
    return tuple(describe_leak(leak, lambda line: places.get(line, f"line {line}")) for leak in leaks)


def _both(tried: ProjectChecks, tested: ProjectChecks) -> ProjectChecks:
    """Return what the project's own tests showed, and where they could not ask, what was seen before."""
    known = {f.name: getattr(tried, f.name) for f in fields(ProjectChecks) if getattr(tested, f.name) in (None, 0)}
    return replace(tested, **known)


def _failed(failure: FailedStatement, report: ConversionReport) -> Finding:
    place = (report.places or {}).get(failure.line, f"line {failure.line}")
    return Finding(
        "CV108",
        Severity.WARNING,
        (),
        f"{place[:1].upper()}{place[1:]} failed, and the run went on behind it: {_reason(failure)}.",
        _hint(failure).capitalize() + ".",
        {"line": failure.line},
    )


def _hand_over_report(request: ConvertRequest, report: ConversionReport, scratch: Path) -> Conversion:
    """Write the report of a prototype that was not run."""
    staged = scratch / "out"
    staged.mkdir()
    report = replace(report, findings=(*report.findings, *_described(report.leaks, report)))
    _write_report(report, None, "", staged)
    _move(staged, request.out)
    return Conversion(report, request.out, is_project=False)


def _hand_over_project(
    request: ConvertRequest, code: PipelineCode, recording: Recording, report: ConversionReport, folder: Path
) -> Conversion:
    """Write a project, run its tests, commit it, and put it where it was asked for."""
    staged = folder.with_name("project")
    for name, content in write_project(code, recording, report, request.path.stem).items():
        place = staged / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    for written, path in code.files.items():
        place = staged / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / written, place)
    checks = check_project(staged, Limits(seconds=max(request.seconds, _LEAST_SECONDS)))
    report = replace(report, checks=_both(report.checks, checks))
    _write_report(report, code, recording.source, staged)
    commit_folder(staged, f"{request.path.stem} as a pipeline")
    _move(staged, request.out)
    return Conversion(report, request.out, is_project=True)


def _write_report(report: ConversionReport, code: PipelineCode | None, source: str, folder: Path) -> None:
    (folder / "report.json").write_bytes(conversion_json(report))
    (folder / "report.html").write_text(render_conversion(report, code, source), encoding="utf-8")


def _move(staged: Path, out: Path) -> None:
    """Put a finished folder in its place, whole."""
    beside = out.absolute().with_name(f".{out.name}.{os.getpid()}")
    try:
        shutil.copytree(staged, beside, symlinks=True)
        if out.exists():  # empty: checked before
            out.rmdir()
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
