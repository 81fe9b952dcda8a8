"""A release that answers rows one by one: admission, micro-batch scoring, intervals and reasons."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np
from msgspec.structs import replace as replace_fields
from numpy.typing import NDArray

from journeyman.entities.admitted import RowMisfit, TrainedColumn
from journeyman.entities.finding import Finding
from journeyman.entities.prediction import Answer, Part, RowFinding, Value
from journeyman.errors import SchemaError
from journeyman.inference.following import history_of
from journeyman.inference.release import Release
from journeyman.inference.release_contract import release_contract
from journeyman.inference.trained_columns import trained_columns
from journeyman.interfaces import AlarmLimit, FlagsRows
from journeyman.serving.requests import Row
from journeyman.stages.admit import RowAdmission
from journeyman.stages.attribute import attribute, typical_row
from journeyman.tasks import task_type
from journeyman.tasks.typed_labels import typed_labels

__all__ = ["ServedRelease"]


class ServedRelease:
    """A release, loaded and ready to answer.

    Parameters
    ----------
    release : Release
        From ``journeyman.load``.
    known : collection of str
        Names that rows may bring besides the model's columns.
    clock : callable
        Returns seconds that never go back, by which a daily capacity of alarms fills up.
    """

    def __init__(
        self, release: Release, known: Collection[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self.version, self.task = release.name, release.version, release.task
        self.columns = release.columns
        self.report = release.report
        self.manifest = release.manifest
        names = {column.name for column in release.columns}
        contract = release_contract(release)
        by_name = {t.column.name: t for t in trained_columns(self.report, names, contract)}
        # the release's own columns say how values are read; the report only adds what training saw
        trained = [replace(by_name.get(c.name, TrainedColumn(c)), column=c) for c in release.columns]
        if self.task.panel is not None:  # times to come lie beyond those that training saw, and that is no news
            times = history_of(release.plan).times
            trained = [TrainedColumn(t.column) if t.column.name in times else t for t in trained]
        self._release, self._joins = release, release.joins
        names = names - self._joins.brought
        used = {c.name for c in release.columns}
        more = [c for c in self.report.columns if c.name in self._joins.needed and c.name not in used]
        self.columns = (*(c for c in release.columns if c.name in names), *more)
        self._admission = RowAdmission(
            trained, {*known, *release.left_out}, () if contract is None else contract.orders
        )
        self._labels: list[Value] = typed_labels(self.task).tolist() if self.task.labels else []
        self._typical = typical_row(self.report.profile, release.columns)
        kind = task_type(self.task)
        self._flags = kind if isinstance(kind, FlagsRows) else None
        self._budget = None if self._flags is None else self._flags.alarm_budget(self.task)
        self._clock = clock

    @property
    def labels(self) -> list[Value]:
        """Classes in the order of their codes, of the target's own type; empty for numbers."""
        return self._labels

    def answer(self, rows: Sequence[Row], part: Part) -> list[Answer | RowMisfit]:
        """Answer rows, each on its own; what is wrong with a row is its own answer."""
        if self.task.panel is not None and any(row.get(self.task.target) is not None for row in rows):
            told = [self._happened(row) for row in rows]
            asked = iter(self.answer([row for row, is_told in zip(rows, told, strict=True) if is_told is None], part))
            return [next(asked) if one is None else one for one in told]
        if self._joins.lookups:
            lacking = [self._lacking(row) for row in rows]
            if any(lacking):
                able = [row for row, is_lacking in zip(rows, lacking, strict=True) if is_lacking is None]
                answered = iter(self.answer(able, part))
                return [next(answered) if one is None else one for one in lacking]
        admitted = self._admission.read(self._joins.fetched_rows(rows))
        given: list[Answer | RowMisfit] = []
        answers = self._release.answer_block(admitted.block) if admitted.findings else np.empty((0, 1))
        labels = self._release.labels(answers).tolist() if len(answers) else []
        ends = self._release.intervals_of_block(admitted.block, answers) if len(answers) else None
        intervals = [None] * len(answers) if ends is None else [(low, high) for low, high in ends.tolist()]
        number = 0
        for misfit in admitted.misfits:
            if misfit is not None:
                given.append(misfit)
                continue
            findings = admitted.findings[number]
            if self._labels:
                given.append(self._classified(answers[number], labels[number], findings, part))
            else:
                given.append(self._estimated(answers[number], intervals[number], findings, part))
            number += 1
        return given if self._budget is None else self._within_budget(given, self._budget)

    def _within_budget(self, given: list[Answer | RowMisfit], budget: AlarmLimit) -> list[Answer | RowMisfit]:
        """Return the answers, those beyond the capacity no longer flagged."""
        places = [k for k, one in enumerate(given) if isinstance(one, Answer) and one.outputs]
        answers = [one for one in (given[k] for k in places) if isinstance(one, Answer)]
        flagged = np.array([bool(one.outputs["flagged"]) for one in answers], dtype=bool)
        scores = np.array([one.prediction for one in answers], dtype=np.float64)
        admitted = budget.admit(flagged, scores, self._clock()).tolist()
        for k, one, kept in zip(places, answers, admitted, strict=True):
            given[k] = replace_fields(one, outputs={**one.outputs, "flagged": kept})
        return given

    def _happened(self, row: Row) -> RowMisfit | None:
        """Refuse a row of a series that has happened: answers may not depend on which other rows come along."""
        value = row.get(self.task.target)
        if value is None:
            return None
        hint = (
            "ask for steps to come without it; the service forecasts from the history that the model was built with, "
            "and `journeyman predict` lengthens it by newer rows"
        )
        return RowMisfit(self.task.target, repr(value)[:60], "no value", hint)

    def _lacking(self, row: Row) -> RowMisfit | None:
        """Refuse a row that cannot be looked up."""
        name = next((name for name in self._joins.needed if name not in row), None)
        return None if name is None else RowMisfit(name, "", "a value", "give null where there is no value", "")

    def warm(self) -> None:
        """Answer a row of missing values, so that everything that loads late is loaded before the first caller."""
        budget, self._budget = self._budget, None  # such a row is nobody's alarm
        with contextlib.suppress(SchemaError):  # a foreign model may refuse it, and is loaded then
            self.answer([dict.fromkeys((c.name for c in self.columns), None)], Part.CHAMPION)
        self._budget = budget

    def explained(self, row: Row, answer: Answer) -> Answer:
        """Return the answer with the contribution of each column: to the probability of the label, or to the value.

        Where rows are flagged as odd, it is how much less odd the row would be with a usual value there.
        """
        if not task_type(self.task).traits.explained:
            return answer
        output = self._labels.index(answer.prediction) if answer.prediction in self._labels else 0
        block = self._admission.read(self._joins.fetched_rows([row])).block
        found = self._release.reliefs(block)
        if found is not None:
            agreement = self._release.agreement(block)
            told = {} if agreement is None else {"agreement": float(agreement[0])}
            reasons = dict(zip(block, found[0].tolist(), strict=True))
            return replace_fields(answer, reasons=reasons, outputs={**answer.outputs, **told})
        return replace_fields(answer, reasons=attribute(self._release.answer_block, block, self._typical, output))

    def _estimated(
        self, row: NDArray[np.float64], interval: tuple[float, float] | None, findings: Sequence[Finding], part: Part
    ) -> Answer:
        noticed, value = _noticed(findings), float(row[0])
        bounds = self._release.conformal
        if not np.isfinite(row).all():
            return Answer(None, self.version, part, findings=noticed)
        coverage = None if bounds is None else bounds.coverage
        outputs = self._outputs(row)
        return Answer(value, self.version, part, {}, interval, coverage=coverage, findings=noticed, outputs=outputs)

    def _outputs(self, row: NDArray[np.float64]) -> dict[str, float | bool]:
        """Return the numbers of a prediction by name, or what else its kind of task says of it."""
        if self.task.output_names:
            return dict(zip(self.task.output_names, row.tolist(), strict=True))
        named = task_type(self.task).named_outputs(row[None, :], self.task)
        return {name: values[0].item() for name, values in named.items()}

    def _classified(self, answer: NDArray[np.float64], label: Value, findings: Sequence[Finding], part: Part) -> Answer:
        bounds = self._release.conformal
        shares = answer.tolist()
        kept: list[Value] = []
        if bounds is not None:
            held = bounds.label_sets(answer).tolist()
            kept = [one for one, is_held in zip(self._labels, held, strict=True) if is_held or one == label]
        return Answer(
            prediction=label,
            version=self.version,
            part=part,
            probabilities=dict(zip(self.task.labels, shares, strict=True)),
            labels=tuple(kept),
            coverage=None if bounds is None else bounds.coverage,
            findings=_noticed(findings),
        )


def _noticed(findings: Sequence[Finding]) -> tuple[RowFinding, ...]:
    return tuple(RowFinding(f.code, f.subject[0] if f.subject else "", f.message) for f in findings)
