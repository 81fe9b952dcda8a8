"""A release in use: predicts in process from what its folder holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.conformal import Conformal
from journeyman.entities.conformed import Misfit
from journeyman.entities.evaluation import Evaluation
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.entities.plan import Plan
from journeyman.entities.report import BuildReport
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound
from journeyman.errors import ReleaseError
from journeyman.inference.following import (
    Forecasts,
    asked_of,
    following_rows,
    history_of,
    lengthened_plan,
    series_findings,
    with_rows_numbered,
)
from journeyman.inference.lookup import refuse_set
from journeyman.inference.model_files import ModelCard, read_card
from journeyman.inference.open_scorer import open_scorer
from journeyman.inference.release_frames import (
    chosen_output,
    contribution_frame,
    interval_frame,
    label_sets,
    row_index,
    warn_of,
)
from journeyman.inference.release_joins import framed, read_joins
from journeyman.inference.scorer import Scorer, ScoresRows
from journeyman.interfaces import FlagsRows
from journeyman.reports.card import report_card
from journeyman.sources.parsing import RowReader
from journeyman.stages.attribute import typical_row
from journeyman.stages.conform import conform, conform_part, judge
from journeyman.stages.single_out import reliefs, usual_values
from journeyman.stores.facts import decode
from journeyman.stores.releases import read_release, release_digest
from journeyman.tasks import outputs_together, task_type
from journeyman.tasks.typed_labels import typed_labels

__all__ = ["Release", "open_pickled", "open_release", "to_labels"]

FloatArray = NDArray[np.float64]


class Release:
    """A released model.

    Made by :func:`journeyman.build` and :func:`journeyman.load`.

    Attributes
    ----------
    name : str
        The model's name.
    version : int
        Of the release.
    path : Path
        Its folder.
    findings : tuple of Finding
        What was noticed in the rows of the last call of ``predict`` or ``predict_proba``.
    joins : ReleaseJoins
        The tables in which rows are looked up before they are predicted.
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self.path = path
        self.name: str = manifest["name"]
        self.version: int = manifest["version"]
        self.manifest = manifest
        self.findings: tuple[Finding, ...] = ()
        self._files = files
        self._card, self.joins = read_card(files["model.json"]), read_joins(files)

    def __repr__(self) -> str:
        """Return name, version and verdict."""
        return f"<Release {self.name} {self.version}: {self.manifest['verdict']}>"

    def _repr_html_(self) -> str:
        """Return the card that a notebook shows."""
        return report_card(self.report, self.report_path)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as a reference: the folder, and the digest that its content must have."""
        return open_pickled, (str(self.path.resolve()), release_digest(self.path))

    def with_decimal(self, decimal: str) -> Release:
        """Return the release as one that reads numbers in texts with this decimal sign, "." or ","."""
        other = Release(self.path, self.manifest, self._files)
        columns = tuple(replace(c, decimal=decimal) if c.kind.numeric else c for c in self._card.columns)
        other._card = replace(self._card, columns=columns)
        return other

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self._card.task

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that rows must bring."""
        return self._card.columns

    @cached_property
    def left_out(self) -> frozenset[str]:
        """Columns of the training table that rows need not bring: those that were left out, and the target."""
        used = {column.name for column in self.columns}
        known = {str(entry["name"]) for entry in self.manifest["schema"]} | {self.task.target}
        return frozenset(known - used)

    @cached_property
    def identifiers(self) -> tuple[str, ...]:
        """Columns that named the rows of the training table, in its order; the model does not use them."""
        found = {name for f in self.report.findings if f.code == "DQ305" for name in f.subject}
        return tuple(
            c.name
            for c in self.report.columns
            if (c.kind is Kind.IDENTIFIER or c.name in found) and c.role in (Role.IGNORED, Role.GROUP)
        )

    @property
    def threshold(self) -> float | None:
        """Probability from which the second of two classes is predicted; None where that is not chosen."""
        return self._card.threshold

    def file(self, name: str) -> bytes | None:
        """Return a file of the release as it was checked; None where it has none of that name."""
        return self._files.get(name)

    @property
    def conformal(self) -> Conformal | None:
        """How far the truth may lie from an answer; None where the release does not tell."""
        return self._card.conformal

    @property
    def file_style(self) -> FileStyle:
        """How the training table's file was written."""
        return self._card.style

    @property
    def evaluation(self) -> Evaluation:
        """How good the model is on rows that taught it nothing."""
        return self.report.evaluation

    @property
    def report_path(self) -> Path:
        """Where the page for people is."""
        return self.path / "report.html"

    @cached_property
    def report(self) -> BuildReport:
        """All that was known when it was built."""
        report: BuildReport = decode(self._files["report.msgpack"], BuildReport)
        return report

    @property
    def plan(self) -> Plan:
        """All that it does to raw rows until they are predictions, as typed steps."""
        return self._scorer.plan

    @property
    def silent(self) -> bool:
        """Whether it cannot be asked, since the log of a model that runs elsewhere is all that is to be had."""
        return self._scorer.silent

    @cached_property
    def _reader(self) -> RowReader:
        return RowReader(self._card.columns)

    @cached_property
    def _scorer(self) -> ScoresRows:
        return open_scorer(self.name, self._card, self._files, self.path)

    def predict_proba(self, rows: object) -> FloatArray:
        """Return the probability of each class, shape (n_samples, n_classes), in the order of ``task.labels``.

        Parameters
        ----------
        rows : frame, mapping of lists, or list of mappings
            With the columns the model learned from; others are passed over.

        Raises
        ------
        SchemaError
            Where a column lacks or holds something else; TypeError for a regression model.
        """
        if not self.task.labels:
            raise TypeError(f"{self.name} predicts numbers, not classes; use predict")
        return self.answer_block(self._conform(rows))

    def predict(self, rows: object) -> NDArray[Any]:
        """Return labels or values, shape (n_samples,). Parameters and errors as for ``predict_proba``.

        A model of series forecasts the rows that have no value of the target; those that have one lengthen the history
        for this call.
        """
        model, asked = self.following(rows)
        return self.labels(model.answer_block(self._conform(asked, model)))

    def forecast(self, rows: object = None) -> pd.DataFrame:
        """Return forecasts of series, one row a series and step: series, time, median, and the other quantiles.

        Parameters
        ----------
        rows : frame, mapping of lists, or list of mappings, optional
            Newer rows, whose values lengthen the history for this call, and rows without a value, which are asked for.
            Where none is asked for, the next steps of every series are.

        Raises
        ------
        SchemaError, SettingsError
            As for ``predict``; where columns that are known ahead are needed. TypeError for another kind of model.
        """
        if self.task.panel is None:
            raise TypeError(f"{self.name} is no model of series; use predict")
        told = self.forecast_blocks(pd.DataFrame() if rows is None else rows)
        warn_of(self.findings)
        step = history_of(self.plan)
        # the median stands for the forecast, and the last output is no quantile
        names = [self.task.target, *self.task.output_names[1:-1]]
        outputs = pd.DataFrame(told.answers[:, :-1], columns=names, index=told.rows.index)
        return pd.concat([told.rows[[*step.series, *step.times]], outputs], axis=1)

    def forecast_blocks(self, rows: object) -> Forecasts:
        """Return the rows that are forecast, as they are given and as the model reads them, with all quantiles."""
        model, asked = self.following(rows)
        block = self._read(asked, model)
        return Forecasts(asked, block, model.answer_block(block))

    def following(self, rows: object) -> tuple[Release, Any]:
        """Return the model and the rows that are to be predicted.

        Of series: rows that have a value of the target lengthen the history of the model that is returned, and where
        no other is left, the next steps of every series are asked for. Else both are what they were.
        """
        if self.task.panel is None:
            return self, rows
        frame = framed(rows)
        frame = frame.set_axis([str(name).strip() for name in frame.columns], axis=1)
        step = history_of(self.plan)
        target = next(c for c in self.report.columns if c.name == self.task.target)
        asked = asked_of(with_rows_numbered(frame, step, self.task), self.task, target)
        model = self.lengthened(self.read_rows(asked.happened), asked.values) if len(asked.happened) else self
        if len(asked.rows):
            return model, asked.rows
        return model, following_rows(history_of(model.plan), self.task, self.columns)

    def lengthened(self, block: Block, values: FloatArray) -> Release:
        """Return the model of series with a history that holds these rows, too, read already; nothing is refitted."""
        model = Release(self.path, self.manifest, self._files)
        model._card = self._card
        model._scorer = Scorer(lengthened_plan(self.plan, block, values))
        return model

    def predict_outputs(self, rows: object) -> pd.DataFrame:
        """Return all that is said of each row, one column each: quantiles by their levels, whether a row is flagged.

        The first column is what ``predict`` returns. Parameters and errors as for ``predict``; TypeError for a model
        that predicts classes or one number and nothing besides.
        """
        model, rows = self.following(rows)
        predictions = model.answer_block(self._conform(rows, model))
        if self.task.output_names:
            frame = pd.DataFrame(predictions, columns=list(self.task.output_names))
        else:
            named = outputs_together(predictions, self.task)
            if self.task.labels or not named:
                raise TypeError(f"{self.name} says nothing besides its prediction; use predict")
            frame = pd.DataFrame({self.task.target: predictions[:, 0], **named})
        return frame.set_index(row_index(rows, len(frame)))

    def explain(self, rows: object, *, label: object = None) -> pd.DataFrame:
        """Return what each column contributed to each row's prediction, shape (n_samples, n_columns).

        A row's contributions sum to its prediction less that of a typical row (medians and most frequent names of the
        training table), which is ``attrs["base"]`` of the frame: a number, or with several classes one a row.

        Where odd rows are flagged, a column's figure is how much less odd the row would be with a usual value in its
        place (where several are unusual together: how much odder its value would make a typical row), as a difference
        of negative logs of the share of rows that are as odd; those have no sum.

        Parameters
        ----------
        rows : frame, mapping of lists, or list of mappings
            As for ``predict``. Some 200 predictions are made for each row of 20 columns.
        label : optional
            Class whose probability is explained; each row's predicted one by default. Values need none.

        Raises
        ------
        SchemaError
            As for ``predict``.
        SettingsError
            Where there is no such label.
        """
        if not task_type(self.task).traits.explained:
            raise TypeError(f"{self.name} forecasts series, and no column moves a forecast; use forecast")
        block = self.read_rows(rows)
        predict = self._scorer.predict if self.task.labels else lambda told: self._scorer.predict(told)[:, :1]
        predictions = predict(block)
        if not self.task.labels:
            outputs = [0] * len(predictions)
        elif label is not None:
            outputs = [chosen_output(label, typed_labels(self.task).tolist())] * len(predictions)
        else:
            codes = {value: code for code, value in enumerate(typed_labels(self.task).tolist())}
            outputs = [codes[value] for value in self.labels(predictions).tolist()]
        reliefs = self.reliefs(block)
        if reliefs is not None:
            return pd.DataFrame(reliefs, columns=list(block), index=row_index(rows, len(reliefs)))
        frame = contribution_frame(predict, block, typical_row(self.report.profile, self.columns), outputs)
        return frame.set_index(row_index(rows, len(frame)))

    def reliefs(self, block: Block) -> FloatArray | None:
        """Return how much less odd rows would be with a usual value in each column; None where none are flagged."""
        kind = task_type(self.task)
        if not isinstance(kind, FlagsRows):
            return None
        told = self.report.profile, self.columns
        usual, typical = usual_values(*told), typical_row(*told)
        return reliefs(lambda rows: kind.surprise(self._scorer.predict(rows)), block, usual, typical)

    def agreement(self, block: Block) -> FloatArray | None:
        """Return the share of detectors that would flag each row alone, shape (n_samples,); None without detectors."""
        kind, said = task_type(self.task), self._scorer.opinions(block)
        if said is None or not isinstance(kind, FlagsRows):
            return None
        return np.asarray((said >= 1.0 - kind.alarm_share(self.task)).mean(axis=1))

    def predict_interval(self, rows: object) -> pd.DataFrame:
        """Return prediction, low and high of each row; the true value lies between in about 90% of all rows.

        The share is ``conformal.coverage``. Rows are given as for ``predict``.

        Raises
        ------
        ReleaseError
            Where the release knows no interval.
        SchemaError
            As for ``predict``; TypeError for a classifier.
        """
        if self.task.labels:
            raise TypeError(f"{self.name} predicts classes, not numbers; use predict_set")
        if task_type(self.task).traits.bound is not Bound.INTERVAL:
            raise TypeError(f"{self.name} has no intervals: a task of kind {self.task.kind} gives scores; use predict")
        model, rows = self.following(rows)
        conformed = self._conform(rows, model)
        frame = self.intervals(model.answer_block(conformed), conformed)
        return frame.set_index(row_index(rows, len(frame)))

    def intervals(self, answers: FloatArray, block: Block) -> pd.DataFrame:
        """Return prediction, low and high of answers of shape (n_samples, 1) and the rows that they were given for.

        Errors as for ``predict_interval``.
        """
        return interval_frame(answers, block, self.conformal, self.name)

    def predict_set(self, rows: object) -> list[tuple[object, ...]]:
        """Return for each row the labels among which the true one is in about 90% of all rows.

        The share is ``conformal.coverage``. Rows are given as for ``predict``.

        Raises
        ------
        ReleaseError
            Where the release knows no sets.
        SchemaError
            As for ``predict``; TypeError for a regression model.
        """
        return self.likely_labels(self.predict_proba(rows))

    def likely_labels(self, answers: FloatArray) -> list[tuple[object, ...]]:
        """Return the sets of answers of shape (n_samples, n_classes); errors as for ``predict_set``."""
        return label_sets(answers, self.labels(answers), typed_labels(self.task), self.conformal, self.name)

    def labels(self, answers: FloatArray) -> NDArray[Any]:
        """Turn answers into labels of the target's own type; values are given back as they are."""
        return to_labels(answers, self._card)

    def answers(self, rows: object) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        return self.answer_block(self._conform(rows))

    def _conform(self, rows: object, model: Release | None = None) -> Block:
        """Return rows as the model reads them; what was noticed is kept, and warned of.

        ``model`` is the one that answers, where that is not this one but one with a longer history.
        """
        block = self._read(rows, model)
        warn_of(self.findings)
        return block

    def read_rows(self, rows: object) -> Block:
        """Return rows as the model reads them; what was noticed is kept in ``findings``."""
        self.findings = (conformed := conform(self.joins.widened(rows), self._reader, self.left_out)).findings
        return conformed.block

    def _read(self, rows: object, model: Release | None = None) -> Block:
        block = self.read_rows(rows)
        if model is not None and self.task.panel is not None:
            self.findings += series_findings(history_of(model.plan), self.task, block)
        return block

    def answer_block(self, block: Block) -> FloatArray:
        """Return the answers of rows that were read already, as ``answers`` would give them."""
        return self._scorer.predict(block)

    def intervals_of_block(self, block: Block, answers: FloatArray) -> FloatArray | None:
        """Return the ends of each row's prediction interval, shape (n_samples, 2); None where there are none.

        Parameters
        ----------
        block : Block
            Rows that were read already.
        answers : ndarray of shape (n_samples, 1)
            What ``answer_block`` gave for them.
        """
        bounds = self._card.conformal
        is_interval = task_type(self.task).traits.bound is Bound.INTERVAL
        return bounds.intervals(answers, block) if bounds is not None and is_interval else None

    def answers_in_parts(self, parts: Iterable[pd.DataFrame]) -> Iterator[tuple[Block, FloatArray]]:
        """Yield rows as the model reads them and their answers, of a table in parts: it need not fit in memory.

        After the last part ``findings`` holds what was noticed in all of them, as one call with all rows would say.

        Parameters
        ----------
        parts : iterable of pandas.DataFrame
            Raw rows, all with the same columns.

        Raises
        ------
        SchemaError
            Where a column lacks; after the last part, where none of a column's values could be read.
        """
        misfits: list[Misfit] = []
        whole: tuple[Finding, ...] = ()
        for rows in parts:
            part = conform_part(self.joins.fetched(rows), self._card.columns, self.left_out)
            misfits.extend(part.misfits)
            whole = part.findings
            yield part.block, self._scorer.predict(part.block)
        self.findings = (*judge(misfits), *whole)


def to_labels(answers: FloatArray, card: ModelCard) -> NDArray[Any]:
    """Turn probabilities into labels of the target's own type; values are given back as they are."""
    return task_type(card.task).decode(answers, card.task, card.threshold)


def open_pickled(folder: str, digest: str) -> Release:
    """Open the release that a pickle refers to.

    Raises
    ------
    ReleaseError
        Where its folder is gone, or holds something else.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ReleaseError(
            f"the release that was pickled is gone: there is no folder {folder}",
            hint="a pickle holds a reference only: copy the folder too, and open it with journeyman.load(FOLDER)",
        )
    if release_digest(path) != digest:
        raise ReleaseError(
            f"the release in {folder} is not the one that was pickled",
            hint="open what lies there now with journeyman.load(FOLDER), and pickle that",
        )
    return open_release(path, digest)


def open_release(folder: Path, digest: str | None = None, decimal: str | None = None) -> Release:
    """Read a release from its folder after every byte was checked; runs no code from it.

    With ``decimal`` it reads numbers in texts with that decimal sign instead of its training table's.
    """
    manifest, files = read_release(folder, digest)
    refuse_set(manifest)
    release = Release(folder, manifest, files)
    return release if decimal is None else release.with_decimal(decimal)
