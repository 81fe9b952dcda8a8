"""The api of prediction: a release in use, and tables of any size; loads only the parts that the release names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import tee
from pathlib import Path

import pandas as pd

from journeyman.engines.frames import raw_frames
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.finding import Finding
from journeyman.entities.model_set import ModelSet
from journeyman.errors import SettingsError, SourceError
from journeyman.filesystems import Remote, place_of
from journeyman.inference.following import history_of
from journeyman.inference.load_release import load
from journeyman.inference.predictions_file import Layout, opened_predictions, prediction_columns
from journeyman.inference.release import Release
from journeyman.inference.release_set import find_set, open_set
from journeyman.inference.set_columns import set_columns
from journeyman.inference.totals import total_forecasts
from journeyman.interfaces import Source
from journeyman.settings import predictions_name
from journeyman.sources import open_source
from journeyman.sources.batches import source_is_typed
from journeyman.stages.conform import other_decimal, other_decimal_finding

__all__ = [
    "Layout",
    "PredictResult",
    "Release",
    "check_rows",
    "forecast_file",
    "in_own_style",
    "load",
    "predict_file",
]

_PLAIN = Layout()
_STYLE_ROWS = 1_000
_ROWS = 50_000
"""Rows that are predicted at once: enough that the work outweighs the calls, few enough for any memory."""


@dataclass(frozen=True)
class PredictResult:
    """Where predictions were written, how many, and what was noticed in the rows.

    ``scores`` says how good they were, where the rows of series brought the values that came.
    """

    path: Path | Remote
    rows: int
    findings: tuple[Finding, ...]
    scores: str = ""


def predict_file(
    name: str,
    table: str | Path | None,
    *,
    out: str | Path | Remote | None = None,
    version: int | None = None,
    workspace: str | Path | None = None,
    query: str | None = None,
    layout: Layout = _PLAIN,
    style: FileStyle = AS_FOUND,
) -> PredictResult:
    """Predict the rows of a table, in their order, and write them beside the class probabilities.

    A set of models predicts all its targets, side by side.

    The table is read, predicted and written some thousand rows at a time. The file appears when it is whole.

    A model of series forecasts the rows that have no value of the target; those that have one lengthen its history, and
    where no other is there, or no table at all, the next steps of every series are forecast.

    Parameters
    ----------
    name : str
        Of the model, or its release's folder.
    table : str, Path or None
        A file, a folder or a database URL; None for the next steps of series.
    out : str or Path, optional
        A .csv, .parquet or .jsonl file, also by an address (hdfs://, s3://, gs://); "TABLE.predictions.csv" here by
        default.
    query : str, optional
        SQL, for a database.
    layout : Layout
        What is written besides predictions; by default the columns that named the rows of the training table.
    style : FileStyle
        What the user says of how the file is written; else it is expected to be written as the training table was.

    Raises
    ------
    SourceError, SchemaError
        Where the table cannot be read or does not fit the model's columns, or has not as many rows as predictions.
    SettingsError
        For an unknown name or version, a file of another kind, or a column to keep that is not there.
    ReleaseError
        Where an interval is wanted and the release knows none.
    """
    several, releases = _open_named(name, version, workspace, style.decimal)
    path = Path(predictions_name(name if table is None else str(table))) if out is None else place_of(out)
    if several is None and releases[0].task.panel is not None:
        source = None if table is None else open_source(str(table), query, style, releases[0].file_style)
        return forecast_file(releases[0], source, path, layout, style)
    if layout.total:
        raise SettingsError(f"--total: {name} is no model of series", hint="leave it out")
    if table is None:
        raise SettingsError(f"no table to predict was named, and {name} is no model of series", hint="add a TABLE")
    with opened_predictions(path) as write:
        source = open_source(str(table), query, style, releases[0].file_style)
        styled = [in_own_style(release, source, style) for release in releases]
        rows = 0
        for columns in _predicted([release for release, _ in styled], source, layout):
            write(columns[0] if several is None else set_columns(several, columns))
            rows += len(columns[0])
        if rows == 0:
            raise SourceError(f"{source.name} has a header but no rows", hint="give a table with rows")
        check_rows(source, rows)
    noticed = [finding for release, told in styled for finding in (*told, *release.findings)]
    # Models of a set notice the same. A column of lists is not unknown to it: its labels are what is predicted.
    lists = (several.list_column,) if several is not None and several.list_column else None
    different = {(f.code, f.subject, f.message): f for f in noticed if f.subject != lists}
    return PredictResult(path, rows, (*source.findings, *different.values()))


def _open_named(
    name: str, version: int | None, workspace: str | Path | None, decimal: str | None
) -> tuple[ModelSet | None, list[Release]]:
    """Return a model alone, or a set with its models."""
    made = find_set(name, version=version, workspace=workspace)
    if made is None:
        return None, [load(name, version=version, workspace=workspace, decimal=decimal)]
    folder, several = made
    return several, list(open_set(folder, several, workspace=workspace, decimal=decimal).releases.values())


def _predicted(releases: Sequence[Release], source: Source, layout: Layout) -> Iterator[list[pd.DataFrame]]:
    """Yield what each release says of the next part of a table; one part is held at a time, and all go in step."""
    frames, *asked = tee(_parts(source), 1 + len(releases))
    told = [release.answers_in_parts(parts) for release, parts in zip(releases, asked, strict=True)]
    for frame, *each in zip(frames, *told, strict=True):
        yield [
            prediction_columns(release, frame, block, answers, layout)
            for release, (block, answers) in zip(releases, each, strict=True)
        ]


def forecast_file(
    release: Release, source: Source | None, path: Path | Remote, layout: Layout, style: FileStyle
) -> PredictResult:
    """Write forecasts; all rows are held at once, since newer ones change what is said of later ones."""
    with opened_predictions(path) as write:
        rows, noticed = pd.DataFrame(), tuple[Finding, ...]()
        if source is not None:
            release, noticed = in_own_style(release, source, style)
            rows = pd.concat(list(_parts(source)), ignore_index=True)
            check_rows(source, len(rows))
            if not len(rows):
                raise SourceError(f"{source.name} has a header but no rows", hint="give a table with rows")
        forecasts = release.forecast_blocks(rows)
        step, task = history_of(release.plan), release.task
        if layout.total and task.panel is not None:
            forecasts = total_forecasts(forecasts, step, task.panel, task.output_names, layout.total)
        keyed = (name for name in (*step.series, *step.times) if name in forecasts.rows.columns)
        keep = tuple(dict.fromkeys((*layout.keep, *keyed)))
        told = replace(layout, keep=keep)
        write(prediction_columns(release, forecasts.rows, forecasts.block, forecasts.answers, told))
    own = () if source is None else source.findings
    return PredictResult(path, len(forecasts.answers), (*own, *noticed, *release.findings))


def in_own_style(release: Release, source: Source, style: FileStyle) -> tuple[Release, tuple[Finding, ...]]:
    """Return the release as one that reads numbers as the table writes them, and what is to be said of it.

    A sign that the user named counts alone.
    """
    if style.decimal is not None or source_is_typed(source):
        return release, ()
    first = next(raw_frames(source.batches(), _STYLE_ROWS), None)
    decimal = None if first is None else other_decimal(first, release.columns)
    if decimal is None:
        return release, ()
    return release.with_decimal(decimal), (other_decimal_finding(source.name, decimal),)


def check_rows(source: Source, predicted: int) -> None:
    """Refuse predictions that are not as many as the rows of their table, counted apart from its reader.

    Raises
    ------
    SourceError
        Naming both numbers.
    """
    rows = source.rows()
    if rows != predicted:
        raise SourceError(
            f"{source.name} has {rows:,} rows, but {predicted:,} predictions came of them",
            hint="look for quotes that are not closed, or give --quote none",
        )


def _parts(source: Source) -> Iterator[pd.DataFrame]:
    return raw_frames(source.batches(), _ROWS)
