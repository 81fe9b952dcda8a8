"""Programs that are recorded in the tests, and questions about what was seen."""

from __future__ import annotations

from pathlib import Path

from journeyman.entities.recording import RecordedCall, RecordedValue, Recording
from journeyman.runtime.confined_program import Limits
from journeyman.runtime.recorder import record_program

LIMITS = Limits(seconds=90.0, memory=2 << 30, disk=50 << 20)


def record(folder: Path, source: str, limits: Limits = LIMITS) -> Recording:
    """Record a program in a folder of its own beneath a test's."""
    (folder / "work").mkdir(exist_ok=True)
    return record_program(source, folder / "work", limits)


def at(recording: Recording, text: str) -> RecordedValue:
    """Return what the last expression with this text gave."""
    found = [value for span, value in recording.values.items() if _text(recording, span) == text]
    assert found, f"{text!r} was not seen"
    return found[-1]


def calls_of(recording: Recording, text: str) -> list[RecordedCall]:
    """Return the calls of a model that are written like this, without those that were added at the end."""
    return [call for call in recording.calls if not call.added and _text(recording, call.span) == text]


def row_numbers(recording: Recording, number: int | None) -> list[int] | None:
    """Return the numbers of a row set."""
    return None if number is None else recording.row_sets[number].numbers.tolist()


def _text(recording: Recording, span: tuple[int, int, int, int]) -> str:
    line, begin, end_line, end = span
    lines = recording.source.splitlines()
    return lines[line - 1][begin:end] if line == end_line else ""
