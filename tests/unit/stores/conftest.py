"""A workspace on SQLite, and the same on a real PostgreSQL server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from journeyman.stores.workspace import Workspace

_numbers = itertools.count()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Workspace]]:
    """Return a function that opens one workspace again and again, as several processes would."""
    url = None
    if request.param == "postgresql":
        server = request.getfixturevalue("server")
        name = f"loop{next(_numbers)}"
        address = f"postgresql+psycopg://ann:secret-word@{server}"
        admin = sa.create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        admin.dispose()
        url = f"{address}/{name}"
    places: list[Workspace] = []

    def open_one() -> Workspace:
        places.append(Workspace(tmp_path / "w", url))
        return places[-1]

    yield open_one
    for place in places:
        place.close()
