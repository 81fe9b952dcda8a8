"""The work of a worker on a batch of a stream: files that are read whole, or messages that are JSON objects."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pandas as pd

from journeyman.arrow import pa
from journeyman.entities.file_style import FileStyle
from journeyman.errors import JourneymanError
from journeyman.inference.piece_readers import WholeFiles
from journeyman.inference.piece_scorer import Scoring
from journeyman.inference.predictions_file import Layout, prediction_columns, predictions_writer
from journeyman.inference.sent_release import SentRelease
from journeyman.stores.part_folder import PartFolder

__all__ = ["BatchReport", "FilesScorer", "MessagesScorer", "Refused"]

_ROWS = 50_000
_PLACE = {"topic": pa.string(), "partition": pa.int32(), "offset": pa.int64(), "key": pa.string()}


class Refused(msgspec.Struct):
    """A file or a message that cannot be predicted, and why."""

    source: str
    reason: str


class BatchReport(msgspec.Struct):
    """What a worker made of its share of a batch."""

    part: str = ""
    rows: int = 0
    refused: list[Refused] = []


@dataclass(frozen=True)
class FilesScorer:
    """Predicts files that are new in a folder; what cannot be read is refused, and the others go on.

    Attributes
    ----------
    release, layout, suffix
        As in ``Scoring``; the schema is each file's own.
    folder : PartFolder
        Where to.
    place : str
        Folder in it for parts of this attempt at the batch.
    expected : FileStyle
        How the training table was written.
    """

    release: SentRelease
    layout: Layout
    suffix: str
    folder: PartFolder
    place: str
    expected: FileStyle

    def __call__(self, key: int, start: int, pieces: Iterator[pa.RecordBatch]) -> bytes:
        """Return a report of one file."""
        content = next(pieces)
        name = str(content.column(1)[0].as_py())
        report = BatchReport()
        try:
            rows = WholeFiles(FileStyle(), self.expected).read(start, iter([content.slice(0, 1)]), name, [])
            scoring = Scoring(self.release, self.layout, self.suffix, None)
            written, report.rows, _, _ = scoring.write(rows)
        except JourneymanError as error:
            report.refused = [Refused(name, str(error))]
            return msgspec.json.encode(report)
        if report.rows:
            report.part = f"{self.place}/{uuid4().hex}{self.suffix}"
            self.folder.write(report.part, written)
        return msgspec.json.encode(report)


@dataclass(frozen=True)
class MessagesScorer:
    """Predicts messages, each a JSON object with a field for each column of the model; attributes as above."""

    release: SentRelease
    layout: Layout
    suffix: str
    folder: PartFolder
    place: str

    def __call__(self, key: int, start: int, pieces: Iterator[pa.RecordBatch]) -> bytes:
        """Return a report of the messages of a task."""
        report = BatchReport()
        with io.BytesIO() as content:
            with predictions_writer(Path(f"part{self.suffix}"))(content) as keep:
                for batch in pieces:
                    told = self._predicted(batch, report)
                    if told is not None:
                        keep(told)
                        report.rows += len(told)
            if report.rows:
                report.part = f"{self.place}/{uuid4().hex}{self.suffix}"
                self.folder.write(report.part, content.getvalue())
        return msgspec.json.encode(report)

    def _predicted(self, batch: pa.RecordBatch, report: BatchReport) -> pd.DataFrame | None:
        release = self.release.open()
        needed = [column.name for column in release.columns]
        wanted = [*release.identifiers, *self.layout.keep]
        places: list[dict[str, Any]] = []
        rows: list[dict[str, Any]] = []
        for message in batch.to_pylist():
            found = _record(message["value"], needed)
            where = {"topic": message["topic"], "partition": message["partition"], "offset": message["offset"]}
            if isinstance(found, str):
                report.refused.append(Refused("/".join(str(value) for value in where.values()), found))
                continue
            key = message["key"]
            places.append({**where, "key": None if key is None else key.decode("utf-8", "replace")})
            rows.append(found)
        if not rows:
            return None
        block = release.read_rows([{name: row[name] for name in needed} for row in rows])
        kept = pd.DataFrame(
            {name: [_text(row.get(name)) for row in rows] for name in dict.fromkeys(wanted)}, dtype="str"
        )
        kept.index = pd.RangeIndex(len(rows))
        columns = prediction_columns(release, kept, block, release.answer_block(block), self.layout)
        schema = pa.schema([pa.field(name, kind) for name, kind in _PLACE.items()])
        told: pd.DataFrame = pa.Table.from_pylist(places, schema).to_pandas()
        clash = [name for name in columns.columns if name in told.columns]
        return pd.concat([told, columns.rename(columns={name: f"{name} (as given)" for name in clash})], axis=1)


def _record(value: bytes | None, needed: list[str]) -> dict[str, Any] | str:
    """Return a message's fields, or why it has none that can be predicted."""
    try:
        found = msgspec.json.decode(value or b"", type=dict[str, Any])
    except msgspec.MsgspecError:
        return "the message is no JSON object"
    lacking = [name for name in needed if name not in found]
    return f"the message lacks {', '.join(map(repr, lacking))}" if lacking else found


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()
