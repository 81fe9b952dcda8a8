"""Files of cleaning: tables as texts, labels, reviews as JSON, patches that turn back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from journeyman.entities.cleaning import CellChange, Correction, RemovedRow, TableReview, TextTable, text_table
from journeyman.entities.file_style import FileStyle
from journeyman.errors import SettingsError, SourceError, WorkspaceError
from journeyman.sources import open_source
from journeyman.stores.disk import Draft

__all__ = [
    "align_clean",
    "check_out",
    "patch_beside",
    "read_labels",
    "read_noted_texts",
    "read_texts",
    "source_digest",
    "write_file",
    "write_labels",
    "write_patched",
    "write_reverted",
    "write_review",
]

_FORMAT = "journeyman-patch/1"
_ROW = "row"
_ENDINGS = (".csv", ".tsv", ".txt")
_DELIMITERS = (",", ";", "\t")  # of labels: spreadsheets save with their own


def read_texts(location: str, style: FileStyle) -> TextTable:
    """Return a table's cells as they are written.

    Raises
    ------
    SourceError
        Where it cannot be read or holds no rows.
    """
    return read_noted_texts(location, style)[0]


def read_noted_texts(location: str, style: FileStyle) -> tuple[TextTable, tuple[str, ...]]:
    """Return the same, and what was decided while reading on thin evidence, such as the encoding."""
    source = open_source(location, None, style)
    frame = source.read(None, 0)
    if len(frame) == 0 or not len(frame.columns):
        raise SourceError(f"{source.name} has a header but no rows", hint="give a table with rows")
    table = replace(text_table(source.name, frame), delimiter=source.style.delimiter or ",")
    return table, tuple(f"{found.message} {found.hint}" for found in source.findings)


def source_digest(location: str) -> str:
    """Return a hex digest of a table's content."""
    return open_source(location, None).digest()


def align_clean(table: TextTable, clean: TextTable) -> tuple[TextTable, tuple[str, ...]]:
    """Return a clean copy with its columns in the table's order, and what was decided.

    Columns are found by name; where names differ, by position, if most columns agree in half of their cells at least.

    Raises
    ------
    SettingsError
        Where it has other rows or columns.
    """
    if clean.rows != table.rows:
        raise SettingsError(
            f"--labels-from {clean.name} has {clean.rows:,} rows, {table.name} has {table.rows:,}",
            hint="give a clean copy with the same rows in the same order",
        )
    if len(clean.columns) != len(table.columns):
        raise SettingsError(
            f"--labels-from {clean.name} has {len(clean.columns)} columns, {table.name} has {len(table.columns)}",
            hint="give a clean copy with the same columns",
        )
    by_name = {column.name: column for column in clean.columns}
    if set(by_name) == set(table.names) and len(by_name) == len(table.names):
        named = TextTable(clean.name, tuple(by_name[name] for name in table.names))
        if _agreement(table, named) < 0.5:
            raise SettingsError(
                f"--labels-from {clean.name} differs from {table.name} in most cells of most columns",
                hint="give a clean copy with the same rows in the same order",
            )
        return named, ()
    if _agreement(table, clean) < 0.5:
        other = next(name for name in clean.names if name not in table.names)
        raise SettingsError(
            f"--labels-from {clean.name} has other columns than {table.name}, such as {other!r}",
            hint="give a clean copy with the same columns",
        )
    return clean, (f"Columns of {clean.name} have other names: they were taken in their order.",)


def _agreement(table: TextTable, clean: TextTable) -> float:
    """Return in what share of its cells the middle column of two tables agrees."""
    shares = [
        float(np.mean(np.array(a.values, object)[a.codes] == np.array(b.values, object)[b.codes]))
        for a, b in zip(table.columns, clean.columns, strict=True)
    ]
    return float(np.median(shares))


def write_labels(table: TextTable, rows: Sequence[int], file: Path) -> None:
    """Write rows to correct as CSV, the row's number first; a file that exists is not overwritten."""
    if file.exists():
        raise SettingsError(f"{file} exists", hint="give --labels another name, or delete the file")
    write_file(file, _text([(_ROW, *table.names), *((str(r), *table.row(r)) for r in rows)], ","))


