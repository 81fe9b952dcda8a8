"""Contract checks that any stream can be run through, beside the log that writes what it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from journeyman.entities.prediction import Label, LogEntries, Refused, Shadow
from journeyman.interfaces import PredictionLog, Stream
from journeyman.testing.log_checks import NOW, on_its_own, record_rows
from journeyman.testing.run_all import run_all

__all__ = ["STREAM_CHECKS", "check_stream"]

Opened = Callable[[str], tuple[PredictionLog, Stream]]


def check_stream(opened: Opened) -> None:
    """Run every check, each on a stream of its own.

    Parameters
    ----------
    opened : callable
        Opens the log and the stream of a name, which are empty at first; the same name opens the same ones again.

    Raises
    ------
    AssertionError
        Naming the checks that failed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from journeyman.stores.prediction_log import SqlitePredictionLog
    >>> from journeyman.streams.tables import open_tables
    >>> def opened(name):
    ...     return SqlitePredictionLog(Path(folder, name)), open_tables(Path(folder, name))
    >>> with TemporaryDirectory() as folder:
    ...     check_stream(opened)
    """
    run_all("the stream", {name: on_its_own(name, check) for name, check in STREAM_CHECKS.items()}, opened)


def _polls_rows_and_late_labels(opened: Opened, name: str) -> None:
    log, stream = opened(name)
    [early], [late] = record_rows(log, NOW + 10), record_rows(log, NOW + 110)
    log.append(LogEntries(labels=(Label(b"3", early),), shadows=(Shadow(late, 2, b'{"prediction":9}'),)), NOW + 120)
    log.append(LogEntries(refused=(Refused(1, "PR101", "x", "y"),)), NOW + 130)
    span = stream.poll(NOW + 100, NOW + 2_000, 99)
    assert span.ids.tolist() == [late], "a span has other rows than were answered in it"
    assert (span.begin, span.end) == (NOW + 100, NOW + 2_000), "it says of another span what it is asked of one"
    assert (span.total, span.labels) == (1, 1), "it counts rows or labels of a span wrongly"
    assert span.refused == (Refused(1, "PR101", "x", "y"),), "it forgets the rows that were refused"
    told = [(row.id, row.truth, dict(row.shadows)) for row in span.rows]
    wanted = [(early, "3", {}), (late, None, {2: '{"prediction":9}'})]
    assert told == wanted, "an earlier row whose label came in a span, or what a challenger said, is not there"
    stream.close()
    log.close()


def _knows_the_latest_labels(opened: Opened, name: str) -> None:
    log, stream = opened(name)
    ids = record_rows(log, NOW + 10, 3)
    for number, row in enumerate(ids[::-1]):
        log.append(LogEntries(labels=(Label(b"%d" % number, row),)), NOW + 120 + number)
    labelled = [(row.id, row.truth) for row in stream.labelled(NOW + 200, 2)]
    assert labelled == [(ids[0], "2"), (ids[1], "1")], "the rows that were labelled last are others"
    assert not stream.labelled(NOW + 100, 99), "a label is known before it came"
    stream.close()
    log.close()


def _never_changes_a_sealed_span(opened: Opened, name: str) -> None:
    log, stream = opened(name)
    ids = record_rows(log, NOW + 10, 3)
    stream.seal(NOW + 100)
    before = stream.poll(NOW, NOW + 100, 99)
    late = record_rows(log, NOW + 50)  # looked at the clock before, appends after
    log.append(LogEntries(labels=(Label(b"1", ids[0]),)), NOW + 60)
    stream.seal(NOW)
    late += record_rows(log, NOW + 70)
    assert stream.poll(NOW, NOW + 100, 99).rows == before.rows, "what is appended late changes a sealed span"
    after = stream.poll(NOW + 100, NOW + 200, 99)
    assert after.ids.tolist() == late, "what is appended late is not dated later"
    stream.close()
    log.close()


def _draws_the_same_sample(opened: Opened, name: str) -> None:
    log, stream = opened(name)
    record_rows(log, NOW + 10, 60)
    stream.seal(NOW + 100)
    one, other = (stream.poll(NOW, NOW + 100, 20) for _ in range(2))
    assert 0 < len(one.rows) <= 20, f"of at most 20 rows it returns {len(one.rows)}"
    assert one.total == 60, "a sample hides how many rows there were"
    assert one.rows == other.rows, "a second sample of a sealed span has other rows"
    stream.close()
    log.close()


def _keeps_what_was_committed(opened: Opened, name: str) -> None:
    log, stream = opened(name)
    assert stream.committed() == 0, "a position is committed before anybody did so"
    [row] = record_rows(log, NOW + 10)
    for position in (NOW + 50, NOW + 100, NOW + 70):
        stream.commit(position)
    assert stream.committed() == NOW + 100, "an earlier position takes the place of a later one"
    assert stream.poll(NOW, NOW + 100, 99).ids.tolist() == [row], "what is committed cannot be looked at any more"
    stream.close()
    again, reopened = opened(name)
    assert reopened.committed() == NOW + 100, "what was committed is gone when the stream is opened again"
    reopened.close()
    again.close()
    log.close()


STREAM_CHECKS: Mapping[str, Callable[[Opened, str], None]] = {
    "polls rows and late labels": _polls_rows_and_late_labels,
    "knows the latest labels": _knows_the_latest_labels,
    "never changes a sealed span": _never_changes_a_sealed_span,
    "draws the same sample": _draws_the_same_sample,
    "keeps what was committed": _keeps_what_was_committed,
}
