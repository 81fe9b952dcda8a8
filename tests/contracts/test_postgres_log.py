"""The prediction log in PostgreSQL keeps the contracts of logs and of streams, on a real server."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from journeyman.entities.prediction import Label, LabelFate, LogEntries
from journeyman.errors import SettingsError, WorkspaceError
from journeyman.interfaces import PredictionLog, Stream
from journeyman.stores.postgres_log import PostgresPredictionLog, postgres_address
from journeyman.stores.prediction_retention import forget_archived, move_oldest
from journeyman.streams import open_stream
from journeyman.testing.log_checks import NOW, check_log, record_rows
from journeyman.testing.stream_checks import check_stream

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.slow
_numbers = itertools.count()
_DAY = 86_400_000


@pytest.fixture
def database(server: str) -> str:
    """Return the address of a database of its own."""
    name, address = f"logs{next(_numbers)}", f"postgresql://ann:secret-word@{server}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    return f"{address}/{name}"


def test_it_is_a_log(database: str) -> None:
    check_log(lambda name: PostgresPredictionLog(postgres_address(database, name)))


def test_it_is_a_stream(database: str) -> None:
    def opened(name: str) -> tuple[PredictionLog, Stream]:
        address = postgres_address(database, name)
        return PostgresPredictionLog(address), open_stream(address)

    check_stream(opened)


def test_writers_of_several_connections_take_turns(database: str) -> None:
    address = postgres_address(database, "turns")
    logs = [PostgresPredictionLog(address) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        ids = [
            one for some in pool.map(lambda log: [record_rows(log, NOW, 2) for _ in range(20)], logs) for one in some
        ]
    assert len({number for pair in ids for number in pair}) == 120
    assert all(later == number + 1 for number, later in ids), "the rows of one append stand together"
    assert logs[0].rows() == 120
    for log in logs:
        log.close()


def test_a_connection_that_the_server_ended_is_made_anew(database: str) -> None:
    with closing(PostgresPredictionLog(postgres_address(database, "lost"))) as log:
        record_rows(log, NOW, 2)
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'journeyman'"
            )
        with pytest.raises(WorkspaceError, match="cannot be used"):
            log.probe()
        assert record_rows(log, NOW, 2)
        assert log.rows() == 4


def test_days_are_forgotten_where_they_are(database: str) -> None:
    address = postgres_address(database, "old")
    with closing(PostgresPredictionLog(address)) as log, closing(open_stream(address)) as stream:
        old, new = record_rows(log, NOW, 3), record_rows(log, NOW + 3 * _DAY, 2)
        log.append(LogEntries(labels=(Label(b"1", old[0]),)), NOW + 1)
        assert move_oldest(log, NOW + 3 * _DAY, 0, 0) == 0, "all rows stay in the database"
        forget_archived(log, NOW + 2 * _DAY)
        assert stream.poll(NOW, NOW + 4 * _DAY, 99).ids.tolist() == new
        assert log.rows() == 2
        assert log.append(LogEntries(labels=(Label(b"1", old[1]),)), NOW + 3 * _DAY).labels == (LabelFate.UNKNOWN,)


def test_personal_columns_are_hashed_alike_on_all_machines(database: str) -> None:
    address = postgres_address(database, "secret")
    with closing(PostgresPredictionLog(address)) as one, closing(PostgresPredictionLog(address)) as other:
        assert one.secret() == other.secret()
        assert len(one.secret()) == 32
        with one.keeping() as mine, other.keeping() as theirs:
            assert (mine, theirs) == (True, False)


def test_what_is_wrong_is_told_in_a_line(database: str) -> None:
    with pytest.raises(SettingsError, match="lacks the name of its model"):
        PostgresPredictionLog(database)
    with pytest.raises(WorkspaceError, match="ann@127") as told:
        PostgresPredictionLog(f"{database}x#m")
    assert "secret-word" not in str(told.value)
    with closing(PostgresPredictionLog(f"{database}#m")) as log:
        log.claim("m")
        with pytest.raises(SettingsError, match="is of the model m, not of n"):
            log.claim("n")
