"""Rows with what a release predicts for them, and whether it had learned from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.repaired import Repaired
from journeyman.entities.table import Block, target_values, to_block
from journeyman.inference.champion import LEARNED
from journeyman.inference.release import Release
from journeyman.interfaces import CombinesColumns
from journeyman.tasks import task_type
from journeyman.transformers.learned_rows import LearnedRows, labelled_marks

__all__ = ["ScoredRows", "score_following", "score_frame", "score_trained"]

FloatArray = NDArray[np.float64]
_UNSEEN, _LEARNED, _NEW = "not learned from", "learned from", "new row"


@dataclass(frozen=True)
class ScoredRows:
    """Rows in their order; arrays of shape (n_samples,) unless said otherwise.

    Attributes
    ----------
    block : Block
        The model's columns.
    predictions : ndarray of shape (n_samples, n_outputs)
        Probabilities or values.
    truths : ndarray of float64
        Class codes or values; NaN where unknown.
    basis : ndarray of object
        What the model knew of each row: "not learned from", "learned from", "new row" or "live row".
    beside : pandas.DataFrame
        Further columns: what names the rows, or when and by which version they were answered.
    said : str
        Where the rows come from, in words.
    """

    block: Block
    predictions: FloatArray
    truths: FloatArray
    basis: NDArray[np.object_]
    beside: pd.DataFrame
    said: str


def score_trained(release: Release, repaired: Repaired, most: int, seed: int) -> ScoredRows:
    """Return the rows of the training table, at most so many.

    Where the release holds what its rehearsal predicted for rows that it had not learned from, that stands; all other
    rows are predicted by the release, which has learned from them: these predictions are better than those of new rows.
    """
    table = repaired.table.without_planted()
    frame, count = table.frame, len(table.frame)
    rows = np.arange(count)
    if count > most:
        rows = np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
    block = to_block(frame.iloc[rows], release.columns)
    predictions = release.answer_block(block)
    basis = np.full(len(rows), _LEARNED, dtype=object)
    truths = np.full(len(rows), np.nan)
    content = release.file(LEARNED)
    if task_type(release.task).needs_target and release.task.target in frame:
        target = target_values(table, release.task.target)
        if not isinstance(task_type(release.task), CombinesColumns):
            truths = target[rows]
        if content is not None:
            learned = LearnedRows.from_file(content)
            seen = learned.recognise(labelled_marks(to_block(frame, table.features), learned.columns, target))
            held = seen.recorded[rows]
            told = learned.recorded(seen.places[rows][held])
            predictions = predictions.copy()
            predictions[held] = np.column_stack([1 - told, told]) if len(release.task.labels) == 2 else told
            basis[held] = _UNSEEN
    named = [name for name in release.identifiers if name in frame]
    beside = frame[named].iloc[rows].reset_index(drop=True)
    beside.insert(0, "row", rows + 1)
    part = f"{len(rows):,} of {count:,} rows" if len(rows) < count else f"{count:,} rows"
    return ScoredRows(block, predictions, truths, basis, beside, f"{part} of {table.name}, the training table")


def score_frame(release: Release, frame: pd.DataFrame, name: str) -> ScoredRows:
    """Return the rows of another table; a column of the target's name holds labels, where there is one.

    Raises
    ------
    SchemaError
        Where it does not fit the model's columns.
    """
    ((block, predictions),) = release.answers_in_parts([frame])
    truths = np.full(len(frame), np.nan)
    kind, target = task_type(release.task), release.task.target
    if kind.needs_target and target in frame and not isinstance(kind, CombinesColumns):
        read = kind.label_reader(release.task)
        truths = np.array([np.nan if pd.isna(v) else read(v) for v in frame[target].tolist()], dtype=np.float64)
    beside = frame[[n for n in release.identifiers if n in frame]].reset_index(drop=True)
    beside.insert(0, "row", np.arange(1, len(frame) + 1))
    basis = np.full(len(frame), _NEW, dtype=object)
    return ScoredRows(block, predictions, truths, basis, beside, f"{len(frame):,} rows of {name}")


def score_following(release: Release, frame: pd.DataFrame | None) -> ScoredRows:
    """Return the steps to come of every series, after newer rows where some are given."""
    told = release.forecast_blocks(pd.DataFrame() if frame is None else frame)
    count = len(told.answers)
    beside = pd.DataFrame({"row": np.arange(1, count + 1)})
    basis = np.full(count, _NEW, dtype=object)
    return ScoredRows(told.block, told.answers, np.full(count, np.nan), basis, beside, f"{count:,} steps to come")
