"""Held-out rows of a release: those that judged it, with their stored predictions, or rows of another table."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.held_out import HeldOut, NamedColumn
from journeyman.entities.repaired import Repaired
from journeyman.entities.table import Block, row_times, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.errors import SettingsError
from journeyman.inference.champion import LEARNED
from journeyman.inference.release import Release
from journeyman.tasks import task_type
from journeyman.transformers.learned_rows import LearnedRows, labelled_marks
from journeyman.transformers.marks import row_marks

__all__ = ["judging_rows_of", "named_column", "new_rows_of", "treated_rows"]

FloatArray = NDArray[np.float64]
_LEAST = 30
_ARMS = dict.fromkeys(("1", "yes", "true", "treated", "treatment", "y", "t"), 1)
_ARMS |= dict.fromkeys(("0", "no", "false", "control", "untreated", "n", "f", "c"), 0)


def judging_rows_of(release: Release, repaired: Repaired, named: Collection[str]) -> HeldOut:
    """Return the rows of the training table that judged a release, with what was predicted for them before.

    Parameters
    ----------
    repaired : Repaired
        The training table.
    named : collection of str
        Columns whose values are wanted.

    Raises
    ------
    SettingsError
        Where the release keeps no such predictions, fewer than 30, or a column is not there.
    """
    content = release.file(LEARNED)
    if content is None:
        raise _no_rows(release, "it was built by a Journeyman that did not keep which rows judged a model")
    table = repaired.table.without_planted()
    _check_columns(named, [c.name for c in table.columns], release)
    learned = LearnedRows.from_file(content)
    target = target_values(table, release.task.target)
    seen = learned.recognise(labelled_marks(to_block(table.frame, table.features), learned.columns, target))
    rows = np.flatnonzero(seen.recorded)
    if len(rows) < _LEAST:
        raise _no_rows(release, f"{len(rows)} rows were held out")
    predictions = _whole(learned.recorded(seen.places[rows]), release.task)
    in_time = release.task.scheme is Scheme.TIME
    if in_time and release.task.time_column is not None:
        order = np.argsort(np.nan_to_num(row_times(table, release.task.time_column)[rows], nan=-np.inf), kind="stable")
        rows, predictions = rows[order], predictions[order]
    frame = table.frame.iloc[rows]
    columns = {name: _to_named_column(frame[name], table.column(name)) for name in named}
    block = to_block(frame, release.columns)
    group = release.task.group_column
    grouped = frame[group] if release.task.scheme is Scheme.GROUPED and group in frame else None
    said = f"{len(rows):,} rows of {table.name} that the model had not learned from"
    return _held(release, predictions, target[rows], columns, block, grouped, (said, (), in_time))


def new_rows_of(release: Release, frame: pd.DataFrame, name: str, named: Collection[str]) -> HeldOut:
    """Return the rows of another table, those left out that taught the release or have no label.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_samples, n_columns)
        As it was read, with the target.
    name : str
        What the table is called.
    named : collection of str
        Columns whose values are wanted.

    Raises
    ------
    SettingsError
        Where the table has no target, a column is not there, or fewer than 30 rows are left.
    SchemaError
        Where it does not fit the model.
    """
    target = release.task.target
    if target not in frame:
        raise SettingsError(
            f"{name} has no column '{target}': without what came, nothing can be valued",
            hint="name a table with outcomes, or leave --table out to value the rows that were held out of the build",
        )
    _check_columns(named, list(frame.columns), release)
    ((block, predictions),) = release.answers_in_parts([frame])
    truths = _labels(frame[target], release.task)
    keep, notes = np.isfinite(truths), []
    if not keep.all():
        notes.append(f"{int((~keep).sum()):,} rows without a known '{target}' were left out.")
    content = release.file(LEARNED)
    if content is not None and keep.any():
        learned = LearnedRows.from_file(content)
        seen = learned.recognise(labelled_marks(block, learned.columns, truths))
        taught = keep & seen.known & ~seen.recorded
        if seen.recorded.any():
            told = _whole(learned.recorded(seen.places[seen.recorded]), release.task)
            predictions = predictions.copy()
            predictions[seen.recorded] = told
        if taught.any():
            notes.append(f"{int(taught.sum()):,} of {len(frame):,} rows taught the model and were left out.")
            keep &= ~taught
    rows = np.flatnonzero(keep)
    if len(rows) < _LEAST:
        raise SettingsError(
            f"{len(rows)} rows of {name} are held out: have an outcome and have not taught {release.name}",
            hint=f"give at least {_LEAST} rows with '{target}' that the model has not seen",
        )
    in_time = release.task.scheme is Scheme.TIME
    kept = frame.iloc[rows]
    known = {column.name: column for column in release.report.columns}
    columns = {name: _to_named_column(kept[name], known.get(name), raw=True) for name in named}
    group = release.task.group_column
    grouped = kept[group] if release.task.scheme is Scheme.GROUPED and group in kept else None
    taken = {name: values[rows] for name, values in block.items()}
    said = f"{len(rows):,} rows of {name}"
    return _held(release, predictions[rows], truths[rows], columns, taken, grouped, (said, tuple(notes), in_time))


def named_column(frame: pd.DataFrame, name: str, column: Column | None) -> NamedColumn:
    """Return a column of rows as a source gave them; SettingsError where there is none."""
    if name not in frame:
        raise SettingsError(f"the rows have no column '{name}', which the economics name", hint="serve rows with it")
    return _to_named_column(frame[name], column, raw=True)


def treated_rows(column: NamedColumn, name: str) -> NDArray[np.bool_]:
    """Return who was treated by a column of yes and no, shape (n_samples,).

    Raises
    ------
    SettingsError
        Where the column holds something else.

    Examples
    --------
    >>> treated_rows(NamedColumn(np.array([np.nan, np.nan]), np.array(["Yes", "no"], dtype=object)), "mailed").tolist()
    [True, False]
    """
    found = np.array([_ARMS.get(text.lower(), -1) for text in column.texts.tolist()])
    if (found < 0).any():
        odd = column.texts[found < 0][0]
        raise SettingsError(
            f"'{name}' holds values such as '{odd}' in {int((found < 0).sum()):,} of {len(found):,} rows: "
            "it does not say who was treated",
            hint="write 1 and 0, yes and no, or treated and control",
        )
    return np.asarray(found == 1)


def _held(
    release: Release,
    predictions: FloatArray,
    truths: FloatArray,
    columns: Mapping[str, NamedColumn],
    block: Block,
    grouped: pd.Series | None,
    told: tuple[str, tuple[str, ...], bool],
) -> HeldOut:
    said, notes, in_time = told
    kind = task_type(release.task)
    losses = kind.live_losses(truths, predictions, kind.loss_scale(truths, predictions))
    clusters = _clusters(block, grouped)
    return HeldOut(predictions, truths, columns, clusters, said, notes, in_time, losses, block)


def _clusters(block: Block, grouped: pd.Series | None) -> NDArray[np.int64] | None:
    """Return which rows depend on each other: rows of one group, or copies; None where each stands alone."""
    if grouped is not None:
        codes = grouped.factorize(use_na_sentinel=False)[0].astype(np.int64)
    else:
        codes = np.unique(row_marks(block, list(block)), return_inverse=True)[1].astype(np.int64)
    return None if len(np.unique(codes)) == len(codes) else codes


def _whole(recorded: FloatArray, task: Task) -> FloatArray:
    return np.column_stack([1.0 - recorded, recorded]) if len(task.labels) == 2 else recorded


def _labels(values: pd.Series, task: Task) -> FloatArray:
    """Return class codes or numbers of what a table holds; NaN where that is neither."""
    if not task.labels:
        return np.asarray(pd.to_numeric(values, errors="coerce").to_numpy(np.float64))
    codes = {label: float(code) for code, label in enumerate(task.labels)}
    numbers = {float(label): code for label, code in codes.items() if _is_number(label)}
    lower = {label.lower(): code for label, code in codes.items()}

    def read(value: object) -> float:
        text = str(value).strip()
        if text in codes:
            return codes[text]
        if _is_number(text) and float(text) in numbers:
            return numbers[float(text)]
        return lower.get(text.lower(), float("nan"))

    return np.array([read(value) for value in values.tolist()], dtype=np.float64)


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _to_named_column(values: pd.Series, column: Column | None, raw: bool = False) -> NamedColumn:
    """Return a column as numbers and as texts; ``raw`` where its values are as a source gave them."""
    if not raw and column is not None and column.kind is Kind.BOOLEAN and len(column.categories) == 2:
        numbers = values.to_numpy(np.float64)
        names = np.array([*column.categories, "missing"], dtype=object)
        return NamedColumn(numbers, names[np.where(np.isfinite(numbers), numbers, 2).astype(np.int64)])
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        texts = np.array([f"{v:.12g}" if np.isfinite(v) else "missing" for v in numbers.tolist()], dtype=object)
        return NamedColumn(numbers, texts)
    texts = np.array(["missing" if pd.isna(v) else str(v).strip() for v in values.tolist()], dtype=object)
    plain = pd.Series(texts)
    if column is not None and column.decimal == ",":
        plain = plain.str.replace(".", "").str.replace(",", ".")
    return NamedColumn(pd.to_numeric(plain, errors="coerce").to_numpy(np.float64), texts)


def _check_columns(named: Collection[str], known: Collection[str], release: Release) -> None:
    for name in named:
        if name not in known:
            near = [one for one in known if one.lower().startswith(name[:3].lower())][:3]
            raise SettingsError(
                f"the economics name a column '{name}' that the rows of {release.name} do not have",
                hint=f"did you mean {' or '.join(repr(n) for n in near)}?"
                if near
                else f"columns are {', '.join(list(known)[:10])}",
            )


def _no_rows(release: Release, why: str) -> SettingsError:
    return SettingsError(
        f"{release.name} {release.version} has no held-out rows to value its predictions on: {why}",
        hint="name a table of rows with outcomes that it has not learned from: --table TABLE",
    )
