"""Images that lie in files: a folder of them, one sub-folder a class, or a table with a column of their paths."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from journeyman.arrow import pa
from journeyman.engines.frames import width
from journeyman.entities.column import Kind, Role
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding, Severity
from journeyman.errors import SourceError
from journeyman.interfaces import Relation, Source, TableReader
from journeyman.settings import BuildSettings
from journeyman.sources.frames import FrameSource
from journeyman.sources.parsing.images import ENDINGS, MOST_BYTES, decode_image

__all__ = ["FILE", "LABEL", "ImageFileSource", "image_folder", "mentions_images", "named_columns", "with_image_files"]

FILE, LABEL, _IMAGE = "file", "label", "image"
_PARTS = frozenset(["train", "training", "test", "testing", "val", "valid", "validation"])
_THREADS = 2  # Pillow lets others run while it decodes
_EDGE = 1 << 16
_FIRST = 40  # rows that tell whether a column holds paths
_BATCH = 2_000
_LONGEST_PATH = 1_000
_MENTIONED = re.compile(rb"\.(png|jpe?g|bmp|gif|tiff?|webp)\b", re.IGNORECASE)


class ImageFileSource:
    """A table whose columns of paths are read as the images that lie there.

    A path whose file is missing or broken stays a path, which is told as a value that cannot be read.

    Parameters
    ----------
    table : Source
        With the paths.
    columns : mapping of str to Path
        For each column of paths, the folder that they begin in.
    findings : sequence of Finding
        Of the folder, besides the table's own.
    """

    def __init__(self, table: Source, columns: Mapping[str, Path], findings: Sequence[Finding] = ()) -> None:
        self._table, self._columns, self._findings = table, dict(columns), tuple(findings)

    @property
    def name(self) -> str:
        """Short name."""
        return self._table.name

    @property
    def path(self) -> Path:
        """Path of the table, or of the folder."""
        found: Path = getattr(self._table, "path", next(iter(self._columns.values())))
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self._table.names

    @property
    def style(self) -> FileStyle:
        """How the table is written."""
        return self._table.style

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was decided while reading the table, and what was left out of a folder."""
        return (*self._table.findings, *self._findings)

    @property
    def all_texts(self) -> bool:
        """Whether the table holds nothing but texts."""
        return bool(getattr(self._table, "all_texts", False))

    def rows(self) -> int:
        """Return the number of rows."""
        return self._table.rows()

    @cached_property
    def _row_bytes(self) -> int:
        first = self._table.read(min(_FIRST, self.rows()), 0)
        return width(pa.Table.from_pandas(self._read(first), preserve_index=False))

    def memory(self) -> int:
        """Return the bytes that the table with its images is expected to take, judged by some rows."""
        return self.rows() * self._row_bytes

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows, images small; see :class:`journeyman.interfaces.Source`."""
        return self._read(self._table.read(limit_rows, seed))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        for large in self._table.batches():
            for start in range(0, large.num_rows, _BATCH):
                batch = large.slice(start, _BATCH)
                for name, folder in self._columns.items():
                    place = batch.schema.get_field_index(name)
                    images = pa.array(_images(batch.column(place).to_pylist(), folder), type=pa.large_string())
                    batch = batch.set_column(place, pa.field(name, pa.large_string()), images)
                yield batch

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation, columns named by their place."""
        return reader.arrow(pa.Table.from_batches(list(self.batches())))

    def digest(self) -> str:
        """Return the SHA-256 of the table, and of the size and both ends of every file."""
        digest = hashlib.sha256(self._table.digest().encode())
        for batch in self._table.batches():
            for name, folder in self._columns.items():
                for path in batch.column(batch.schema.get_field_index(name)).to_pylist():
                    digest.update(_edges(folder / path) if path is not None else b"\0")
        return digest.hexdigest()

    def _read(self, frame: pd.DataFrame) -> pd.DataFrame:
        read = {name: pd.Series(_images(frame[name].tolist(), at), dtype="str") for name, at in self._columns.items()}
        return frame.assign(**read)


def _images(paths: Sequence[object], folder: Path) -> list[str | None]:
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(partial(_image, folder=folder), paths, chunksize=64))


def _image(path: object, folder: Path) -> str | None:
    """Return the image at a path as a table holds it; the path where there is none that can be read."""
    if not isinstance(path, str) or not path.strip():
        return None
    try:
        found = folder / path.strip()
        if not found.is_file() or found.stat().st_size > MOST_BYTES:
            return path
        return decode_image(found.read_bytes()).to_text()
    except (OSError, ValueError):
        return path


def _edges(path: Path) -> bytes:
    """Return the size of a file and its first and last bytes; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            first = file.read(_EDGE)
            file.seek(max(_EDGE, size - _EDGE))
            return size.to_bytes(8, "big") + first + file.read(_EDGE)
    except (OSError, ValueError):
        return b"\1"


def mentions_images(path: Path) -> bool:
    """Say whether the beginning or the end of a file holds the ending of an image's name: whether to look closer."""
    return _MENTIONED.search(_edges(path)) is not None


