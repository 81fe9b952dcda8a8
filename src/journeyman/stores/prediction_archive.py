"""Old predictions, labels and shadows as Parquet files by day, which anything can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from journeyman.arrow import pa, pc
from journeyman.errors import RemoteError
from journeyman.filesystems.deadline import within
from journeyman.stores.archive_folder import archive_files, archives

__all__ = [
    "day_of",
    "delete_days",
    "hex_id",
    "holds",
    "key_in_archive",
    "labels_before",
    "sweep_drafts",
    "write_part",
]

_SOON = 5.0  # seconds: who asks for one prediction holds up all who write to the log
_KINDS = ("labels", "predictions", "shadows")


def hex_id(number: int) -> str:
    """Return a prediction's id as clients see it; sorting the texts sorts the numbers.

    Examples
    --------
    >>> hex_id(255)
    '00000000000000ff'
    """
    return f"{number:016x}"


def day_of(milliseconds: int) -> str:
    """Return the day (UTC) of a moment.

    Examples
    --------
    >>> day_of(86_400_000)
    '1970-01-02'
    """
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d")


def write_part(folder: Path, kind: str, day: str, name: str, columns: dict[str, Sequence[object]]) -> None:
    """Write some rows of a day as one Parquet file, whole and durable; a repeated write replaces the same file.

    Parameters
    ----------
    folder : Path
        Of the log.
    kind : str
        "predictions", "labels" or "shadows".
    day : str
        "2026-11-27".
    name : str
        Of the file, without its ending; the same rows always have the same name.
    columns : dict of str to sequence
        Values by name; ``at`` in milliseconds since 1970.
    """
    # spelled out, so that files of one kind always have the same schema; what is not named here is text
    types = {"at": pa.timestamp("ms", "UTC"), "version": pa.int32(), "number": pa.int64()}
    arrays = {column: pa.array(values, type=types.get(column, pa.string())) for column, values in columns.items()}
    archives(folder)[-1].write(kind, day, name, pa.table(arrays))


def delete_days(folder: Path, before: str) -> tuple[str, ...]:
    """Delete the files of all days before a day ("2026-11-27"); return those days. May be repeated after a kill."""
    old = [(a, kind, day) for a in archives(folder) for kind in _KINDS for day in a.days(kind) if day < before]
    for archive, kind, day in old:
        archive.delete(kind, day)
    return tuple(sorted({day for _, _, day in old}))


def labels_before(folder: Path, before: str) -> Iterator[list[tuple[int | str, str]]]:
    """Yield, file by file, the labels that came before a day: prediction or key, and truth."""
    for file in archive_files(folder, "labels", lambda day: day < before):
        rows = file.read(["prediction", "key", "truth"]).to_pylist()
        yield [(r["key"] if r["prediction"] is None else int(r["prediction"], 16), r["truth"]) for r in rows]


def holds(folder: Path, prediction: int, moment: int) -> bool:
    """Return whether the archive holds a prediction that was made at a moment, in milliseconds since 1970."""
    return key_in_archive(folder, prediction, moment) is not None


def key_in_archive(folder: Path, prediction: int, moment: int) -> tuple[str | None] | None:
    """Return the key of an archived prediction, alone in a tuple; None where the archive does not hold it.

    ``moment`` is when it was made, in milliseconds since 1970. A file's name tells the ids in it, so that at most one
    file is opened.

    Raises
    ------
    RemoteError
        Where the archive lies elsewhere, and refuses or does not answer for five seconds.
    """
    place = archives(folder)[-1].address
    if not place:
        return _key(folder, prediction, moment)
    try:
        return within(_SOON, lambda: _key(folder, prediction, moment))
    except TimeoutError as error:
        raise RemoteError(
            f"the archive {place}, which holds the prediction that a label is of, does not answer ({error})",
            hint="check that it runs, then send the label again",
        ) from error


def _key(folder: Path, prediction: int, moment: int) -> tuple[str | None] | None:
    wanted = hex_id(prediction)
    day = day_of(moment)
    for file in archive_files(folder, "predictions", lambda one: one == day):
        first, _, last = file.name.partition("-")
        if first <= wanted <= last:
            rows = file.read(["id", "key"])
            keys = rows.filter(pc.equal(rows.column("id"), wanted)).column("key").to_pylist()
            return (keys[0],) if keys else None
    return None


def sweep_drafts(folder: Path) -> None:
    """Delete what a killed process left unfinished; for whoever alone writes the archive."""
    for archive in archives(folder):
        archive.sweep()