def read_labels(file: Path, table: TextTable) -> tuple[Correction, ...]:
    """Return labelled rows from a CSV as `write_labels` writes it, corrected.

    Raises
    ------
    SettingsError
        Where it is none, or does not fit the table.
    """
    wanted = (_ROW, *table.names)
    try:
        text = file.read_bytes().decode("utf-8-sig")
        found_in = [_lines(text, delimiter) for delimiter in _DELIMITERS]
    except OSError as error:
        cause = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        raise SettingsError(
            f"{file} cannot be read: {cause}", hint="write one with --label 20 --labels FILE"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is no text in UTF-8", hint="save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise SettingsError(f"{file} is no CSV: {error}", hint="save it as CSV") from error
    lines = next((one for one in found_in if one and tuple(one[0]) == wanted), [])
    if not lines:
        raise SettingsError(
            f"{file} does not begin with the columns of {table.name}: wanted {', '.join(wanted[:4])}, ...",
            hint="write one with --label 20 --labels FILE, and correct cells only",
        )
    found: dict[int, Correction] = {}
    for line in lines[1:]:
        number = int(line[0]) if line[0].isdecimal() else -1
        if len(line) != len(wanted) or not 0 <= number < table.rows:
            raise SettingsError(
                f"{file}: {','.join(line)[:60]!r} is no row of {table.name}",
                hint="keep the first column and the number of cells as they were written",
            )
        found[number] = Correction(number, tuple(line[1:]))
    return tuple(found.values())


def _lines(text: str, delimiter: str) -> list[list[str]]:
    return [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if line]


def write_review(review: TableReview, file: Path) -> None:
    """Write a review as JSON."""
    cells = [
        {
            "row": s.row,
            "column": s.column,
            "value": s.value,
            "probability": s.probability,
            "suggestion": s.suggestion,
            "confidence": s.confidence,
            "reason": s.reason,
        }
        for s in review.suspects
    ]
    content = {
        "table": review.table,
        "rows": review.rows,
        "columns": review.columns,
        "rows_looked_at": review.looked,
        "cells": cells,
        "labelled_rows": list(review.labelled),
        "steps": [asdict(step) for step in review.steps],
        "wrong_labels": [asdict(one) for one in review.wrong_labels],
        "changes": len(review.changes),
        "removed_rows": [r.row for r in review.removed],
        "notes": list(review.notes),
    }
    write_file(file, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def check_out(source: str | Path, out: Path) -> None:
    """Refuse to write over the table, or a format that is not of texts."""
    if out.exists() and Path(source).exists() and out.samefile(source):
        raise SettingsError(
            f"--out {out} is the table itself", hint="give --out another name; the source is never changed"
        )
    if out.suffix.lower() not in _ENDINGS:
        raise SettingsError(f"--out {out} is no text table", hint=f"give it one of the endings {', '.join(_ENDINGS)}")


def patch_beside(out: Path) -> Path:
    """Return where the patch of a cleaned table goes."""
    return out.with_suffix(".patch.json")


def write_patched(table: TextTable, review: TableReview, out: Path, digest: str, style: FileStyle) -> Path:
    """Write a table with a review's changes, and the patch beside it, the patch first; return the patch."""
    rows = _rows(table)
    places = {name: place for place, name in enumerate(table.names)}
    for change in review.changes:
        rows[change.row][places[change.column]] = change.after
    removed = {one.row for one in review.removed}
    kept = [row for number, row in enumerate(rows) if number not in removed]
    patch = {
        "format": _FORMAT,
        "table": table.name,
        "digest": digest,
        "rows": table.rows,
        "columns": list(table.names),
        "cells": [asdict(change) for change in review.changes],
        "removed": [{"row": one.row, "values": list(one.values)} for one in review.removed],
    }
    file = patch_beside(out)
    write_file(file, json.dumps(patch, ensure_ascii=False, indent=1) + "\n")
    write_file(out, _text([table.names, *kept], _delimiter(out, style, table)))
    return file


def write_reverted(table: TextTable, file: Path, out: Path, style: FileStyle) -> int:
    """Write a table as it was before a patch; return how many cells and rows were turned back."""
    patch = _read_patch(file)
    if table.names != patch.columns or table.rows + len(patch.removed) != patch.rows:
        raise SettingsError(
            f"{file} is of a table with other columns or rows than {table.name}",
            hint="give the table that was written together with the patch",
        )
    rows = iter(_rows(table))
    removed = {one.row: list(one.values) for one in patch.removed}
    whole = [removed[number] if number in removed else next(rows) for number in range(patch.rows)]
    places = {name: place for place, name in enumerate(table.names)}
    for change in patch.cells:
        cell = whole[change.row][places[change.column]]
        if cell != change.after:
            raise SettingsError(
                f"row {change.row}, column {change.column!r} holds {cell[:40]!r}, the patch wrote "
                f"{change.after[:40]!r}",
                hint="give the table as it was written together with the patch",
            )
        whole[change.row][places[change.column]] = change.before
    write_file(out, _text([table.names, *whole], _delimiter(out, style, table)))
    return len(patch.cells) + len(removed)


class _Patch(msgspec.Struct, frozen=True):
    """What a patch's file holds: the table as it was, and what was changed."""

    format: Literal["journeyman-patch/1"]
    rows: int
    columns: tuple[str, ...]
    cells: tuple[CellChange, ...]
    removed: tuple[RemovedRow, ...]

    def fits_itself(self) -> bool:
        """Return whether every change is of a row and a column that it says the table had."""
        numbers = [one.row for one in self.removed]
        return (
            len(set(numbers)) == len(numbers)
            and all(0 <= row < self.rows for row in (*numbers, *(c.row for c in self.cells)))
            and all(len(one.values) == len(self.columns) for one in self.removed)
            and {c.column for c in self.cells} <= set(self.columns)
        )


def _read_patch(file: Path) -> _Patch:
    refusal = SettingsError(
        f"--revert {file} is no patch of journeyman clean", hint="give the .patch.json beside --out"
    )
    try:
        patch = msgspec.json.decode(file.read_bytes(), type=_Patch)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refusal from error
    if not patch.fits_itself():
        raise refusal
    return patch


def _rows(table: TextTable) -> list[list[str]]:
    columns = [np.array(c.values, object)[c.codes].tolist() for c in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _delimiter(out: Path, style: FileStyle, table: TextTable) -> str:
    return style.delimiter or ("\t" if out.suffix.lower() == ".tsv" else table.delimiter)


def _text(rows: Iterable[Sequence[str]], delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerows(rows)
    return buffer.getvalue()


def write_file(file: Path, content: str) -> None:
    """Write a file whole or not at all."""
    if not file.parent.is_dir():
        raise WorkspaceError(f"there is no folder {file.parent}", hint=f"make it: mkdir -p {file.parent}")
    with Draft(file.parent) as draft:
        draft.write(content.encode("utf-8", "surrogatepass"))
        draft.keep(file.name)
