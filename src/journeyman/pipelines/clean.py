"""Clean: detect, label, propose, prove; the order in which a table of texts is reviewed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.cleaning import (
    CellChange,
    CleaningRequest,
    Correction,
    SuspectCell,
    TableReview,
    TextTable,
)
from journeyman.errors import SettingsError, TargetError
from journeyman.interfaces import ErrorDetector
from journeyman.pipelines.prove_cleaning import prove_cleaning
from journeyman.plugins import load_parts
from journeyman.stages.find_errors import CellEvidence, find_errors
from journeyman.stages.learn_errors import CellFacts, LabelledCells, RowChooser, learn_errors
from journeyman.stages.propose_repairs import Repair, propose_repairs

__all__ = ["choose_rows", "review_table"]

Teacher = Callable[[int], Correction]
FloatArray = NDArray[np.float32]
_MOST_CELLS = 2_000_000
_MOST_ROWS = 60_000
_THRESHOLD = 0.5
_WITHOUT_LABELS = 0.4  # detectors' probabilities are careful, and F1 is best below one half
_QUICK_TREES = 40  # while rows are chosen
_RELEARN = 3  # labels between two looks at what they teach


def review_table(
    table: TextTable, request: CleaningRequest, corrections: Sequence[Correction] = (), teacher: Teacher | None = None
) -> TableReview:
    """Find wrong cells and what they should be, and prove which changes help.

    Parameters
    ----------
    table : TextTable
    request : CleaningRequest
    corrections : sequence of Correction
        Rows that are labelled already.
    teacher : callable, optional
        Labels a row by its number, one at a time; needed where the request wants labels.

    Raises
    ------
    SettingsError
        Where more rows are to be labelled than there are.
    TargetError
        Where there is no such target.
    """
    _check(table, request)
    shown, looked, notes = _looked_at(table, [c.row for c in corrections], request.seed)
    places = {int(row): place for place, row in enumerate(looked)}
    evidence = find_errors(shown, _detectors())
    labelled = [Correction(places[c.row], c.values) for c in corrections]
    probability = evidence.probability
    if labelled or request.labels:
        facts = _facts(evidence)
        asked = None if teacher is None else lambda row: replace(teacher(int(looked[row])), row=row)
        labelled += _taught(facts, shown, request, labelled, asked)
        probability = learn_errors(facts, _labels(shown, labelled), request.seed)
    threshold = _THRESHOLD if labelled else _WITHOUT_LABELS
    cells = [(int(r), int(c)) for r, c in np.argwhere(probability >= threshold)]
    repairs = propose_repairs(shown, evidence.by_detector, cells, labelled)
    review = TableReview(
        table.name,
        table.rows,
        len(table.columns),
        shown.rows,
        tuple(_suspect(evidence, probability, cell, int(looked[cell[0]]), repairs.get(cell)) for cell in cells),
        tuple(sorted(int(looked[c.row]) for c in labelled)),
        notes=notes,
    )
    if request.target is not None:
        sources = {cell: _source(evidence, cell, repairs.get(cell)) for cell in cells}
        return prove_cleaning(table, review, sources, request)
    return replace(review, changes=_proved_by_labels(shown, looked, repairs))


def choose_rows(table: TextTable, number: int, seed: int) -> tuple[int, ...]:
    """Return the rows that teach most, all chosen before any is labelled.

    Raises
    ------
    SettingsError
        Where there are fewer rows.
    """
    _check(table, CleaningRequest(labels=number))
    shown, looked, _ = _looked_at(table, (), seed)
    facts = _facts(find_errors(shown, _detectors()))
    chooser = RowChooser(facts, seed)
    chosen: list[int] = []
    for _ in range(min(number, shown.rows)):
        chosen.append(chooser.next_row(chosen, facts.probability))
    return tuple(int(looked[row]) for row in chosen)


def _detectors() -> Mapping[str, ErrorDetector]:
    return {part.name: part for part in load_parts("journeyman.cleaners").values()}


def _check(table: TextTable, request: CleaningRequest) -> None:
    if request.labels > table.rows:
        raise SettingsError(
            f"--label {request.labels} wants more rows than {table.name} has, which are {table.rows}",
            hint=f"give --label {min(20, table.rows)}",
        )
    if request.target is not None and request.target not in table.names:
        listed = ", ".join(table.names[:8]) + (", ..." if len(table.names) > 8 else "")
        raise TargetError(f"{table.name} has no column {request.target!r}", hint=f"its columns are {listed}")


def _looked_at(
    table: TextTable, needed: Sequence[int], seed: int
) -> tuple[TextTable, NDArray[np.int64], tuple[str, ...]]:
    """Return the rows that are looked at: all, or a sample that holds the labelled ones, in order."""
    most = max(1_000, min(_MOST_ROWS, _MOST_CELLS // max(1, len(table.columns))))
    if table.rows <= most:
        return table, np.arange(table.rows), ()
    drawn = np.random.default_rng(seed).permutation(table.rows)[:most]
    rows = np.union1d(drawn, np.array(needed, np.int64)).astype(np.int64)
    note = f"The table is long: {len(rows):,} of its {table.rows:,} rows, drawn at random, were looked at."
    return table.take(rows), rows, (note,)


def _facts(evidence: CellEvidence) -> CellFacts:
    columns = range(len(evidence.table.columns))
    return CellFacts(
        [evidence.features(c) for c in columns],
        [2 * evidence.signs(c) for c in columns],
        [column.codes for column in evidence.table.columns],
        evidence.probability,
    )


def _labels(table: TextTable, corrections: Sequence[Correction]) -> LabelledCells:
    rows = np.array([c.row for c in corrections], np.int64)
    wrong = [[w != g for w, g in zip(c.values, table.row(c.row), strict=True)] for c in corrections]
    return LabelledCells(rows, np.array(wrong, bool).reshape(len(rows), len(table.columns)))


def _taught(
    facts: CellFacts,
    table: TextTable,
    request: CleaningRequest,
    labelled: Sequence[Correction],
    teacher: Teacher | None,
) -> list[Correction]:
    """Return the labels of the rows that teach most, each chosen by what the ones before it have taught."""
    fresh: list[Correction] = []
    if not request.labels or teacher is None:
        return fresh
    chooser = RowChooser(facts, request.seed)
    probability = facts.probability
    for count in range(min(request.labels, table.rows - len(labelled))):
        known = [*labelled, *fresh]
        if count and count % _RELEARN == 0:
            probability = learn_errors(facts, _labels(table, known), request.seed, _QUICK_TREES)
        fresh.append(teacher(chooser.next_row([c.row for c in known], probability)))
    return fresh


def _suspect(
    evidence: CellEvidence, probability: FloatArray, cell: tuple[int, int], row: int, repair: Repair | None
) -> SuspectCell:
    place, column = cell
    reason = "is like cells that were labelled as wrong"
    voices = [(float(found[column].probability[place]), found[column]) for found in evidence.by_detector.values()]
    strength, loudest = max(voices, key=lambda voice: voice[0])
    if strength >= 0.2:
        reason = loudest.reason.format(proposal=loudest.proposal(place))
    if repair is not None and repair.source == "label":
        reason = "was labelled as wrong"
    name = evidence.table.columns[column]
    return SuspectCell(
        row,
        name.name,
        name.text(place),
        round(float(probability[place, column]), 3),
        None if repair is None else repair.text,
        0.0 if repair is None else repair.confidence,
        reason,
    )


def _source(evidence: CellEvidence, cell: tuple[int, int], repair: Repair | None) -> str:
    """Return the family that a cell's repair belongs to: the detector that suspects it most."""
    if repair is not None and repair.source == "label":
        return "labels"
    return max(evidence.by_detector, key=lambda name: evidence.by_detector[name][cell[1]].probability[cell[0]])


def _proved_by_labels(
    table: TextTable, looked: NDArray[np.int64], repairs: Mapping[tuple[int, int], Repair]
) -> tuple[CellChange, ...]:
    return tuple(
        CellChange(int(looked[row]), table.columns[c].name, table.columns[c].text(row), repair.text)
        for (row, c), repair in sorted(repairs.items())
        if repair.proved
    )
