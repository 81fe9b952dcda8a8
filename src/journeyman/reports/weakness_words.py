"""What was found wrong with the ensemble on the way, what was done about it, and what that gained."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.report import BuildReport
from journeyman.entities.weakness import Attempt, Cause, Weakness
from journeyman.reports.words import number, percent

__all__ = ["AttemptRow", "WeaknessRow", "mended_words", "weakness_rows"]

_ASKED = {
    Cause.MISSING_INFORMATION: "No model adds what the columns do not say: a further column might.",
    Cause.LABEL_NOISE: "Look at some of these rows: are their labels what happened?",
    Cause.TOO_FEW_ROWS: "Collect more rows like these.",
    Cause.DRIFT: "If rows are in the order of time, name it, and later rows examine what earlier ones taught.",
    Cause.IMBALANCE: "Collect more rows of this class.",
    Cause.OTHER_RELATION: "A column that tells what is special about these rows would help.",
    Cause.WRONG_SCALE: "",
}
"""What the user can do where nothing was tried."""


@dataclass(frozen=True)
class AttemptRow:
    """What was tried: its name, how it ended in a word with a style, and what it gained."""

    name: str
    word: str
    style: str
    gain: str


@dataclass(frozen=True)
class WeaknessRow:
    """A weakness as a row of the table."""

    place: str
    cause: str
    evidence: str
    rows: int
    loss: str
    others: str
    attempts: tuple[AttemptRow, ...]
    asked: str


def weakness_rows(report: BuildReport) -> list[WeaknessRow]:
    """Return every weakness with what was tried against it, in the order found."""
    return [_row(report, k, weakness) for k, weakness in enumerate(report.weaknesses)]


def _row(report: BuildReport, position: int, weakness: Weakness) -> WeaknessRow:
    attempts = tuple(_attempt(report, a) for a in report.attempts if a.weakness == position)
    return WeaknessRow(
        place=weakness.place.text,
        cause=weakness.cause.value,
        evidence=weakness.evidence,
        rows=weakness.rows,
        loss=number(weakness.loss),
        others=number(weakness.others),
        attempts=attempts,
        asked="" if attempts else _ASKED[weakness.cause],
    )


def _attempt(report: BuildReport, attempt: Attempt) -> AttemptRow:
    name = attempt.name.replace("_", " ")
    if not attempt.tried:
        return AttemptRow(name, "not tried", "calm", "other candidates promised more for the time")
    if not attempt.accepted:
        return AttemptRow(name, "rejected", "calm", "no gain beyond noise out of fold")
    kept = attempt.candidate in {m.candidate.key for m in report.members}
    gain = f"{_less(attempt.gain)} out of fold, {_less(attempt.inside)} there"
    return AttemptRow(name, "accepted", "good", gain if kept else f"{gain}; a later candidate took its place")


def _less(gain: float) -> str:
    return f"{percent(abs(gain))} {'less' if gain >= 0 else 'more'} loss"


def mended_words(report: BuildReport) -> list[str]:
    """Return a line for each treatment that is part of the release, those that gained most first."""
    members = {m.candidate.key: m.candidate for m in report.members}
    kept = [a for a in report.attempts if a.accepted and a.candidate in members]
    lines = []
    for attempt in sorted(kept, key=lambda a: -a.gain):
        weakness, candidate = report.weaknesses[attempt.weakness], members[attempt.candidate]
        done = candidate.treatment.kind.value if candidate.treatment else f"{candidate.target_scale} of the target"
        lines.append(
            f"{weakness.place.text} ({weakness.cause.value}): {done}; {_less(attempt.gain)} out of fold, "
            f"{_less(attempt.inside)} there"
        )
    return lines
