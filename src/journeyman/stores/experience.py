"""What was expected of candidates and what came of them, build after build; the next build's ranking reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from journeyman.entities.experience import Expectation, Experience
from journeyman.stores.disk import disk_errors, make_folder
from journeyman.stores.tables import Database, experience

__all__ = ["EXPERIENCE", "ExperienceStore", "opened_experience"]

EXPERIENCE = "experience.db"
_MOST = 100_000
"""Trials that are kept: of more, the latest."""


class ExperienceStore:
    """Experience, the oldest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: str, rows: Sequence[Experience]) -> None:
        """Keep what a run has learned, in place of what it said before, so that a resumed run may repeat it.

        Beyond the latest 100,000 trials the oldest are forgotten.
        """
        with self._database.writing() as connection:
            connection.execute(experience.delete().where(experience.c.run == run))
            if rows:
                connection.execute(experience.insert(), [_row(run, row) for row in rows])
            oldest = sa.select(experience.c.id).order_by(experience.c.id.desc()).offset(_MOST - 1).limit(1)
            connection.execute(experience.delete().where(experience.c.id < oldest.scalar_subquery()))

    def read(self, limit: int = 10_000) -> tuple[Experience, ...]:
        """Return the latest experience, at most ``limit`` rows, the oldest of them first."""
        query = sa.select(experience).order_by(experience.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(_experience(row) for row in reversed(rows))

    def clear(self) -> int:
        """Forget everything; return how many rows there were."""
        with self._database.writing() as connection:
            return connection.execute(experience.delete()).rowcount


@contextmanager
def opened_experience(folder: Path) -> Iterator[ExperienceStore]:
    """Open the user's own experience, which all workspaces share; made where it is missing.

    Parameters
    ----------
    folder : Path
        From ``stores.home.user_folder``.

    Raises
    ------
    WorkspaceError
        Where the folder cannot be read or written, or the file is damaged.
    """
    with disk_errors(folder):
        make_folder(folder)
    database = Database.connect(sa.URL.create("sqlite", database=str(folder / EXPERIENCE)), str(folder))
    try:
        yield ExperienceStore(database)
    finally:
        database.close()


def _row(run: str, row: Experience) -> dict[str, Any]:
    return {
        "run": run,
        "context": msgspec.json.encode(row.context, order="deterministic").decode(),
        "algorithm": row.algorithm,
        "candidate": row.candidate,
        "expected_probability": float(row.expectation.probability),
        "expected_gain": float(row.expectation.gain),
        "expected_seconds": float(row.expectation.seconds),
        "succeeded": bool(row.succeeded),
        "gain": float(row.gain),
        "seconds": float(row.seconds),
        "solo": row.solo,
    }


def _experience(row: sa.Row[Any]) -> Experience:
    return Experience(
        context=msgspec.json.decode(row.context, type=dict[str, float]),
        algorithm=row.algorithm,
        candidate=row.candidate,
        expectation=Expectation(row.candidate, row.expected_probability, row.expected_gain, row.expected_seconds),
        succeeded=row.succeeded,
        gain=row.gain,
        seconds=row.seconds,
        solo=row.solo,
        job=row.run,
    )
