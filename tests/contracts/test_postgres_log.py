"""The prediction log in PostgreSQL keeps the contracts of logs and of streams, on a real server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing

import pytest

from journeyman.errors import SettingsError, WorkspaceError
from journeyman.interfaces import PredictionLog, Stream
from journeyman.stores.postgres_log import PostgresPredictionLog, postgres_address
from journeyman.streams import open_stream
from journeyman.testing.log_checks import check_log
from journeyman.testing.stream_checks import check_stream

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.slow
_numbers = itertools.count()


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """Yield the address of a database of its own."""
    name, address = f"logs{next(_numbers)}", f"postgresql://ann:secret-word@{server}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    yield f"{address}/{name}"


def test_it_is_a_log(database: str) -> None:
    check_log(lambda name: PostgresPredictionLog(postgres_address(database, name)))


def test_it_is_a_stream(database: str) -> None:
    def opened(name: str) -> tuple[PredictionLog, Stream]:
        address = postgres_address(database, name)
        return PostgresPredictionLog(address), open_stream(address)

    check_stream(opened)
