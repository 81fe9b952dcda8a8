"""The api of cleaning: review a table, label rows, write the cleaned table and its patch, turn a patch back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from journeyman.api.clean_files import (
    align_clean,
    check_out,
    patch_beside,
    read_labels,
    read_noted_texts,
    read_texts,
    source_digest,
    write_labels,
    write_patched,
    write_reverted,
    write_review,
)
from journeyman.entities.cleaning import CleaningRequest, Correction, TableReview, TextTable
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.errors import SettingsError
from journeyman.pipelines.clean import choose_rows, review_table

__all__ = ["apply_changes", "check_out", "clean", "patch_beside", "revert", "rows_to_label", "write_json"]

Ask = Callable[[TextTable, int], Correction]


def clean(
    source: str | Path,
    request: CleaningRequest,
    *,
    labels: Path | None = None,
    labels_from: str | None = None,
    ask: Ask | None = None,
    style: FileStyle = AS_FOUND,
) -> TableReview:
    """Find a table's wrong cells, what they should be, and which changes are proved to help; nothing is written.

    Parameters
    ----------
    source : str or Path
        A table in any format that Journeyman reads; cells are compared as texts, as they are written.
    request : CleaningRequest
        Target, rows to label, seed.
    labels : Path, optional
        Labelled rows, as :func:`rows_to_label` writes them and a person corrects them.
    labels_from : str, optional
        A clean copy of the table, that labels the chosen rows.
    ask : callable, optional
        Labels a row; takes the table and the row's number.
    style : FileStyle
        How the file is written, where it does not tell.

    Raises
    ------
    SourceError, SettingsError, TargetError
        Where the table, the labels or the request cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder, "t.csv")
    ...     _ = table.write_text("x,y\\n1,a\\n2,a\\nN/A,b\\n4,b\\n5,a\\n")
    ...     [(s.row, s.column, s.suggestion) for s in clean(table, CleaningRequest()).suspects]
    [(2, 'x', '')]
    """
    table, notes = read_noted_texts(str(source), style)
    corrections: Sequence[Correction] = () if labels is None else read_labels(labels, table)
    teacher: Callable[[int], Correction] | None = None
    if labels_from is not None:
        copy, decided = align_clean(table, read_texts(labels_from, style))
        notes += decided
        teacher = lambda row: Correction(row, copy.row(row))  # noqa: E731 - one expression, named by its type above
    elif ask is not None:
        teacher = lambda row: ask(table, row)  # noqa: E731 - the same
    if request.labels and teacher is None and labels is None:
        raise SettingsError("nobody labels the rows", hint="add --labels-from CLEAN-TABLE or --labels FILE")
    review = review_table(table, request, corrections, teacher)
    return replace(review, notes=(*notes, *review.notes))


def rows_to_label(source: str | Path, number: int, file: Path, seed: int = 0, style: FileStyle = AS_FOUND) -> int:
    """Write the rows that teach most as a CSV to correct, and return how many: the row's number first, then its cells.

    Raises
    ------
    SettingsError
        Where there are fewer rows, or the file exists.
    """
    table = read_texts(str(source), style)
    rows = choose_rows(table, number, seed)
    write_labels(table, rows, file)
    return len(rows)


def write_json(review: TableReview, file: Path) -> None:
    """Write a review as JSON: ``cells`` holds those judged wrong and no other."""
    write_review(review, file)


def apply_changes(source: str | Path, review: TableReview, out: Path, style: FileStyle = AS_FOUND) -> Path:
    """Write the table with a review's proved changes, and beside it the patch that turns them back; return the patch.

    Raises
    ------
    SettingsError
        Where the file to write is the table itself, or is no text table.
    """
    check_out(source, out)
    return write_patched(read_texts(str(source), style), review, out, source_digest(str(source)), style)


def revert(source: str | Path, patch: Path, out: Path, style: FileStyle = AS_FOUND) -> int:
    """Write a cleaned table as it was before, and return how many cells and rows were turned back.

    Raises
    ------
    SettingsError
        Where the patch is none, or does not fit the table.
    """
    check_out(source, out)
    return write_reverted(read_texts(str(source), style), patch, out, style)
