"""What programs read of a conversion: ``report.json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec

from journeyman.entities.conversion import ConversionReport, ModelChoice
from journeyman.reports.conversion.words import leak_words, place_of, verdict_on

__all__ = ["conversion_json"]


def conversion_json(report: ConversionReport) -> bytes:
    """Return a conversion as JSON.

    Fields of checks stand at the top, and so do scores; each leak, change and operation has its ``place``. Numbers that
    are none, and what could not be asked, are null.
    """
    content: dict[str, Any] = {
        "prototype": report.prototype,
        "language": report.language,
        "verdict": verdict_on(report).headline,
        "model": None if report.model is None else _model(report.model, report),
        "other_models": [_model(one, report) for one in report.other_models],
        "metric": report.metric,
        "score_as_told": report.score_as_told,
        "score_repeated": report.score_repeated,
        "score_honest": report.score_honest,
        "honest_low": report.honest_low,
        "honest_high": report.honest_high,
        "honest_reasons": list(report.honest_reasons),
        "score_build": report.score_build,
        **asdict(report.checks),
        "statements": report.statements,
        "kept": report.kept,
        "opaque": report.opaque,
        "leaks": [
            {
                "kind": leak.kind.value,
                "place": place_of(report, leak.line),
                "cause_place": place_of(report, leak.cause),
                "judged_place": place_of(report, leak.judged),
                **{name: value for name, value in asdict(leak).items() if name != "kind"},
                "words": leak_words(leak, report).seen,
            }
            for leak in report.leaks
        ],
        "changes": [{"place": place_of(report, one.line), **asdict(one)} for one in report.changes],
        "operations": [
            {"place": place_of(report, one.line), **asdict(one), "kind": one.kind.value} for one in report.operations
        ],
        "findings": [
            {
                "code": one.code,
                "severity": one.severity.value,
                "subject": list(one.subject),
                "message": one.message,
                "hint": one.hint,
                "evidence": dict(one.evidence),
            }
            for one in report.findings
        ],
        "seconds": report.seconds,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def _model(model: ModelChoice, report: ConversionReport) -> dict[str, Any]:
    return {**asdict(model), "place": None if model.line is None else place_of(report, model.line)}
