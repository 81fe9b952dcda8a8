"""The work of a cluster's worker: predicts the rows of a piece, writes them as a part file, and reports."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

import journeyman.errors
from journeyman.arrow import pa
from journeyman.engines.frames import raw_frames, to_frame
from journeyman.entities.conformed import Misfit
from journeyman.entities.finding import Finding
from journeyman.errors import JourneymanError
from journeyman.inference.piece_readers import FilePieces, kinds_of_piece
from journeyman.inference.predictions_file import Layout, prediction_columns, predictions_writer
from journeyman.inference.release import Release
from journeyman.inference.sent_release import SentRelease
from journeyman.stages.conform import conform_part
from journeyman.stores.part_folder import PartFolder

__all__ = ["NOTES", "KindsWork", "PieceKinds", "PieceReport", "PieceScorer", "Scoring", "part_schema", "raise_first"]

ROWS = 50_000
_FEW = 1_000
NOTES = "_journeyman"
"""Folder of what is known of parts while a table is scored; readers of tables pass over names with such a beginning."""


class PieceReport(msgspec.Struct):
    """What is known of a piece that is done, or why it cannot be done."""

    key: int
    start: int
    part: str = ""
    rows: int = 0
    misfits: list[Misfit] = []
    noticed: list[Finding] = []
    findings: list[Finding] = []
    error: str = ""
    message: str = ""
    hint: str = ""


class PieceKinds(msgspec.Struct):
    """The kinds of the columns of a piece of JSON lines."""

    name: str
    start: int
    kinds: dict[str, str]
    report: PieceReport | None = None


@dataclass(frozen=True)
class Scoring:
    """How rows are predicted and written, whatever they come from.

    Attributes
    ----------
    release : SentRelease
        Predicts.
    layout : Layout
        What is written besides predictions.
    suffix : str
        Of the part files: .parquet, .csv or .jsonl.
    schema : pyarrow.Schema or None
        Of the part files; None for what the first rows of each show.
    """

    release: SentRelease
    layout: Layout
    suffix: str
    schema: pa.Schema | None

    def write(self, batches: Iterator[pa.RecordBatch]) -> tuple[bytes, int, list[Misfit], list[Finding]]:
        """Return the content of a part file of raw rows, how many there are, and what was noticed in them."""
        release, rows, misfits, findings = self.release.open(), 0, list[Misfit](), list[Finding]()
        first = next(batches, None)
        if first is None:
            return b"", 0, [], []
        schema = self.schema or part_schema(release, [first.slice(0, _FEW)], self.layout)
        with io.BytesIO() as content:
            with predictions_writer(Path(f"part{self.suffix}"))(content) as keep:
                for frame in raw_frames(chain([first], batches), ROWS):
                    part = conform_part(frame, release.columns, release.left_out)
                    predictions = release.answer_block(part.block)
                    columns = prediction_columns(release, frame, part.block, predictions, self.layout)
                    keep(_as_told(columns, schema))
                    rows += len(frame)
                    misfits.extend(part.misfits)
                    findings = list(part.findings)
            return content.getvalue(), rows, misfits, findings


def _as_told(columns: pd.DataFrame, schema: pa.Schema) -> pd.DataFrame:
    """Return columns of the types that all part files have."""
    table = pa.Table.from_pandas(columns, preserve_index=False).replace_schema_metadata(None)
    told: pd.DataFrame = table.cast(schema).to_pandas(types_mapper=_nullable)
    return told


def _nullable(kind: pa.DataType) -> Any:
    """Return the type that a column keeps between Arrow and Arrow: whole numbers that lack are no fractions."""
    return pd.ArrowDtype(kind) if pa.types.is_integer(kind) or pa.types.is_boolean(kind) else None


@dataclass(frozen=True)
class PieceScorer:
    """Predicts pieces of files, each into a part file of its own.

    Attributes
    ----------
    scoring : Scoring
        How.
    pieces : FilePieces
        Reads them.
    folder : PartFolder
        Gets part files, and a note of each when it is whole.
    job : str
        A few letters that stand for all that the parts depend on; they are in their names.
    numbers : mapping of int to int
        The number of each file, by its key.
    done : frozenset
        Names of notes of pieces that were done before.
    """

    scoring: Scoring
    pieces: FilePieces
    folder: PartFolder
    job: str
    numbers: dict[int, int]
    done: frozenset[str] = field(default_factory=frozenset)

    def __call__(self, key: int, start: int, pieces: Iterator[pa.RecordBatch]) -> bytes:
        """Return a report; nothing of a piece that was done before."""
        part = f"part-{self.numbers[key]:05d}-{start:013d}-{self.job}"
        if f"{part}.json" in self.done:
            for _ in pieces:  # what is read from a worker is read to its end, so that it can go on
                pass
            return b""
        try:
            report = self._score(key, start, pieces, part)
        except JourneymanError as error:
            return msgspec.json.encode(_failed_piece(key, start, error))
        note = msgspec.json.encode(report)
        self.folder.write(f"{NOTES}/{part}.json", note)
        return note

    def _score(self, key: int, start: int, pieces: Iterator[pa.RecordBatch], part: str) -> PieceReport:
        noticed = list[Finding]()
        content, rows, misfits, findings = self.scoring.write(self.pieces.read(key, start, pieces, noticed))
        name = f"{part}{self.scoring.suffix}"
        if rows:
            self.folder.write(name, content)
        return PieceReport(key, start, name if rows else "", rows, misfits, noticed, findings)


@dataclass(frozen=True)
class KindsWork:
    """Finds the kinds of the columns of JSON lines."""

    names: dict[int, str]

    def __call__(self, key: int, start: int, pieces: Iterator[pa.RecordBatch]) -> bytes:
        """Return the kinds of a piece."""
        found = PieceKinds(self.names[key], start, {})
        try:
            found.kinds = kinds_of_piece(self.names[key], pieces)
        except JourneymanError as error:
            found.report = _failed_piece(key, start, error)
        return msgspec.json.encode(found)


def _failed_piece(key: int, start: int, error: JourneymanError) -> PieceReport:
    """Return the report of a piece that cannot be done; other pieces go on, and the one who asked raises it."""
    return PieceReport(key, start, error=type(error).__name__, message=error.message, hint=error.hint)


def raise_first(reports: list[PieceReport]) -> None:
    """Raise the error of the first piece that could not be done.

    Raises
    ------
    JourneymanError
        As it was raised at the worker.
    """
    for report in sorted(reports, key=lambda r: (r.key, r.start)):
        if report.error:
            kind: type[JourneymanError] = getattr(journeyman.errors, report.error)
            raise kind(report.message, hint=report.hint)


def part_schema(release: Release, batches: list[pa.RecordBatch], layout: Layout) -> pa.Schema:
    """Return the schema that all part files have, from the first rows of a table.

    Raises
    ------
    SchemaError
        Where a column of the model lacks.
    SettingsError
        Where a column to keep is not there.
    """
    table = pa.Table.from_batches(batches)
    frame = to_frame(table)
    part = conform_part(frame, release.columns, release.left_out)
    columns = prediction_columns(release, frame, part.block, release.answer_block(part.block), layout)
    found = pa.Table.from_pandas(columns, preserve_index=False).schema
    own = {field.name: field.type for field in table.schema}
    kept = set(layout.kept(table.schema.names, release.identifiers))
    fields = []
    for field_ in found:
        name = field_.name.removesuffix(" (as given)")
        kind = own[name] if name in kept and (field_.name not in own or name == field_.name) else field_.type
        plain = pa.types.is_null(kind) or pa.types.is_dictionary(kind) or pa.types.is_large_string(kind)
        fields.append(pa.field(field_.name, pa.string() if plain else kind))
    return pa.schema(fields)