def with_image_files(source: Source, folder: Path) -> Source:
    """Return a source that reads columns of paths as the images that lie there; the same where it has none.

    Parameters
    ----------
    source : Source
        A table.
    folder : Path
        Where it lies: paths begin there.

    Raises
    ------
    SourceError
        A column holds paths of images, and none of the first is there.
    """
    first = next(iter(source.batches()), None)
    if first is None:
        return source
    columns = {}
    for name in source.names:
        values = first.column(first.schema.get_field_index(name)).slice(0, _FIRST).to_pylist()
        paths = [v.strip() for v in values if isinstance(v, str) and v.strip()]
        named = [p for p in paths if p.lower().endswith(ENDINGS) and "://" not in p and len(p) < _LONGEST_PATH]
        if len(named) <= len(paths) / 2:
            continue
        if any((folder / p).is_file() for p in named):
            columns[name] = folder
        elif any("/" in p or "\\" in p for p in named):
            raise SourceError(
                f"column {name!r} of {source.name} names images ({named[0]!r}) that are not there",
                hint=f"write paths as seen from {folder}, or move the table",
            )
    return ImageFileSource(source, columns) if columns else source


def image_folder(path: Path) -> ImageFileSource | None:
    """Return the images of a folder as a table; None where there are none.

    Sub-folders are classes, in the column "label". Without sub-folders there is no such column: images to predict.

    Raises
    ------
    SourceError
        The sub-folders are parts of a division (train, test), not classes, or an image cannot be reached.
    """
    classes = sorted(f for f in path.iterdir() if f.is_dir() and not f.name.startswith((".", "_")))
    found = {folder.name: _files(folder) for folder in classes}
    here = [f for f in sorted(path.iterdir()) if f.is_file() and not f.name.startswith(".")]
    loose = [f for f in here if f.suffix.lower() in ENDINGS]
    labelled = {name: [f for f in files if f.suffix.lower() in ENDINGS] for name, files in found.items()}
    images = [f for files in labelled.values() for f in files]
    if not images and not loose:
        return None
    divided = [f for f in classes if f.name.lower() in _PARTS and any(g.is_dir() for g in f.iterdir())]
    if divided and len(divided) == len(classes):
        raise SourceError(
            f"the folder {path} holds parts ({', '.join(f.name for f in divided)}), not classes",
            hint=f"give {divided[0]}",
        )
    others = [f for files in (here, *found.values()) for f in files if f.suffix.lower() not in ENDINGS]
    findings = _left_out(path, others, [n for n, files in labelled.items() if not files], loose if images else [])
    taken = images or loose
    columns: dict[str, object] = {
        FILE: pd.Series([f.relative_to(path).as_posix() for f in taken], dtype="str"),
        _IMAGE: pd.Series([f.relative_to(path).as_posix() for f in taken], dtype="str"),
    }
    if images:
        labels = [name for name, files in labelled.items() for _ in files]
        columns[LABEL] = pd.Categorical(labels, categories=sorted(set(labels)))
    return ImageFileSource(FrameSource(pd.DataFrame(columns), path.name), {_IMAGE: path}, findings)


def _files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.is_file() and not f.name.startswith("."))


def _left_out(path: Path, others: Sequence[Path], empty: Sequence[str], loose: Sequence[Path]) -> list[Finding]:
    said = []
    if others:
        kinds = Counter(f.suffix.lower() or "no ending" for f in others).most_common(3)
        kind = ", ".join(k for k, _ in kinds)
        said.append(f"{len(others)} {'file is no image' if len(others) == 1 else 'files are no images'} ({kind})")
    if empty:
        shown = ", ".join(repr(n) for n in empty[:3])
        said.append(f"{shown}, which {'holds' if len(empty) == 1 else 'hold'} no image")
    if loose:
        said.append(f"{len(loose)} {'image lies' if len(loose) == 1 else 'images lie'} in no class")
    if not said:
        return []
    return [
        Finding(
            code="DQ038",
            severity=Severity.WARNING if empty or loose else Severity.NOTE,
            subject=(),
            message=f"Left out of {path.name}: {'; '.join(said)}.",
            hint="Put each image into the folder of its class.",
            evidence={"files": len(others) + len(loose), "empty folders": len(empty)},
        )
    ]


def named_columns(source: Source, settings: BuildSettings) -> BuildSettings:
    """Return settings in which a folder of images has its target, and the names of its files are no feature."""
    if not isinstance(source, ImageFileSource) or FILE not in source.names or settings.source != str(source.path):
        return settings
    labelled = LABEL in source.names and settings.target is None and settings.task is None
    return replace(
        settings,
        target=LABEL if labelled else settings.target,
        kinds={FILE: Kind.IDENTIFIER.value, **settings.kinds},
        roles={FILE: Role.IGNORED.value, **settings.roles},
    )
