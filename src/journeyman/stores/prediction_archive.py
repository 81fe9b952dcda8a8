"""Old predictions, labels and shadows as Parquet files by day, which anything can read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from journeyman.arrow import pa, pc, pq
from journeyman.stores.disk import DRAFT, Draft, make_folder, sync_folder

__all__ = [
    "ARCHIVE",
    "day_of",
    "delete_days",
    "hex_id",
    "holds",
    "key_in_archive",
    "labels_before",
    "sweep_drafts",
    "write_part",
]

ARCHIVE = "archive"


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
    place = folder / ARCHIVE / kind / f"day={day}"
    make_folder(place)
    # spelled out, so that files of one kind always have the same schema; what is not named here is text
    types = {"at": pa.timestamp("ms", "UTC"), "version": pa.int32(), "number": pa.int64()}
    arrays = {column: pa.array(values, type=types.get(column, pa.string())) for column, values in columns.items()}
    with Draft(place) as draft:
        pq.write_table(pa.table(arrays), draft, compression="zstd")
        draft.keep(f"{name}.parquet")
    for made in (place, place.parent, place.parent.parent, folder):
        sync_folder(made)


def delete_days(folder: Path, before: str) -> tuple[str, ...]:
    """Delete the files of all days before a day ("2026-11-27"); return those days. May be repeated after a kill."""
    old = [place for place in (folder / ARCHIVE).glob("*/day=*") if place.name.removeprefix("day=") < before]
    for place in old:
        shutil.rmtree(place)
    return tuple(sorted({place.name.removeprefix("day=") for place in old}))


def labels_before(folder: Path, before: str) -> Iterator[list[tuple[int | str, str]]]:
    """Yield, file by file, the labels that came before a day: prediction or key, and truth."""
    for path in sorted((folder / ARCHIVE / "labels").glob("day=*/*.parquet")):
        if path.parent.name.removeprefix("day=") < before:
            rows = pq.ParquetFile(path).read(columns=["prediction", "key", "truth"]).to_pylist()
            yield [(r["key"] if r["prediction"] is None else int(r["prediction"], 16), r["truth"]) for r in rows]


def holds(folder: Path, prediction: int, moment: int) -> bool:
    """Return whether the archive holds a prediction that was made at a moment, in milliseconds since 1970."""
    return key_in_archive(folder, prediction, moment) is not None


def key_in_archive(folder: Path, prediction: int, moment: int) -> tuple[str | None] | None:
    """Return the key of an archived prediction, alone in a tuple; None where the archive does not hold it.

    ``moment`` is when it was made, in milliseconds since 1970. A file's name tells the ids in it, so that at most one
    file is opened.
    """
    wanted = hex_id(prediction)
    for path in (folder / ARCHIVE / "predictions" / f"day={day_of(moment)}").glob("*.parquet"):
        first, _, last = path.stem.partition("-")
        if first <= wanted <= last:
            rows = pq.ParquetFile(path).read(columns=["id", "key"])
            keys = rows.filter(pc.equal(rows.column("id"), wanted)).column("key").to_pylist()
            return (keys[0],) if keys else None
    return None


def sweep_drafts(folder: Path) -> None:
    """Delete what a killed process left unfinished; for whoever alone writes the archive."""
    for draft in (folder / ARCHIVE).glob(f"*/day=*/{DRAFT}*"):
        draft.unlink(missing_ok=True)
