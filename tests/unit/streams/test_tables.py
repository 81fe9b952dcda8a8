"""Spans of the prediction log: closed once and for all, sampled alike, the same from the live log and the archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from journeyman.entities.prediction import Label, LogEntries, Part, Prediction, Refused, Shadow
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.prediction_retention import move_oldest, sweep
from journeyman.streams.tables import TableStream

DAY = 86_400_000
NOW = 1_000 * DAY


@pytest.fixture
def log(tmp_path: Path) -> SqlitePredictionLog:
    return SqlitePredictionLog(tmp_path / "log")


def ask(log: SqlitePredictionLog, now: int, count: int = 1, key: str | None = None) -> list[int]:
    rows = tuple(
        Prediction(1, Part.CHAMPION, "native", b'{"x":%d}' % i, b'{"prediction":1}', b"d", key=key)
        for i in range(count)
    )
    return [p.id for p in log.append(LogEntries(rows), now).predictions]


def tell(
    log: SqlitePredictionLog, now: int, truth: bytes, prediction: int | None = None, key: str | None = None
) -> None:
    log.append(LogEntries(labels=(Label(truth, prediction, key),)), now)


def test_a_span_holds_its_rows_and_earlier_rows_whose_label_came_in_it(log: SqlitePredictionLog) -> None:
    [early] = ask(log, NOW + 10)
    [unlabelled] = ask(log, NOW + 20)
    [mine] = ask(log, NOW + 110)
    tell(log, NOW + 120, b"3", early)
    tell(log, NOW + 130, b"4", mine)
    tell(log, NOW + 210, b"5", mine)
    log.append(LogEntries(shadows=(Shadow(mine, 2, b'{"prediction":9}'),)), NOW + 111)
    stream = TableStream(log)
    span = stream.poll(NOW + 100, NOW + 200, 100)
    assert (span.total, span.labels, span.ids.tolist()) == (1, 2, [mine])
    assert [(r.id, r.truth, r.labelled, dict(r.shadows)) for r in span.rows] == [
        (early, "3", NOW + 120, {}),
        (mine, "4", NOW + 130, {2: '{"prediction":9}'}),
    ]
    later = stream.poll(NOW + 200, NOW + 300, 100)
    assert [(r.id, r.truth) for r in later.rows] == [(mine, "5")], "a corrected truth comes again"
    assert unlabelled not in [r.id for r in (*span.rows, *later.rows)]


def test_labels_by_key_hold_for_rows_before_and_after_them(log: SqlitePredictionLog) -> None:
    [before] = ask(log, NOW + 10, key='["a"]')
    tell(log, NOW + 110, b"1", key='["a"]')
    tell(log, NOW + 111, b"2", key='["b"]')
    [after] = ask(log, NOW + 210, key='["b"]')
    stream = TableStream(log)
    assert [(r.id, r.truth) for r in stream.poll(NOW + 100, NOW + 200, 9).rows] == [(before, "1")]
    # A truth that was known before its row came with it.
    assert [(r.id, r.truth, r.labelled) for r in stream.poll(NOW + 200, NOW + 300, 9).rows] == [(after, "2", NOW + 210)]
    assert [(r.id, r.truth) for r in stream.labelled(NOW + 300, 9)] == [(before, "1"), (after, "2")]


def test_a_sealed_span_reads_the_same_whoever_commits_late(log: SqlitePredictionLog) -> None:
    ids = ask(log, NOW + 10, 3)
    stream = TableStream(log)
    stream.seal(NOW + 100)
    first = stream.poll(NOW, NOW + 100, 9).rows
    late = ask(log, NOW + 50, 2)  # looked at the clock before, committed after
    tell(log, NOW + 60, b"1", ids[0])
    assert stream.poll(NOW, NOW + 100, 9).rows == first
    after = stream.poll(NOW + 100, NOW + 200, 9)
    assert after.ids.tolist() == late
    assert [r.id for r in after.rows] == [ids[0], *late]
    stream.seal(NOW)  # never back
    assert ask(log, NOW + 70)[0] > late[-1]


def test_refused_rows_are_counted_by_second_and_never_in_a_sealed_span(log: SqlitePredictionLog) -> None:
    stream = TableStream(log)

    def refuse(now: int, *columns: str) -> None:
        log.append(LogEntries(refused=tuple(Refused(1, "PR101", c, f"{c}2") for c in columns)), now)

    refuse(NOW + 100, "x", "x", "y")
    refuse(NOW + 900, "x")
    [(count,)] = log.reading().execute("SELECT count(*) FROM refused").fetchall()
    assert count == 2, "as many entries as reasons, however many rows"
    stream.seal(NOW + 2_000)
    first = stream.poll(NOW, NOW + 2_000, 9)
    assert first.refused == (Refused(1, "PR101", "x", "x2", 3), Refused(1, "PR101", "y", "y2", 1))
    assert (first.total, first.rows) == (0, ())
    refuse(NOW + 1_500, "x")  # looked at the clock before, committed after
    assert stream.poll(NOW, NOW + 2_000, 9).refused == first.refused
    assert stream.poll(NOW + 2_000, NOW + 4_000, 9).refused == (Refused(1, "PR101", "x", "x2"),)
    move_oldest(log, NOW + DAY, DAY - 1_500, 1_000)
    assert stream.poll(NOW, NOW + 2_000, 9).refused == (), "they stay as long as the live log's days"
    assert stream.poll(NOW + 2_000, NOW + 4_000, 9).refused


def test_latencies_are_counted_by_minute_and_stay_as_long_as_the_live_logs_days(log: SqlitePredictionLog) -> None:
    stream, begun = TableStream(log), NOW // 60_000 * 60_000
    log.append(LogEntries(latencies={-70: 3, -50: 1}), begun + 1_000)
    log.append(LogEntries(latencies={-70: 2}), begun + 59_000)
    log.append(LogEntries(latencies={-30: 4}), begun + 61_000)
    [(count,)] = log.reading().execute("SELECT count(*) FROM latencies").fetchall()
    assert count == 3, "as many entries as buckets in a minute, however many requests"
    assert stream.latencies(begun, begun + 60_000) == {-70: 5, -50: 1}
    assert stream.latencies(begun + 30_000, begun + 31_000) == {-70: 5, -50: 1}, "the minute that holds the span"
    assert stream.latencies(begun, begun + DAY) == {-70: 5, -50: 1, -30: 4}
    move_oldest(log, begun + DAY, DAY - 90_000, 1_000)
    assert stream.latencies(0, begun + DAY) == {-30: 4}


def test_of_many_rows_a_sample_and_the_count(log: SqlitePredictionLog, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ask(log, NOW, 1_000)
    whole = TableStream(log).poll(NOW, NOW + 1, 50)
    assert (whole.total, len(whole.rows)) == (1_000, 50)
    assert set(whole.ids) < set(ids)
    monkeypatch.setattr("journeyman.streams.tables._CHUNK", 70)
    assert TableStream(log).poll(NOW, NOW + 1, 50).ids.tolist() == whole.ids.tolist()


def test_the_archive_reads_like_the_live_log(log: SqlitePredictionLog) -> None:
    first = ask(log, NOW + 10, 40)
    keyed = ask(log, NOW + 20, 1, '["k"]')
    second = ask(log, NOW + DAY + 10, 3)
    tell(log, NOW + DAY + 20, b"1", first[5])
    tell(log, NOW + DAY + 21, b"0", second[0])
    tell(log, NOW + DAY + 22, b"0", key='["k"]')
    log.append(LogEntries(shadows=(Shadow(second[1], 2, b"{}"),)), NOW + DAY + 30)
    spans = [(NOW, NOW + DAY), (NOW + DAY, NOW + 2 * DAY), (NOW + 15, NOW + DAY + 21)]
    stream = TableStream(log)

    def all_read() -> list[object]:
        read = [stream.poll(*span, 100) for span in spans]
        return [(s.total, s.labels, s.rows, s.ids.tolist()) for s in read] + [stream.labelled(NOW + 2 * DAY, 100)]

    live = all_read()
    assert [s[0] for s in live[:3]] == [41, 3, 1 + 3]  # type: ignore[index]  # a list of mixed things
    for _ in range(2):
        assert move_oldest(log, NOW + 30 * DAY, DAY, 1_000)
        assert all_read() == live, "moved, but still in the live log"
    while move_oldest(log, NOW + 30 * DAY, DAY, 1_000):
        pass
    while sweep(log):
        pass
    assert log.reading().execute("SELECT count(*) FROM predictions").fetchone() == (0,)
    assert log.reading().execute("SELECT count(*) FROM labels").fetchone() == (0,)
    assert all_read() == live
    assert keyed[0] in [r.id for r in stream.labelled(NOW + 2 * DAY, 100)]
    assert np.all(np.diff([r.id for r in stream.labelled(NOW + 2 * DAY, 100)]) > 0)


def test_the_latest_labels_are_the_same_ones_wherever_they_are(log: SqlitePredictionLog) -> None:
    ids = ask(log, NOW, 6)
    for i, prediction in enumerate([*ids, ids[4]]):
        tell(log, NOW + 100 + i, b"%d" % i, prediction)
    later = ask(log, NOW + 12 * DAY)
    tell(log, NOW + 12 * DAY + 1, b"9", *later)
    stream, end = TableStream(log), NOW + 13 * DAY
    live = {most: stream.labelled(end, most) for most in range(1, 10)}
    assert [row.truth for row in live[4]] == ["6", "5", "9"], "a label that was corrected is one of those that are read"
    while move_oldest(log, NOW + 14 * DAY, 10 * DAY, 10**9):
        pass
    assert {most: stream.labelled(end, most) for most in live} == live, "moved, not swept"
    while sweep(log):
        pass
    assert {most: stream.labelled(end, most) for most in live} == live
