"""Keeps the prediction log bounded: the oldest rows move to the archive, a file at a time, without a loss or a copy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from journeyman.stores.log_tables import PER_MILLISECOND, TableLog, moment_of
from journeyman.stores.prediction_archive import day_of, delete_days, hex_id, labels_before, write_part

__all__ = ["CHUNK", "forget_archived", "move_oldest", "sweep"]

CHUNK = 20_000
"""Rows of one file: few enough for any memory."""

_SWEPT = 2_000  # rows deleted at once, so that no reply waits long
_MOST_TOLD = 5_000_000  # archived labels that are remembered, so that a repeated one is not recorded again
_DAY = 86_400_000  # milliseconds
_SETTLED = 600_000  # milliseconds after which no shadow comes any more
_MOVED = """INSERT INTO settings VALUES ('archived labels', ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
_COLUMNS = ("id", "at", "version", "part", "protocol", "client_id", "key", "row", "output")
_LABELS = ("number", "at", "prediction", "key", "truth")


def move_oldest(log: TableLog, now: int, keep: int, most: int, chunk: int = CHUNK) -> int:
    """Move rows of one day to a file of the archive; return how many, 0 where nothing is old.

    A file is whole before the log says that its rows are archived, in one transaction; a process killed in between
    writes the same file again. The rows themselves are deleted afterwards by ``sweep``, a few at a time. What is known
    of refused rows and of latencies does not move: after ``keep`` it is deleted.

    Parameters
    ----------
    log : TableLog
        With a connection of its own.
    now : int
        Milliseconds since 1970.
    keep : int
        Milliseconds after which a day that is over moves.
    most : int
        Predictions in the log beyond which the oldest move earlier.
    chunk : int
        Rows of a file at most.

    Raises
    ------
    WorkspaceError
        Where the archive cannot be written; nothing is lost then.
    """
    _forget_counted(log, now - keep)
    if log.folder is None:
        return 0
    moved = _move_predictions(log, log.folder, now, keep, most, chunk)
    return moved + _move_labels(log, log.folder, now - keep, chunk)


def forget_archived(log: TableLog, before: int) -> tuple[str, ...]:
    """Delete the archive's days that ended before a moment (milliseconds since 1970), for good; return them.

    A label that comes for such a prediction later is one for an unknown prediction; that a label by key was told before
    is forgotten with it.

    Raises
    ------
    WorkspaceError
        Where they cannot be deleted.
    """
    if log.folder is None:
        return _forget_rows(log, before)
    with log.errors():
        for labels in labels_before(log.folder, day_of(before)):
            _forget_told(log, labels)
        return delete_days(log.folder, day_of(before))


def _forget_rows(log: TableLog, before: int) -> tuple[str, ...]:
    """Delete the rows of days that ended before a moment, where all rows stay in the database; no days are told."""
    midnight = before - before % _DAY
    while True:
        with log.writing() as connection:
            old = "SELECT id FROM predictions WHERE id < ? ORDER BY id LIMIT ?"
            ids = [row[0] for row in connection.execute(old, (midnight * PER_MILLISECOND, _SWEPT)).fetchall()]
            if ids:
                connection.execute("DELETE FROM predictions WHERE id <= ?", (ids[-1],))
                connection.execute("DELETE FROM shadows WHERE prediction <= ?", (ids[-1],))
                connection.execute("UPDATE settings SET value = value - ? WHERE name = 'rows'", (len(ids),))
            connection.execute("DELETE FROM labels WHERE at < ?", (midnight,))
        if len(ids) < _SWEPT:
            return ()


def sweep(log: TableLog, told: int = _MOST_TOLD) -> int:
    """Delete some rows that the archive holds; return how many, 0 when all are gone.

    The latest truth of so many archived labels as ``told`` says stays in the log.
    """
    if log.folder is None:
        return 0
    archived = log.number("archived")
    with log.writing() as connection:
        old = "SELECT id FROM predictions WHERE id <= ? ORDER BY id LIMIT ?"
        gone: int = connection.execute(f"DELETE FROM predictions WHERE id IN ({old})", (archived, _SWEPT)).rowcount
        connection.execute("DELETE FROM shadows WHERE prediction <= ?", (archived,))
        number = connection.execute("SELECT value FROM settings WHERE name = 'archived labels'").fetchone()
        if number is not None:
            old = "SELECT number, prediction, key, truth FROM labels WHERE number <= ? ORDER BY number LIMIT ?"
            labels = connection.execute(old, (number[0], _SWEPT)).fetchall()
            latest = {row[2] if row[1] is None else log.dialect.subject(row[1]): row[3] for row in labels}
            connection.executemany("DELETE FROM told WHERE subject = ?", [(subject,) for subject in latest])
            connection.executemany("INSERT INTO told (subject, truth) VALUES (?, ?)", list(latest.items()))
            connection.execute("DELETE FROM told WHERE number <= (SELECT max(number) FROM told) - ?", (told,))
            connection.executemany("DELETE FROM labels WHERE number = ?", [(row[0],) for row in labels])
            gone += len(labels)
    return gone


def _move_predictions(log: TableLog, folder: Path, now: int, keep: int, most: int, chunk: int) -> int:
    query = f"SELECT {_quoted(_COLUMNS)} FROM predictions WHERE id > ? ORDER BY id LIMIT ?"
    with log.errors():
        rows = log.reading().execute(query, (log.number("archived"), chunk)).fetchall()
    if not rows:
        return 0
    day = day_of(moment_of(rows[0][0]))
    rows = list(takewhile(lambda row: day_of(moment_of(row[0])) == day, rows))
    first, last = rows[0][0], rows[-1][0]
    full = len(rows) == chunk and log.rows() > most and moment_of(last) < now - _SETTLED
    # A day that is over gets no more rows, so that the same rows always make the same file.
    if not full and day >= day_of(now - keep):
        return 0
    name = f"{hex_id(first)}-{hex_id(last)}"
    columns: dict[str, Sequence[Any]] = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
    shadows = _shadows(log, first, last)
    with log.errors():
        write_part(folder, "predictions", day, name, {**columns, "id": [hex_id(i) for i in columns["id"]]})
        if shadows["prediction"]:
            write_part(folder, "shadows", day, name, shadows)
    with log.writing() as connection:
        connection.execute("UPDATE settings SET value = ? WHERE name = 'archived'", (last,))
        connection.execute("UPDATE settings SET value = value - ? WHERE name = 'rows'", (len(rows),))
    return len(rows)


def _shadows(log: TableLog, first: int, last: int) -> dict[str, Sequence[Any]]:
    query = "SELECT prediction, version, output FROM shadows WHERE prediction BETWEEN ? AND ? ORDER BY prediction"
    with log.errors():
        rows = log.reading().execute(query, (first, last)).fetchall()
    return {
        "prediction": [hex_id(row[0]) for row in rows],
        "version": [row[1] for row in rows],
        "output": [row[2] for row in rows],
    }


def _move_labels(log: TableLog, folder: Path, before: int, chunk: int) -> int:
    query = f"SELECT {_quoted(_LABELS)} FROM labels WHERE number > ? ORDER BY number LIMIT ?"
    with log.errors():
        rows = log.reading().execute(query, (log.number("archived labels"), chunk)).fetchall()
    if not rows or day_of(rows[0][1]) >= day_of(before):
        return 0
    day = day_of(rows[0][1])
    rows = list(takewhile(lambda row: day_of(row[1]) == day, rows))  # a clock set back may mix days
    columns: dict[str, Sequence[Any]] = dict(zip(_LABELS, zip(*rows, strict=True), strict=True))
    columns["prediction"] = [None if p is None else hex_id(p) for p in columns["prediction"]]
    name = f"{rows[0][0]:016d}-{rows[-1][0]:016d}"
    with log.errors():
        write_part(folder, "labels", day, name, columns)
    with log.writing() as connection:
        connection.execute(_MOVED, (rows[-1][0],))
    return len(rows)


def _forget_told(log: TableLog, labels: Sequence[tuple[int | str, str]]) -> None:
    """Delete what is remembered of labels that the archive will not hold any more; what was corrected since stays."""
    for start in range(0, len(labels), _SWEPT):
        with log.writing() as connection:
            some = labels[start : start + _SWEPT]
            connection.executemany("DELETE FROM told WHERE subject = ? AND truth = ?", some)
            connection.executemany("DELETE FROM corrected_keys WHERE key = ?", [(subject,) for subject, _ in some])


def _forget_counted(log: TableLog, before: int) -> None:
    """Delete old counts of refused rows and of latencies."""
    for table in ("refused", "latencies"):
        with log.errors():
            (old,) = log.reading().execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE at < ?)", (before,)).fetchone()
        if old:
            with log.writing() as connection:
                connection.execute(f"DELETE FROM {table} WHERE at < ?", (before,))


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
